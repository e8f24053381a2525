"""A run's script prints the run's losses, reads as a person's, and holds nothing but what is asked."""

import ast
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reluscope.training.change import Change
from reluscope.training.presets import PRESETS
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES, Rule
from reluscope.training.script import script
from reluscope.training.spec import DTYPES, GRADIENTS, RunSpec
from reluscope.training.written import number

from .plain import by_rule
from .scripted import assert_same_bits, printed, read, spec_of, trained

LIVELY = {"momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1, "lr": 1e-5, "lr_w2": 2e-5}


def otherwise(rule: Rule) -> Rule:
    """The rule with each hyperparameter another one, as far as the rule takes them."""
    for name, value in [field for field in rule if field[0] != "rule"]:
        for other in [not value] if isinstance(value, bool) else others(value):
            try:
                rule = rule.changed({name: other})
                break
            except ValidationError:
                pass
    return rule


def others(value):
    return [1e-5] if value is None else [value / 2 if value else 0.1, value * 2, value - 1]


# --- the same bits


@pytest.mark.parametrize(("relu", "rule"), list(product(RELUS, RULES)), ids=lambda name: name)
def test_every_relu_with_every_rule(relu, rule):
    assert_same_bits(spec_of(relu=relu, update={"rule": rule}, seed=3))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_with_every_hyperparameter_changed(rule):
    other = otherwise(RULES[rule]())
    assert other != RULES[rule]()
    for gradients in ("autograd", "closed_form"):
        assert_same_bits(spec_of(other, gradients=gradients))


@pytest.mark.parametrize(("gradients", "relu"), list(product(GRADIENTS, RELUS)), ids=str)
def test_every_way_to_a_gradient_with_every_relu(gradients, relu):
    assert_same_bits(spec_of(gradients=gradients, relu=relu, update=LIVELY))


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if rule().linear()])
def test_gram_with_every_rule_that_it_takes(rule):
    assert_same_bits(spec_of(gradients="gram", update={"rule": rule, "lr": 1e-4}))


@pytest.mark.parametrize(("dtype", "gradients"), list(product(DTYPES, GRADIENTS)), ids=str)
def test_every_dtype(dtype, gradients):
    if (dtype, gradients) == ("bfloat16", "gram"):
        with pytest.raises(ValidationError):
            spec_of(dtype=dtype, gradients=gradients)
    else:
        for relu in ("clamp", "my_relu"):
            assert_same_bits(spec_of(relu=relu, dtype=dtype, gradients=gradients, update=LIVELY))


def test_nesterov_and_one_weights_own_rate():
    update = {"lr": 1e-5, "lr_w1": 1e-6, "momentum": 0.5, "nesterov": True}
    for gradients in GRADIENTS:
        assert_same_bits(spec_of(gradients=gradients, update=update))


@settings(max_examples=60)
@given(st.tuples(*[st.integers(1, 24)] * 4), st.sampled_from(sorted(GRADIENTS)), st.booleans())
def test_any_shape(shape, gradients, wide):
    n, d_in, hidden, d_out = (size * 7 for size in shape) if wide else shape
    assert_same_bits(
        spec_of(
            n=n, d_in=d_in, hidden=hidden, d_out=d_out, gradients=gradients, iterations=4,
            update={"lr": 1e-6, "momentum": 0.9, "weight_decay": 0.1},
        )
    )  # fmt: skip


def test_the_tutorials_scripts_print_the_tutorials_losses(tutorial_losses, tmp_path):
    running = {}
    for preset in PRESETS:
        file = tmp_path / f"{preset.name}.py"
        file.write_text(script(RunSpec.model_validate(preset.spec)), encoding="utf-8")
        running[preset.name] = subprocess.Popen(
            [sys.executable, file.name], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
    for name, process in running.items():
        output, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        assert read(output) == tutorial_losses[name]
    assert len(running) == 2


# --- changed by hand


@pytest.mark.parametrize("rule", RULES)
def test_hyperparameters_that_were_changed_while_it_trained(rule):
    plain, other = RULES[rule](lr=2e-5), otherwise(RULES[rule]()).changed({"lr": 1e-5})
    numbers = {  # no optimizer can take a flag that it did not begin with
        name: value for name, value in plain if name != "rule" and not isinstance(value, bool)
    }
    spec = spec_of(other)
    changes = [Change(4, by_rule(spec, other.changed(numbers))), Change(9, spec)]
    assert_same_bits(spec, changes)
    assert trained(spec, changes)[5:].tolist() != trained(spec)[5:].tolist()


def test_changes_where_momentum_and_decay_come_and_go():
    first = spec_of(update={"lr": 1e-5, "dampening": 0.3})
    moving = first.update.changed({"momentum": 0.9, "lr_w1": 1e-6})
    decaying = moving.changed({"dampening": 0.0, "weight_decay": 0.1, "lr_w1": None})
    ahead = decaying.changed({"nesterov": True, "lr": 2e-5})
    rules = ((2, moving), (5, decaying), (8, ahead), (10, first.update))
    for gradients in GRADIENTS:
        spec = first.model_copy(update={"gradients": gradients})
        assert_same_bits(spec, [Change(at, by_rule(spec, rule)) for at, rule in rules])


def test_a_change_before_the_first_iteration_is_how_it_begins():
    spec = spec_of(update={"rule": "adagrad"})
    changed = spec.update.changed({"initial_accumulator_value": 0.5})
    begun = by_rule(spec, changed)
    assert script(spec, [Change(0, begun)]) == script(begun)


def test_of_changes_between_two_iterations_the_last_counts_and_one_after_the_end_does_not():
    spec = spec_of()
    once, twice = (by_rule(spec, spec.update.changed({"lr": lr})) for lr in (1e-3, 1e-7))
    text = script(spec, [Change(5, once), Change(5, twice), Change(12, once)])
    assert text == script(spec, [Change(5, twice)])
    assert text.count("if t == ") == 1


# --- where it stops


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize("on_nonfinite", ["stop", "pause", "continue"])
def test_one_that_diverges_ends_as_the_run_does(gradients, on_nonfinite):
    spec = spec_of(
        gradients=gradients, on_nonfinite=on_nonfinite, update={"lr": 1e-2}, iterations=60
    )
    losses = printed(script(spec))
    assert np.array_equal(losses, trained(spec), equal_nan=True)
    assert not np.isfinite(losses[-1])
    assert np.isfinite(losses[:3]).all()
    assert (len(losses) == 60) == (on_nonfinite == "continue")


def test_one_whose_weights_alone_diverge_ends_there():
    spec = spec_of(update={"rule": "manual", "lr": 3e38})
    losses = printed(script(spec))
    assert losses == trained(spec).tolist()
    assert np.isfinite(losses).all()
    assert len(losses) == 1


# --- how it reads


def test_it_is_neat(tmp_path: Path):
    specs = {
        **{preset.name: RunSpec.model_validate(preset.spec) for preset in PRESETS},
        **{f"relu_{name}": spec_of(relu=name, on_nonfinite="continue") for name in RELUS},
        **{f"rule_{name}": spec_of(otherwise(rule())) for name, rule in RULES.items()},
        **{
            f"{gradients}_{dtype}_{n}_{device.replace(':', '_')}": spec_of(
                n=n, gradients=gradients, dtype=dtype, device=device, update=LIVELY,
                on_nonfinite="pause", name="a word " * 28,
            )
            for gradients, dtype, n, device in product(
                GRADIENTS, ("float32", "float64"), (2, 64), ("cpu", "cuda:1")
            )
        },
    }  # fmt: skip
    for name, spec in specs.items():
        changes = [Change(5, by_rule(spec, spec.update.changed({"lr": 0.25})))]
        environment = {"torch": "2.13.0+cpu", "device": "A processor of a very long name " * 4}
        (tmp_path / f"{name}.py").write_text(script(spec, changes, environment))
    for command in (["check", "--select", "E,F,W,I"], ["format", "--check", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "100"]
        done = subprocess.run([*ruff, tmp_path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_says_only_what_differs_from_torchs_own_defaults():
    for fields, line in (
        ({}, 'optimizer = optim.SGD([{"params": w1}, {"params": w2}], lr=learning_rate)'),
        ({"rule": "adam"}, "optimizer = optim.Adam([w1, w2], lr=learning_rate)"),
        (
            {"rule": "adam", "beta2": 0.9},
            "optimizer = optim.Adam([w1, w2], lr=learning_rate, betas=(0.9, 0.9))",
        ),
    ):
        text = script(spec_of(update=fields))
        assert line in text.splitlines()
        assert f"learning_rate = {'1e-6' if not fields else '0.001'}" in text.splitlines()


@given(st.floats(allow_nan=False) | st.integers() | st.booleans() | st.text() | st.none())
def test_a_value_is_written_so_that_it_reads_back(value):
    assert repr(eval(number(value))) == repr(value)


def test_numbers_are_written_as_people_do():
    assert [number(value) for value in (1e-6, 1e-06, 0.5, 1e22, (0.9, None))] == [
        "1e-6", "1e-6", "0.5", "1e22", "(0.9, None)",
    ]  # fmt: skip


def test_it_imports_nothing_of_this_package():
    for relu, rule in product(RELUS, RULES):
        tree = ast.parse(script(spec_of(relu=relu, update={"rule": rule})))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "reluscope" not in ast.unparse(node)


AWKWARD = [
    "a\nimport os",
    "\r\n",
    "\u2028x",
    "\x0cx",
    "\0",
    "coding: latin-1",
    "\udc80",
    '"""',
    "\\",
]


@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_that_looks_like_code_stays_a_comment(name):
    assert_is_a_comment(name)


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_name_stays_a_comment(name):
    assert_is_a_comment(name)


def assert_is_a_comment(name: str) -> None:
    named, nameless = (script(spec_of().model_copy(update={"name": n})) for n in (name, None))
    assert ast.dump(ast.parse(named.encode())) == ast.dump(ast.parse(nameless.encode()))
    code = [[line for line in text.split("\n") if line[:1] != "#"] for text in (named, nameless)]
    assert code[0] == code[1]
    assert max(map(len, named.split("\n"))) <= 100


# --- the plot

PYPLOT = """
calls = []


class Axes:
    def __getattr__(self, name):
        return lambda *given, **named: calls.append((name, given, named))


def figure(name):
    calls.append(("figure", (name,), {}))


def gca():
    return Axes()


def show():
    print(calls, file=__import__("sys").stderr)
"""


def test_it_draws_the_tutorials_plot_where_there_is_matplotlib(tmp_path, monkeypatch, capsys):
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "__init__.py").touch()
    (tmp_path / "matplotlib" / "pyplot.py").write_text(PYPLOT)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    exec(script(spec_of(iterations=3)), {"__name__": "__main__"})
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.delitem(sys.modules, name)
    output, drawn = capsys.readouterr()
    assert eval(drawn) == [
        ("figure", ("Loss",), {}),
        ("set_xlabel", ("iter",), {}),
        ("set_ylabel", ("loss",), {}),
        ("plot", ([0, 1, 2], read(output)), {"color": "r", "linewidth": 1, "alpha": 0.6}),
    ]
