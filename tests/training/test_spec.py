import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reluscope.training.presets import PRESETS
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES
from reluscope.training.spec import RunSpec

WRONG = [
    ({"relu": "swish"}, ("relu",)),
    ({"relu": None}, ("relu",)),
    ({"relu": ["clamp"]}, ("relu",)),
    ({"gradients": "guess"}, ("gradients",)),
    ({"dtype": "float16"}, ("dtype",)),
    ({"device": "tpu"}, ("device",)),
    ({"device": "cuda:-1"}, ("device",)),
    ({"device": "cuda:1234"}, ("device",)),
    ({"device": "cpu\n"}, ("device",)),
    ({"n": 0}, ("n",)),
    ({"n": 1.0}, ("n",)),
    ({"n": "64"}, ("n",)),
    ({"n": True}, ("n",)),
    ({"n": 1_000_001}, ("n",)),
    ({"d_in": -1}, ("d_in",)),
    ({"hidden": 0}, ("hidden",)),
    ({"d_out": 0}, ("d_out",)),
    ({"iterations": 0}, ("iterations",)),
    ({"iterations": 10_000_001}, ("iterations",)),
    ({"seed": -1}, ("seed",)),
    ({"seed": 2**53}, ("seed",)),
    ({"pace": 0}, ("pace",)),
    ({"pace": -1}, ("pace",)),
    ({"pace": 1e7}, ("pace",)),
    ({"pace": float("nan")}, ("pace",)),
    ({"name": ""}, ("name",)),
    ({"name": "a" * 201}, ("name",)),
    ({"tags": ["a"] * 21}, ("tags",)),
    ({"tags": [""]}, ("tags", 0)),
    ({"tags": ["a" * 51]}, ("tags", 0)),
    ({"on_nonfinite": "ignore"}, ("on_nonfinite",)),
    ({"unknown": 1}, ("unknown",)),
    ({"update": {"rule": "guess"}}, ("update",)),
    ({"update": {"rule": "sgd", "lr": -1}}, ("update", "sgd", "lr")),
    ({"update": {"lr": float("nan")}}, ("update", "sgd", "lr")),
    ({"update": {"rule": "manual", "beta": 1}}, ("update", "manual", "beta")),
]


def test_the_defaults_are_the_first_tutorials():
    assert RunSpec().model_dump() == {
        "name": None,
        "tags": [],
        "relu": "clamp",
        "update": {"rule": "sgd", "lr": 1e-6},
        "gradients": "autograd",
        "n": 64,
        "d_in": 1000,
        "hidden": 100,
        "d_out": 10,
        "iterations": 500,
        "seed": 0,
        "dtype": "float32",
        "device": "cpu",
        "pace": None,
        "on_nonfinite": "stop",
    }


@pytest.mark.parametrize(("fields", "location"), WRONG, ids=str)
def test_a_wrong_field_is_refused_by_its_name(fields, location):
    with pytest.raises(ValidationError) as refusal:
        RunSpec.model_validate(fields)
    assert [error["loc"] for error in refusal.value.errors()] == [location]


def test_a_rule_that_is_not_named_is_sgd():
    assert RunSpec.model_validate({"update": {"lr": 0.5}}).update == RULES["sgd"](lr=0.5)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_a_spec(preset):
    spec = RunSpec.model_validate(preset.spec)
    assert (spec.n, spec.d_in, spec.hidden, spec.d_out) == (64, 1000, 100, 10)
    assert (spec.iterations, spec.update.lr) == (500, 1e-6)


@given(
    st.builds(
        dict,
        relu=st.sampled_from(sorted(RELUS)),
        update=st.builds(dict, rule=st.sampled_from(sorted(RULES)), lr=st.floats(0, 3e38)),
        n=st.integers(1, 1_000_000),
        seed=st.integers(0, 2**53 - 1),
        pace=st.none() | st.floats(0, 1e6, exclude_min=True),
        tags=st.lists(st.text(min_size=1, max_size=50), max_size=20),
        device=st.sampled_from(["cpu", "cuda", "cuda:0", "cuda:12"]),
    )
)
def test_a_spec_comes_through_json_unchanged(fields):
    try:
        spec = RunSpec.model_validate(fields)
    except ValidationError:  # a pace too small to be kept
        assert fields["pace"] is not None
        return
    assert RunSpec.model_validate(json.loads(spec.model_dump_json())) == spec


def test_the_memory_told_is_at_least_that_of_the_tensors():
    spec = RunSpec()
    tensors = 64 * 1000 + 64 * 10 + 2 * (1000 * 100 + 100 * 10) + 2 * 64 * 100 + 64 * 10
    assert spec.training_bytes() >= 4 * tensors
    doubled = spec.model_copy(update={"dtype": "float64"})
    assert doubled.training_bytes() == 2 * spec.training_bytes()
    assert spec.trace_bytes() == 3 * 8 * 500


@pytest.mark.parametrize("rule", ["sgd", "manual"])
def test_the_memory_told_is_what_training_takes_at_most(rule):
    """Whichever of the sizes is the large one."""
    shapes = [
        {"n": 20_000, "d_in": 1000, "hidden": 10, "d_out": 10},
        {"n": 2000, "d_in": 10, "hidden": 10_000, "d_out": 10},
        {"n": 2000, "d_in": 10, "hidden": 10, "d_out": 10_000},
        {"n": 10, "d_in": 4000, "hidden": 5000, "d_out": 10},
        {"n": 10, "d_in": 10, "hidden": 4000, "d_out": 5000},
    ]
    specs = [RunSpec.model_validate({**shape, "update": {"rule": rule}}) for shape in shapes]
    for spec, peak in zip(specs, peak_bytes(specs), strict=True):
        assert 0.4 * spec.training_bytes() < peak < 1.1 * spec.training_bytes(), spec


def peak_bytes(specs: list[RunSpec]) -> list[int]:
    """What two iterations of each add to the memory of a process that has trained before."""
    command = [sys.executable, "-m", "tests.training.peak"]
    told = json.dumps([spec.model_dump(mode="json") for spec in specs])
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=True)
    peaks: list[int] = json.loads(done.stdout)
    return peaks
