import math
from dataclasses import replace

import pytest
import torch
from torch.autograd.function import once_differentiable

from reluscope.training import checks
from reluscope.training.checks import UnfitRelu, check, curve, lines, slope_at_zero
from reluscope.training.relus import RELUS, Relu
from reluscope.training.spec import DTYPES

EVERY_RELU = pytest.mark.parametrize("relu", RELUS.values(), ids=lambda relu: relu.name)


def made(apply) -> Relu:
    return Relu("made", apply, "made", "made", "made", "made")


def told(check) -> dict[str, tuple[str, str]]:
    """Value and slope by h, each with the sign of a zero."""
    return {str(point.h): (str(point.value), str(point.slope)) for point in check.points}


def by_hand(relu: Relu, h: float, dtype: str) -> tuple[str, str]:
    at = torch.full((4, 5), h, dtype=DTYPES[dtype]).requires_grad_()
    value = relu.apply(at)
    value.sum().backward()
    return str(value[0, 0].item()), str(at.grad[0, 0].item())


class Cut(torch.autograd.Function):
    """max(h, 0), with a gradient times `FACTOR`."""

    FACTOR = 1

    @classmethod
    def forward(cls, ctx, h):
        ctx.save_for_backward(h)
        return h.clamp(min=0)

    @classmethod
    def backward(cls, ctx, incoming):
        (h,) = ctx.saved_tensors
        return cls.FACTOR * incoming * (h > 0)


class Doubled(Cut):
    FACTOR = 2


class Once(Cut):
    @staticmethod
    @once_differentiable
    def backward(ctx, incoming):
        (h,) = ctx.saved_tensors
        return incoming * (h > 0)


class RaisesInBackward(Cut):
    @staticmethod
    def backward(_ctx, _incoming):
        raise RuntimeError("no way back\nnor forth")


class RaisesTheSecondTime(Cut):
    @staticmethod
    def backward(ctx, incoming):
        if incoming.requires_grad:
            raise NotImplementedError
        return Once.backward(ctx, incoming)


@EVERY_RELU
@pytest.mark.parametrize("dtype", DTYPES)
def test_value_and_slope_are_those_that_torch_gives(relu, dtype):
    measured = told(check(relu, dtype=dtype, rounds=1))
    assert list(measured) == ["-1.0", "-0.0", "0.0", "1.0", "nan", "inf", "-inf"]
    assert measured == {h: by_hand(relu, float(h), dtype) for h in measured}


@EVERY_RELU
def test_a_curve_has_value_and_slope_that_torch_gives_and_goes_through_0(relu):
    measured = curve(relu)
    assert measured.error is None
    assert (measured.h[0], measured.h[20], measured.h[-1]) == (-2, 0, 2)
    told = zip(measured.h, measured.value, measured.slope, strict=True)
    for h, *point in told:
        assert tuple(map(str, point)) == by_hand(relu, h, "float32")
    assert measured.slope_at_0 == measured.slope[20] == slope_at_zero(relu)
    assert str(measured.value_at_nan) == by_hand(relu, math.nan, "float32")[0]
    assert measured.kink == check(relu, rounds=1).kink


def test_a_curve_is_measured_once_and_point_by_point():
    calls = []

    def normed(h):
        calls.append(h.shape)
        return h * (h / h).nan_to_num(1).mean()

    relu = made(normed)
    first = curve(relu)
    so_far = len(calls)
    assert curve(relu) == first
    assert len(calls) == so_far
    assert first.value == pytest.approx(first.h)


def test_of_a_curve_that_cannot_be_measured_only_the_reason_is_told():
    measured = curve(made(lambda h: h[:, 0]))
    assert measured == checks.Curve("made", torch.__version__, "float32", measured.error)
    assert "(4,)" in measured.error


@EVERY_RELU
def test_all_that_are_registered_pass_both_gradient_checks(relu):
    measured = check(relu, rounds=1)
    assert measured.error is None
    assert (measured.gradcheck.passed, measured.gradcheck.reason) == (True, None)
    assert (measured.gradgradcheck.passed, measured.gradgradcheck.reason) == (True, None)


def test_minus_0_and_0_are_told_apart():
    signs = made(lambda h: torch.where(torch.signbit(h), 2 * h, 3 * h))
    measured = told(check(signs, rounds=1))
    assert measured["-0.0"] == ("-0.0", "2.0")
    assert measured["0.0"] == ("0.0", "3.0")


def test_one_point_does_not_reach_another():
    normed = made(lambda h: h * (h / h).mean())
    measured = check(normed, rounds=1)
    assert [point.value for point in measured.points if abs(point.h) == 1] == [-1, 1]


@pytest.mark.parametrize(
    ("function", "first", "second"), [(Cut, True, True), (Doubled, False, True)]
)
def test_a_wrong_gradient_is_found(function, first, second):
    measured = check(made(function.apply), rounds=1)
    assert (measured.gradcheck.passed, measured.gradgradcheck.passed) == (first, second)


@pytest.mark.parametrize("function", [Once, RaisesTheSecondTime])
def test_one_that_can_be_differentiated_once_fails_the_second_check_alone(function):
    measured = check(made(function.apply), rounds=1)
    assert measured.error is None
    assert measured.gradcheck.passed
    assert not measured.gradgradcheck.passed
    assert measured.gradgradcheck.reason


def test_the_reason_is_one_line_without_its_matrices():
    reason = check(made(Doubled.apply), rounds=1).gradcheck.reason
    assert reason.startswith("Jacobian mismatch")
    assert "\n" not in reason
    assert reason[-1] not in ",:"


@pytest.mark.parametrize(
    ("apply", "error"),
    [
        (lambda h: h.no_such_method(), "AttributeError"),
        (lambda _h: None, "NoneType"),
        (lambda h: h[:, 0], "(4,)"),
        (lambda h: h.half(), "float16"),
        (lambda h: h.detach().clamp(min=0), "gradient"),
        (RaisesInBackward.apply, "no way back"),
        (lambda h: h.relu_(), "it changes h in place"),
        (lambda h: h * torch.ones(4, 5, dtype=h.dtype), "RuntimeError"),
    ],
    ids=["raises", "nothing", "shape", "dtype", "detached", "backward", "in place", "timed shape"],
)
def test_one_that_cannot_be_measured_is_told_of(apply, error):
    measured = check(made(apply))
    assert error in measured.error
    assert "\n" not in measured.error
    assert measured == replace(
        checks.Check("made", torch.__version__, "float32"), error=measured.error
    )
    assert measured.error in lines(measured)[-1]


@pytest.mark.parametrize(
    ("apply", "kink"),
    [
        (RELUS["relu"].apply, "The slope at 0 is 0 and NaN stays NaN."),
        (RELUS["where"].apply, "The slope at 0 is 0 and NaN becomes 0."),
        (
            RELUS["half_abs"].apply,
            "The slope at 0 is 0.5, NaN stays NaN and -inf becomes NaN.",
        ),
        (
            lambda h: torch.where(torch.signbit(h), 0 * h, h).nan_to_num(7, 8, 9),
            "The slope at 0 is 1 (at -0.0, 0), NaN becomes 7, inf becomes 8 and -inf becomes 7.",
        ),
        (
            torch.nn.functional.softplus,
            "The slope at 0 is 0.5, the value at 0 is 0.693147 and NaN stays NaN.",
        ),
    ],
)
def test_the_kink_in_words(apply, kink):
    assert check(made(apply), rounds=1).kink == kink


@EVERY_RELU
def test_the_slope_at_0_for_others(relu):
    assert slope_at_zero(relu) == float(by_hand(relu, 0.0, "float32")[1])
    assert slope_at_zero(relu, "float64") == float(by_hand(relu, 0.0, "float64")[1])


def test_the_slope_at_0_is_measured_once():
    calls = []

    def counted(h):
        calls.append(h.dtype)
        return torch.relu(h)

    relu = made(counted)
    assert slope_at_zero(relu) == 0
    so_far = len(calls)
    assert slope_at_zero(relu) == 0
    assert len(calls) == so_far
    slope_at_zero(relu, "float64")
    assert len(calls) > so_far


def test_another_function_under_the_same_name_is_measured_anew():
    assert slope_at_zero(made(lambda h: 2 * h)) == 2
    assert slope_at_zero(made(lambda h: 3 * h)) == 3


def test_there_is_no_slope_where_there_is_no_gradient():
    with pytest.raises(UnfitRelu, match="gradient"):
        slope_at_zero(made(lambda h: h.detach()))


def test_the_timing_is_measured_at_each_call_and_all_else_once():
    inputs = []

    def counted(h):
        inputs.append(h.shape)
        return torch.relu(h)

    first = check(made(counted), rounds=1)
    inputs.clear()
    second = check(made(counted), rounds=1)
    assert set(inputs) == {checks.TIMED_SHAPE}
    assert replace(first, points=None, timing=None) == replace(second, points=None, timing=None)


def test_a_check_draws_no_number_that_others_would_have_drawn():
    before = torch.get_rng_state()
    check(made(lambda h: h.clamp(min=0)))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_check_as_lines_for_a_terminal():
    measured = check(RELUS["where"], rounds=2)
    text = lines(measured)
    rows = [line.split() for line in text]
    assert torch.__version__ in text[0]
    assert ["h", "value", "slope"] in rows
    assert ["NaN", "0", "0"] in rows
    assert ["inf", "inf", "1"] in rows
    assert measured.kink in text
    assert ["gradcheck", "passed"] in rows
    assert ["gradgradcheck", "passed"] in rows
    ratio = measured.timing.forward.ratio
    assert any(f"{ratio:.2f} x torch.relu" in line for line in text)


def test_lines_tell_why_a_gradient_check_failed():
    text = lines(check(made(Doubled.apply), rounds=1))
    assert any(line.startswith("gradcheck") and "Jacobian mismatch" in line for line in text)


def test_minus_0_is_a_line_of_its_own():
    rows = [line.split()[0] for line in lines(check(RELUS["mask"], rounds=1)) if line]
    assert {"-0.0", "0"} <= set(rows)
    assert math.copysign(1, check(RELUS["mask"], rounds=1).points[0].value) == -1
