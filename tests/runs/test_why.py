from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from reluscope.runs.compare import compare
from reluscope.runs.why import DECIDE_NO_CURVE, why
from reluscope.training.change import Change
from reluscope.training.relus import RELUS
from reluscope.training.spec import RunSpec

from .making import curve, spec

EQUAL = compare(np.arange(300.0), np.arange(300.0))
APART = compare(np.arange(300.0), np.arange(300.0) + (np.arange(300) >= 150))
HERE = {"torch": "2.13.0", "python": "3.12.1", "device": "A", "threads": 1, "cpu_capability": "AVX"}


@dataclass
class Side:
    spec: RunSpec
    environment: dict[str, str | int] | None
    changes: list[Change] = field(default_factory=list)


def side(environment=None, **fields):
    return Side(RunSpec.model_validate(fields), {**HERE, **(environment or {})})


def changed(*changes):
    """A side that begins with the usual spec; of each change the iteration, and the fields that are
    other than usual from there."""
    steps = [Change(at, RunSpec.model_validate(fields)) for at, fields in changes]
    return Side(RunSpec(), HERE, steps)


PLAIN = side()
RELU = side(relu="relu")
OTHERS = pytest.mark.parametrize("other", [name for name in RELUS if name != "relu"])


def test_the_same_spec_decides_the_same_curve():
    assert why(EQUAL, PLAIN, side()) == "The two specs decide the same curve."


def test_curves_that_part_for_no_reason_should_not():
    assert "should not part" in why(APART, PLAIN, side())


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "another"},
        {"tags": ["x"]},
        {"pace": 5.0},
        {"on_nonfinite": "continue"},
        {"iterations": 7},
    ],
    ids=str,
)
def test_what_decides_no_curve_is_no_reason(fields):
    other = side(**fields)
    assert fields.keys() <= DECIDE_NO_CURVE
    assert why(EQUAL, PLAIN, other) == "The two specs decide the same curve."
    assert "should not part" in why(APART, PLAIN, other)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"seed": 1}, "the seed is 0 in a and 1 in b (other data and start weights)."),
        ({"n": 65}, "n is 64 in a and 65 in b."),
        ({"d_in": 5}, "d_in is 1000 in a and 5 in b."),
        ({"hidden": 7}, "hidden is 100 in a and 7 in b."),
        ({"d_out": 3}, "d_out is 10 in a and 3 in b."),
        ({"dtype": "float64"}, "the data type is float32 in a and float64 in b."),
        ({"device": "cuda:1"}, "the device is cpu in a and cuda:1 in b."),
        ({"update": {"lr": 1e-3}}, "lr is 1e-06 in a and 0.001 in b."),
        ({"update": {"rule": "manual"}}, "the update rule is sgd in a and manual in b."),
        (
            {"update": {"rule": "manual", "lr": 0.5}},
            "the update rule is sgd in a and manual in b; lr is 1e-06 in a and 0.5 in b.",
        ),
    ],
    ids=str,
)
def test_what_differs_in_the_specs_is_the_reason(other, reason):
    assert why(APART, PLAIN, side(**other)) == f"What differs: {reason}"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"torch": "2.14.0"}, "torch is 2.13.0 in a and 2.14.0 in b."),
        ({"device": "B"}, "the device is A in a and B in b."),
        ({"threads": 2}, "the number of threads is 1 in a and 2 in b."),
        ({"cpu_capability": "NO"}, "the CPU capability is AVX in a and NO in b."),
    ],
    ids=str,
)
def test_what_differs_in_the_environments_is_the_reason(other, reason):
    assert why(APART, PLAIN, side(other)) == f"What differs: {reason}"


def test_pythons_version_is_no_reason():
    assert why(EQUAL, PLAIN, side({"python": "3.14"})) == "The two specs decide the same curve."


def test_what_is_not_known_of_an_environment_is_not_told():
    old = Side(RunSpec(), {"torch": "2.13.0"})
    assert "should not part" in why(APART, PLAIN, old)
    assert "should not part" in why(APART, Side(RunSpec(), None), PLAIN)


def test_another_device_is_told_once():
    other = side({"device": "B"}, device="cuda")
    assert why(APART, PLAIN, other) == "What differs: the device is cpu in a and cuda in b."


def test_two_names_of_one_device_are_no_reason():
    assert "same curve" in why(EQUAL, side(device="cuda"), side(device="cuda:0"))


def slope(name: str) -> float:
    h = torch.zeros(()).requires_grad_()
    RELUS[name].apply(h).backward()
    return h.grad.item()


@OTHERS
def test_of_another_relu_the_slopes_at_0_are_told_as_this_torch_has_them(other):
    told = why(APART, RELU, side(relu=other))
    assert told.startswith(f"What differs: the ReLU is relu in a and {other} in b (")
    if slope(other) == 0:
        assert "(both have slope 0 at 0)" in told
    else:
        assert f"(relu has slope 0 at 0, {other} {slope(other):g})" in told


@OTHERS
def test_equal_curves_of_relus_with_other_slopes_at_0_say_what_that_means(other):
    told = why(EQUAL, RELU, side(relu=other))
    assert told.startswith(f"Equal so far, although the ReLU is relu in a and {other} in b")
    assert ("No h was exactly 0 so far" in told) == (slope(other) != 0)


def test_a_relu_that_is_known_no_longer_has_no_slope():
    gone = Side(RunSpec.model_construct(relu="gone"), HERE)
    assert why(APART, PLAIN, gone) == "What differs: the ReLU is clamp in a and gone in b."


def test_gram_is_the_same_mathematics():
    gram = Side(RunSpec.model_construct(gradients="gram"), HERE)
    closed = Side(RunSpec.model_construct(gradients="closed_form"), HERE)
    assert "same mathematics" in why(APART, PLAIN, gram)
    assert "same mathematics" in why(APART, gram, closed)
    assert why(APART, PLAIN, closed) == (
        "What differs: the way to the gradients is autograd in a and closed_form in b."
    )


def test_equal_curves_although_something_differs():
    told = why(EQUAL, PLAIN, side(update={"rule": "manual"}))
    assert told == "Equal so far, although the update rule is sgd in a and manual in b."


FASTER = {"update": {"lr": 1e-5}}
FASTEST = {"update": {"lr": 1e-4}}


def test_a_change_by_hand_is_a_reason():
    told = why(APART, PLAIN, changed((120, FASTER)))
    assert told == "What differs: the hyperparameters of b were changed at iteration 120."
    both = why(APART, changed((3, FASTER)), changed((120, FASTER)))
    assert "of a were changed at iteration 3; " in both
    assert "of b were changed at iteration 120" in both


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"relu": "my_relu"}, "the ReLU of b was changed at iteration 7"),
        ({"update": {"rule": "adam"}}, "the update rule of b was changed at iteration 7"),
        (
            {"relu": "where", "gradients": "closed_form"},
            "the ReLU and the way to the gradients of b were changed at iteration 7",
        ),
    ],
    ids=str,
)
def test_what_a_fork_has_otherwise_is_named(fields, told):
    assert why(APART, PLAIN, changed((7, fields))) == f"What differs: {told}."


def test_what_was_changed_alike_in_both_is_no_reason():
    once, twice = changed((5, FASTER)), changed((5, FASTER), (90, FASTEST))
    assert why(EQUAL, once, changed((5, FASTER))) == (
        "The two specs, and what was changed on the way, decide the same curve."
    )
    assert "should not part" in why(APART, once, changed((5, FASTER)))
    assert why(APART, once, twice) == (
        "What differs: the hyperparameters of b were changed at iteration 90."
    )


def test_what_was_changed_before_the_first_iteration_is_of_the_spec():
    assert why(APART, PLAIN, changed((0, FASTER))) == (
        "What differs: lr is 1e-06 in a and 1e-05 in b."
    )
    assert "same curve" in why(EQUAL, side(**FASTER), changed((0, FASTER)))


def test_a_change_that_another_undid_at_once_is_no_reason():
    assert why(EQUAL, PLAIN, changed((5, FASTER), (5, {}))) == (
        "The two specs decide the same curve."
    )


def test_a_change_after_the_curves_parted_is_no_reason():
    assert "should not part" in why(APART, changed((151, FASTER)), side())


def test_a_change_that_changed_nothing():
    told = why(EQUAL, changed((7, FASTER)), side())
    assert told == "Equal so far, although the hyperparameters of a were changed at iteration 7."
    assert "same curve" in why(EQUAL, changed((300, FASTER)), side())


def test_nothing_to_compare():
    nothing = compare(np.empty(0), np.arange(3.0))
    assert "nothing to compare" in why(nothing, PLAIN, side(seed=1))


@pytest.mark.parametrize("other", [{"seed": 1}, {"update": {"lr": 1e-5}}, {"n": 5}], ids=str)
def test_of_real_curves_the_one_thing_that_differs_is_the_reason(other):
    a, b = (Side(spec(iterations=50, **fields), HERE) for fields in ({}, other))
    found = compare(np.array(curve(a.spec)), np.array(curve(b.spec)))
    assert not found.equal
    told = why(found, a, b)
    assert next(iter(other.get("update", other))) in told.lower()
    assert ";" not in told


def test_what_a_run_does_not_have_of_its_own_is_said_in_words():
    own = side(update={"rule": "sgd", "lr_w1": 1e-6})
    assert "lr_w1 is 1e-06 in a and not set in b" in why(EQUAL, own, PLAIN)
