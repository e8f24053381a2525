"""What a ReLU implementation does on the torch that is installed: measured, never listed.

The slope at 0 is a convention, and it moves: that of `clamp(min=0)` is 1 on torch 2.13 and 0 on
2.14. So nothing here knows what an implementation ought to give.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import Tensor

from ..numbers import Number
from .relus import Relu, changes_of
from .spec import DTYPES
from .stopwatch import ROUNDS, Timing, time_beside

POINTS = (-1.0, -0.0, 0.0, 1.0, math.nan, math.inf, -math.inf)
"""Where value and slope are measured."""

SHAPE = (4, 5)
"""Of the h that is checked."""

AWAY_FROM_0 = 0.1
"""How near the gradient checks come to 0, where finite differences would straddle the kink."""

CURVE_POINTS = tuple(tenths / 10 for tenths in range(-20, 21))
"""The h at which a curve is measured."""

TIMED_SHAPE = (64, 100)
"""The tutorials' h: (n, hidden)."""

SEED = 0


class UnfitRelu(ValueError):
    """An implementation raises, or gives something else than a tensor of h's shape and dtype."""


@dataclass(frozen=True)
class Point:
    """Value and slope at one `h`. A zero keeps its sign."""

    h: Number
    value: Number
    slope: Number
    """The gradient where the gradient that comes in is 1."""


@dataclass(frozen=True)
class GradientCheck:
    """Whether gradients agree with finite differences in float64, at some points away from 0."""

    passed: bool
    reason: str | None
    """Why not, in a line of torch's."""


@dataclass(frozen=True)
class Check:
    """One implementation, checked. What was to be measured is None where there is an `error`."""

    relu: str
    torch: str
    dtype: str
    """That of the points; the gradient checks are in float64, the timing is in float32."""
    error: str | None = None
    points: tuple[Point, ...] | None = None
    kink: str | None = None
    """What the points say, in a sentence."""
    gradcheck: GradientCheck | None = None
    gradgradcheck: GradientCheck | None = None
    timing: Timing | None = None


@dataclass(frozen=True)
class Curve:
    """Value and slope of one implementation over h. What was to be measured is None where there is
    an `error`."""

    relu: str
    torch: str
    dtype: str
    error: str | None = None
    h: tuple[float, ...] | None = None
    """`CURVE_POINTS`."""
    value: tuple[Number, ...] | None = None
    """One for each h."""
    slope: tuple[Number, ...] | None = None
    """One for each h."""
    slope_at_0: Number | None = None
    value_at_nan: Number | None = None
    """NaN, where it is not swallowed."""
    kink: str | None = None
    """What is worth a word, in a sentence."""


def check(relu: Relu, *, dtype: str = "float32", rounds: int = ROUNDS) -> Check:
    """Measure an implementation on the CPU, in about a tenth of a second.

    `dtype`, a name of `DTYPES`, is that of the points. All but the timing, which takes at most
    `rounds` rounds, is measured once in a process. One that cannot be measured is told of in
    `error`.
    """
    made = Check(relu.name, torch.__version__, dtype)
    try:
        points = _points(relu, dtype)
        first, second = _gradient_checks(relu)
        timing = _timing(relu, rounds)
    except UnfitRelu as unfit:
        return replace(made, error=str(unfit))
    return replace(
        made,
        points=points,
        kink=_kink(points),
        gradcheck=first,
        gradgradcheck=second,
        timing=timing,
    )


def slope_at_zero(relu: Relu, dtype: str = "float32") -> float:
    """The slope at 0.0 on the CPU, measured once for each implementation and dtype.

    Raises UnfitRelu.
    """
    return next(p.slope for p in _points(relu, dtype) if _told(p.h) == "0")


@cache
def curve(relu: Relu) -> Curve:
    """Measure value and slope over h from -2 to 2 in float32 on the CPU, once in a process, in a few
    milliseconds. One that cannot be measured is told of in `error`."""
    made = Curve(relu.name, torch.__version__, "float32")
    try:
        around_0 = _points(relu, made.dtype)
        points = [_point(relu, at, made.dtype) for at in CURVE_POINTS]
    except UnfitRelu as unfit:
        return replace(made, error=str(unfit))
    at = {_told(point.h): point for point in around_0}
    return replace(
        made,
        h=CURVE_POINTS,
        value=tuple(point.value for point in points),
        slope=tuple(point.slope for point in points),
        slope_at_0=at["0"].slope,
        value_at_nan=at["NaN"].value,
        kink=_kink(around_0),
    )


@cache
def _points(relu: Relu, dtype: str) -> tuple[Point, ...]:
    return tuple(_point(relu, at, dtype) for at in POINTS)


def _point(relu: Relu, at: float, dtype: str) -> Point:
    """In a tensor of its own, filled with it: one with NaN in it might be NaN all over, where an
    implementation is not elementwise."""
    h = torch.full(SHAPE, at, dtype=DTYPES[dtype]).requires_grad_()
    value, slope = _value_and_slope(relu, h)
    return Point(at, value[0, 0].item(), slope[0, 0].item())


def _value_and_slope(relu: Relu, h: Tensor) -> tuple[Tensor, Tensor]:
    """relu(h) and its gradient, both of h's shape. Raises UnfitRelu."""
    given = h.clone()  # no leaf, which torch itself keeps from changes
    before = changes_of(given)
    with _unfit_if("it"):
        value = relu.apply(given)
    if changes_of(given) != before:
        raise UnfitRelu("it changes h in place, and gives no tensor of its own")
    if not isinstance(value, Tensor):
        raise UnfitRelu(f"it gives {type(value).__name__}, not a tensor")
    if value.shape != h.shape:
        raise UnfitRelu(f"it gives shape {tuple(value.shape)} for h of shape {tuple(h.shape)}")
    if value.dtype != h.dtype:
        raise UnfitRelu(f"it gives {value.dtype} for h of {h.dtype}")
    with _unfit_if("its gradient"):
        (slope,) = torch.autograd.grad(value, h, torch.ones_like(value))
    return value, slope


@contextlib.contextmanager
def _unfit_if(what: str) -> Iterator[None]:
    """Raises UnfitRelu where `what` raises, whatever an implementation of somebody's own raises."""
    try:
        yield
    except (Exception, SystemExit) as raised:
        raise UnfitRelu(f"{what} raises {type(raised).__name__}: {_line(raised)}") from raised


@cache
def _gradient_checks(relu: Relu) -> tuple[GradientCheck, GradientCheck]:
    """Of the gradient and of the gradient's gradient; once, since the first takes a while."""
    generator = torch.Generator().manual_seed(SEED)
    h = torch.randn(SHAPE, generator=generator, dtype=torch.float64)
    h = (h + AWAY_FROM_0 * h.sign()).requires_grad_()
    # Else gradgradcheck draws it from the generator that the whole process shares.
    incoming = torch.randn(SHAPE, generator=generator, dtype=torch.float64).requires_grad_()
    return (
        _outcome(lambda: torch.autograd.gradcheck(relu.apply, h)),
        _outcome(lambda: torch.autograd.gradgradcheck(relu.apply, h, incoming)),
    )


def _outcome(gradient_check: Callable[[], bool]) -> GradientCheck:
    try:
        gradient_check()
    except (Exception, SystemExit) as raised:  # noqa: BLE001 - what cannot be checked is not passed
        return GradientCheck(passed=False, reason=_line(raised))
    return GradientCheck(passed=True, reason=None)


def _timing(relu: Relu, rounds: int) -> Timing:
    generator = torch.Generator().manual_seed(SEED)
    h = torch.randn(TIMED_SHAPE, generator=generator).requires_grad_()
    _value_and_slope(relu, h)  # what fits one shape may fail at another
    with _unfit_if("it"):
        return time_beside(relu.apply, torch.relu, h, rounds)


def _line(raised: BaseException) -> str:
    """The first line of an error: where torch goes on, it prints whole matrices."""
    first = next(iter(str(raised).splitlines()), "").rstrip(" ,:")
    return first or type(raised).__name__


def _kink(points: tuple[Point, ...]) -> str:
    """What is worth a word of what was measured, as one sentence."""
    at = {_told(point.h): point for point in points}
    slope, other = (_told(at[h].slope + 0.0) for h in ("0", "-0.0"))  # no word for a slope of -0.0
    parts = [f"the slope at 0 is {slope}" + (f" (at -0.0, {other})" if slope != other else "")]
    if at["0"].value != 0:
        parts.append(f"the value at 0 is {_told(at['0'].value)}")
    nan = _told(at["NaN"].value)
    parts.append("NaN stays NaN" if nan == "NaN" else f"NaN becomes {nan}")
    for h, expected in (("inf", math.inf), ("-inf", 0)):
        if at[h].value != expected:
            parts.append(f"{h} becomes {_told(at[h].value)}")
    sentence = f"{', '.join(parts[:-1])} and {parts[-1]}."
    return sentence[0].upper() + sentence[1:]


def _told(number: float) -> str:
    """A number as people read it; what is -0.0 is told apart from 0."""
    if number == 0:
        return "0" if math.copysign(1, number) > 0 else "-0.0"
    return "NaN" if math.isnan(number) else f"{number:.6g}"


def lines(check: Check) -> list[str]:
    """A check as lines of plain text, for a terminal."""
    told = [f"{check.relu}, {check.dtype}, torch {check.torch}"]
    if check.error:
        return [*told, f"cannot be used: {check.error}"]
    assert check.points
    assert check.timing
    told += ["", f"{'h':>6}  {'value':>9}  {'slope':>9}"]
    told += [f"{_told(p.h):>6}  {_told(p.value):>9}  {_told(p.slope):>9}" for p in check.points]
    told += [str(check.kink), ""]
    for name, made in (("gradcheck", check.gradcheck), ("gradgradcheck", check.gradgradcheck)):
        assert made
        told.append(f"{name:<14} {'passed' if made.passed else f'failed: {made.reason}'}")
    for name, way in (("forward", check.timing.forward), ("backward", check.timing.backward)):
        ratio = f"{way.ratio:.2f} x torch.relu ({way.lowest:.2f} to {way.highest:.2f})"
        told.append(f"{name:<14} {way.call_s * 1e6:.1f} us, {ratio}")
    return told
