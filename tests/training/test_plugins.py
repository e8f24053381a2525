import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from reluscope.errors import PluginError
from reluscope.training.plugins import GROUPS, load
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES

pytestmark = pytest.mark.usefixtures("registries")

LEAKY = """
import torch
from reluscope.training import implementation

@implementation("My leaky one")
def my_leaky(h):
    '''Lets a tenth through.'''
    return torch.where(h > 0, h, 0.1 * h)
"""

HALVING = """
from typing import Literal
from reluscope.training import LearningRate, Rule, rule

@rule
class Halving(Rule):
    '''Half as far as it was told.'''

    rule: Literal["halving"] = "halving"
    lr: LearningRate = 1e-6

    def step(self, weights, gradients, state):
        for weight, gradient in zip(weights, gradients):
            weight -= self.lr / 2 * gradient
"""

NAMED = "Literal['mine'] = 'mine'"
SOUND = "    def step(self, weights, gradients, state): ..."


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a file of a plug-in, into the folder that the test runs in."""
    monkeypatch.chdir(tmp_path)

    def written(text: str, name: str = "my_relu.py") -> Path:
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return written


@pytest.fixture
def install(write, monkeypatch, tmp_path):
    """Installs a distribution, as far as Python can tell: a module and its entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def installed(module: str, text: str, *targets: str, group: str = GROUPS[0]) -> None:
        write(text, f"{module}.py")
        lines = (f"point{number} = {target}\n" for number, target in enumerate(targets))
        write("Metadata-Version: 2.1\nName: x\nVersion: 1.0\n", "x-1.0.dist-info/METADATA")
        write(f"[{group}]\n{''.join(lines)}", "x-1.0.dist-info/entry_points.txt")

    return installed


def refused(*files: Path) -> str:
    """What is said of files that cannot be loaded."""
    with pytest.raises(PluginError) as refusal:
        load(files)
    said = str(refusal.value)
    assert "\n" not in said
    return said


def test_a_file_enters_a_relu_and_a_rule_beside_the_built_in_ones(write):
    relus, rules = list(RELUS), list(RULES)
    load([write(LEAKY), write(HALVING, "my_rule.py")])
    assert (list(RELUS), list(RULES)) == ([*relus, "my_leaky"], [*rules, "halving"])
    relu = RELUS["my_leaky"]
    assert relu.apply(torch.tensor([-1.0, 2.0])).tolist() == [pytest.approx(-0.1), 2]
    assert (relu.title, relu.help) == ("My leaky one", "Lets a tenth through.")
    assert RULES["halving"]().lr == 1e-6


def test_what_is_not_said_of_a_relu_is_the_careful_choice(write):
    load([write(LEAKY)])
    relu = RELUS["my_leaky"]
    assert (relu.formula, relu.code, relu.elementwise) == ("", "my_leaky(h)", False)


def test_what_is_said_of_it_counts(write):
    told = '"My leaky one", formula="f", code="leak(h)", elementwise=True'
    load([write(LEAKY.replace('"My leaky one"', told))])
    relu = RELUS["my_leaky"]
    assert (relu.formula, relu.code, relu.elementwise) == ("f", "leak(h)", True)


def test_source_and_pickle_find_what_was_loaded(write):
    load([write(LEAKY), write(HALVING, "my_rule.py")])
    relu, rule = RELUS["my_leaky"].apply, RULES["halving"]
    assert "torch.where(h > 0, h, 0.1 * h)" in inspect.getsource(relu)
    assert "self.lr / 2 * gradient" in inspect.getsource(rule)
    assert pickle.loads(pickle.dumps(relu)) is relu
    assert pickle.loads(pickle.dumps(rule(lr=0.5))) == rule(lr=0.5)


def test_a_file_may_be_named_like_another_or_like_a_module(write):
    other = LEAKY.replace("my_leaky", "other")
    load([write(LEAKY, "a/torch.py"), write(other, "b/torch.py")])
    modules = {RELUS[name].apply.__module__ for name in ("my_leaky", "other")}
    assert len(modules) == 2
    assert "torch" not in modules
    assert sys.modules["torch"] is torch


def test_a_file_that_is_named_twice_is_loaded_once(write, tmp_path):
    file = write(LEAKY)
    load([file, tmp_path / file])
    assert "my_leaky" in RELUS


def like(expected: str, said: str) -> bool:
    """Whether `said` is what was expected, with anything where `...` stands."""
    return bool(re.fullmatch(".*".join(map(re.escape, expected.split("..."))), said))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nx = torhc.nn", "my_relu.py, line 2: NameError: name 'torhc' is not defined"),
        ("\n\nx = (1", "my_relu.py, line 3: SyntaxError: '(' was never closed"),
        ("import no_such", "my_relu.py, line 1: ModuleNotFoundError: No module named 'no_such'"),
        ("\nimport sys; sys.exit(3)", "my_relu.py, line 2: SystemExit: 3"),
        ("raise ValueError", "my_relu.py, line 1: ValueError"),
        ("raise ValueError('two\\nlines')", "my_relu.py, line 1: ValueError: two lines"),
        ("def f():\n  1 / 0\n\nf()", "my_relu.py, line 2: ZeroDivisionError: division by zero"),
        ("import json\n\njson.loads('x')", "my_relu.py, line 3: JSONDecodeError: Expecting..."),
        ("\neval('1 +')", "my_relu.py, line 2: SyntaxError: invalid syntax"),
        ("x = '\0'", "my_relu.py...: ... null bytes"),
        ("", "my_relu.py: enters no ReLU and no rule"),
        ("import torch", "my_relu.py: enters no ReLU and no rule"),
    ],
)
def test_what_cannot_be_loaded_is_told_with_its_place(write, text, said):
    assert like(said, refused(write(text)))


def test_a_file_is_told_as_it_was_given(write, tmp_path):
    write("x = y", "deep/my_relu.py")
    assert refused(Path("deep/my_relu.py")).startswith("deep/my_relu.py, line 1: ")
    assert refused(tmp_path / "deep/my_relu.py").startswith(f"{tmp_path}/deep/my_relu.py, line 1: ")


def test_a_module_that_a_file_imports_may_be_the_broken_one(write, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    write("x = (", "plugged_helper.py")
    said = refused(write("\nimport plugged_helper"))
    assert said == f"{tmp_path}/plugged_helper.py, line 1: SyntaxError: '(' was never closed"
    write("x = y", "plugged_helper.py")
    assert refused(write("\nimport plugged_helper")).startswith("my_relu.py, line 2: NameError")


def test_what_is_no_file_of_python_is_told(write, tmp_path):
    assert refused(Path("none.py")) == "none.py: there is no such file"
    (tmp_path / "folder.py").mkdir()
    assert refused(Path("folder.py")) == "folder.py: there is no such file"
    assert "is not a Python file" in refused(write(LEAKY, "my_relu.txt"))


@pytest.mark.parametrize("name", ["clamp", "my_relu"])
def test_the_name_of_a_built_in_relu_is_taken(write, name):
    said = refused(write(LEAKY.replace("my_leaky", name)))
    assert said == f"my_relu.py, line 5: the name of the ReLU {name} is taken by a built-in one"


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_the_name_of_a_built_in_rule_is_taken(write, name):
    said = refused(write(HALVING.replace('"halving"', f'"{name}"')))
    assert said == f"my_relu.py, line 5: the name of the rule {name} is taken by a built-in one"


@pytest.mark.parametrize("text", [LEAKY, HALVING])
def test_the_name_of_another_plug_in_is_taken(write, tmp_path, text):
    said = refused(write(text, "first.py"), write(text, "second.py"))
    assert said.startswith("second.py, line 5: ")
    assert said.endswith(f"is taken by {tmp_path}/first.py")


@pytest.mark.parametrize("text", [LEAKY, HALVING])
def test_a_name_may_be_entered_once_in_a_file(write, tmp_path, text):
    assert refused(write(text * 2)).endswith(f"is taken by {tmp_path}/my_relu.py")


def test_what_is_entered_by_another_door_replaces_nothing(write):
    text = LEAKY.replace("my_leaky", "clamp").replace("training import", "training.relus import")
    text = text.replace('one"', 'one", formula="", code=""')
    assert refused(write(text)) == "my_relu.py: replaces clamp"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Mine: ...", "Mine is not a Rule: expected class Mine(Rule)"),
        ("def mine(): ...", "mine is not a Rule: expected class mine(Rule)"),
        (f"class Mine(Rule):\n{SOUND}", "Mine has no name: expected rule: Literal..."),
        (f"class Mine(Rule):\n    rule: str = 'mine'\n{SOUND}", "Mine has no name: ..."),
        (f"class Mine(Rule):\n    rule: Literal['mine']\n{SOUND}", "Mine has no name: ..."),
        (f"class Mine(Rule):\n    rule: Literal['a', 'b'] = 'a'\n{SOUND}", "Mine has no name: ..."),
        (f"class Mine(Rule):\n    rule: Literal[''] = ''\n{SOUND}", "Mine is named '': ..."),
        (f"class Mine(Rule):\n    rule: Literal[5] = 5\n{SOUND}", "Mine is named 5: ..."),
        (f"class Mine(Rule):\n    rule: {NAMED}", "Mine has no method step"),
        (
            f"class Mine(Rule):\n    rule: {NAMED}\n    lr: float\n{SOUND}",
            "the defaults of Mine are wrong: lr: Field required",
        ),
        (
            f"class Mine(Rule):\n    rule: {NAMED}\n    lr: float = 'x'\n{SOUND}",
            "the defaults of Mine are wrong: lr: Input should be a valid number",
        ),
        (
            f"class Mine(Rule):\n    rule: {NAMED}\n    lr: LearningRate = -1.0\n{SOUND}",
            "the defaults of Mine are wrong: lr: Input should be greater than or equal to 0",
        ),
    ],
)
def test_a_rule_that_is_not_sound_is_refused_where_it_stands(write, text, said):
    head = "from typing import Literal\nfrom reluscope.training import *\n@rule\n"
    assert like(f"my_relu.py, line 3: {said}", refused(write(head + text)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('@implementation("M")\nclass Mine: ...', "Mine is not a function: ..."),
        ('@implementation("M")\ndef mine(): ...', "mine cannot be called with h alone: ..."),
        ('@implementation("M")\ndef mine(h, k): ...', "mine cannot be called with h alone: ...'k'"),
        ("@implementation\ndef mine(h): ...", "expected a title, ..."),
        ('implementation("M")(lambda h: h)', "<lambda> is no name: expected def my_own(h)"),
    ],
)
def test_an_implementation_that_is_no_function_of_h_is_refused_where_it_stands(write, text, said):
    head = "from reluscope.training import *\n\n"
    assert like(f"my_relu.py, line 3: {said}", refused(write(head + text)))


def test_an_implementation_may_have_more_parameters_with_defaults(write):
    load([write(LEAKY.replace("(h):", "(h, share=0.1, *, name=None):"))])
    assert "my_leaky" in RELUS


@pytest.mark.parametrize("targets", [["plugged"], ["plugged:my_leaky"], ["plugged", "plugged"]])
def test_an_entry_point_names_a_module_or_what_it_enters(install, targets):
    install("plugged", LEAKY, *targets)
    load([])
    load([])  # imported already, and as well there
    assert "my_leaky" in RELUS


def test_an_entry_point_may_be_a_rule(install):
    install("plugged", HALVING, "plugged:Halving", group=GROUPS[1])
    load([])
    assert "halving" in RULES


def test_plug_ins_of_distributions_come_before_files(install, write, tmp_path):
    install("plugged", LEAKY, "plugged")
    assert refused(write(LEAKY)).endswith(f"is taken by {tmp_path}/plugged.py")


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        ("\nx = y", "plugged", ".../plugged.py, line 2: NameError: ..."),
        ("x = 1", "plugged", "entry point point0 = plugged of x: enters no ReLU and no rule"),
        (LEAKY, "plugged:other", "entry point point0 = plugged:other of x: AttributeError: ..."),
        (LEAKY, "plugged:torch.relu", "...plugged:torch.relu of x: has not been entered: ..."),
        (LEAKY, "plugged_no", "entry point point0 = plugged_no of x: ModuleNotFoundError: ..."),
    ],
)
def test_an_entry_point_that_is_not_sound_is_told_with_its_place(install, text, target, said):
    install("plugged", text, target)
    assert like(said, refused())


@pytest.mark.parametrize(
    ("imported", "spared"),
    [("reluscope.__main__", "torch"), ("reluscope.training", "reluscope.training.spec")],
)
def test_the_command_begins_light_and_the_spec_waits_for_all_rules(imported, spared):
    look = f"import sys, {imported}; sys.exit({spared!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def test_a_plug_in_that_imports_the_spec_before_all_rules_are_entered_is_refused(write):
    file = write(f"import reluscope.training.spec\n{LEAKY}")
    command = [sys.executable, "-m", "reluscope", "check", "my_leaky", "--load", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = "my_relu.py: imports reluscope.training.spec, which must come after all rules"
    assert done.stderr == f"reluscope: error: {said}\n"
    assert done.returncode == 2
