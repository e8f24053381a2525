import contextlib
import functools
import json
import re

import pytest

from reluscope.training.relus import RELUS
from tests.server.serving import Process

pytestmark = pytest.mark.usefixtures("registries")

OWN = """
import torch
from reluscope.training import implementation

@implementation("Sound")
def sound(h):
    return torch.where(h > 0, h, 0.1 * h)

@implementation("Breaks")
def breaks(h):
    raise LookupError("no such kernel")

class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, h):
        return h.clamp(min=0)

    @staticmethod
    def backward(ctx, incoming):
        return 2 * incoming

@implementation("Wrong gradient")
def wrong(h):
    return Twice.apply(h)
"""


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    return str(file)


@pytest.fixture
def told(told):
    """What it tells, and its exit status."""
    return functools.partial(told, "check")


def test_one_is_told_by_its_name(told):
    out, err, status = told("clamp")
    assert out.startswith("clamp, float32, torch ")
    assert re.search(r"^gradcheck +passed$", out, re.MULTILINE)
    assert (err, status) == ("", 0)


def test_without_a_name_all_are_told(told):
    out, _, status = told()
    firsts = [part.partition(",")[0] for part in re.findall(r"^\w+, float32.*", out, re.MULTILINE)]
    assert firsts == list(RELUS)
    assert status == 0


def test_as_json_it_is_a_list_that_any_reader_takes(told):
    out, _, status = told("mask", "--json", "clamp")
    made = json.loads(out, parse_constant=pytest.fail)
    assert [each["relu"] for each in made] == ["mask", "clamp"]
    assert [point["value"] for point in made[0]["points"]][4:] == ["NaN", "Infinity", "NaN"]
    assert status == 0


@pytest.mark.parametrize(("name", "status"), [("sound", 0), ("breaks", 1), ("wrong", 1)])
def test_one_of_your_own_is_loaded_and_judged(told, own, name, status):
    out, _, ended = told("--load", own, name)
    assert out.startswith(f"{name}, float32")
    assert ended == status


def test_one_unsound_among_others_is_enough(told, own):
    out, _, status = told("--json", "clamp", "breaks", "relu", "--load", own)
    errors = [each["error"] for each in json.loads(out)]
    assert errors == [None, "it raises LookupError: no such kernel", None]
    assert status == 1


def test_a_file_in_the_environment_is_loaded_as_for_the_server(told, own, monkeypatch):
    monkeypatch.setenv("RELUSCOPE_LOAD", own)
    assert told("sound")[2] == 0


@pytest.mark.parametrize("words", [["clmap"], ["clamp", "clmap"]])
def test_an_unknown_name_is_told_with_the_known_ones(told, words):
    out, err, status = told(*words)
    assert (out, status) == ("", 2)
    assert err == f"reluscope: error: there is no ReLU clmap; known are {', '.join(RELUS)}\n"


@pytest.mark.parametrize("words", [["--nonsense"], ["--load"], ["--json=1"]])
def test_a_wrong_option_is_told(told, words):
    out, err, status = told(*words)
    assert (out, status) == ("", 2)
    assert words[0].partition("=")[0] in err


def test_the_command_itself(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such\n")
    checking = Process("check", "relu", "--load", str(broken), fresh=True)
    with contextlib.closing(checking) as process:
        assert process.wait() == 2
    reason = "ModuleNotFoundError: No module named 'no_such'"
    assert process.log == f"reluscope: error: {broken}, line 1: {reason}\n"
