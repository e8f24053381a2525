"""How long a ReLU takes, forward and backward, measured beside another in turns."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from ..numbers import Number

ROUNDS = 9
"""Rounds of a timing: the median outlives a few that were disturbed."""

STRETCH_S = 0.002
"""How long an implementation is timed at a stretch: long against the clock's own call, short
against the disturbances of a machine that is shared."""

MAX_CALLS = 200
"""Calls in a stretch."""

BUDGET_S = 0.4
"""After which no further round begins."""

FINE_S = 1e-6
"""How fine a clock of the thread's own must be."""


def _clock() -> Callable[[], float]:
    """The thread's own time where the system counts it finely, else the time on the wall.

    While workers train, a call waits for the GIL longer than it computes: on the wall, rounds of
    one and the same function then lie a factor of 200 apart, in the thread's own time of 2.
    """
    with contextlib.suppress(ValueError):
        if time.get_clock_info("thread_time").resolution <= FINE_S:
            return time.thread_time
    return time.perf_counter


CLOCK = _clock()


@dataclass(frozen=True)
class Cost:
    """What a call costs, by itself and as a ratio to the other's; medians over the rounds."""

    call_s: Number
    ratio: Number
    lowest: Number
    """The lowest ratio of a round."""
    highest: Number
    """The highest ratio of a round."""


@dataclass(frozen=True)
class Timing:
    """The cost of relu(h), and that of its gradient."""

    forward: Cost
    backward: Cost
    rounds: int


def time_beside(
    relu: Callable[[Tensor], Tensor], other: Callable[[Tensor], Tensor], h: Tensor, rounds: int
) -> Timing:
    """Time `relu` and `other` on `h`, which requires its gradient, in turns.

    At most `rounds` rounds, at least 1, and fewer where `BUDGET_S` is over before.
    """
    one = torch.ones_like(h)
    values = relu(h), other(h)

    def backward(value: Tensor) -> Callable[[], object]:
        return lambda: torch.autograd.grad(value, h, one, retain_graph=True)

    ways = (
        (lambda: relu(h), lambda: other(h)),
        (backward(values[0]), backward(values[1])),
    )
    counts = [tuple(map(_calls, way)) for way in ways]
    taken: list[list[tuple[float, float]]] = [[], []]
    end = time.perf_counter() + BUDGET_S
    for _ in range(max(1, rounds)):
        for (mine, its), (my_count, its_count), times in zip(ways, counts, taken, strict=True):
            times.append((_stretch(mine, my_count), _stretch(its, its_count)))
        if time.perf_counter() > end:
            break
    return Timing(_cost(taken[0]), _cost(taken[1]), len(taken[0]))


def _calls(call: Callable[[], object]) -> int:
    """How many calls fill a stretch."""
    call()  # the first call may look for its kernel
    begin = time.perf_counter()
    call()
    return min(max(1, int(STRETCH_S / (time.perf_counter() - begin))), MAX_CALLS)


def _stretch(call: Callable[[], object], count: int) -> float:
    """Seconds a call."""
    begin = CLOCK()
    for _ in range(count):
        call()
    return (CLOCK() - begin) / count


def _cost(times: list[tuple[float, float]]) -> Cost:
    ratios = [mine / its for mine, its in times]
    return Cost(median(mine for mine, _ in times), median(ratios), min(ratios), max(ratios))
