import json
import os
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
    ({"n": 1.5}, ("n",)),
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
    ({"update": {"rule": "manual", "momentum": 0.9}}, ("update", "manual", "momentum")),
    ({"update": {"nesterov": True}}, ("update", "sgd", "nesterov")),
    ({"update": {"rule": "adam"}, "gradients": "gram"}, ("gradients",)),
    ({"dtype": "bfloat16", "gradients": "gram"}, ("dtype",)),
    ({"diagnostics_every": -1}, ("diagnostics_every",)),
]


def test_the_defaults_are_the_first_tutorials():
    assert RunSpec().model_dump() == {
        "name": None,
        "tags": [],
        "relu": "clamp",
        "update": {
            "rule": "sgd",
            "lr": 1e-6,
            "lr_w1": None,
            "lr_w2": None,
            "momentum": 0.0,
            "dampening": 0.0,
            "weight_decay": 0.0,
            "nesterov": False,
        },
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
        "diagnostics_every": 50,
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
    assert doubled.training_bytes() > spec.training_bytes()


LARGE = [
    {"n": 8000, "d_in": 1000, "hidden": 10, "d_out": 10},
    {"n": 1000, "d_in": 10, "hidden": 5000, "d_out": 10},
    {"n": 1000, "d_in": 10, "hidden": 10, "d_out": 5000},
    {"n": 10, "d_in": 4000, "hidden": 500, "d_out": 10},
    {"n": 10, "d_in": 10, "hidden": 500, "d_out": 4000},
]
"""Each of the sizes is the large one once."""

ROOMY = [
    *LARGE,
    *({**LARGE[3], "update": {"rule": rule}} for rule in RULES if rule != "sgd"),
    {**LARGE[3], "update": {"rule": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}},
    {**LARGE[3], "update": {"rule": "adam", "amsgrad": True, "weight_decay": 0.1}},
    *({**LARGE[1], "relu": relu} for relu in RELUS),
    *({**shape, "gradients": "closed_form"} for shape in (LARGE[0], LARGE[1], LARGE[3])),
    *({**shape, "gradients": "gram"} for shape in (LARGE[1], LARGE[3], {**LARGE[3], "n": 1500})),
    *({**shape, "dtype": "bfloat16"} for shape in (LARGE[1], LARGE[3])),
    {**LARGE[3], "dtype": "float64"},
]


def test_the_memory_told_is_what_training_takes_at_most():
    specs = [RunSpec.model_validate({"on_nonfinite": "continue", **given}) for given in ROOMY]
    for spec, peak in zip(specs, peak_bytes(specs), strict=True):
        assert 0.3 * spec.training_bytes() < peak < 1.1 * spec.training_bytes(), spec


def peak_bytes(specs: list[RunSpec]) -> list[int]:
    """What two iterations of each add to the memory of a process that has trained before."""
    command = [sys.executable, "-m", "tests.training.peak"]
    told = json.dumps([spec.model_dump(mode="json") for spec in specs])
    # Else freed memory waits in the allocator, which is none of a run's.
    told_malloc = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    done = subprocess.run(
        command, input=told, capture_output=True, text=True, check=True, env=told_malloc
    )
    peaks: list[int] = json.loads(done.stdout)
    return peaks
