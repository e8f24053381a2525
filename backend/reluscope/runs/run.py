"""Run: one run's spec, trace and state, and the moves from state to state."""

import time
import uuid
from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, PlainSerializer

from ..errors import ForbiddenMove
from ..numbers import Number, tell_within
from ..training.change import Change
from ..training.devices import canonical
from ..training.diagnostics import CHANNELS
from ..training.rules import Rule
from ..training.spec import RunSpec
from .trace import Trace

Status = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"
]

EventKind = Literal[
    "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted",
    "changed", "nonfinite",
]  # fmt: skip

MOVES: dict[Status, tuple[Status, ...]] = {
    "queued": ("running", "paused", "stopped", "failed", "interrupted"),
    "running": ("paused", "finished", "stopped", "diverged", "failed", "interrupted"),
    "paused": ("queued", "running", "stopped", "interrupted"),
    "finished": (),
    "stopped": (),
    "diverged": (),
    "failed": (),
    "interrupted": (),
}
"""From each state the states that may follow."""

IN_ROUND: tuple[Status, ...] = ("queued", "running")
"""The states in which a run is given turns."""

Outcome = tuple[Status, str | None]
"""A state to go to, and the reason where that needs a word."""

RATE_WINDOW_S = 1.0


class RunView(BaseModel):
    """A run as the outside sees it, at one moment. Times are Unix seconds."""

    id: str
    spec: RunSpec
    status: Status
    iteration: int
    """Iterations done: the length of the trace."""
    loss: Number | None
    """The newest loss."""
    min_loss: Number | None
    """The smallest loss so far that is not NaN."""
    rate: float | None
    """Iterations per second, over the last second or so of its training."""
    created_at: float
    started_at: float | None
    ended_at: float | None
    reason: str | None
    """Why it ended, where that needs a word."""
    worker: str | None
    """The worker that trained it last."""
    environment: dict[str, str | int | bool] | None
    """What, beside the spec, decides its bits."""


class Event(BaseModel):
    """Something that happened to a run between two iterations."""

    iteration: int
    """Iterations done by then: it takes effect from the iteration of this number on."""
    at: float
    """In Unix seconds."""
    kind: EventKind
    """The state that it went to; or that something was changed, or first was not finite."""
    reason: str | None = None
    changes: Annotated[dict[str, Any] | None, PlainSerializer(tell_within)] = None
    """Of what was changed, each with what it was and what it is: {"update.lr": [1e-6, 1e-7]}."""


_UPDATE = "update."
"""Before the name of a hyperparameter in an event's changes."""


def _hyperparameters(event: Event) -> dict[str, list[Any]]:
    """What an event changed of these, each with what it was and what it is."""
    changes = event.changes or {}
    return {
        name.removeprefix(_UPDATE): both
        for name, both in changes.items()
        if name.startswith(_UPDATE)
    }


class RateMeter:
    """Iterations per second, over the last one to two windows, from the end of a turn to another."""

    def __init__(self) -> None:
        self._older: tuple[float, int] | None = None
        self._newer: tuple[float, int] | None = None

    def stop(self) -> None:
        """The run leaves the round: what passes until it comes back does not count."""
        self._older = self._newer = None

    def sample(self, now: float, iteration: int) -> float | None:
        """A turn ended at `now`, with `iteration` iterations done; the rate, where it is known."""
        if self._older is None or self._newer is None:
            self._older = self._newer = (now, iteration)
            return None
        elapsed = now - self._older[0]
        rate = (iteration - self._older[1]) / elapsed if elapsed > 0 else None
        if now - self._newer[0] >= RATE_WINDOW_S:
            self._older, self._newer = self._newer, (now, iteration)
        return rate


@dataclass
class Turn:
    """Where a run stands in the round. For the round alone, under its lock."""

    active: bool = False
    """Whether a worker is training it now."""
    due: float = 0.0
    """When its next iteration may begin by its pace, on the monotonic clock."""
    used_s: float = 0.0
    """Time that its turns have taken, in seconds, on the scale that the runs of its round share."""
    iteration_s: float | None = None
    """What an iteration cost in its last turn, in seconds."""
    asked: Outcome | None = None
    """Where to go when the turn that it is in is over."""
    step: int | None = None
    """How many iterations to train from the end of that turn on before it pauses."""
    update: Rule | None = None
    """The hyperparameters to go on with when that turn is over."""
    gone: bool = False
    """Deleted: to be dropped when the turn is over."""
    settled: Future[None] | None = None
    """Done when what is asked has come about, or is asked no longer; None where nothing is."""

    def ask(self, outcome: Outcome) -> None:
        """Note where to go when the turn is over."""
        self.asked, self.step = outcome, None
        self.settled = self.settled or Future()

    def ask_change(self, update: Rule) -> None:
        """Note what to go on with when the turn is over."""
        self.update = update
        self.settled = self.settled or Future()

    def settle(self) -> None:
        """What was asked has come about, or is asked no longer; a change always comes about."""
        self.asked = None
        if self.settled and self.update is None:
            settled, self.settled = self.settled, None
            settled.set_result(None)


class Run:
    """One run. Its trace belongs to the worker whose turn it is; its state to the book's lock."""

    def __init__(self, spec: RunSpec, number: int) -> None:
        self.id = str(uuid.uuid4())
        self.number = number
        """Its place in the order of creation, from 1 on."""
        self.spec = spec
        self.trace = Trace(spec.iterations, spec.diagnostics_every, len(CHANNELS))
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
        self.stop_at = spec.iterations
        """The iteration before which it must pause or finish: a step sets it nearer."""
        self.meter = RateMeter()
        self.turn = Turn()
        self.held: dict[str, int] = {}
        """Memory that is set aside for it, in bytes, by device."""

    @property
    def ended(self) -> bool:
        return not MOVES[self.status]

    @property
    def in_round(self) -> bool:
        return self.status in IN_ROUND

    @property
    def ending(self) -> bool:
        """Whether it will have ended when the turn that it is in is over."""
        return self.turn.asked is not None and not MOVES[self.turn.asked[0]]

    def needs(self) -> dict[str, int]:
        """Memory that it holds, or may come to hold before it ends, in bytes, by device."""
        if self.turn.gone and not self.turn.active:
            return {}
        if self.ended:
            return {"cpu": self.trace.nbytes}
        needs = Counter({"cpu": self.spec.trace_bytes()})
        needs[canonical(self.spec.device)] += self.spec.training_bytes()
        return dict(needs)

    def stop_after(self, iterations: int) -> None:
        """Have it pause, or finish, when that many more are done."""
        self.stop_at = min(len(self.trace) + iterations, self.spec.iterations)

    def check(self, verb: str, status: Status) -> None:
        """Raises ForbiddenMove where its state, or the end asked of it, forbids `status` next."""
        self.check_not_ending(verb)
        if status not in MOVES[self.status]:
            raise ForbiddenMove(self.id, verb, self.status, MOVES[self.status])

    def check_not_ending(self, verb: str) -> None:
        """Raises ForbiddenMove where it will have ended when the turn that it is in is over."""
        if self.turn.asked is not None and self.ending:
            raise ForbiddenMove(self.id, verb, f"being {self.turn.asked[0]}", ())

    def check_may_change(self) -> None:
        """Raises ForbiddenMove where no iteration is to come that a change could tell in."""
        verb = "change the hyperparameters of"
        self.check_not_ending(verb)
        if self.ended:
            raise ForbiddenMove(self.id, verb, self.status, ())

    def move(self, status: Status, reason: str | None = None) -> None:
        """Go to another state. Raises ForbiddenMove where the table does not allow it."""
        self.check(f"make {status}", status)
        self.reason = reason
        if status == "running" and self.started_at is None:
            self.started_at = time.time()
        if not MOVES[status]:
            self.ended_at = time.time()
        if status != "queued":
            self.tell(status, reason)
        self.status = status  # the last, so that who sees it sees the rest of it too

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

    def change(self, **fields: Any) -> None:
        """Change its spec from the next iteration on; what decides how it trains is an event."""
        before = self.spec
        after = before.model_copy(update=fields)
        changes = {}
        if "pace" in fields and fields["pace"] != before.pace:
            changes["pace"] = [before.pace, after.pace]
        old = before.update.model_dump()
        for name, value in after.update.model_dump().items():
            if value != old[name]:
                changes[f"{_UPDATE}{name}"] = [old[name], value]
        if changes:
            self.tell("changed", changes=changes)
        self.spec = after  # after its event, so that who sees it can undo it

    def history(self) -> tuple[RunSpec, list[Change]]:
        """Its spec with the hyperparameters that it began with, and what became of these by hand.
        Any thread may ask."""
        spec = self.spec
        steps = [
            (event.iteration, hyperparameters)
            for event in list(self.events)
            if (hyperparameters := _hyperparameters(event))
        ]
        first: dict[str, object] = {}
        for _, hyperparameters in steps:
            for name, (before, _after) in hyperparameters.items():
                first.setdefault(name, before)
        rule = spec.update.changed(first)
        spec = spec.model_copy(update={"update": rule})
        changes = []
        for iteration, hyperparameters in steps:
            rule = rule.changed({name: after for name, (_, after) in hyperparameters.items()})
            changes.append(Change(iteration, spec.model_copy(update={"update": rule})))
        return spec, changes

    def record(
        self, losses: NDArray[np.float64], diagnostics: NDArray[np.float64] | None = None
    ) -> None:
        """Append the losses of a turn, shape (count,), and its rows of diagnostics, produced now.
        For its worker alone."""
        now = time.time()
        lowest = float(np.fmin.reduce(losses)) if len(losses) else np.nan
        if not np.isnan(lowest):
            self.min_loss = lowest if self.min_loss is None else min(self.min_loss, lowest)
        self.trace.extend(losses, now, diagnostics)
        self.rate = self.meter.sample(time.monotonic(), len(self.trace)) or self.rate

    def view(self) -> RunView:
        """What the outside sees of it now. Any thread may ask."""
        status = self.status  # before the trace: what is said to have ended has all its losses
        iteration = len(self.trace)
        return RunView(
            id=self.id,
            spec=self.spec,
            status=status,
            iteration=iteration,
            loss=float(self.trace[iteration - 1 : iteration][0]) if iteration else None,
            min_loss=self.min_loss,
            rate=self.rate,
            created_at=self.created_at,
            started_at=self.started_at,
            ended_at=self.ended_at,
            reason=self.reason,
            worker=self.worker,
            environment=self.environment,
        )
