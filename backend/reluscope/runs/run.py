"""Run: one run's spec, trace, events and state."""

import time
import uuid
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ForbiddenMove
from ..numbers import tell
from ..training.change import SWITCHABLE, Change
from ..training.devices import canonical
from ..training.diagnostics import CHANNELS
from ..training.spec import RunSpec
from .cutoff import CutOff
from .history import changes_between, history
from .kept import Kept
from .states import IN_ROUND, LIVE, MOVES, Status
from .trace import Trace, rows_before
from .turn import RateMeter, Saving, Turn
from .use import Use
from .view import Event, EventKind, Member, Origin, RunView


class Checkpoint(NamedTuple):
    """What a run can go on from."""

    iteration: int
    """Iterations done by then."""
    data: bytes


class Run:
    """One run. Its trace belongs to the worker whose turn it is; its state to the book's lock.

    At rest it may be shelved: then its curve and its events lie in the store alone, until
    `Book.read` brings them back.
    """

    ended_here = False
    """Whether it came to its end since this server began: not before, nor elsewhere."""

    def __init__(self, spec: RunSpec, number: int) -> None:
        self.id = str(uuid.uuid4())
        self.number = number
        """Its place in the order of creation."""
        self.spec = spec
        self._trace: Trace | None = Trace(spec.iterations, spec.diagnostics_every, len(CHANNELS))
        self._length = 0
        self._loss: float | None = None
        self.events: list[Event] = []
        self.status: Status = "queued"
        self.reason: str | None = None
        self.min_loss: float | None = None
        self.rate: float | None = None
        self.worker: str | None = None
        self.environment: dict[str, str | int | bool] | None = None
        self.created_at = time.time()
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.pinned = False
        self.forked_from: Origin | None = None
        self.sweep: Member | None = None
        self.version = 0
        """Goes up with all that is kept of it beside its curve."""
        self.trained = 0
        """Iterations that its trainer has done: fewer than the trace has while it trains again what
        came after the checkpoint that it goes on from."""
        self.plan: list[Change] = []
        """What its trainer has yet to change on the way, in order."""
        self.planned_to = 0
        """The iteration of the last change that has been told."""
        self.unstored_change: int | None = None
        """The iteration of the first change that is not stored yet. What comes after it is shown to
        nobody: a crash would take it back."""
        self.cut_off: CutOff | None = None
        """Where a crash has cut it off."""
        self.checkpoint: Checkpoint | None = None
        """The newest that is not stored yet."""
        self.differs: str | None = None
        """How iterations that were trained again differed from those that were there."""
        self.stop_at = spec.iterations
        """The iteration before which it must pause or finish: a step sets it nearer."""
        self.meter = RateMeter()
        self.turn = Turn()
        self.saving = Saving()
        self.held: dict[str, int] = {}
        """Memory that is set aside for it, in bytes, by device."""
        self.request: tuple[str, bytes] | None = None
        """The key of the request that made it, and what tells whether another is the same."""
        self.stored_bytes = 0
        """What it takes in the store."""
        self.use = Use()

    @classmethod
    def of(cls, kept: Kept, number: int, *, shelved: bool = False) -> "Run":
        """The run that was taken apart. `shelved`: of `kept` there is its view alone."""
        view = kept.view
        run = cls(view.spec, number)
        for name in (
            *("id", "status", "reason", "min_loss", "rate", "worker", "environment", "created_at"),
            *("started_at", "ended_at", "pinned", "forked_from", "sweep"),
        ):
            setattr(run, name, getattr(view, name))
        run._length, run._loss = view.iteration, view.loss
        run._trace = None
        if not shelved:
            run.unshelve(kept)
        return run

    def rename(self) -> None:
        """Take another id."""
        self.id = str(uuid.uuid4())

    # --- its curve

    @property
    def trace(self) -> Trace:
        """To be asked for where it is in memory."""
        assert self._trace is not None, f"the curve of run {self.id} is in the store"
        return self._trace

    @property
    def is_shelved(self) -> bool:
        return self._trace is None

    def shelve(self) -> None:
        """Let go of the curve and the events, which are stored."""
        self._length, self._loss = self.iteration, self.loss
        self._trace, self.events = None, []

    def unshelve(self, kept: Kept) -> None:
        """Take back the curve and the events."""
        self.events = list(kept.events)
        self.planned_to = max((e.iteration for e in kept.events if e.changes), default=0)
        self.differs = next((e.reason for e in kept.events if e.kind == "differs"), None)
        if len(kept.losses) and not np.isnan(lowest := float(np.fmin.reduce(kept.losses))):
            self.min_loss = lowest
        self._trace = kept.trace()

    @property
    def iteration(self) -> int:
        """Iterations done: the length of the trace."""
        trace = self._trace
        return self._length if trace is None else len(trace)

    @property
    def loss(self) -> float | None:
        """The newest."""
        trace = self._trace
        if trace is None:
            return self._loss
        return float(trace[-1:][0]) if len(trace) else None

    def record(
        self, losses: NDArray[np.float64], diagnostics: NDArray[np.float64] | None = None
    ) -> None:
        """Append the losses of a turn, shape (count,), and its rows of diagnostics, produced now;
        where some are there already, see whether they are the same. For its worker alone."""
        now, there = time.time(), len(self.trace)
        again = min(len(losses), max(0, there - self.trained))
        if again:
            self._compare(losses[:again])
            if diagnostics is not None:
                stride = self.trace.stride
                first = rows_before(self.trained, stride)
                diagnostics = diagnostics[rows_before(self.trained + again, stride) - first :]
        self.trained += len(losses)
        new = losses[again:]
        lowest = float(np.fmin.reduce(new)) if len(new) else np.nan
        if not np.isnan(lowest):
            self.min_loss = lowest if self.min_loss is None else min(self.min_loss, lowest)
        self.trace.extend(new, now, diagnostics)
        if len(new):
            self.rate = self.meter.sample(time.monotonic(), len(self.trace)) or self.rate

    def _compare(self, losses: NDArray[np.float64]) -> None:
        """Tell where losses that were trained again are not those that are there, once."""
        stored = self.trace[self.trained : self.trained + len(losses)]
        same = (stored == losses) | (np.isnan(stored) & np.isnan(losses))
        if self.differs or same.all():
            return
        at = int(np.argmin(same))
        self.differs = (
            f"trained again, iteration {self.trained + at} has the loss {tell(losses[at])}, and had "
            f"{tell(stored[at])}"
        )
        self.tell("differs", self.differs, iteration=self.trained + at)

    # --- its state

    @property
    def ended(self) -> bool:
        return not MOVES[self.status]

    @property
    def in_round(self) -> bool:
        return self.status in IN_ROUND

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def ending(self) -> bool:
        """Whether it will be at rest when the turn that it is in is over."""
        return self.turn.asked is not None and self.turn.asked[0] not in LIVE

    def needs(self) -> dict[str, int]:
        """Memory that it holds, or may come to hold before it ends, in bytes, by device."""
        if self.turn.gone and not self.turn.active:
            return {}
        if not self.live:
            return {"cpu": 0 if self._trace is None else self._trace.nbytes}
        return self.wants()

    def wants(self) -> dict[str, int]:
        """Memory that it may come to hold while it is live, in bytes, by device."""
        needs = Counter({"cpu": self.spec.trace_bytes()})
        needs[canonical(self.spec.device)] += self.spec.training_bytes()
        return dict(needs)

    def stop_after(self, iterations: int) -> None:
        """Have it pause, or finish, when that many more are done."""
        self.stop_at = min(self.iteration + iterations, self.spec.iterations)
        self.version += 1

    @property
    def stops_at(self) -> int:
        """`stop_at`; where a step waits for the end of the turn, what it is if the turn ends now."""
        if self.turn.step is None:
            return self.stop_at
        return min(self.iteration + self.turn.step, self.spec.iterations)

    def check(self, verb: str, status: Status) -> None:
        """Raises ForbiddenMove where its state, or the end asked of it, forbids `status` next."""
        self.check_not_ending(verb)
        if status not in MOVES[self.status]:
            raise ForbiddenMove(self.id, verb, self.status, MOVES[self.status])

    def check_not_ending(self, verb: str) -> None:
        """Raises ForbiddenMove where it will be at rest when the turn that it is in is over."""
        if self.turn.asked is not None and self.ending:
            raise ForbiddenMove(self.id, verb, f"being {self.turn.asked[0]}", ())

    def check_may_change(self) -> None:
        """Raises ForbiddenMove where no iteration is to come that a change could tell in."""
        verb = "change the hyperparameters of"
        self.check_not_ending(verb)
        if not self.live:
            raise ForbiddenMove(self.id, verb, self.status, MOVES[self.status])

    def move(self, status: Status, reason: str | None = None) -> None:
        """Go to another state. Raises ForbiddenMove where the table does not allow it."""
        self.check(f"make {status}", status)
        if self.differs and not MOVES[status]:
            reason = f"{reason}; {self.differs}" if reason else self.differs
        self.reason = reason
        if status == "running" and self.started_at is None:
            self.started_at = time.time()
        if not MOVES[status]:
            self.ended_at = time.time()
            self.ended_here = True
        if status != "queued":
            self.tell(status, reason)
        self.status = status  # the last, so that who sees it sees the rest of it too
        self.version += 1

    def tell(
        self,
        kind: EventKind,
        reason: str | None = None,
        *,
        iteration: int | None = None,
        changes: dict[str, Any] | None = None,
    ) -> None:
        """Enter an event that happens now, or that happened at an iteration of this turn."""
        done = len(self.trace) if iteration is None else iteration
        event = Event(iteration=done, at=time.time(), kind=kind, reason=reason, changes=changes)
        self.events.append(event)
        self.version += 1

    @property
    def front(self) -> int:
        """The iteration from which on a change can take effect: the next; or, where a run comes again
        to where it was before a crash, that of the last change that was told, and the one after the
        last that was seen."""
        seen_to = self.cut_off.seen_to if self.cut_off else 0
        return max(len(self.trace), self.planned_to, seen_to)

    def see(self, cursor: int) -> int:
        """Somebody has seen all iterations before that one, or says so. Gives how many of them are
        true: of those that a crash cut off, some may have become others."""
        if self.ended:
            return min(cursor, self.iteration)
        return self.cut_off.see(cursor) if self.cut_off else cursor

    # --- its spec

    def change(self, **fields: Any) -> None:
        """Change its spec from the next iteration on; what decides how it trains is an event."""
        before = self.spec
        after = before.model_copy(update=fields)
        if self.live and (changes := changes_between(before, after)):
            self.planned_to = self.front
            if self.unstored_change is None:
                self.unstored_change = self.planned_to
            if self.cut_off:
                self.cut_off.change(self.planned_to)
            self.tell("changed", iteration=self.planned_to, changes=changes)
        self.spec = after  # after its event, so that who sees it can undo it
        self.version += 1

    def history(self) -> tuple[RunSpec, list[Change]]:
        """Its spec with what it began with of all that decides its curve, and what became of that
        on the way. Any thread may ask, where the run is not shelved."""
        spec = self.spec  # before the events: what it has not yet, they can undo all the same
        return history(spec, list(self.events))

    def orders(self) -> tuple[RunSpec, list[Change]]:
        """Its history with what does not decide the curve, but where that ends."""
        return history(self.spec, list(self.events), (*SWITCHABLE, "on_nonfinite"))

    def view(self) -> RunView:
        """What the outside sees of it now. Any thread may ask."""
        status = self.status  # before the trace: what is said to have ended has all its losses
        return RunView.model_construct(
            id=self.id,
            spec=self.spec,
            status=status,
            iteration=self.iteration,
            loss=self.loss,
            min_loss=self.min_loss,
            rate=self.rate,
            created_at=self.created_at,
            started_at=self.started_at,
            ended_at=self.ended_at,
            reason=self.reason,
            worker=self.worker,
            environment=self.environment,
            pinned=self.pinned,
            forked_from=self.forked_from,
            sweep=self.sweep,
        )
