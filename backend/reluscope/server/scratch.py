"""Scratch: the temporary files of all requests. Together they have a bound, since where they lie may be
memory, and disks have an end."""

import io
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Busy
from ..numbers import PIECE

MAX_BYTES = 2 * 2**30
"""Of all of them together."""


def values_of(file: IO[bytes]) -> Iterator[NDArray[np.float64]]:
    """The values that `Scratch.of` wrote, `PIECE` at a time."""
    while data := file.read(8 * PIECE):
        yield np.frombuffer(data)


class Scratch:
    """For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.size_bytes = 0
        """Of all files that are there."""

    def file(self) -> IO[bytes]:
        """An empty one, which is gone when it is closed. To write to it raises Busy where all would
        be too large together."""
        return _File(self)

    def made(self, write: Callable[[IO[bytes]], object]) -> IO[bytes]:
        """One that `write` has written."""
        file = self.file()
        try:
            write(file)
        except BaseException:
            file.close()
            raise
        return file

    def of(self, values: NDArray[np.float64]) -> IO[bytes]:
        """One of these values, shape (values,), to be read by `values_of`: whoever is slow to take
        them holds no memory."""
        file = self.made(lambda file: file.write(np.ascontiguousarray(values).data))
        file.seek(0)
        return file

    def take(self, more_bytes: int) -> None:
        """A file grows. Raises Busy."""
        with self._lock:
            if self.size_bytes + more_bytes > MAX_BYTES:
                raise Busy(
                    f"files of over {MAX_BYTES:,} bytes come and go now; wait for a moment",
                    ("temporary_bytes", MAX_BYTES),
                )
            self.size_bytes += more_bytes

    def give_back(self, size_bytes: int) -> None:
        """A file of so many bytes is gone."""
        with self._lock:
            self.size_bytes -= size_bytes


class _File(io.BufferedRandom):
    def __init__(self, scratch: Scratch) -> None:
        super().__init__(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - it closes it
        self._scratch = scratch
        self._written = 0

    def write(self, data: Any) -> int:
        if not self.closed:  # the last words of whoever failed are refused below
            size = memoryview(data).nbytes
            self._scratch.take(size)
            self._written += size
        return super().write(data)

    def close(self) -> None:
        if not self.closed:
            self._scratch.give_back(self._written)
            self._written = 0
        super().close()
