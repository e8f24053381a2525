"""Arrays of float64 as `.npy` files, written and read in pieces.

What is read may come from anybody, so its header is compared with the one that such a file has, and
never evaluated.
"""

import io
import math
import re
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

PIECE_BYTES = 2**20
"""What is copied at a stretch."""

MAGIC = b"\x93NUMPY\x01\x00"
"""Version 1.0 of the format."""

_HEADER = re.compile(
    rb"\{'descr': '<f8', 'fortran_order': False, 'shape': \((\d{1,12}),(?: (\d{1,12}))?\), \} *\n"
)


def header(*shape: int) -> bytes:
    """How a file begins that has an array of this shape, 8-byte floats, little-endian."""
    begun = io.BytesIO()
    told = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(begun, told)
    return begun.getvalue()


def pieces(values: NDArray[np.float64]) -> Iterator[bytes]:
    """The file of an array, in pieces."""
    rows = max(1, PIECE_BYTES // max(1, values[:1].nbytes))
    starts = range(0, len(values), rows)
    return of_pieces(values.shape, (values[at : at + rows] for at in starts))


def of_pieces(shape: tuple[int, ...], pieces: Iterable[NDArray[np.float64]]) -> Iterator[bytes]:
    """The file of an array of this shape that comes in pieces, as they come."""
    yield header(*shape)
    for values in pieces:
        yield values.astype("<f8", order="C", copy=False).tobytes()


def most_bytes(most: int, *width: int) -> int:
    """What a file may have that has at most `most` values, each of shape `width`."""
    return len(header(most, *width)) + 8 * math.prod((most, *width))


def read(file: IO[bytes], most: int, *width: int) -> NDArray[np.float64]:
    """The array of a file, of at most `most` values, each of shape `width`.

    Raises ValueError where it is another, or where there is more or less than it.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("is no .npy file of version 1.0")
    told = file.read(int.from_bytes(file.read(2), "little"))
    found = _HEADER.fullmatch(told)
    if found is None:
        raise ValueError("is no array of float64, little-endian, in the order of C")
    count, *others = (int(size) for size in found.groups() if size is not None)
    if tuple(others) != width or count > most:
        expected = ", ".join(map(str, (f"at most {most}", *width)))
        raise ValueError(f"has the shape {(count, *others)}; expected ({expected})")
    values = np.empty((count, *width), "<f8")
    into = values.reshape(-1).view(np.uint8)
    at = 0
    while at < len(into):
        piece = file.read(min(PIECE_BYTES, len(into) - at))
        if not piece:
            raise ValueError("is cut short")
        into[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
        at += len(piece)
    if file.read(1):
        raise ValueError("has more than its array")
    return values.astype(np.float64, copy=False)
