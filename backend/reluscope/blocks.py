"""Blocks of values as they go over the live socket, pure: bytes in, arrays out, and back.

A binary message is one or more blocks back to back. A block, little-endian: a header of 40 bytes
(`u8 version, u8 kind, u16 channel, u32 count, u64 first, 16 bytes run id, f64 produced_at`), then
for `LOSSES` `count` float64, the losses of iterations `first, first + 1, ...`; for `DIAGNOSTICS`
`count` pairs of float64, an iteration and the channel's value there, the first at `first`.
"""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

VERSION = 1
LOSSES = 1
DIAGNOSTICS = 2

FIELDS = (
    ("version", "B", f"{VERSION}"),
    ("kind", "B", f"{LOSSES}: losses, {DIAGNOSTICS}: diagnostics"),
    ("channel", "H", "0 of losses; of diagnostics the channel's number in the catalog"),
    ("count", "I", "how many values follow, or pairs"),
    ("first", "Q", "the iteration of the first of them"),
    ("id", "16s", "the run's, as the bytes of its UUID"),
    ("produced_at", "d", "when the newest of them was, in Unix seconds"),
)
"""The fields of a block's header, in order: name, code in `struct`, meaning."""

HEADER = struct.Struct("<" + "".join(code for _, code, _ in FIELDS))
VALUE_BYTES = 8
PAIR_BYTES = 16


@dataclass(frozen=True)
class Losses:
    """Losses of one run from iteration `first` on."""

    kind: ClassVar[int] = LOSSES
    channel: ClassVar[int] = 0

    run_id: str
    first: int
    losses: NDArray[np.float64]
    """Shape (count,)."""
    produced_at: float
    """When the newest of them was produced, in Unix seconds."""

    @property
    def stop(self) -> int:
        """The iteration after the last of these."""
        return self.first + len(self.losses)

    @property
    def iterations(self) -> NDArray[np.int64]:
        """Of each loss; shape (count,)."""
        return np.arange(self.first, self.stop, dtype=np.int64)


@dataclass(frozen=True)
class Diagnostics:
    """Values of one channel of one run, at least one."""

    kind: ClassVar[int] = DIAGNOSTICS

    run_id: str
    channel: int
    """Its number."""
    iterations: NDArray[np.int64]
    """Of each value; shape (count,)."""
    values: NDArray[np.float64]
    """Shape (count,)."""
    produced_at: float
    """When the newest of them was produced, in Unix seconds."""


Block = Losses | Diagnostics


def encode(block: Block) -> bytes:
    """A block as bytes: 40, and 8 for each loss or 16 for each value of a channel."""
    if isinstance(block, Losses):
        first = block.first
        values = block.losses.astype("<f8", copy=False)
    else:
        first = int(block.iterations[0])
        values = np.empty((len(block.values), 2), "<f8")
        values[:, 0], values[:, 1] = block.iterations, block.values
    header = HEADER.pack(
        VERSION,
        block.kind,
        block.channel,
        len(values),
        first,
        uuid.UUID(block.run_id).bytes,
        block.produced_at,
    )
    return header + values.tobytes()


def decode(message: bytes) -> Iterator[Block]:
    """The blocks of a binary message. Raises ValueError where it is not one."""
    at = 0
    while at < len(message):
        try:
            version, kind, channel, count, first, raw_id, produced_at = HEADER.unpack_from(
                message, at
            )
        except struct.error as error:
            raise ValueError(f"a header is cut short at byte {at}") from error
        if version != VERSION or kind not in (LOSSES, DIAGNOSTICS) or (kind == LOSSES and channel):
            raise ValueError(f"unknown block: version {version}, kind {kind}, channel {channel}")
        at += HEADER.size
        width = 1 if kind == LOSSES else 2
        if at + width * VALUE_BYTES * count > len(message):
            raise ValueError(f"expected {count} values at byte {at}, and the message ends before")
        values = np.frombuffer(message, "<f8", width * count, at)
        run_id = str(uuid.UUID(bytes=raw_id))
        if kind == LOSSES:
            yield Losses(run_id, first, values, produced_at)
        else:
            iterations = values[::2].astype(np.int64)
            yield Diagnostics(run_id, channel, iterations, values[1::2], produced_at)
        at += width * VALUE_BYTES * count
