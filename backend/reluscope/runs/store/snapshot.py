"""Snapshot: what there is of a run to be stored, at one moment."""

from dataclasses import dataclass

from ..run import Checkpoint, Run
from ..trace import Trace
from ..view import Event, RunView


@dataclass(frozen=True)
class Snapshot:
    """Consistent in itself: its curve is at least as long as its view says."""

    number: int
    version: int
    view: RunView
    live: bool
    ended: bool
    stop_at: int
    request: tuple[str, bytes] | None
    events: list[Event]
    """Those that are in memory."""
    trace: Trace | None
    """None where it lies in the store alone; then so do its events."""
    checkpoint: Checkpoint | None
    """The newest that is not stored yet."""

    @staticmethod
    def of(run: Run) -> "Snapshot":
        """To be called under the book's lock."""
        checkpoint = run.checkpoint  # before the view, whose iterations are then at least its own
        return Snapshot(
            run.number,
            run.version,
            run.view(),
            run.live,
            run.ended,
            run.stops_at,
            run.request,
            list(run.events),
            None if run.is_shelved else run.trace,
            checkpoint,
        )
