"""The append-only values of a run: one writer, any reader, no lock."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FIRST_CAPACITY = 1024


def rows_before(iteration: int, stride: int) -> int:
    """How many rows are of iterations before that one, with a row for every iteration that
    `stride` divides; none where it is 0."""
    return -(-iteration // stride) if stride else 0


class _Series:
    """A growable array of float64. Values are written once and never move under a reader."""

    def __init__(self, limit: int, *width: int) -> None:
        """`limit`: how many values are to come, each of shape `width`."""
        self._limit = limit
        self._array = np.empty((min(FIRST_CAPACITY, limit), *width))

    @property
    def nbytes(self) -> int:
        return self._array.nbytes

    def write(self, start: int, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Write `values` from index `start` on, and return the array that now holds them.

        A full array is replaced by one of twice the size (at most `limit`), so that views of the
        old one, which readers may hold, stay true.
        """
        stop = start + len(values)
        if stop > len(self._array):
            length = max(stop, min(2 * len(self._array), self._limit))
            grown = np.empty((length, *self._array.shape[1:]))
            grown[:start] = self._array[:start]
            self._array = grown
        self._array[start:stop] = values
        return self._array


class _Published(NamedTuple):
    """What readers may read, set in one assignment after everything it speaks of is in place."""

    losses: NDArray[np.float64]
    length: int
    ends: NDArray[np.float64]
    times: NDArray[np.float64]
    turns: int
    rows: NDArray[np.float64]
    row_count: int


class Trace:
    """The losses of iterations 0, 1, 2, ... and when they were produced; beside them, for every
    iteration that `stride` divides, a row of diagnostics.

    One thread extends it. Any thread may read at any time.
    """

    def __init__(self, expected: int, stride: int = 0, channels: int = 0) -> None:
        """`expected`: how many losses are to come; memory grows towards 8 bytes each. `stride`: the
        iterations from one row of `channels` values to the next, 0 for no rows."""
        self.stride = stride
        row_limit = rows_before(expected, stride)
        self._losses = _Series(expected)
        self._ends = _Series(expected)
        self._times = _Series(expected)
        self._rows = _Series(row_limit, channels)
        nothing = np.empty(0)
        self._published = _Published(
            nothing, 0, nothing, nothing, 0, np.empty((0, channels)), row_count=0
        )

    def extend(
        self,
        losses: NDArray[np.float64],
        produced_at: float,
        rows: NDArray[np.float64] | None = None,
    ) -> None:
        """Append losses, shape (count,), the newest of which was produced at `produced_at`, and the
        rows that belong to these iterations, shape (rows, channels).

        `produced_at` is in Unix seconds. To be called by the one writer only.
        """
        if len(losses) == 0:
            return
        known = self._published
        stop = known.length + len(losses)
        row_array, row_count = known.rows, known.row_count
        if rows is not None and len(rows):
            row_array = self._rows.write(row_count, rows)
            row_count += len(rows)
        self._published = _Published(
            self._losses.write(known.length, losses),
            stop,
            self._ends.write(known.turns, np.array([stop], dtype=float)),
            self._times.write(known.turns, np.array([produced_at])),
            known.turns + 1,
            row_array,
            row_count,
        )

    @property
    def nbytes(self) -> int:
        """Memory that it holds now, in bytes."""
        return sum(s.nbytes for s in (self._losses, self._ends, self._times, self._rows))

    def __len__(self) -> int:
        return self._published.length

    def __getitem__(self, span: slice) -> NDArray[np.float64]:
        """The losses of a span of iterations: a read-only view, shape (stop - start,)."""
        known = self._published
        start, stop, step = span.indices(known.length)
        view = known.losses[start:stop:step]
        view.flags.writeable = False
        return view

    def rows(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """The rows from number `start` on, before number `stop`: a read-only view, (rows,
        channels). Row r is of iteration r * stride."""
        known = self._published
        view = known.rows[: known.row_count][start:stop]
        view.flags.writeable = False
        return view

    def rows_of(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The rows of iterations `start` to `stop`, as `rows` gives them, after these iterations,
        shape (rows,)."""
        there = self._published.row_count
        first = min(rows_before(start, self.stride), there)
        view = self.rows(first, min(rows_before(stop, self.stride), there))
        return self.stride * np.arange(first, first + len(view)), view

    def produced_at(self, iteration: int) -> float:
        """When the loss of `iteration` was produced, in Unix seconds: the end of its turn.

        Raises IndexError where that iteration is not there yet.
        """
        known = self._published
        if not 0 <= iteration < known.length:
            raise IndexError(f"iteration {iteration} of {known.length}")
        turn = np.searchsorted(known.ends[: known.turns], iteration, side="right")
        return float(known.times[turn])
