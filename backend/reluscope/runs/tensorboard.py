"""Runs for TensorBoard: a zip with a folder for each, as `tensorboard --logdir` reads it.

Of each run there is the scalar `loss`, with the iteration as its step, and one for each channel of
the diagnostics. TensorBoard has its scalars in float32, so of a loss in float64 the digits past the
seventh are gone, and one beyond 3.4e38 is infinite.

An event is some 30 bytes, and TensorBoard's own writer takes 6 us for it, most of that for the
checksum, byte by byte. So the package makes one event, of which thousands of copies are filled in
and summed up at a time: a million losses take 0.25 s instead of 6 s, and 10 MB.
"""

import struct
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NotInstalled
from ..training.diagnostics import CHANNELS
from .kept import Kept
from .names import file_name
from .trace import rows_before

LEVEL = 1
"""How hard it is deflated; as archives are."""

PIECE = 8192
"""Events that are made at a time: 0.5 MB."""

WALL_TIME, STEP = 1, 10
"""Where the values of these fields begin in an event: each comes after one byte that says which."""

VARINT_BITS = 7
MAX_STEP_BYTES = 4
"""A step is written in as many groups of 7 bits as it takes; 10 million take 4."""

_MASK_DELTA = 0xA282EAD8


def check_installed() -> None:
    """Raises NotInstalled where the package is not there."""
    try:
        import tensorboard.compat.proto.event_pb2  # noqa: F401, PLC0415 - it is an extra
    except ImportError:
        raise NotInstalled("an export for TensorBoard", "tensorboard") from None


def write(file: IO[bytes], kept: Iterable[Kept]) -> None:
    """Write runs, one after the other. Raises NotInstalled where the package is not there."""
    check_installed()
    taken: set[str] = set()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for one in kept:
            folder = file_name(one.view)
            if folder in taken:
                folder = one.view.id
            taken.add(folder)
            name = f"{folder}/events.out.tfevents.{int(one.view.created_at):010d}.reluscope"
            with archive.open(name, "w", force_zip64=True) as into:
                _write_run(into, one)


def _write_run(into: IO[bytes], kept: Kept) -> None:
    from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415
    from tensorboard.summary.writer.record_writer import RecordWriter  # noqa: PLC0415

    began = Event(wall_time=kept.view.created_at, file_version="brain.Event:2")
    RecordWriter(into).write(began.SerializeToString())
    every = kept.view.spec.diagnostics_every
    scalars = [("loss", 1, kept.losses)]
    scalars += [(c.name, every, kept.rows[:, place]) for place, c in enumerate(CHANNELS)]
    for tag, stride, values in scalars:
        for piece in _scalars(tag, stride, values, kept.marks):
            into.write(piece)


def _scalars(
    tag: str, stride: int, values: NDArray[np.float64], marks: NDArray[np.float64]
) -> Iterator[bytes]:
    """The records of a scalar that has `values`, (count,), at the iterations that `stride` divides."""
    from tensorboard.compat.proto.event_pb2 import Event  # noqa: PLC0415
    from tensorboard.compat.proto.summary_pb2 import Summary  # noqa: PLC0415

    summary = Summary(value=[Summary.Value(tag=tag, simple_value=1.0)])
    first = 0
    for width in range(1, MAX_STEP_BYTES + 1):
        least, beyond = (1 << VARINT_BITS * power for power in (width - 1, width))
        last = min(rows_before(beyond, stride), len(values))
        event = Event(wall_time=1.0, step=least, summary=summary).SerializeToString()
        for at in range(first, last, PIECE):
            stop = min(at + PIECE, last)
            steps = stride * np.arange(at, stop)
            when = marks[np.searchsorted(marks[:, 0], steps, side="right"), 1]
            yield _records(event, width, steps, values[at:stop], when)
        first = last


def _records(
    event: bytes,
    width: int,
    steps: NDArray[np.int64],
    values: NDArray[np.float64],
    when: NDArray[np.float64],
) -> bytes:
    """Records of copies of an event whose step takes `width` bytes, each with its own step, value
    and time. A record is a length, its checksum, the event, and its checksum."""
    length = struct.pack("<Q", len(event))
    head = length + struct.pack("<I", int(_checksums(_columns(length))[0]))
    records = np.empty((len(steps), len(head) + len(event) + 4), np.uint8)
    records[:, : len(head)] = np.frombuffer(head, np.uint8)
    events = records[:, len(head) : -4]
    events[:] = np.frombuffer(event, np.uint8)
    events[:, WALL_TIME : WALL_TIME + 8] = _bytes(when.astype("<f8"))
    for place in range(width):
        more = 0x80 if place < width - 1 else 0
        events[:, STEP + place] = steps >> VARINT_BITS * place & 0x7F | more
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # what has no place in float32 is infinite there
        events[:, -4:] = _bytes(values.astype("<f4"))
    records[:, -4:] = _bytes(_checksums(np.ascontiguousarray(events.T)).astype("<u4"))
    return records.tobytes()


def _columns(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)[:, None]


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """(count, bytes of each)"""
    return np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)


def _checksums(columns: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The masked CRC-32C of each of many texts of one length; (length, count) to (count,)."""
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import CRC_TABLE  # noqa: PLC0415

    table = np.array(CRC_TABLE, np.uint32)
    crc = np.full(columns.shape[1], 0xFFFFFFFF, np.uint32)
    for column in columns:
        crc = table[(crc & 0xFF) ^ column] ^ (crc >> 8)
    crc = ~crc
    return (crc >> np.uint32(15) | crc << np.uint32(17)) + np.uint32(_MASK_DELTA)
