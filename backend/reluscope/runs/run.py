"""Run: one run's spec, trace and state, and the moves from state to state."""

import time
import uuid
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from ..errors import ForbiddenMove
from ..numbers import Number
from ..training.devices import canonical
from ..training.spec import RunSpec
from .trace import Trace

Status = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"
]

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
    environment: dict[str, str | int] | None
    """What, beside the spec, decides its bits."""


class RateMeter:
    """Iterations per second, over the last one to two windows."""

    def __init__(self) -> None:
        self._older: tuple[float, int] | None = None
        self._newer: tuple[float, int] | None = None

    def stop(self) -> None:
        """The run leaves the round: what passes until it comes back does not count."""
        self._older = self._newer = None

    def start(self, now: float, iteration: int) -> None:
        """A turn begins at `now`, with `iteration` iterations done."""
        if self._older is None:
            self._older = self._newer = (now, iteration)

    def sample(self, now: float, iteration: int) -> float | None:
        """A turn ended at `now`, with `iteration` iterations done; the rate, where it is known."""
        if self._older is None or self._newer is None:
            return None
        if now - self._newer[0] >= RATE_WINDOW_S:
            self._older, self._newer = self._newer, (now, iteration)
        elapsed = now - self._older[0]
        return (iteration - self._older[1]) / elapsed if elapsed > 0 else None


@dataclass
class Turn:
    """Where a run stands in the round. For the round alone, under its lock."""

    ticket: int = 0
    """Which entry of the round's heap is the valid one; 0 for none."""
    due: float = 0.0
    """When its next turn may begin, on the monotonic clock."""
    active: bool = False
    """Whether a worker is training it now."""
    asked: Outcome | None = None
    """Where to go when the turn is over."""
    gone: bool = False
    """Deleted: to be dropped when the turn is over."""
    iteration_s: float | None = None
    """What an iteration cost in its last turn, in seconds."""


class Run:
    """One run. Its trace belongs to the worker whose turn it is; its state to the book's lock."""

    def __init__(self, spec: RunSpec, number: int) -> None:
        self.id = str(uuid.uuid4())
        self.number = number
        """Its place in the order of creation, from 1 on."""
        self.spec = spec
        self.trace = Trace(spec.iterations)
        self.status: Status = "queued"
        self.reason: str | None = None
        self.min_loss: float | None = None
        self.rate: float | None = None
        self.worker: str | None = None
        self.environment: dict[str, str | int] | None = None
        self.created_at = time.time()
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.stop_at = spec.iterations
        """The iteration before which it must pause or finish: a step sets it nearer."""
        self.meter = RateMeter()
        self.turn = Turn()

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

    def bytes_on(self, device: str) -> int:
        """Memory that it holds on `device`, or may come to hold before it ends, in bytes."""
        on_cpu = device == "cpu"
        if self.ended:
            return self.trace.nbytes if on_cpu else 0
        here = canonical(self.spec.device) == device
        return self.spec.training_bytes() * here + self.spec.trace_bytes() * on_cpu

    def check(self, verb: str, status: Status) -> None:
        """Raises ForbiddenMove where its state, or the end asked of it, forbids `status` next."""
        if self.ending and self.turn.asked is not None:
            raise ForbiddenMove(self.id, verb, self.turn.asked[0], ())
        if status not in MOVES[self.status]:
            raise ForbiddenMove(self.id, verb, self.status, MOVES[self.status])

    def move(self, status: Status, reason: str | None = None) -> None:
        """Go to another state. Raises ForbiddenMove where the table does not allow it."""
        self.check(f"make {status}", status)
        self.status = status
        self.reason = reason
        if status == "running" and self.started_at is None:
            self.started_at = time.time()
        if self.ended:
            self.ended_at = time.time()

    def record(self, losses: NDArray[np.float64]) -> None:
        """Append the losses of a turn, shape (count,), produced now. For its worker alone."""
        now = time.time()
        lowest = float(np.fmin.reduce(losses)) if len(losses) else np.nan
        if not np.isnan(lowest):
            self.min_loss = lowest if self.min_loss is None else min(self.min_loss, lowest)
        self.trace.extend(losses, now)
        self.rate = self.meter.sample(now, len(self.trace)) or self.rate

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
