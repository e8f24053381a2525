"""The pyramid: of the losses of a run, what overviews need of each bucket of 256 iterations, of each
of 1024, and so on. It grows with the run, so that an overview of any span looks at about as many
buckets as it has points, and at few losses."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..training.spec import BUCKETED
from .growing import Growing

FACTOR = 4
"""From one size of buckets to the next. With few sizes, whose buckets lie within each other, an
overview of a span that moves or grows keeps most of its points."""

BASE = BUCKETED
"""Iterations of the smallest buckets that are kept, a power of `FACTOR`. Smaller ones are made of the
losses: of no more than 128 for each point, which takes less time than to tell of it."""

BLOCK = 4096
"""Losses that are taken in at once, while a run trains: 0.1 ms, whatever the turns. A run that is
shorter has no pyramid, and needs none."""

PIECE = 2**16
"""The same where there are more: 512 KB, so that they stay near the processor."""

Losses = NDArray[np.float64]
Kind = Literal["NaN", "Infinity", "-Infinity"]

KINDS: tuple[Kind, ...] = ("NaN", "Infinity", "-Infinity")

NONE = np.iinfo(np.int32).max
"""The iteration of what is not there: `MAX_ITERATIONS` is far below."""

BUCKET = np.dtype(
    [
        ("low", np.float64),  # the least finite loss, the largest and the first that is not finite;
        ("high", np.float64),  # inf, -inf and NaN
        ("odd", np.float64),  # where there is none
        ("mean", np.float64),  # of the finite losses; NaN where there is none
        ("low_at", np.int32),  # the iterations of these, the first of several;
        ("high_at", np.int32),
        ("odd_at", np.int32),  # NONE where all are finite
        ("finite", np.uint32),  # how many these are,
        ("not_positive", np.uint32),  # and those of them that are 0 or less
        ("kinds", np.uint32, len(KINDS)),  # how many others there are, of each kind
    ],
    align=True,
)
"""What is kept of the losses of a bucket."""

Buckets = NDArray[Any]
"""Of `BUCKET`."""

Levels = tuple[Buckets, ...]
"""Buckets of `BASE` iterations from iteration 0 on, of FACTOR times as many, and so on: all that are
whole. A reader's, as they are at one moment."""


_EXTREMES: tuple[tuple[str, float, Callable[..., NDArray[np.int64]]], ...] = (
    ("low", np.inf, np.argmin),
    ("high", -np.inf, np.argmax),
)
"""What there is of them where nothing is finite, and how one is found: the first of several."""


def summarised(losses: Losses, start: int) -> Buckets:
    """The buckets whose losses are the rows of an array, the first of which is of iteration
    `start`."""
    rows, width = losses.shape
    found = np.empty(rows, BUCKET)
    finite = np.isfinite(losses)
    all_finite = bool(finite.all())
    row, begins = np.arange(rows), start + width * np.arange(rows)
    for name, stand_in, find in _EXTREMES:
        values = losses if all_finite else np.where(finite, losses, stand_in)
        places = find(values, axis=1)
        found[f"{name}_at"] = begins + places
        found[name] = values[row, places]
    found["odd_at"], found["odd"], found["kinds"] = NONE, np.nan, 0
    found["finite"] = width
    if not all_finite:
        _add_odd(found, losses, finite, begins)
    found["mean"] = _means(losses if all_finite else np.where(finite, losses, 0.0), found)
    found["not_positive"] = 0
    if len(some := np.flatnonzero(found["low"] <= 0)):
        with np.errstate(invalid="ignore"):
            low = (losses[some] <= 0) & finite[some]
        found["not_positive"][some] = np.count_nonzero(low, axis=1)
    return found


def _add_odd(
    found: Buckets, losses: Losses, finite: NDArray[np.bool_], begins: NDArray[np.int64]
) -> None:
    """What there is of losses that are not finite."""
    found["finite"] = np.count_nonzero(finite, axis=1)
    rows = np.flatnonzero(found["finite"] < losses.shape[1])
    places, these = np.argmin(finite[rows], axis=1), losses[rows]
    found["odd_at"][rows] = begins[rows] + places
    found["odd"][rows] = losses[rows, places]
    for kind, of_kind in enumerate((np.isnan(these), these == np.inf, these == -np.inf)):
        found["kinds"][rows, kind] = np.count_nonzero(of_kind, axis=1)


def _means(losses: Losses, found: Buckets) -> Losses:
    """The means of rows in which what is not finite is 0."""
    counts = found["finite"].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        means = np.asarray(losses.sum(axis=1) / counts)
        beyond = ~np.isfinite(means) & (counts > 0)  # in the sum, on the way
        if beyond.any():
            means[beyond] = (losses[beyond] / counts[beyond, None]).sum(axis=1)
    return _between(means, found)


def _between(means: Losses, found: Buckets) -> Losses:
    """`means`, which rounding takes nowhere beyond the extremes; NaN where nothing is finite."""
    some = found["finite"] > 0
    return np.where(some, np.clip(means, found["low"], found["high"]), np.nan)


def joined(buckets: Buckets) -> Buckets:
    """The buckets that consist of the rows of an array of buckets, in their order."""
    found = np.empty(len(buckets), BUCKET)
    row = np.arange(len(buckets))
    chosen = [(name, find(buckets[name], axis=1)) for name, _, find in _EXTREMES]
    for name, places in [*chosen, ("odd", np.argmin(buckets["odd_at"], axis=1))]:
        for field in (name, f"{name}_at"):
            found[field] = buckets[field][row, places]
    for name in ("finite", "not_positive", "kinds"):
        found[name] = buckets[name].sum(axis=1)
    counts = np.maximum(found["finite"], 1)  # where there is none, nothing is added
    parts = np.where(buckets["finite"], buckets["mean"], 0.0) * (
        buckets["finite"] / counts[:, None]
    )
    with np.errstate(over="ignore"):
        found["mean"] = _between(parts.sum(axis=1), found)
    return found


class Pyramid:
    """For the one thread that writes."""

    def __init__(self, expected: int) -> None:
        """`expected`: how many losses are to come."""
        self._expected = expected
        self._kept: list[Growing] = []
        self.levels: Levels = ()

    @property
    def nbytes(self) -> int:
        """Memory that it holds now, in bytes."""
        return sum(level.nbytes for level in list(self._kept))

    def extend(self, losses: Losses) -> Levels:
        """Take in what is new of `losses`, all from iteration 0 on, in whole blocks; the levels
        that there are then."""
        done = BASE * len(self.levels[0]) if self.levels else 0
        until = len(losses) // BLOCK * BLOCK
        for at in range(done, until, PIECE):
            piece = losses[at : min(at + PIECE, until)]
            self._add(summarised(piece.reshape(-1, BASE), at))
        return self.levels

    def _add(self, fresh: Buckets) -> None:
        """Have these buckets of the lowest level, and those of others that they complete."""
        levels: list[Buckets] = []
        while len(fresh):
            height = len(levels)
            if height == len(self._kept):
                self._kept.append(Growing(self._expected // (BASE * FACTOR**height), dtype=BUCKET))
            there = len(self.levels[height]) if height < len(self.levels) else 0
            stop = there + len(fresh)
            levels.append(self._kept[height].write(there, fresh)[:stop])
            children = levels[-1][there // FACTOR * FACTOR : stop // FACTOR * FACTOR]
            fresh = joined(children.reshape(-1, FACTOR))
        self.levels = (*levels, *self.levels[len(levels) :])


class _Part(NamedTuple):
    """Buckets number `first` to `stop` of a level; or losses of these iterations, where it is
    `RAW`."""

    level: int
    first: int
    stop: int


RAW = -1


class Span:
    """The losses of a span of iterations of a run, with its pyramid."""

    def __init__(self, losses: Losses, levels: Levels, start: int, stop: int) -> None:
        """`losses`: all, from iteration 0 on."""
        self._losses, self._levels = losses, levels
        self.start, self.stop = start, stop

    def __len__(self) -> int:
        return self.stop - self.start

    def __getitem__(self, span: slice) -> Losses:
        first, last, _ = span.indices(len(self))
        return self._losses[self.start + first : self.start + last]

    def buckets(self, every: int) -> Buckets:
        """All of `every` iterations, `BASE` or larger by a power of `FACTOR`, which lie at its
        multiples; of the first and the last, what the span has of them."""
        sizes = {BASE * FACTOR**height: rows for height, rows in enumerate(self._levels)}
        whole = sizes.get(every, np.empty(0, BUCKET))
        first = -(-self.start // every)
        last = max(first, min(self.stop // every, len(whole)))
        head = [(self.start, min(first * every, self.stop))] if self.start % every else []
        tail = [(at, min(at + every, self.stop)) for at in range(last * every, self.stop, every)]
        before, after = ([self._bucket(*cut) for cut in cuts] for cuts in (head, tail))
        return np.concatenate([*before, whole[first:last], *after])

    def bucket(self) -> np.void:
        """All of the span as one, which is not empty."""
        found: np.void = self._bucket(self.start, self.stop)[0]
        return found

    def _bucket(self, start: int, stop: int) -> Buckets:
        parts = [self._rows(part) for part in self._parts(start, stop)]
        return joined(np.concatenate(parts)[None])

    def _rows(self, part: _Part) -> Buckets:
        if part.level == RAW:
            return summarised(self._losses[part.first : part.stop][None], part.first)
        return self._levels[part.level][part.first : part.stop]

    def _parts(self, start: int, stop: int) -> list[_Part]:
        """What iterations `start` to `stop` consist of, in order, as few as there can be: at each
        end some losses and some buckets of each level."""
        left, right = [], []
        level, size = RAW, BASE
        while level + 1 < len(self._levels):
            first, last = -(-start // size), min(stop // size, len(self._levels[level + 1]))
            if first >= last:
                break
            left.append(_Part(level, start, size * first))
            right.append(_Part(level, size * last, stop))
            level, start, stop, size = level + 1, first, last, FACTOR
        parts = [*left, _Part(level, start, stop), *reversed(right)]
        return [part for part in parts if part.first < part.stop]

    def odd(self) -> Iterator[tuple[int, int, int | None]]:
        """Where losses are not finite, in order: from an iteration to another without it, and of
        which of `KINDS` all of these are; None where they have to be looked at."""
        for part in self._parts(self.start, self.stop):
            yield from self._odd(part)

    def _odd(self, part: _Part) -> Iterator[tuple[int, int, int | None]]:
        level, first, stop = part
        if level == RAW:
            yield first, stop, None
            return
        size = BASE * FACTOR**level
        kinds = self._levels[level]["kinds"][first:stop]
        for place in np.flatnonzero(kinds.any(axis=1)).tolist():
            number, kind = first + place, int(np.argmax(kinds[place]))
            if kinds[place, kind] == size:
                yield size * number, size * (number + 1), kind
            else:
                step = BASE if level == 0 else FACTOR
                yield from self._odd(_Part(level - 1, step * number, step * (number + 1)))
