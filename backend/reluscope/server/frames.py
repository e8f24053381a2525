"""The wire format of the live socket, pure: bytes and text, no I/O.

A binary message is one or more blocks back to back. A block, little-endian: a header of 40 bytes
(`u8 version, u8 kind, u16 channel, u32 count, u64 first, 16 bytes run id, f64 produced_at`), then
for `LOSSES` `count` float64, the losses of iterations `first, first + 1, ...`.
"""

import json
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numbers import tell_all

VERSION = 1
LOSSES = 1
HEADER = struct.Struct("<BBHIQ16sd")
VALUE_BYTES = 8


@dataclass(frozen=True)
class Block:
    """Losses of one run from iteration `first` on."""

    run_id: str
    first: int
    losses: NDArray[np.float64]
    """Shape (count,)."""
    produced_at: float
    """When the newest of them was produced, in Unix seconds."""


def encode(block: Block) -> bytes:
    """A block as bytes: 40, and 8 for each loss."""
    header = HEADER.pack(
        VERSION,
        LOSSES,
        0,
        len(block.losses),
        block.first,
        uuid.UUID(block.run_id).bytes,
        block.produced_at,
    )
    return header + block.losses.astype("<f8", copy=False).tobytes()


def encode_json(block: Block) -> str:
    """A block as a JSON message, with numbers that are not finite as strings."""
    return (
        f'{{"type":"losses","id":"{block.run_id}","start":{block.first},'
        f'"losses":{tell_all(block.losses)},"produced_at":{block.produced_at!r}}}'
    )


def decode(message: bytes) -> Iterator[Block]:
    """The blocks of a binary message. Raises ValueError where it is not one."""
    at = 0
    while at < len(message):
        try:
            version, kind, channel, count, first, run_id, produced_at = HEADER.unpack_from(
                message, at
            )
        except struct.error as error:
            raise ValueError(f"a header is cut short at byte {at}") from error
        if (version, kind, channel) != (VERSION, LOSSES, 0):
            raise ValueError(f"unknown block: version {version}, kind {kind}, channel {channel}")
        at += HEADER.size
        if at + VALUE_BYTES * count > len(message):
            raise ValueError(f"expected {count} values at byte {at}, and the message ends before")
        losses = np.frombuffer(message, "<f8", count, at)
        yield Block(str(uuid.UUID(bytes=run_id)), first, losses, produced_at)
        at += VALUE_BYTES * count


def compact(message: object) -> str:
    """A JSON message. NaN and infinity must have been told by name before."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False)
