"""Where two traces part, and by how much."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numbers import Number
from .overview import Series

PIECE = 100_000
"""Iterations that are compared at a stretch, which takes a few MB, whatever the traces' lengths."""

COARSEST_FIRST = ("bfloat16", "float32", "float64")
"""The dtypes of a spec."""

UNCOUNTED = 2**64 - 1
"""Stands for an infinite number of ulps; of those that can be counted there are fewer."""

Losses = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """How far two runs are apart at one iteration, where their losses are `a` and `b`."""

    iteration: int
    a: Number
    b: Number
    difference: int | Number
    """An int where it is in ulps; infinite where either loss is not finite."""


@dataclass(frozen=True)
class Comparison:
    """How two traces differ in the iterations that both have.

    NaN equals NaN, an infinity equals itself, and -0.0 equals 0.0. Of several differences that are
    equally large, the first is told.
    """

    compared: int
    """How many iterations both have."""
    equal: bool
    """Whether no loss differs in these."""
    first_difference: int | None
    """The first iteration whose losses differ."""
    largest_absolute: Difference | None
    """Of |a - b|."""
    largest_relative: Difference | None
    """Of |a - b| / max(|a|, |b|)."""
    largest_ulp: Difference | None
    """Of the steps from a to b through the numbers of the coarser run's dtype, to which both are
    rounded: 0 where they differ and are rounded to the same."""


def compare(a: Series, b: Series, dtypes: tuple[str, str] = ("float32", "float32")) -> Comparison:
    """Compare two traces whose runs train in `dtypes`, as far as both are there now."""
    coarser = next((dtype for dtype in COARSEST_FIRST if dtype in dtypes), "float32")
    measures: tuple[Measure, ...] = (_absolute, _relative, lambda a, b: _ulps(a, b, coarser))
    compared = min(len(a), len(b))
    first: int | None = None
    largest: list[Difference | None] = [None] * len(measures)
    for start in range(0, compared, PIECE):
        stop = min(start + PIECE, compared)
        losses = a[start:stop], b[start:stop]
        at = np.flatnonzero(_differ(*losses))
        if not len(at):
            continue
        first = start + int(at[0]) if first is None else first
        differing = losses[0][at], losses[1][at]
        for place, measure in enumerate(measures):
            found = _largest(differing, start + at, measure)
            known = largest[place]
            if known is None or found.difference > known.difference:
                largest[place] = found
    return Comparison(compared, first is None, first, *largest)


class Distance:
    """|a - b| of two series in what both have, made as it is asked for. It is 0 where they are
    equal, though both be NaN or the same infinity; else it is not finite where either is not."""

    def __init__(self, a: Series, b: Series) -> None:
        self._a, self._b = a, b

    def __len__(self) -> int:
        return min(len(self._a), len(self._b))

    def __getitem__(self, span: slice) -> Losses:
        span = slice(*span.indices(len(self)))
        a, b = self._a[span], self._b[span]
        with np.errstate(invalid="ignore", over="ignore"):
            return np.where(_differ(a, b), np.abs(a - b), 0.0)


Measure = Callable[[Losses, Losses], NDArray[Any]]
"""How far losses are apart that differ, each from the other."""


def _differ(a: Losses, b: Losses) -> NDArray[np.bool_]:
    return np.not_equal(a, b) & ~(np.isnan(a) & np.isnan(b))


def _largest(
    losses: tuple[Losses, Losses], iterations: NDArray[np.int64], measure: Measure
) -> Difference:
    with np.errstate(invalid="ignore", over="ignore"):  # what is infinite is told as such
        differences = measure(*losses)
    at = int(np.argmax(differences))
    difference = differences[at].item()
    return Difference(
        int(iterations[at]),
        float(losses[0][at]),
        float(losses[1][at]),
        math.inf if difference == UNCOUNTED else difference,
    )


def _finite(a: Losses, b: Losses) -> NDArray[np.bool_]:
    return np.isfinite(a) & np.isfinite(b)


def _absolute(a: Losses, b: Losses) -> Losses:
    return np.where(_finite(a, b), np.abs(a - b), np.inf)


def _relative(a: Losses, b: Losses) -> Losses:
    return np.where(_finite(a, b), np.abs(a - b) / np.maximum(np.abs(a), np.abs(b)), np.inf)


def _ulps(a: Losses, b: Losses, dtype: str) -> NDArray[np.uint64]:
    at_a, at_b = _places(a, dtype), _places(b, dtype)
    beyond = _places(np.array([np.inf]), dtype)
    countable = (np.abs(at_a) < beyond) & (np.abs(at_b) < beyond) | (at_a == at_b)
    low, high = np.minimum(at_a, at_b), np.maximum(at_a, at_b)
    steps = high.view(np.uint64) - low.view(np.uint64)  # may take all 64 bits
    return np.where(_finite(a, b) & countable, steps, np.uint64(UNCOUNTED))


def _places(values: Losses, dtype: str) -> NDArray[np.int64]:
    """The places of `values`, rounded to `dtype`, among its numbers in their order: 0 has 0, the
    next larger number 1, the next smaller one -1."""
    if dtype == "float64":
        places = np.abs(values).view(np.int64)
    else:
        places = np.abs(values).astype(np.float32).view(np.int32).astype(np.int64)
    if dtype == "bfloat16":  # the upper half of a float32; half-way goes to the even one
        places = (places + 0x7FFF + (places >> 16 & 1)) >> 16
    return np.where(np.signbit(values), -places, places)
