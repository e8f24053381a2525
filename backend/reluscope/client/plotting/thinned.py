"""Thinned: a curve of any length in about as many points as a screen can show, as it grows."""

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1024
"""At most; each has up to three points. Where there are more, two become one."""

LEAST, LEAST_AT, MOST, MOST_AT, ODD_AT = range(5)
"""Columns of a bucket: its least and its largest finite value and where they are, and where the first
is that is not finite. What is not there is infinite: a least that is above all, a largest below all,
a place beyond all."""

EMPTY = np.array([np.inf, np.inf, -np.inf, np.inf, np.inf])

Floats = NDArray[np.float64]


class Thinned:
    """A curve from iteration 0 on. Buckets are of `every` iterations, a power of 2, and lie at its
    multiples."""

    def __init__(self) -> None:
        self.stop = 0
        """The next iteration that is to come."""
        self.every = 1
        self._buckets: Floats = np.empty((0, 5))

    def extend(self, losses: Floats) -> None:
        """The curve goes on with these; shape (count,)."""
        while len(losses):
            piece, losses = np.split(losses, [BUCKETS * self.every])
            self._extend(piece)

    def _extend(self, losses: Floats) -> None:
        begun = self.stop % self.every
        new = _buckets(losses, self.stop, self.every)
        old = self._buckets
        if begun and len(new):
            new[:1] = _merged(np.stack([old[-1:], new[:1]], axis=1))
            old = old[:-1]
        self._buckets = np.concatenate([old, new])
        self.stop += len(losses)
        while len(self._buckets) > BUCKETS:
            self._halve()

    def _halve(self) -> None:
        if len(self._buckets) % 2:
            self._buckets = np.concatenate([self._buckets, EMPTY[None]])
        self._buckets = _merged(self._buckets.reshape(-1, 2, 5))
        self.every *= 2

    @property
    def points(self) -> tuple[Floats, Floats]:
        """Iterations and losses, both of shape (points,), the iterations ascending, each once. Where a
        loss is not finite it is NaN, which leaves a gap."""
        found = self._buckets
        at = found[:, [LEAST_AT, MOST_AT, ODD_AT]]
        values = np.stack(
            [found[:, LEAST], found[:, MOST], np.full(len(found), np.nan)],
            axis=1,
        )
        order = np.argsort(at, axis=1, kind="stable")
        at, values = (np.take_along_axis(each, order, axis=1).ravel() for each in (at, values))
        there = np.isfinite(at)
        at, values = at[there], values[there]
        once = np.diff(at, prepend=-1) > 0
        return at[once], values[once]


def _buckets(losses: Floats, first: int, every: int) -> Floats:
    """The buckets of losses from iteration `first` on; the first and the last may be cut."""
    before = first % every
    after = -(before + len(losses)) % every
    whole = np.concatenate([np.full(before, np.nan), losses, np.full(after, np.nan)])
    rows = whole.reshape(-1, every)
    finite = np.isfinite(rows)
    least = np.where(finite, rows, np.inf)
    most = np.where(finite, rows, -np.inf)
    odd = ~finite
    odd.ravel()[:before] = False
    odd.ravel()[before + len(losses) :] = False
    starts = first - before + every * np.arange(len(rows), dtype=np.float64)
    any_finite, any_odd = finite.any(axis=1), odd.any(axis=1)
    return np.stack(
        [
            least.min(axis=1, initial=np.inf),
            np.where(any_finite, starts + least.argmin(axis=1), np.inf),
            most.max(axis=1, initial=-np.inf),
            np.where(any_finite, starts + most.argmax(axis=1), np.inf),
            np.where(any_odd, starts + odd.argmax(axis=1), np.inf),
        ],
        axis=1,
    )


def _merged(pairs: Floats) -> Floats:
    """One bucket of each two, (pairs, 2, 5), that follow each other."""
    first, second = pairs[:, 0], pairs[:, 1]
    lower = second[:, LEAST] < first[:, LEAST]
    higher = second[:, MOST] > first[:, MOST]
    merged = first.copy()
    merged[lower, LEAST:MOST] = second[lower, LEAST:MOST]
    merged[higher, MOST:ODD_AT] = second[higher, MOST:ODD_AT]
    merged[:, ODD_AT] = np.minimum(first[:, ODD_AT], second[:, ODD_AT])
    return merged
