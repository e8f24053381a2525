"""What is read back of the tables."""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from ...errors import StoreDamaged
from ...training.diagnostics import CHANNELS
from ..kept import Kept
from ..run import Checkpoint
from ..states import MOVES
from ..view import Event, RunView
from .tables import CHECKPOINTS, CHUNKS, EVENTS, RUNS
from .writing import VALUE_BYTES, crc

CHUNKS_AT_ONCE = 4
"""Chunks that are in memory at once while a curve is read, beside the curve."""

logger = logging.getLogger(__name__)


class Stored(NamedTuple):
    """A run as it is in the store."""

    number: int
    view: RunView
    size_bytes: int
    stop_at: int
    request: tuple[str, bytes] | None
    whole: Kept | None
    """The rest of it, where it has not ended; without its checkpoint."""


def rows(connection: Connection, is_known: Callable[[str], bool]) -> Iterator[Stored]:
    """All runs, in the order of their numbers; whole, where they have not ended and are not known
    already. Of a curve that is damaged there is what comes before: the rest can be trained again. A
    run that cannot be read stays where it is."""
    for row in connection.execute(select(RUNS).order_by(RUNS.c.number)).mappings().all():
        try:
            view = RunView.model_validate_json(row["view"])
            needed = MOVES[view.status] and not is_known(view.id)
            whole = _whole(connection, row["number"], view) if needed else None
        except ValueError as error:
            logger.error("the store's run %s cannot be read: %s", row["id"], error)  # noqa: TRY400
            continue
        key = row["request_key"]
        yield Stored(
            row["number"],
            view,
            row["bytes"],
            row["stop_at"],
            None if key is None else (key, row["request_digest"]),
            whole,
        )


def read(connection: Connection, run_id: str) -> Kept | None:
    """A run with its curve and its events, without its checkpoint; None where there is none.

    Raises StoreDamaged where that is not what was written.
    """
    row = connection.execute(select(RUNS.c.number, RUNS.c.view).where(RUNS.c.id == run_id)).first()
    if row is None:
        return None
    found = _whole(connection, row.number, RunView.model_validate_json(row.view))
    if len(found.losses) < found.view.iteration:
        raise StoreDamaged(
            f"of run {run_id} the losses from iteration {len(found.losses)} on are damaged"
        )
    return found


def _whole(connection: Connection, number: int, view: RunView) -> Kept:
    events = connection.scalars(
        select(EVENTS.c.event).where(EVENTS.c.run == number).order_by(EVENTS.c.place)
    )
    told = [Event.model_validate_json(event) for event in events]
    losses, diagnostics, marks = _curve(connection, number)
    if MOVES[view.status]:  # its row was written when its state changed last
        loss = float(losses[-1]) if len(losses) else None
        view = view.model_copy(update={"iteration": len(losses), "loss": loss})
    return Kept(view, told, losses, diagnostics, marks)


def checkpoint(connection: Connection, run_id: str) -> Checkpoint | None:
    """What a run can go on from."""
    row = connection.execute(
        select(CHECKPOINTS.c.iteration, CHECKPOINTS.c.data)
        .join(RUNS, RUNS.c.number == CHECKPOINTS.c.run)
        .where(RUNS.c.id == run_id)
    ).first()
    return None if row is None else Checkpoint(row.iteration, row.data)


def lengths(connection: Connection) -> dict[str, tuple[int, int, int]]:
    """Of each run, how many losses, events and bytes of a checkpoint are stored."""
    losses = dict(_grouped(connection, CHUNKS.c.run, func.sum(CHUNKS.c.count)))
    events = dict(_grouped(connection, EVENTS.c.run, func.count()))
    data = dict(_grouped(connection, CHECKPOINTS.c.run, func.sum(func.length(CHECKPOINTS.c.data))))
    runs = connection.execute(select(RUNS.c.id, RUNS.c.number))
    return {
        run_id: (int(losses.get(n, 0)), int(events.get(n, 0)), int(data.get(n, 0)))
        for run_id, n in runs
    }


def _grouped(connection: Connection, key: Any, value: Any) -> Sequence[Any]:
    return [tuple(row) for row in connection.execute(select(key, value).group_by(key))]


def _curve(
    connection: Connection, number: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Losses, diagnostics and marks, up to where they are damaged: read chunk by chunk into arrays
    that have their size, so that a long curve is never there twice."""
    blobs = (CHUNKS.c.losses, CHUNKS.c.rows, CHUNKS.c.marks)
    sizes = select(*(func.coalesce(func.sum(func.length(blob)), 0) for blob in blobs))
    here = CHUNKS.c.run == number
    kept = [_Kept(int(size)) for size in connection.execute(sizes.where(here)).one()]
    chunks = select(CHUNKS.c.first, CHUNKS.c.crc, *blobs).where(here).order_by(CHUNKS.c.first)
    streamed = {"yield_per": CHUNKS_AT_ONCE}
    with connection.execute(chunks, execution_options=streamed) as found:
        for first, told, *pieces in found:
            if first != kept[0].there or told != crc(pieces):
                break
            for one, piece in zip(kept, pieces, strict=True):
                one.add(piece)
    losses, diagnostics, marks = (one.values() for one in kept)
    return losses, diagnostics.reshape(-1, len(CHANNELS)), marks.reshape(-1, 2)


class _Kept:
    """Float64 values that come in pieces."""

    def __init__(self, size_bytes: int) -> None:
        self._array = np.empty(size_bytes // VALUE_BYTES)
        self.there = 0

    def add(self, piece: bytes) -> None:
        """Raises ValueError where it is none, or more than there was to come."""
        values = np.frombuffer(piece, "<f8")
        self._array[self.there : self.there + len(values)] = values
        self.there += len(values)

    def values(self) -> NDArray[np.float64]:
        return self._array[: self.there]
