"""Holdings: all runs that there are, as they are found, read and followed."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future

from ..errors import Busy, StoreUnavailable, UnknownRun, UnknownSweep
from . import shelf
from .kept import Kept
from .memory import Memory
from .register import Register
from .run import Checkpoint, Run
from .signal import Signal
from .states import MOVES, Status
from .store import Store

logger = logging.getLogger(__name__)

ROOM_S = 10.0
"""How long a curve that comes from the store waits for others to leave memory."""

LOOK_AGAIN_S = 0.02
"""How often it looks whether they have."""


class Holdings:
    """Runs by id, in the order of their creation. Any thread may ask."""

    def __init__(self, memory: Memory, max_live: int, max_runs: int, store: Store | None) -> None:
        self._lock = threading.Lock()
        self._fetching = threading.Lock()
        self.memory = memory
        self.store = store
        self._signals: list[Signal] = []
        self._register = Register(memory, max_live, max_runs, self._tell)

    def listen(self, wake: Callable[[], None]) -> Signal:
        """A signal that is marked with every run that is there, and with those that are made, change
        or go from now on."""
        signal = Signal(wake)
        with self._lock:
            self._signals.append(signal)
            there = self._register.all()
        for run in there:
            signal.mark(run.id)
        return signal

    def find(self, run_id: str) -> Run:
        """Raises UnknownRun."""
        return self._register.find(run_id)

    @contextlib.contextmanager
    def reading(self, run_id: str) -> Iterator[Run]:
        """A run with its curve and events, which while inside are in memory: from the store, where
        they lie there alone.

        Raises UnknownRun, StoreUnavailable and StoreDamaged where the store does not give it, and
        Busy where for `ROOM_S` others have been read that are too much with it.
        """
        run = self.find(run_id)
        run.use.note()
        with self._lock:
            run.use.readers += 1
        try:
            if run.is_shelved:
                self._fetch(run)
            yield run
        finally:
            with self._lock:
                run.use.readers -= 1

    def read(self, run_id: str) -> Run:
        """The same for somebody who comes again and again: it stays for a moment after each time."""
        with self.reading(run_id) as run:
            run.use.note(again=True)
            return run

    def _fetch(self, run: Run) -> None:
        """Have its curve in memory. One is fetched at a time, which others may wait for, too."""
        assert self.store is not None
        until = time.monotonic() + ROOM_S
        if not self._fetching.acquire(timeout=ROOM_S):
            raise _busy()
        try:
            if run.is_shelved:
                self._await_room(run, until)
                kept = self.store.read(run.id)
                if kept is None:
                    raise UnknownRun(run.id)
                with self._lock:
                    run.unshelve(kept)
                    self._register.shelf.note(run)
                    self.memory.note(run)
        finally:
            self._fetching.release()

    def _await_room(self, run: Run, until: float) -> None:
        size_bytes = run.spec.trace_bytes(run.iteration)
        while True:
            with self._lock:
                if self._register.shelf.has_room(size_bytes):
                    return
            if time.monotonic() > until:
                raise _busy()
            time.sleep(LOOK_AGAIN_S)

    def kept(self, run_id: str) -> Kept:
        """A run, taken apart as it is now. Raises as `reading` does."""
        with self.reading(run_id) as run:
            checkpoint = None if run.ended else self._checkpoint(run)
            with self._lock:
                view, events, trace = run.view(), list(run.events), run.trace
        count = view.iteration
        return Kept(
            view,
            events,
            trace[:count],
            trace.rows_of(0, count)[1],
            trace.marks(0, count),
            checkpoint and checkpoint.data,
        )

    def head(self, run: Run) -> int:
        """How many iterations of a run may be shown: all, but for those that come after a change that
        is about to be stored."""
        there = run.iteration  # before the change: none that comes meanwhile is before it
        change = run.unstored_change
        if change is None or self.store is None or self.store.problem is not None:
            return there
        return min(there, change)

    def see(self, run_id: str, cursor: int) -> int:
        """Somebody asks for what comes from that iteration on, and so has seen what is before it. Gives
        where to go on: where a crash and what was done after it have made another curve of a run,
        not all of that is true any more. Raises UnknownRun."""
        run = self.find(run_id)
        if run.cut_off is None and not run.ended:
            return cursor
        with self._lock:
            return run.see(cursor)

    def made_by(self, key: str) -> Run | None:
        """The run that a request with that key has made."""
        runs = self._register.all()
        return next((run for run in runs if run.request and run.request[0] == key), None)

    def newest_first(self) -> Iterator[Run]:
        """Every run, as of now."""
        return iter(self.search({}))

    def search(
        self,
        wanted: Mapping[str, Collection[str]],
        text: str = "",
        before: int | None = None,
        limit: int | None = None,
    ) -> list[Run]:
        """Runs that have what is wanted, newest first, as `Index.find` has it."""
        with self._lock:
            return self._register.search(wanted, text, before, limit)

    def sweep(self, sweep_id: str) -> list[Run]:
        """The runs of a sweep that are there, in the order in which they were asked for.

        Raises UnknownSweep where there is none.
        """
        found = self.search({"sweep": [sweep_id]})
        if not found:
            raise UnknownSweep(sweep_id)
        return self.in_order(found)

    @staticmethod
    def in_order(runs: Iterable[Run]) -> list[Run]:
        """Runs of one sweep in the order in which they were asked for."""
        return sorted(runs, key=lambda run: (run.sweep.place if run.sweep else 0, run.number))

    def sweeps(self) -> list[tuple[int, str]]:
        """All sweeps, newest first: the number of the oldest run of each, and its id."""
        with self._lock:
            there = self._register.sweeps()
        return sorted(((number, sweep_id) for sweep_id, number in there.items()), reverse=True)

    def counts(self) -> dict[Status, int]:
        """How many runs are in each state. Without the lock, and whatever there is in no time."""
        return {status: self._register.count(status) for status in MOVES}

    def unstored_iterations(self) -> int:
        """How many iterations are in memory that are not stored yet; 0 without a store."""
        known = {} if self.store is None else self.store.unstored()
        there = ((self._register.get(run_id), losses) for run_id, losses in known.items())
        return sum(max(0, run.iteration - losses) for run, losses in there if run is not None)

    def settled(self) -> Future[None]:
        """Done when all that was told of runs until now is stored, or cannot be: where it cannot,
        the store's problem says why."""
        if self.store is None:
            done: Future[None] = Future()
            done.set_result(None)
            return done
        return self.store.settled()

    def _tell(self, run: Run) -> None:
        """Tell all who follow the runs. Under the lock."""
        if self.store is not None:
            self.store.note(run)
        for signal in self._signals:
            signal.mark(run.id)

    def _checkpoint(self, run: Run) -> Checkpoint | None:
        """The newest of a run, where it can be had: what has none can be trained from the start. Not
        under the lock."""
        if (newest := run.checkpoint) or self.store is None:
            return newest
        try:
            return self.store.checkpoint(run.id)
        except StoreUnavailable as error:
            logger.warning("the checkpoint of run %s cannot be read: %s", run.id, error)
            return None


def _busy() -> Busy:
    message = f"curves of {shelf.MAX_BYTES:,} bytes or more are being read; wait for a moment"
    return Busy(message, ("curve_bytes", shelf.MAX_BYTES))
