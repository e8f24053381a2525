"""The wire format of the live socket, pure: what a block is as JSON, and how much a message holds.
Blocks themselves, and what they are as bytes, are in `blocks`, which the client knows, too."""

import json
from typing import Literal

from ...blocks import HEADER, PAIR_BYTES, VALUE_BYTES, Block, Losses
from ...numbers import tell_all
from ...runs.trace import rows_before
from ...training.diagnostics import CHANNELS

Encoding = Literal["binary", "json"]
"""Of values."""

Listed = Literal["all", "watched"]
"""Of which runs a viewer is told how they are."""

NAMES = {channel.number: channel.name for channel in CHANNELS}


def encode_json(block: Block) -> str:
    """A block as a JSON message, with numbers that are not finite as strings."""
    if isinstance(block, Losses):
        return (
            f'{{"type":"losses","id":"{block.run_id}","start":{block.first},'
            f'"losses":{tell_all(block.losses)},"produced_at":{block.produced_at!r}}}'
        )
    return (
        f'{{"type":"diagnostics","id":"{block.run_id}","channel":"{NAMES[block.channel]}",'
        f'"iterations":{compact(block.iterations.tolist())},'
        f'"values":{tell_all(block.values)},"produced_at":{block.produced_at!r}}}'
    )


def size(start: int, stop: int, stride: int, channels: int) -> int:
    """What iterations `start` to `stop` of a run take, in bytes: the block of their losses, and one
    for each of `channels` channels where any of its values, `stride` iterations apart, is there."""
    rows = rows_before(stop, stride) - rows_before(start, stride)
    diagnostics = channels * (HEADER.size + PAIR_BYTES * rows) if rows else 0
    return HEADER.size + VALUE_BYTES * (stop - start) + diagnostics


def reach(start: int, room: int, stride: int, channels: int) -> int:
    """The largest `stop` for which that is at most `room` bytes; `start` where there is none."""
    room -= HEADER.size
    next_row = stride * rows_before(start, stride)
    stop = start + max(0, room // VALUE_BYTES)
    if not (stride and channels) or stop <= next_row:
        return stop
    # From the next row on, each row brings a pair for each channel and `stride` losses, of which
    # the last row needs but the first.
    room -= VALUE_BYTES * (next_row - start) + channels * HEADER.size
    row_bytes = channels * PAIR_BYTES
    rows = (room + VALUE_BYTES * (stride - 1)) // (row_bytes + VALUE_BYTES * stride)
    if rows < 1:
        return next_row
    return next_row + min(rows * stride, (room - rows * row_bytes) // VALUE_BYTES)


def compact(message: object) -> str:
    """A JSON message. NaN and infinity must have been told by name before."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False)
