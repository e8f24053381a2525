"""All that is kept of a run, in the store and in files: what makes it whole again elsewhere."""

import time
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..training.diagnostics import CHANNELS
from .states import LIVE
from .trace import Trace
from .view import Event, RunView

EXPORTED = "it was exported before it had ended"
"""Why a run is interrupted that was taken in from elsewhere."""


@dataclass(frozen=True)
class Kept:
    """A run, taken apart."""

    view: RunView
    """As it was when it was kept."""
    events: list[Event] = field(default_factory=list)
    losses: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """(iterations,)"""
    rows: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, len(CHANNELS))))
    """Diagnostics, (rows, channels), row r of iteration r times the spec's `diagnostics_every`."""
    marks: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    """When iterations were done, as `Trace.marks` gives it, (marks, 2)."""
    checkpoint: bytes | None = None
    """As `Trainer.checkpoint` gives it; where it has none, it can be trained from the start."""

    def trace(self) -> Trace:
        """Its curve, as a run has it."""
        spec = self.view.spec
        trace = Trace(spec.iterations, spec.diagnostics_every, len(CHANNELS))
        trace.preload(self.losses, self.rows, self.marks)
        return trace

    def at_rest(self) -> "Kept":
        """As it is elsewhere: what had not ended is interrupted there."""
        if self.view.status not in LIVE:
            return self
        told = Event(
            iteration=self.view.iteration, at=time.time(), kind="interrupted", reason=EXPORTED
        )
        view = self.view.model_copy(update={"status": "interrupted", "reason": EXPORTED})
        return replace(self, view=view, events=[*self.events, told])
