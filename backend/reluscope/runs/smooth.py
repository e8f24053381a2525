"""The exponential moving average of a curve, without a loop over its values."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numbers import Number
from .pyramid import Span

WIDTH = 64
"""Values of a stretch, which come one after the other; its stretches go side by side."""

PIECE = 2**17
"""Values that are in work at once: 1 MB, so that they stay near the processor."""

NOTHING = 2.0**-120
"""A share of an average that is not to be seen in it, nor in anything that it was rounded from."""

NO_BIAS = -38.0
"""An exponent whose power is nothing beside 1 in float64."""

Losses = NDArray[np.float64]


@dataclass(frozen=True)
class Last:
    """The newest average of a curve, and how many finite losses it is of: enough to go on with it.
    Of none it is NaN."""

    value: Number
    finite: int


def smoothed(span: Span, weight: float, start: int) -> tuple[Losses, Last]:
    """`smooth` of the losses of a span that begins with iteration 0, 0 < `weight` < 1. It looks at none
    that are too long past to be seen in the averages from `start` on."""
    begin = beginning(span.bucket(), weight, start) if len(span) else 0
    return smooth(span[:], weight, start, begin)


def beginning(known: np.void, weight: float, start: int) -> int:
    """Before which of some losses, of which a bucket is `known`, none can be seen in the averages from
    `start` on, nor in the last. One that is n before another has `weight ** n` of its share; so that is
    0 where they are not all finite and above 0, which leaves open by how much they differ."""
    if known["kinds"].any() or known["low"] <= 0:
        return 0
    seen = min(start, int(known["finite"]) - 1)
    differ = math.log(known["high"]) - math.log(known["low"]) - math.log(NOTHING)
    return max(0, seen - math.ceil(differ / -math.log(weight))) // PIECE * PIECE


def smooth(losses: Losses, weight: float, start: int = 0, begin: int = 0) -> tuple[Losses, Last]:
    """The debiased exponential moving average of `losses`, shape (losses,), at those from index
    `start` on, shape (losses - start,), and the last of all.

    After n finite losses x_1, ..., x_n it is the mean of these, x_k with the weight
    `weight ** (n - k)`, 0 <= `weight` < 1. A loss that is not finite is passed over, and at its own
    place there is NaN. As each is of all that come before it, it takes time in proportion to all
    losses, wherever `start` is; but none before `begin` is looked at, as `beginning` gives it.
    """
    averages = np.empty(max(0, len(losses) - start))
    state, finite, last = 0.0, begin, math.nan
    for at in range(begin, len(losses), PIECE):
        piece = losses[at : at + PIECE]
        kept = np.isfinite(piece)
        found, state = _averages(piece[kept], weight, state, finite)
        finite += len(found)
        last = float(found[-1]) if len(found) else last
        first = max(start - at, 0)
        if first < len(piece):
            spread = np.full(len(piece), np.nan)
            spread[kept] = found
            averages[at + first - start : at + len(piece) - start] = spread[first:]
    return averages, Last(last, finite)


def _averages(losses: Losses, weight: float, state: float, before: int) -> tuple[Losses, float]:
    """The averages at finite losses that follow `before` others, which have led to `state`; and
    the state that they lead to. A state is half of what the recurrence has, so that the largest
    losses lead to no infinity."""
    if weight == 0 or not len(losses):
        return losses, state
    sums = _accumulated(losses * ((1 - weight) / 2), weight, state)
    state = float(sums[-1])
    exponents = math.log(weight) * np.arange(before + 1, before + 1 + len(losses))
    with np.errstate(over="ignore"):
        averages = 2 * sums
        if exponents[0] > NO_BIAS:
            averages /= -np.expm1(exponents)
    largest = np.finfo(np.float64).max
    return np.clip(averages, -largest, largest, out=averages), state


def _accumulated(terms: Losses, weight: float, before: float) -> Losses:
    """s_t = weight * s_{t-1} + terms_t with s_{-1} = `before`, shape (terms,).

    The terms are parted into stretches. In each the recurrence begins at 0, for all stretches at
    once; then what each brings along from those before it, which follows the same recurrence from
    stretch to stretch, is added.
    """
    count = -(-len(terms) // WIDTH)
    padded = np.zeros(count * WIDTH)
    padded[: len(terms)] = terms
    sums = padded.reshape(count, WIDTH).T.copy()  # (place in its stretch, stretch)
    product = np.empty(count)
    for place in range(1, WIDTH):
        np.multiply(sums[place - 1], weight, out=product)
        sums[place] += product
    brought = np.full(count, before)
    if count > 1:
        brought[1:] = _accumulated(sums[-1, :-1], weight**WIDTH, before)
    sums += weight ** np.arange(1, WIDTH + 1)[:, None] * brought
    return sums.T.reshape(-1)[: len(terms)]
