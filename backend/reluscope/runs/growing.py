"""An array that grows as it is written, for one writer and any reader."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

FIRST_BYTES = 8192
"""An array is no smaller, unless less is to come."""

LARGE_BYTES = 2**20
"""An array that would grow past that is made as large as it may come to be: the system gives memory
to what is written of it alone. Twice the size each time, the old one would be there beside the new
one while it is copied."""


class Growing:
    """Values that are written once and never move under a reader."""

    def __init__(self, limit: int, *width: int, dtype: DTypeLike = np.float64) -> None:
        """`limit`: how many values are to come, each of shape `width`."""
        self._limit = limit
        one = np.empty((1, *width), dtype)
        room = min(max(1, FIRST_BYTES // max(1, one.nbytes)), limit)
        self._array: NDArray[Any] = np.empty((room, *width), dtype)
        self._written = 0

    @property
    def nbytes(self) -> int:
        """Memory that it holds now, in bytes."""
        array = self._array
        return array[: self._written].nbytes if array.nbytes > LARGE_BYTES else array.nbytes

    def write(self, start: int, values: NDArray[Any]) -> NDArray[Any]:
        """Write `values` from index `start` on, and return the array that now holds them.

        A full array is replaced by a larger one, so that views of the old one, which readers may
        hold, stay true.
        """
        stop = start + len(values)
        if stop > len(self._array):
            grown = np.empty((self._room(stop), *self._array.shape[1:]), self._array.dtype)
            grown[:start] = self._array[:start]
            self._array = grown
        self._array[start:stop] = values
        self._written = stop
        return self._array

    def take(self, values: NDArray[Any]) -> NDArray[Any]:
        """Have `values`, as many as are there, without a copy: they are never written to."""
        self._array, self._written = values, len(values)
        return values

    def _room(self, least: int) -> int:
        """How many values to make room for, at least so many."""
        doubled = 2 * len(self._array)
        most = max(least, self._limit)
        if doubled * self._array[:1].nbytes > LARGE_BYTES:
            return most
        return max(least, min(doubled, self._limit))
