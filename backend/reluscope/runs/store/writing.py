"""What of a snapshot is written, and how far that has come of each run."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Connection, Insert, Table, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

from ...training.diagnostics import CHANNELS
from ...training.spec import RunSpec
from ..trace import Trace, rows_before
from .snapshot import Snapshot
from .tables import CHECKPOINTS, CHUNK, CHUNKS, EVENTS, RUNS

MAX_CHUNKS = 256
"""Chunks that are written at once where runs are far ahead of the store: 8 MiB of losses. The rest
follows."""

MAX_PIECES = 16
"""Rows that the last chunk of a run may be in, until it is full: to write it anew each time would be
ten times as much."""

MIN_CHUNKS = 2
"""Those that each run may have of a batch, however full that is: a run that trains needs no more."""

CHUNKS_AT_ONCE = 64
"""Chunks whose bytes are in memory at once."""

MAX_CHECKPOINT_BYTES = 256 * 2**20
"""A larger checkpoint is not stored: databases are not made for such values, and the run can be
trained again from the start."""

VALUE_BYTES = 8


@dataclass(frozen=True)
class Progress:
    """How much of a run is stored."""

    version: int = -1
    losses: int = 0
    events: int = 0
    checkpoint_bytes: int = 0
    pieces: int = 0
    """Rows of the chunk that is not full yet. `MAX_PIECES` where that is not known: then there may be
    others, too, of a curve that was damaged here. They are of no use, as what is trained again may
    be changed on the way."""

    def size(self, spec: RunSpec) -> int:
        """What the curve and the checkpoint of a run with that spec take, in bytes."""
        rows = rows_before(self.losses, spec.diagnostics_every)
        return VALUE_BYTES * (self.losses + len(CHANNELS) * rows) + self.checkpoint_bytes

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether all of `snapshot` is stored."""
        if snapshot.version != self.version:
            return False
        return snapshot.trace is None or (
            self.losses >= snapshot.view.iteration and self.events >= len(snapshot.events)
        )


class _Span(NamedTuple):
    """A row of chunks that is to be written: what is in it is copied when its turn comes."""

    number: int
    trace: Trace
    first: int
    stop: int


class Batch:
    """What is to be written of some runs, gathered before the transaction begins."""

    def __init__(self) -> None:
        self._runs: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._chunks: list[_Span] = []
        self._left: list[dict[str, int]] = []
        self._checkpoints: list[dict[str, Any]] = []
        self._without_checkpoint: list[int] = []

    def add(self, snapshot: Snapshot, known: Progress) -> Progress:
        """What of `snapshot` comes after `known`; gives how far it will have come then."""
        now = replace(known, version=snapshot.version)
        if (trace := snapshot.trace) is not None:
            # Not what has been trained since: what changed it is not in these events.
            there = snapshot.view.iteration
            room = max(MIN_CHUNKS, MAX_CHUNKS - len(self._chunks))
            stop = min(there, (known.losses // CHUNK + room) * CHUNK)
            if snapshot.ended and stop < there:
                # All or nothing: were it cut off half way, nobody would train the rest.
                if len(self._chunks) >= MAX_CHUNKS:
                    return known
                stop = there
            if stop > known.losses:
                pieces = self._add_losses(snapshot, trace, known, stop)
                now = replace(now, losses=stop, pieces=pieces)
            fresh = snapshot.events[known.events :]
            self._events += [
                {"run": snapshot.number, "place": place, "event": event.model_dump_json()}
                for place, event in enumerate(fresh, start=known.events)
            ]
            now = replace(now, events=known.events + len(fresh))
        now = self._add_checkpoint(snapshot, now)
        if now.version != known.version or (snapshot.ended and now != known):
            self._runs.append(_run(snapshot, now.size(snapshot.view.spec)))
        return now

    def _add_losses(self, snapshot: Snapshot, trace: Trace, known: Progress, stop: int) -> int:
        """What comes after `known`, up to `stop`: a piece of the chunk that is not full; or all of it
        anew as one row, and what follows. Gives how many pieces there are then."""
        number, begun = snapshot.number, known.losses // CHUNK * CHUNK
        if known.pieces < MAX_PIECES and stop < begun + CHUNK:
            self._chunks.append(_Span(number, trace, known.losses, stop))
            return known.pieces + 1
        if known.pieces > 1:
            self._left.append({"gone": number, "there": begun + 1})
        self._chunks += [
            _Span(number, trace, first, min(first + CHUNK, stop))
            for first in range(begun, stop, CHUNK)
        ]
        return 1 if stop % CHUNK else 0

    def _add_checkpoint(self, snapshot: Snapshot, now: Progress) -> Progress:
        checkpoint, number = snapshot.checkpoint, snapshot.number
        if snapshot.ended:
            if now.checkpoint_bytes:
                self._without_checkpoint.append(number)
            return replace(now, checkpoint_bytes=0)
        if (
            checkpoint is None
            or len(checkpoint.data) > MAX_CHECKPOINT_BYTES
            or checkpoint.iteration > now.losses  # its losses come first
        ):
            return now
        row = {"run": number, "iteration": checkpoint.iteration, "data": checkpoint.data}
        self._checkpoints.append(row)
        return replace(now, checkpoint_bytes=len(checkpoint.data))

    def write(self, connection: Connection) -> None:
        """To be called within a transaction."""
        _put(connection, RUNS, self._runs)
        _put(connection, EVENTS, self._events)
        if self._left:
            here = CHUNKS.c.run == bindparam("gone")
            left = delete(CHUNKS).where(here, CHUNKS.c.first >= bindparam("there"))
            connection.execute(left, self._left)
        for at in range(0, len(self._chunks), CHUNKS_AT_ONCE):
            spans = self._chunks[at : at + CHUNKS_AT_ONCE]
            _put(connection, CHUNKS, [_chunk(*span) for span in spans])
        _put(connection, CHECKPOINTS, self._checkpoints)
        _delete(connection, CHECKPOINTS.c.run, self._without_checkpoint)


def forget(connection: Connection, numbers: Iterable[int]) -> None:
    """Delete runs, with all that there is of them."""
    gone = list(numbers)
    for number in (CHECKPOINTS.c.run, CHUNKS.c.run, EVENTS.c.run, RUNS.c.number):
        _delete(connection, number, gone)


def _delete(connection: Connection, number: Column[int], gone: Sequence[int]) -> None:
    """One statement for each: there is a limit to the values of one, but none to runs."""
    if gone:
        statement = delete(number.table).where(number == bindparam("gone"))
        connection.execute(statement, [{"gone": one} for one in gone])


def _run(snapshot: Snapshot, size: int) -> dict[str, Any]:
    view = snapshot.view
    key, digest = snapshot.request or (None, None)
    return {
        "number": snapshot.number,
        "id": view.id,
        "status": view.status,
        "pinned": view.pinned,
        "bytes": size,
        "stop_at": snapshot.stop_at,
        "request_key": key,
        "request_digest": digest,
        "view": view.model_dump_json(warnings=False),
    }


def _chunk(number: int, trace: Trace, first: int, stop: int) -> dict[str, Any]:
    pieces = [
        _bytes(trace[first:stop]),
        _bytes(trace.rows(*(rows_before(at, trace.stride) for at in (first, stop)))),
        _bytes(trace.marks(first, stop)),
    ]
    return {
        "run": number,
        "first": first,
        "count": stop - first,
        **dict(zip(("losses", "rows", "marks"), pieces, strict=True)),
        "crc": crc(pieces),
    }


def crc(pieces: Sequence[bytes]) -> int:
    """The CRC-32 of some bytes, one after the other."""
    value = 0
    for piece in pieces:
        value = zlib.crc32(piece, value)
    return value


def _bytes(values: NDArray[np.float64]) -> bytes:
    return values.astype("<f8", copy=False).tobytes()


def _put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, each in place of the one that has its key."""
    if rows:
        connection.execute(_upsert(table, connection.dialect.name), rows)


@cache
def _upsert(table: Table, dialect: str) -> Insert:
    """For rows with all columns. Kept: to put it together takes as long as to write some rows."""
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    whole: Insert = statement.on_conflict_do_update(index_elements=keys, set_=others)
    return whole
