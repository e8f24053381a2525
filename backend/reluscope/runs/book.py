"""Book: everything that may be asked of runs: to be made, steered, changed, deleted."""

import contextlib
import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import FieldError, InvalidFields, NoRoom, StoreUnavailable
from ..training.devices import canonical, make_deterministic
from ..training.rules import Rule
from ..training.spec import RunSpec
from ..training.unknown import check_known
from . import forks
from .history import history
from .holdings import Holdings
from .keep import Keep
from .keeper import Keeper
from .kept import Kept
from .memory import Memory
from .rounds import Round
from .run import Checkpoint, Run
from .states import Status
from .store import Store
from .view import Member

logger = logging.getLogger(__name__)

VERB_TIMEOUT_S = 2.0
"""How long a verb waits for the turn that a run is in. A turn lasts 10 ms, or one iteration."""

STOP_TIMEOUT_S = 1.0
"""How long closing waits for turns to end. Workers are daemons: a longer turn is cut."""

SAVE_TIMEOUT_S = 0.5
"""How long closing goes on to make checkpoints; what has none is trained again from an older one."""

NOT_ON = "; it does not go on: "
"""What the reason says of a run that was interrupted and could not be taken up."""


class Book(Holdings):
    """All runs, and the workers that train them. Any thread may use it."""

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
        super().__init__(Memory(memory_bytes), max_live, max_runs, store)
        self._cpu_workers = cpu_workers
        self._rounds: dict[str, Round] = {}
        self._closing = False
        if store is not None:
            take_up = self._take_up if resume else None
            store.follow(Keeper(self._register, self._lock, keep, take_up))

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

    def open_all(
        self,
        specs: Sequence[RunSpec],
        points: Sequence[Mapping[str, Any]],
        *,
        name: str | None = None,
        request: tuple[str, bytes] | None = None,
    ) -> list[Run]:
        """Make a sweep: a run of each spec, with what was asked for in it alone; all of them, or
        none. `name` is what the sweep is called; `request` as in `open`.

        Raises InvalidFields, each field after the place of its spec, such as `3.hidden`; and NoRoom
        as `open` does.
        """
        self._register.check_fits(len(specs))
        runs = [Run(spec, 0) for spec in specs]
        self._check_each(runs)
        sweep_id = str(uuid.uuid4())
        for place, (run, point) in enumerate(zip(runs, points, strict=True)):
            run.sweep = Member(id=sweep_id, name=name, place=place, point=dict(point))
            run.request = request
        with self._lock, self._together():
            self._register.check_room(*runs)
            for run in runs:
                run.number = self._register.number(run.created_at)
                self._register.enter(run)
                self._round(run).enter(run)
        return runs

    def check_fits(self, count: int) -> None:
        """Raises NoRoom where so many runs could not be made at once, whatever else is there."""
        self._register.check_fits(count)

    def _together(self) -> contextlib.AbstractContextManager[None]:
        """While inside, what is made is stored at once: a crash leaves all or none of it."""
        return self.store.together() if self.store else contextlib.nullcontext()

    def _check_each(self, runs: Sequence[Run]) -> None:
        """Raises InvalidFields where one of them could never be made, were it alone."""
        errors: list[FieldError] = []
        for place, run in enumerate(runs):
            try:
                self._register.check_device(run.spec)
                self.memory.check_ever(run)
            except InvalidFields as error:
                errors += [replace(e, field=f"{place}.{e.field}") for e in error.errors]
        if errors:
            raise InvalidFields(errors)

    def fork(
        self, run_id: str, changes: Mapping[str, Any], *, at: int | None = None, count: int = 1
    ) -> list[Run]:
        """Make runs that share the first `at` iterations of another, all that it has where none is
        given, and go on with `changes` to its spec; all of them, or none.

        Raises UnknownRun, StoreUnavailable, NoRoom, InvalidFields and pydantic's ValidationError as
        `forks.fork` does.
        """
        with self.reading(run_id) as run:
            kept = [forks.fork(run, changes, at) for _ in range(count)]
            checkpoint = self._checkpoint(run) if kept[0].view.iteration else None
        if checkpoint and checkpoint.iteration > kept[0].view.iteration:
            checkpoint = None  # it is trained up to there from the start
        return self._begin(kept, checkpoint)

    def replay(self, run_id: str) -> Run:
        """Make a run that trains again what another has trained, with the same changes on the way.

        Raises UnknownRun, StoreUnavailable, InvalidFields, NoRoom.
        """
        with self.reading(run_id) as run:
            kept = forks.replay(run)
        (again,) = self._begin([kept])
        return again

    def _begin(self, kept: list[Kept], checkpoint: Checkpoint | None = None) -> list[Run]:
        spec = kept[0].view.spec
        first, changes = history(spec, kept[0].events)
        check_known(first, spec, *(change.spec for change in changes))
        self._register.check_device(spec)
        with self._lock, self._together():
            runs = [Run.of(one, 0) for one in kept]
            self._register.check_room(*runs)
            for run in runs:
                run.number = self._register.number(run.created_at)
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
            self._part_sweeps(added)
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

    def _part_sweeps(self, added: Sequence[Run]) -> None:
        """Give sweeps that come from elsewhere another id, where a run is here already that has the
        place of one of theirs."""
        ids: dict[str, str] = {}
        for sweep_id in {run.sweep.id for run in added if run.sweep}:
            there = self._register.search({"sweep": [sweep_id]})
            taken = {run.sweep.place for run in there if run.sweep}
            of_it = [run.sweep for run in added if run.sweep and run.sweep.id == sweep_id]
            if taken.intersection(member.place for member in of_it):
                ids[sweep_id] = str(uuid.uuid4())
        for run in added:
            if run.sweep and run.sweep.id in ids:
                run.sweep = run.sweep.model_copy(update={"id": ids[run.sweep.id]})

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

    def trained(self) -> dict[str, int]:
        """How many iterations the workers of each device have trained since this server began: what
        was trained again counts again, and what was deleted stays counted."""
        return {device: turning.iterations for device, turning in dict(self._rounds).items()}

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

    def _round(self, run: Run) -> Round:
        device = canonical(run.spec.device)
        if device not in self._rounds:
            workers = self._cpu_workers if device == "cpu" else 1
            self._rounds[device] = Round(
                device,
                workers,
                self._lock,
                self._register.changed,
                self._checkpoint,
                saves=self.store is not None,
            )
        return self._rounds[device]


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
