"""ReLUs and rules of somebody's own, in the real server: a process that loads them as it starts."""

import contextlib
import os
import subprocess
import sys

import pytest

from .serving import TINY, Api, Process, problem

OWN = """
from typing import Annotated, Literal

import torch
from pydantic import Field
from reluscope.training import LearningRate, Rule, implementation, rule

@implementation("My leaky one")
def my_leaky(h):
    return torch.where(h > 0, h, 0.1 * h)

@implementation("As clamp, by hand")
def my_clamp(h):
    return h.clamp(min=0)

@implementation("Breaks in forward")
def breaks(h):
    raise LookupError("no such kernel\\nat all")

@implementation("Breaks in backward")
def breaks_backward(h):
    def break_it(_):
        raise LookupError("no way back")

    result = h.clamp(min=0)
    result.register_hook(break_it)
    return result

@implementation("Leaves the process")
def leaves(h):
    raise SystemExit

@implementation("Of another shape")
def narrow(h):
    return h[:, 1:]

@implementation("Of another dtype")
def double(h):
    return h.double()

@implementation("In h itself")
def in_place(h):
    return h.clamp_(min=0)

@implementation("No tensor")
def nothing(h):
    return None

@rule
class Halving(Rule):
    '''Half as far as it was told.'''

    rule: Literal["halving"] = "halving"
    lr: LearningRate = 1e-4
    share: Annotated[float, Field(gt=0, le=1, title="Share", description="Of the step.")] = 0.5

    def step(self, weights, gradients, state):
        for weight, gradient in zip(weights, gradients):
            weight -= self.lr * self.share * gradient

@rule
class Silent(Rule):
    rule: Literal["silent"] = "silent"

    def step(self, weights, gradients, state):
        raise LookupError("no such step")
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The API of a server that has loaded `OWN`."""
    file = tmp_path_factory.mktemp("own") / "own.py"
    file.write_text(OWN)
    process = Process("--port", "0", "--workers", "2", "--load", str(file))
    with contextlib.closing(process), contextlib.closing(Api(process.until_listening())) as api:
        yield api


@pytest.fixture(scope="module")
def catalog(served):
    return served.http.get("/api/catalog").json()


def test_the_catalog_has_them_after_the_built_in_ones(catalog):
    names = [relu["name"] for relu in catalog["relus"]]
    assert names.index("my_leaky") > names.index("half_abs")
    (leaky,) = (relu for relu in catalog["relus"] if relu["name"] == "my_leaky")
    assert (leaky["title"], leaky["code"]) == ("My leaky one", "my_leaky(h)")
    assert [rule["name"] for rule in catalog["rules"]][-2:] == ["halving", "silent"]
    assert all(isinstance(each["help"], str) for each in catalog["relus"] + catalog["rules"])


def test_the_form_has_their_fields(catalog):
    halving = catalog["rules"][-2]
    assert halving["help"] == "Half as far as it was told."
    assert halving["schema"]["properties"]["share"] == {
        "default": 0.5,
        "description": "Of the step.",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "title": "Share",
        "type": "number",
    }
    assert "my_leaky" in catalog["spec"]["properties"]["relu"]["enum"]
    assert "halving" in catalog["spec"]["properties"]["update"]["discriminator"]["mapping"]


def test_a_run_with_both_trains_to_its_end(served):
    spec = {**TINY, "relu": "my_leaky", "update": {"rule": "halving"}}
    (view,) = served.until_ended(served.start(**spec))
    assert (view["status"], view["iteration"]) == ("finished", 500)
    assert view["spec"]["update"] == {"rule": "halving", "lr": 1e-4, "share": 0.5}
    assert view["loss"] < served.losses(view["id"])[0]


def test_the_script_of_a_run_with_both_prints_its_losses(served, tmp_path):
    spec = {**TINY, "relu": "my_leaky", "update": {"rule": "halving"}, "iterations": 20}
    (view,) = served.until_ended(served.start(**spec))
    script = tmp_path / "script.py"
    script.write_text(served.http.get(f"/api/runs/{view['id']}/script").text)
    command = [sys.executable, str(script)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert [float(line.split()[1]) for line in printed.splitlines()] == served.losses(view["id"])


@pytest.mark.parametrize("gradients", ["autograd", "closed_form"])
def test_one_that_calculates_what_a_built_in_one_does_gives_its_bits(served, gradients):
    manual = {"rule": "manual", "lr": 5e-5}
    built_in = served.start(**{**TINY, "update": manual}, gradients=gradients)
    halving = {"rule": "halving", "lr": 1e-4, "share": 0.5}
    own = served.start(**{**TINY, "update": halving}, relu="my_clamp", gradients=gradients)
    served.until_ended(built_in, own)
    assert served.losses(own) == served.losses(built_in)


def test_its_hyperparameters_are_checked_like_others(served):
    update = {"rule": "halving", "share": 2}
    document = problem(served.http.post("/api/runs", json={**TINY, "update": update}), 422)
    (error,) = document["errors"]
    assert error["field"] == "update.share"
    assert error["allowed"]["maximum"] == 1


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        ({"relu": "breaks"}, "LookupError: no such kernel"),
        ({"relu": "leaves"}, "SystemExit: no more is known"),
        ({"relu": "breaks_backward"}, "LookupError: no way back"),
        (
            {"relu": "narrow"},
            "ValueError: narrow returned shape (1, 4) for an h of shape (1, 5)",
        ),
        (
            {"relu": "double"},
            "ValueError: double returned dtype torch.float64 for an h of dtype torch.float32",
        ),
        (
            {"relu": "in_place"},
            "ValueError: in_place changes h in place: expected a tensor of its own",
        ),
        ({"relu": "nothing"}, "ValueError: nothing returned NoneType, not a tensor"),
        ({"update": {"rule": "silent"}}, "LookupError: no such step"),
    ],
    ids=str,
)
def test_one_that_breaks_fails_its_run_with_a_reason(served, choice, reason):
    (view,) = served.until_ended(served.start(**{**TINY, **choice}))
    assert (view["status"], view["reason"]) == ("failed", reason)
    (sound,) = served.until_ended(served.start(**TINY))
    assert sound["status"] == "finished"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("my_leaky", None),
        ("breaks", "it raises LookupError: no such kernel"),
        ("leaves", "it raises SystemExit: SystemExit"),
    ],
)
def test_they_can_be_checked(served, name, error):
    assert served.http.get(f"/api/relus/{name}/check").json()["error"] == error


@pytest.mark.parametrize("field", ["load", "plugins", "code", "file"])
def test_the_api_loads_nothing(served, field):
    asked = {**TINY, field: "own.py"}
    assert problem(served.http.post("/api/runs", json=asked), 422)["errors"][0]["field"] == field
    run = f"/api/runs/{served.start(**TINY)}"
    answer = served.http.patch(run, json={field: "own.py"})
    assert problem(answer, 422)["errors"][0]["field"] == field


def test_an_installed_distribution_needs_no_option(tmp_path):
    (tmp_path / "plugged.py").write_text(OWN)
    metadata = tmp_path / "x-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: x\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[reluscope.relus]\nmine = plugged\n\n[reluscope.rules]\nmine = plugged:Halving\n"
    )
    process = Process("--port", "0", PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    with contextlib.closing(process), contextlib.closing(Api(process.until_listening())) as api:
        spec = {**TINY, "relu": "my_leaky", "update": {"rule": "halving"}}
        (view,) = api.until_ended(api.start(**spec))
        assert view["status"] == "finished"


def test_what_cannot_be_loaded_ends_it_with_a_line_before_anything_is_served(tmp_path):
    sound, broken = tmp_path / "own.py", tmp_path / "broken.py"
    sound.write_text(OWN)
    broken.write_text("import torch\n\ntorhc.relu\n")
    process = Process("--port", "0", RELUSCOPE_LOAD=f"{sound},{broken}")
    with contextlib.closing(process):
        assert process.wait() == 2
    reason = "NameError: name 'torhc' is not defined"
    assert process.log == f"reluscope: error: {broken}, line 3: {reason}\n"
