"""A curve in about as many points as a screen can show: the extremes of each bucket of iterations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

PIECE = 2**20
"""Losses that are looked at at a stretch, 8 MB, where a bucket is not larger."""

FACTOR = 4
"""From one size of buckets to the next. With few sizes, whose buckets lie within each other, an
overview of a span that moves or grows keeps most of its points."""

MAX_SPANS = 100
"""Stretches that are not finite of which the places are told; a screen shows no more of them."""

Losses = NDArray[np.float64]
Kind = Literal["NaN", "Infinity", "-Infinity"]

KINDS: tuple[Kind, ...] = ("NaN", "Infinity", "-Infinity")


class Series(Protocol):
    """Float64 losses: an array, or what makes them as they are asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, span: slice, /) -> Losses: ...


@dataclass(frozen=True)
class Overview:
    """Of the losses of a span of iterations, those that its picture consists of."""

    every: int
    """Iterations of a bucket, a power of 4. Buckets lie at its multiples, counted from iteration 0,
    so that the span may cut the first and the last."""
    iterations: NDArray[np.int64]
    """Of each bucket those of the least and the largest finite loss, and of the first that is not
    finite; and the span's first and last. Ascending, each once."""
    losses: Losses
    """Those of `iterations`."""
    means: Losses
    """For each bucket the mean of its finite losses; NaN where there is none."""
    not_positive: int
    """How many finite losses of the span are 0 or less, which a logarithmic scale has no place for."""


class Stretch(NamedTuple):
    """Iterations `start` to `stop`, without the latter, whose losses are all of one kind."""

    start: int
    stop: int
    kind: Kind


@dataclass(frozen=True)
class NotFinite:
    """The losses of a span that are not finite."""

    spans: list[Stretch]
    """The first stretches of them, at most `MAX_SPANS`."""
    counts: dict[str, int]
    """How many there are of each kind that there is."""


def overview(series: Series, start: int, points: int) -> Overview:
    """The overview of a span whose first iteration is `start`, in about `points` points: in all
    iterations where these are at most half as many."""
    count = len(series)
    if not count:
        return Overview(1, np.empty(0, np.int64), np.empty(0), np.empty(0), 0)
    every = 1
    while 2 * count > points * every:
        every *= FACTOR
    buckets = [_Buckets(series, *block) for block in _blocks(start, count, every)]
    places = np.concatenate([[0, count - 1], *(found.places for found in buckets)])
    losses = np.concatenate([series[:1], series[count - 1 :], *(found.losses for found in buckets)])
    places, chosen = np.unique(places, return_index=True)
    return Overview(
        every,
        start + places,
        losses[chosen],
        np.concatenate([found.means for found in buckets]),
        sum(found.not_positive for found in buckets),
    )


def not_finite(series: Series, start: int) -> NotFinite:
    """What is not finite of a span whose first iteration is `start`."""
    spans: list[Stretch] = []
    counts = np.zeros(len(KINDS), np.int64)
    for at in range(0, len(series), PIECE):
        piece = series[at : at + PIECE]
        odd = np.flatnonzero(~np.isfinite(piece))
        if len(odd):
            kinds = np.where(np.isnan(piece[odd]), 0, np.where(piece[odd] > 0, 1, 2))
            counts += np.bincount(kinds, minlength=len(KINDS))
            _add(spans, start + at + odd, kinds)
    told = zip(KINDS, counts.tolist(), strict=True)
    return NotFinite(spans, {kind: count for kind, count in told if count})


def _blocks(start: int, count: int, every: int) -> Iterator[tuple[int, int, int]]:
    """Where in the span whole buckets begin that are equally large, how many they are, and how
    large."""
    at = 0
    while at < count:
        width = min(every - (start + at) % every, count - at)
        rows = max(1, min(PIECE, count - at) // every) if width == every else 1
        yield at, rows, width
        at += rows * width


class _Buckets:
    """What an overview has of some buckets that are equally large."""

    def __init__(self, series: Series, at: int, rows: int, width: int) -> None:
        values = series[at : at + rows * width].reshape(rows, width)
        finite = np.isfinite(values)
        counts = np.full(rows, width) if finite.all() else np.count_nonzero(finite, axis=1)
        begins = at + width * np.arange(rows)
        some, odd = counts > 0, counts < width
        lows = np.argmin(_instead(values, finite, np.inf), axis=1)
        highs = np.argmax(_instead(values, finite, -np.inf), axis=1)
        firsts = np.argmin(finite, axis=1)
        inside = [(lows, some), (highs, some), (firsts, odd)]
        row = np.arange(rows)
        self.places = np.concatenate([(begins + places)[there] for places, there in inside])
        self.losses = np.concatenate([values[row, places][there] for places, there in inside])
        self.means = _means(_instead(values, finite, 0.0), counts)
        low, high = values[row, lows], values[row, highs]
        self.means[some] = np.clip(self.means[some], low[some], high[some])
        with np.errstate(invalid="ignore"):
            self.not_positive = int(np.count_nonzero((values <= 0) & finite))


def _instead(values: Losses, finite: NDArray[np.bool_], stand_in: float) -> Losses:
    """`values`, with `stand_in` where they are not finite."""
    return values if finite.all() else np.where(finite, values, stand_in)


def _means(values: Losses, counts: NDArray[np.int64]) -> Losses:
    """The means of rows, in which so many count and the others are 0; NaN where none counts."""
    with np.errstate(over="ignore", invalid="ignore"):
        means = values.sum(axis=1) / counts
        beyond = np.isinf(means) | (np.isnan(means) & (counts > 0))  # in the sum, on the way
        if beyond.any():
            means[beyond] = (values[beyond] / counts[beyond, None]).sum(axis=1)
    return np.asarray(means, np.float64)


def _add(spans: list[Stretch], iterations: NDArray[np.int64], kinds: NDArray[np.int64]) -> None:
    """Add the stretches of losses that are not finite, which follow those that are known; one may
    go on with the last of these."""
    parts = np.flatnonzero((np.diff(iterations) != 1) | (np.diff(kinds) != 0)) + 1
    begins = np.concatenate([[0], parts])[: MAX_SPANS + 1]
    ends = np.concatenate([parts, [len(iterations)]])[: MAX_SPANS + 1]
    found = [
        Stretch(int(iterations[begin]), int(iterations[end - 1]) + 1, KINDS[kinds[begin]])
        for begin, end in zip(begins, ends, strict=True)
    ]
    if spans and spans[-1].stop == found[0].start and spans[-1].kind == found[0].kind:
        found[0] = Stretch(spans.pop().start, found[0].stop, found[0].kind)
    spans += found
    del spans[MAX_SPANS:]
