"""The script of a run that went on by another spec: a loop for each, and the same losses."""

import ast
import subprocess
import sys
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings

from reluscope.errors import NoSource
from reluscope.training.change import Change
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES, Rule
from reluscope.training.script import script
from reluscope.training.spec import GRADIENTS, RunSpec

from .changing import LINEAR, SMALL, stories
from .plain import by_rule, gentle
from .scripted import assert_same_bits, printed, trained
from .test_script_own import plugin  # noqa: F401 - a fixture


def spec_of(**fields) -> RunSpec:
    update = {"lr": 1e-4, "momentum": 0.9}
    return RunSpec.model_validate({**SMALL, "update": update, "iterations": 9, **fields})


def other(spec: RunSpec, **fields) -> RunSpec:
    return RunSpec.model_validate({**spec.model_dump(), **fields})


def loops(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("for t in ")]


# --- the same bits


@settings(max_examples=200)
@given(stories())
def test_any_story(story):
    assert_same_bits(*story)


@pytest.mark.parametrize("gradients", ["autograd", "closed_form"])
@pytest.mark.parametrize("rule", RULES)
def test_from_and_to_every_rule(rule, gradients):
    """Two that come in turns, so that each follows the other and itself."""
    one, two = spec_of(gradients=gradients), spec_of(gradients=gradients, update=gentle(rule))
    assert_same_bits(one, [Change(3, two), Change(6, one)])
    assert_same_bits(two, [Change(3, other(two, relu="relu")), Change(6, one)])


@pytest.mark.parametrize("ways", list(permutations(GRADIENTS)), ids="-".join)
@pytest.mark.parametrize("rule", LINEAR)
def test_from_and_to_every_way_to_a_gradient(ways, rule):
    hyperparameters = {"momentum": 0.9, "weight_decay": 0.5} if rule == "sgd" else {}
    first = spec_of(gradients=ways[0], update=gentle(rule, **hyperparameters))
    changes = [
        Change(3, other(first, gradients=ways[1])),
        Change(6, other(first, gradients=ways[2])),
    ]
    assert_same_bits(first, changes)
    assert_same_bits(first, [changes[0], Change(5, first), Change(7, changes[1].spec)])


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_from_and_to_every_relu(gradients):
    first, changes = spec_of(gradients=gradients, iterations=2 * len(RELUS)), []
    for place, relu in enumerate(RELUS):
        changes.append(Change(2 * place, other(first, relu=relu)))
    assert_same_bits(first, changes)


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_hyperparameters_change_within_a_stage_and_between_two(gradients):
    first = spec_of(gradients=gradients)
    slower = by_rule(first, first.update.changed({"lr": 1e-5}))
    bent = by_rule(other(first, relu="mask"), first.update.changed({"lr": 2e-5}))
    heavy = by_rule(bent, bent.update.changed({"momentum": 0.5, "weight_decay": 1.0}))
    changes = [Change(2, slower), Change(5, bent), Change(7, heavy)]
    assert_same_bits(first, changes)
    text = script(first, changes)
    assert len(loops(text)) == 2
    assert text.count("optimizer = ") == 1


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_what_was_begun_and_left_at_once_has_left_its_trace(gradients):
    """A rule in between forgets what the one before it remembers."""
    first = spec_of(gradients=gradients)
    between = other(first, update=gentle("manual"))
    assert_same_bits(first, [Change(4, between), Change(4, first)])
    elsewhere = other(first, gradients="autograd" if gradients == "gram" else "gram")
    assert_same_bits(first, [Change(4, elsewhere), Change(4, first)])
    quick = by_rule(first, first.update.changed({"lr": 3e-4}))
    bent = [other(first, relu="relu"), by_rule(other(first, relu="mask"), quick.update)]
    assert_same_bits(first, [Change(4, bent[1]), Change(4, bent[0]), Change(6, bent[1])])


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_hyperparameters_that_change_where_a_stage_ends_are_those_of_the_next(gradients):
    first = spec_of(gradients=gradients)
    slower = by_rule(first, first.update.changed({"lr": 1e-5}))
    light = by_rule(first, slower.update.changed({"momentum": 0.0}))
    bent = other(light, relu="mask")
    changes = [Change(2, slower), Change(4, light), Change(4, bent)]
    assert_same_bits(first, changes)
    back = other(slower, relu="mask")
    assert_same_bits(first, [*changes[:2], Change(4, back)])


def test_at_the_tutorials_shape():
    first = RunSpec(iterations=40)
    changes = [
        Change(10, other(first, gradients="closed_form", relu="my_relu")),
        Change(20, other(first, gradients="gram")),
        Change(30, other(first, update={"rule": "adam"})),
    ]
    assert_same_bits(first, changes)


# --- how far it goes


def test_a_fork_may_have_more_iterations_or_fewer():
    first = spec_of()
    longer, shorter = (other(first, relu="relu", iterations=count) for count in (14, 6))
    for changed in (longer, shorter):
        losses = printed(script(first, [Change(5, changed)]))
        assert len(losses) == changed.iterations
        assert losses == trained(first, [Change(5, changed)]).tolist()
    assert len(printed(script(first, [Change(9, longer)]))) == 14
    assert loops(script(first, [Change(9, shorter)])) == ["for t in range(iterations):"]


def test_a_change_before_the_first_iteration_is_how_it_begins():
    first, begun = spec_of(), spec_of(relu="relu", gradients="gram", update=gentle("manual"))
    assert script(first, [Change(0, first), Change(0, begun)]) == script(begun)


@pytest.mark.parametrize(
    ("before", "after"), list(product(["stop", "pause", "continue"], repeat=2))
)
def test_where_a_stage_ends_early_there_is_no_next(before, after):
    for lr, gradients in product((1e-4, 1.0), GRADIENTS):
        first = spec_of(gradients=gradients, on_nonfinite=before, update={"lr": lr}, iterations=40)
        then = other(first, on_nonfinite=after, update={"lr": 1.0}, relu="relu")
        last = other(then, gradients="closed_form")
        changes = [Change(12, then), Change(30, last)]
        assert_same_bits(first, changes)
        assert not np.isfinite(printed(script(first, changes))[-1])


# --- rules of somebody's own


def test_two_rules_of_somebodys_own_have_functions_of_their_own(plugin):  # noqa: F811
    first = by_rule(spec_of(), plugin.Signs())
    manual = other(first.model_copy(update={"update": RULES["manual"](lr=1e-5)}), relu="leaky")
    lively = by_rule(spec_of(), plugin.Lively(lr=1e-4))
    changes = [Change(3, lively), Change(5, manual), Change(7, first)]
    assert_same_bits(first, changes)
    text = script(first, changes)
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert {"step", "step_2", "smooth", "smooth_2"} <= set(names)
    closed = [change.spec.model_copy(update={"gradients": "closed_form"}) for change in changes]
    assert_same_bits(first, [Change(2 + 2 * place, spec) for place, spec in enumerate(closed)])


def test_what_is_not_known_here_is_told():
    class Gone(Rule):
        rule: str = "gone"

    first = spec_of()
    for gradients in GRADIENTS:
        later = by_rule(other(first, gradients=gradients), Gone())
        with pytest.raises(NoSource, match="the update rule gone is not known here"):
            script(first, [Change(4, later)])
        with pytest.raises(NoSource, match="the ReLU lost is not known here"):
            script(first, [Change(4, first.model_copy(update={"relu": "lost"}))])


# --- how it reads


def test_one_stage_is_told_as_ever():
    first = spec_of()
    assert script(first, [Change(4, other(first, name="b", pace=1.0))]) == script(first)
    assert "From iteration" not in script(first)


def test_it_says_what_is_another():
    first = spec_of()
    changes = [
        Change(2, other(first, relu="my_relu")),
        Change(4, other(first, relu="my_relu", gradients="gram")),
        Change(6, other(first, update={"rule": "adam"}, on_nonfinite="continue")),
    ]
    text = script(first, changes)
    comments = text.replace("\n# ", " ")
    for words in (
        "From iteration 2 on: another ReLU.",
        "From iteration 4 on: the gradient by hand, in the space of the samples, the update rule",
        "From iteration 6 on: another ReLU, the gradient by autograd, another update rule, continue",
    ):
        assert words in comments
    assert loops(text) == [
        "for t in range(2):",
        "for t in range(2, min(4, iterations)):",
        "for t in range(4, min(6, iterations)):",
        "for t in range(6, iterations):",
    ]


def test_it_is_neat(tmp_path):
    rules = [gentle(name) for name in ("sgd", "adam", "manual")]
    rules.append(gentle("sgd", momentum=0.9, weight_decay=0.5, lr_w2=1e-3))
    for place, (gradients, update) in enumerate(product(permutations(GRADIENTS), rules)):
        specs = [
            spec_of(gradients=g, update=gentle("sgd") if g == "gram" else update, relu=relu)
            for g, relu in zip(gradients, RELUS, strict=False)
        ]
        changes = [Change(3, specs[1]), Change(3, specs[2]), Change(5, specs[0])]
        (tmp_path / f"script_{place}.py").write_text(script(specs[0], changes))
    for command in (["check", "--select", "E,F,W,I"], ["format", "--check", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "100"]
        done = subprocess.run([*ruff, tmp_path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
