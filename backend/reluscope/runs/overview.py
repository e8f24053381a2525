"""A curve in about as many points as a screen can show: the extremes of each bucket of iterations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .pyramid import BASE, FACTOR, KINDS, Buckets, Kind, Losses, Span, summarised

PIECE = 2**20
"""Losses that are looked at at a stretch, 8 MB, where a bucket is not larger."""

MAX_SPANS = 100
"""Stretches that are not finite of which the places are told; a screen shows no more of them."""


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
    buckets = _buckets(series, start, every)
    some, odd = buckets["finite"] > 0, buckets["kinds"].any(axis=1)
    inside = [("low", some), ("high", some), ("odd", odd)]
    ends = [np.array([start, start + count - 1]), series[:1], series[count - 1 :]]
    iterations = [ends[0], *(buckets[f"{name}_at"][there] for name, there in inside)]
    losses = [*ends[1:], *(buckets[name][there] for name, there in inside)]
    ascending, chosen = np.unique(np.concatenate(iterations), return_index=True)
    return Overview(
        every,
        ascending,
        np.concatenate(losses)[chosen],
        buckets["mean"],
        int(buckets["not_positive"].sum()),
    )


def not_finite(series: Series, start: int) -> NotFinite:
    """What is not finite of a span whose first iteration is `start`."""
    if isinstance(series, Span):
        return _not_finite(series)
    spans: list[Stretch] = []
    counts = np.zeros(len(KINDS), np.int64)
    for at in range(0, len(series), PIECE):
        piece = series[at : at + PIECE]
        found, kinds = _stretches(piece, start + at)
        counts += np.bincount(kinds, minlength=len(KINDS))
        _add(spans, found)
    return NotFinite(spans[:MAX_SPANS], _told(counts))


def _not_finite(span: Span) -> NotFinite:
    """The same, of a span with a pyramid."""
    spans: list[Stretch] = []
    if not len(span):
        return NotFinite(spans, {})
    for begin, end, kind in span.odd():
        if kind is None:
            _add(spans, _stretches(span[begin - span.start : end - span.start], begin)[0])
        else:
            _add(spans, [Stretch(begin, end, KINDS[kind])])
        if len(spans) > MAX_SPANS:  # the last that is told goes on no further
            break
    return NotFinite(spans[:MAX_SPANS], _told(span.bucket()["kinds"]))


def _told(counts: NDArray[np.integer]) -> dict[str, int]:
    told = zip(KINDS, counts.tolist(), strict=True)
    return {kind: count for kind, count in told if count}


def _buckets(series: Series, start: int, every: int) -> Buckets:
    """All that a span has, of `every` iterations."""
    if isinstance(series, Span) and every >= BASE:
        return series.buckets(every)
    return np.concatenate(
        [
            summarised(series[at : at + rows * width].reshape(rows, width), start + at)
            for at, rows, width in _blocks(start, len(series), every)
        ]
    )


def _blocks(start: int, count: int, every: int) -> Iterator[tuple[int, int, int]]:
    """Where in the span whole buckets begin that are equally large, how many they are, and how
    large."""
    at = 0
    while at < count:
        width = min(every - (start + at) % every, count - at)
        rows = max(1, min(PIECE, count - at) // every) if width == every else 1
        yield at, rows, width
        at += rows * width


def _stretches(losses: Losses, start: int) -> tuple[list[Stretch], NDArray[np.int64]]:
    """The first stretches that are not finite, one more than are told, of losses the first of which
    is of iteration `start`; and of each of these losses which of `KINDS` it is."""
    odd = np.flatnonzero(~np.isfinite(losses))
    kinds = np.where(np.isnan(losses[odd]), 0, np.where(losses[odd] > 0, 1, 2))
    if not len(odd):
        return [], kinds
    parts = np.flatnonzero((np.diff(odd) != 1) | (np.diff(kinds) != 0)) + 1
    begins = np.concatenate([[0], parts])[: MAX_SPANS + 1]
    ends = np.concatenate([parts, [len(odd)]])[: MAX_SPANS + 1]
    found = [
        Stretch(start + int(odd[begin]), start + int(odd[end - 1]) + 1, KINDS[kinds[begin]])
        for begin, end in zip(begins, ends, strict=True)
    ]
    return found, kinds


def _add(spans: list[Stretch], found: list[Stretch]) -> None:
    """Add stretches to those that come before them, which the first of them may go on with; no more
    than one above those that are told."""
    if spans and found and spans[-1].stop == found[0].start and spans[-1].kind == found[0].kind:
        found = [Stretch(spans.pop().start, found[0].stop, found[0].kind), *found[1:]]
    spans += found
    del spans[MAX_SPANS + 1 :]
