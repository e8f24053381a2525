"""Book: all runs, and everything that may be asked of one."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from ..errors import FieldError, InvalidFields, NoRoom, StoreUnavailable, UnknownRun
from ..training.devices import canonical, make_deterministic
from ..training.rules import Rule
from ..training.spec import RunSpec
from ..training.unknown import check_known
from . import forks
from .history import history
from .keep import Keep
from .keeper import Keeper
from .kept import Kept
from .memory import Memory
from .register import Register
from .rounds import Round
from .run import Checkpoint, Run
from .signal import Signal
from .states import Status
from .store import Store

logger = logging.getLogger(__name__)

VERB_TIMEOUT_S = 2.0
"""How long a verb waits for the turn that a run is in. A turn lasts 10 ms, or one iteration."""

STOP_TIMEOUT_S = 1.0
"""How long closing waits for turns to end. Workers are daemons: a longer turn is cut."""

SAVE_TIMEOUT_S = 0.5
"""How long closing goes on to make checkpoints; what has none is trained again from an older one."""

NOT_ON = "; it does not go on: "
"""What the reason says of a run that was interrupted and could not be taken up."""


class Book:
    """All runs, by id, in the order of their creation. Any thread may use it."""

    def __init__(
        self,
        *,
        cpu_workers: int,
        memory_bytes: int | None = None,
        max_live: int = 1000,
        max_runs: int = 10_000,
        store: Store | None = None,
        resume: bool = True,
        keep: Keep | None = None,
    ) -> None:
        """`memory_bytes`: what runs may take on the CPU together; None for a share of what is free
        now. `store`: where they are kept; what is there already is taken up, and what had not ended
        goes on where `resume` says so. `keep`: how much may be there. Looks at every device, which
        takes a second or more where CUDA has to be woken."""
        make_deterministic()
        self._lock = threading.Lock()
        self._cpu_workers = cpu_workers
        self.memory = Memory(memory_bytes)
        self._register = Register(self.memory, max_live, max_runs, self._tell)
        self._rounds: dict[str, Round] = {}
        self._signals: list[Signal] = []
        self.store = store
        self._closing = False
        if store is not None:
            take_up = self._take_up if resume else None
            store.follow(Keeper(self._register, self._lock, keep, take_up))

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

    # --- runs come

    def open(self, spec: RunSpec, *, request: tuple[str, bytes] | None = None) -> Run:
        """Make a run of `spec` and let it take turns; `request` is the key that asked for it, and what
        tells whether another request is the same.

        Raises InvalidFields where its device is not there or its memory could never be had, and
        NoRoom where the runs that are there now leave too little.
        """
        self._register.check_device(spec)
        with self._lock:
            run = Run(spec, self._register.number(time.time()))
            run.request = request
            self._register.check_room(run)
            self._register.enter(run)
            self._round(run).enter(run)
        return run

    def fork(
        self, run_id: str, changes: Mapping[str, Any], *, at: int | None = None, count: int = 1
    ) -> list[Run]:
        """Make runs that share the first `at` iterations of another, all that it has where none is
        given, and go on with `changes` to its spec; all of them, or none.

        Raises UnknownRun, StoreUnavailable, NoRoom, InvalidFields and pydantic's ValidationError as
        `forks.fork` does.
        """
        run = self.read(run_id)
        kept = [forks.fork(run, changes, at) for _ in range(count)]
        checkpoint = self._checkpoint(run) if kept[0].view.iteration else None
        if checkpoint and checkpoint.iteration > kept[0].view.iteration:
            checkpoint = None  # it is trained up to there from the start
        return self._begin(kept, checkpoint)

    def replay(self, run_id: str) -> Run:
        """Make a run that trains again what another has trained, with the same changes on the way.

        Raises UnknownRun, StoreUnavailable, InvalidFields, NoRoom.
        """
        (run,) = self._begin([forks.replay(self.read(run_id))])
        return run

    def _begin(self, kept: list[Kept], checkpoint: Checkpoint | None = None) -> list[Run]:
        spec = kept[0].view.spec
        first, changes = history(spec, kept[0].events)
        check_known(first, spec, *(change.spec for change in changes))
        self._register.check_device(spec)
        with self._lock:
            runs = [Run.of(one, self._register.number(one.view.created_at)) for one in kept]
            self._register.check_room(*runs)
            for run in runs:
                run.checkpoint = checkpoint
                self._register.enter(run)
                self._round(run).enter(run)
        return runs

    def add(self, kept: Iterable[Kept]) -> list[Run]:
        """Take in runs that were taken apart elsewhere, all of them or none; one whose id is taken
        here gets another. What had not ended there is interrupted here until it is resumed.

        Raises NoRoom, and StoreUnavailable where it is not known yet which ids are taken.
        """
        if self.store is not None and not self.store.met:
            raise StoreUnavailable("the store has not been read yet: what is there is not known")
        came = [one.at_rest() for one in kept]
        added = [Run.of(one, 0) for one in came]  # which copies their curves, without the lock
        ids: dict[str, str] = {}
        with self._lock:
            self._register.check_count(len(added))
            for run, one in zip(added, came, strict=True):
                run.number = self._register.number(one.view.created_at)
                if run.id in self._register:
                    run.rename()
                if one.checkpoint is not None and not run.ended:
                    run.checkpoint = Checkpoint(run.iteration, one.checkpoint)
                ids[one.view.id] = run.id
                self._register.enter(run)
            for run in added:
                if (origin := run.forked_from) and origin.id in ids:
                    run.forked_from = origin.model_copy(update={"id": ids[origin.id]})
        return added

    # --- and are found

    def find(self, run_id: str) -> Run:
        """Raises UnknownRun."""
        return self._register.find(run_id)

    def read(self, run_id: str) -> Run:
        """A run with its curve and events in memory, where they stay for a while: from the store,
        where they lie there alone.

        Raises UnknownRun, and StoreUnavailable where the store does not answer.
        """
        run = self.find(run_id)
        run.used_at = time.monotonic()
        if run.is_shelved:
            assert self.store is not None
            kept = self.store.read(run_id)
            if kept is None:
                raise UnknownRun(run_id)
            with self._lock:
                if run.is_shelved:
                    run.unshelve(kept)
                    self._register.shelf.note(run)
                    self.memory.note(run)
        return run

    def kept(self, run_id: str) -> Kept:
        """A run, taken apart as it is now. Raises UnknownRun, StoreUnavailable."""
        run = self.read(run_id)
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

    # --- are steered

    def pause(self, run_id: str, *, wait_s: float = VERB_TIMEOUT_S) -> Run:
        """Take a run out of the round. When this returns, it does not move, except where the turn
        that it is in takes longer than `wait_s`: then it pauses when that is over.

        Raises UnknownRun, ForbiddenMove.
        """
        with self._lock:
            run = self.find(run_id)
            if run.status != "paused":
                run.check("pause", "paused")
                self._round(run).ask(run, ("paused", None))
        return _settled(run, wait_s)

    def resume(self, run_id: str) -> Run:
        """Let a run take turns until it is finished. Raises UnknownRun, ForbiddenMove; and, of one
        that was interrupted, what `open` and `read` raise."""
        run = self._awake(run_id)
        with self._lock:
            if not run.in_round:
                self._continue(run, "resume")
            run.check_not_ending("resume")
            run.turn.settle()
            run.turn.step = None
            run.stop_at = run.spec.iterations
            run.version += 1
            self._register.changed(run)
            return run

    def step(self, run_id: str, iterations: int) -> Run:
        """Train exactly `iterations` more (or what is left), then pause. A run in the round
        finishes the turn that it is in before these. Raises what `resume` does."""
        run = self._awake(run_id)
        with self._lock:
            if not run.in_round:
                self._continue(run, "step")
            run.check_not_ending("step")
            self._round(run).step(run, iterations)
            run.version += 1
            self._register.changed(run)
            return run

    def stop(self, run_id: str, *, wait_s: float = VERB_TIMEOUT_S) -> Run:
        """End a run for good, as `pause` pauses one. One that has ended stays as it is.

        Raises UnknownRun, and StoreUnavailable of one that was interrupted.
        """
        run = self._awake(run_id)
        with self._lock:
            if run.live:
                self._round(run).ask(run, ("stopped", None))
            elif not run.ended:
                run.move("stopped")
                self._register.changed(run)
        return _settled(run, wait_s)

    def change(
        self,
        run_id: str,
        *,
        update: Mapping[str, object] | None = None,
        pinned: bool | None = None,
        wait_s: float = VERB_TIMEOUT_S,
        **fields: object,
    ) -> Run:
        """Change the name, the tags or the pace in a run's spec, whether it is pinned, and
        hyperparameters of its rule: those take effect between two iterations, as `pause` does.

        Raises UnknownRun, ForbiddenMove where hyperparameters of a run that does not train are to
        change, pydantic's ValidationError where the rule does not take them, and InvalidFields
        where the Gram form does not take the rule with them.
        """
        with self._lock:
            run = self.find(run_id)
            if update:
                run.check_may_change()
                check_known(run.spec)
                wanted = (run.turn.update or run.spec.update).changed(update)
                _check_linear(run, wanted)
                self._round(run).change(run, wanted)
            pace = run.spec.pace
            run.change(**fields)
            if pinned is not None:
                run.pinned = pinned
            if run.in_round and run.spec.pace != pace:
                self._round(run).enter(run)
            self._register.changed(run)
        return _settled(run, wait_s)

    def delete(self, run_id: str) -> None:
        """Forget a run and its trace, whatever it is doing. Raises UnknownRun."""
        with self._lock:
            run = self.find(run_id)
            if run.live:
                self._round(run).drop(run)
            self._register.forget(run)

    # --- and are kept

    def settled(self) -> Future[None]:
        """Done when all that was told of runs until now is stored, or cannot be: where it cannot,
        the store's problem says why."""
        if self.store is None:
            done: Future[None] = Future()
            done.set_result(None)
            return done
        return self.store.settled()

    def close(self) -> bool:
        """Stop all workers and store what there is; the runs that train are interrupted. False where
        a worker is still in a long iteration."""
        with self._lock:
            self._closing = True
            rounds = list(self._rounds.values())
            for turning in rounds:
                turning.close()
            for run in self._register.live.copy():
                if run.in_round:
                    self._round(run).ask(run, ("interrupted", "the server was shut down"))
        deadline = time.monotonic() + STOP_TIMEOUT_S
        stopped = [turning.join(deadline) for turning in rounds]
        if self.store is not None:
            self._save_all()
            self.store.close()
        return all(stopped)

    def _save_all(self) -> None:
        deadline = time.monotonic() + SAVE_TIMEOUT_S
        for run in self._register.all():
            if run.status in ("paused", "interrupted") and time.monotonic() < deadline:
                with contextlib.suppress(Exception):  # what is not saved is trained again
                    if turning := self._rounds.get(canonical(run.spec.device)):
                        turning.save(run)
                with self._lock:  # the store may have looked at it before there was a checkpoint
                    self._register.changed(run)

    def _awake(self, run_id: str) -> Run:
        """A run of which more is to come, with its curve. Without the lock."""
        run = self.find(run_id)
        return run if run.ended else self.read(run_id)

    def _continue(self, run: Run, verb: str) -> None:
        status: Status = "queued" if run.started_at is None else "running"
        run.check(verb, "queued" if run.status == "interrupted" else status)
        self._register.check_trainable(run)
        if run.status == "interrupted":
            self._register.check_live(run)
            self._register.shelf.forget(run)
            status = "queued"
        run.move(status)
        self._register.changed(run)
        self._round(run).enter(run)

    def _take_up(self, run: Run) -> None:
        """Let a run go on that was cut off, or say why it cannot. Without the lock."""
        with self._lock:
            if run.turn.gone or self._closing or (run.in_round and run.turn.due):
                return
            try:
                if run.status == "interrupted":
                    self._continue(run, "resume")
                else:
                    self._register.check_trainable(run)
                    self._round(run).enter(run)
            except (NoRoom, InvalidFields) as error:
                if run.status == "queued":
                    run.move("interrupted", "the server ended before it began")
                before = (run.reason or "it was interrupted").partition(NOT_ON)[0]
                run.reason = f"{before}{NOT_ON}{error}"
                self._register.changed(run)

    def _tell(self, run: Run) -> None:
        """Tell all who follow the runs. Under the lock."""
        if self.store is not None:
            self.store.note(run)
        for signal in self._signals:
            signal.mark(run.id)

    def _checkpoint(self, run: Run) -> Checkpoint | None:
        """The newest of a run. Raises StoreUnavailable."""
        if (newest := run.checkpoint) or self.store is None:
            return newest
        return self.store.checkpoint(run.id)

    def _round(self, run: Run) -> Round:
        device = canonical(run.spec.device)
        if device not in self._rounds:
            workers = self._cpu_workers if device == "cpu" else 1
            stored = self._stored_checkpoint if self.store is not None else None
            self._rounds[device] = Round(
                device, workers, self._lock, self._register.changed, stored
            )
        return self._rounds[device]

    def _stored_checkpoint(self, run: Run) -> bytes | None:
        """For a worker, which can do without. Without the lock."""
        try:
            checkpoint = self._checkpoint(run)
        except StoreUnavailable as error:
            logger.warning("run %s begins anew: %s", run.id, error)
            return None
        return checkpoint and checkpoint.data


def _check_linear(run: Run, rule: Rule) -> None:
    if run.spec.gradients == "gram" and rule.linear() is None:
        message = "gram needs a rule whose step is linear in the gradient"
        raise InvalidFields([FieldError("update", message, rule.model_dump())])


def _settled(run: Run, wait_s: float) -> Run:
    """`run`, once what is asked of it has come about, or after `wait_s`."""
    if settled := run.turn.settled:
        with contextlib.suppress(TimeoutError):
            settled.result(wait_s)
    return run
