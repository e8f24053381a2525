"""Keeper: what the store asks of the book, and gives it back after a crash."""

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime

from .cutoff import CutOff
from .keep import Keep
from .kept import EXPORTED, Kept
from .register import Register
from .run import Run
from .store import Snapshot, Stored

logger = logging.getLogger(__name__)


class Keeper:
    """For the store's own thread."""

    def __init__(
        self,
        register: Register,
        lock: threading.Lock,
        keep: Keep | None,
        take_up: Callable[[Run], None] | None,
    ) -> None:
        """`take_up` lets a run go on that was cut off; without it, such runs stay interrupted."""
        self._register = register
        self._lock = lock
        self._keep = keep
        self._take_up = take_up

    def snapshot(self, run_id: str) -> Snapshot | None:
        """What there is of a run to be stored now; None where it is gone."""
        with self._lock:
            return Snapshot.of(self._register.find(run_id)) if run_id in self._register else None

    def stored(self, snapshot: Snapshot, size_bytes: int) -> None:
        """All of `snapshot` is stored, in so many bytes: what may leave memory now."""
        with self._lock:
            if snapshot.view.id not in self._register:
                return
            run = self._register.find(snapshot.view.id)
            if run.number != snapshot.number:  # another has its id by now
                return
            run.stored_bytes = size_bytes
            self._note_changes(run, snapshot)
            if run.checkpoint is snapshot.checkpoint:
                run.checkpoint = None
            if not run.live and run.version == snapshot.version and not run.is_shelved:
                self._register.shelf.note(run)

    def _note_changes(self, run: Run, snapshot: Snapshot) -> None:
        """What came after a change may be shown, once that is stored."""
        if run.unstored_change is None or run.is_shelved:
            return
        told = [event for event in run.events[len(snapshot.events) :] if event.kind == "changed"]
        run.unstored_change = told[0].iteration if told else None
        self._register.changed(run)

    def has(self, run_id: str) -> bool:
        """Whether a run is here."""
        return run_id in self._register

    def adopt(self, found: Iterable[Stored]) -> None:
        """Take up the runs of the store that are not here: those that have ended are shelved. The
        others were cut off, and are interrupted; or go on, where that was asked for. What was taken
        in from elsewhere waits: it was not this server's end that interrupted it."""
        cut_off = []
        for stored in found:
            with self._lock:  # for each alone: others wait for it, and there may be thousands
                if stored.view.id not in self._register:
                    run = _run(stored)
                    if run.status == "queued" and self._take_up is None:
                        run.move("interrupted", _cut_off(run))
                    self._register.enter(run)
                    if run.status in ("queued", "interrupted") and run.reason != EXPORTED:
                        cut_off.append(run)
        if self._take_up is not None:
            for run in cut_off:
                self._take_up(run)

    def meet(self, there: Collection[str]) -> set[str]:
        """The store has these runs: others of which nothing else is left are gone. Gives the runs
        that are whole in memory, of which the store may lack something."""
        with self._lock:
            for run in self._register.all():
                if run.is_shelved and run.id not in there:
                    logger.warning("run %s is gone: its curve was in the store alone", run.id)
                    self._register.forget(run)
            return {run.id for run in self._register.all() if not run.is_shelved}

    def tidy(self) -> None:
        """Let curves that nobody has asked for lately leave memory, and runs that are too many leave
        altogether."""
        with self._lock:
            self._register.shelf.tidy()
            for run in self._keep.excess(self._register.all()) if self._keep else ():
                logger.info("run %s makes room for newer ones", run.id)
                self._register.forget(run)


def _run(stored: Stored) -> Run:
    kept = stored.whole or Kept(stored.view)
    run = Run.of(kept, stored.number, shelved=stored.whole is None)
    run.stop_at, run.request = stored.stop_at, stored.request
    run.stored_bytes = stored.size_bytes
    if run.status == "running":
        if run.stop_at <= run.iteration < run.spec.iterations:
            run.move("paused")  # its step was done
        else:
            run.move("interrupted", _cut_off(run))
    if run.status == "interrupted":
        run.cut_off = CutOff(run.trace)
    return run


def _cut_off(run: Run) -> str:
    """Why a run is interrupted that was training when its server ended without a word."""
    if not run.iteration:
        return "the server was cut off before an iteration was stored"
    newest = datetime.fromtimestamp(run.trace.produced_at(run.iteration - 1), UTC)
    return f"the server was cut off; the newest loss that was stored is of {newest:%F %T} UTC"
