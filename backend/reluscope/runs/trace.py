"""The append-only losses of a run: one writer, any reader, no lock."""

import numpy as np
from numpy.typing import NDArray

FIRST_CAPACITY = 1024


class _Series:
    """A growable array of float64. Values are written once and never move under a reader."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._array = np.empty(min(FIRST_CAPACITY, limit))

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
            grown = np.empty(max(stop, min(2 * len(self._array), self._limit)))
            grown[:start] = self._array[:start]
            self._array = grown
        self._array[start:stop] = values
        return self._array


class Trace:
    """The losses of iterations 0, 1, 2, ... and when they were produced.

    One thread extends it. Any thread may read at any time: what is published is one tuple, set in
    one assignment after everything it speaks of is in place.
    """

    def __init__(self, expected: int) -> None:
        """`expected`: how many losses are to come; memory grows towards 8 bytes each."""
        self._losses = _Series(expected)
        self._ends = _Series(expected)
        self._times = _Series(expected)
        self._published = (np.empty(0), 0, np.empty(0), np.empty(0), 0)

    def extend(self, losses: NDArray[np.float64], produced_at: float) -> None:
        """Append losses, shape (count,), the newest of which was produced at `produced_at`.

        `produced_at` is in Unix seconds. To be called by the one writer only.
        """
        if len(losses) == 0:
            return
        _, length, _, _, marks = self._published
        stop = length + len(losses)
        self._published = (
            self._losses.write(length, losses),
            stop,
            self._ends.write(marks, np.array([stop], dtype=float)),
            self._times.write(marks, np.array([produced_at])),
            marks + 1,
        )

    @property
    def nbytes(self) -> int:
        """Memory that it holds now, in bytes."""
        return self._losses.nbytes + self._ends.nbytes + self._times.nbytes

    def __len__(self) -> int:
        return self._published[1]

    def __getitem__(self, span: slice) -> NDArray[np.float64]:
        """The losses of a span of iterations: a read-only view, shape (stop - start,)."""
        losses, length, *_ = self._published
        start, stop, step = span.indices(length)
        view = losses[start:stop:step]
        view.flags.writeable = False
        return view

    def produced_at(self, iteration: int) -> float:
        """When the loss of `iteration` was produced, in Unix seconds: the end of its turn.

        Raises IndexError where that iteration is not there yet.
        """
        _, length, ends, times, marks = self._published
        if not 0 <= iteration < length:
            raise IndexError(f"iteration {iteration} of {length}")
        return float(times[np.searchsorted(ends[:marks], iteration, side="right")])
