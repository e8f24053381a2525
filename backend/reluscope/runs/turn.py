"""What the round knows of a run: where it stands in its turns, how fast it goes, when it was saved."""

from concurrent.futures import Future
from dataclasses import dataclass

from ..training.rules import Rule
from .states import Outcome

RATE_WINDOW_S = 1.0

SAVE_EVERY_S = 5.0
"""Between two checkpoints of a run that trains: what a crash may cost of its time at most."""

SAVE_SHARE = 0.01
"""The share of a run's time that its checkpoints may take."""


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


@dataclass(eq=False)
class Company:
    """The runs that share turns, as long as they are the same: to put them side by side anew costs
    as much as several iterations of them all."""

    size: int


@dataclass
class Turn:
    """Where a run stands in the round. For the round alone, under its lock."""

    active: bool = False
    """Whether a worker is training it now."""
    due: float = 0.0
    """When its next iteration may begin by its pace, on the monotonic clock."""
    used_s: float = 0.0
    """Time that its turns have taken, in seconds, on the scale that the runs of its round share."""
    company: Company | None = None
    """With whom it shared its last turn."""
    iteration_s: float | None = None
    """What an iteration cost in its last turn, in seconds."""
    done: int = 0
    """Iterations that its trainer did in the turn that is ending."""
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
        """Note where to go when the turn is over. An interruption takes back nothing that was asked:
        neither a pause nor how far a step goes."""
        if outcome[0] != "interrupted":
            self.asked, self.step = outcome, None
        elif self.asked is None:
            self.asked = outcome
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


@dataclass
class Saving:
    """When a run was saved last, and whether that is due anew. For the round alone."""

    asked: bool = False
    """Whether it is to be saved before anything else happens to it."""
    iteration: int | None = None
    """The iterations that its trainer had done then; None where it never was."""
    at: float = 0.0
    """On the monotonic clock; or, where it never was, when its trainer was made."""
    trained_s: float = 0.0
    """How long it has trained since, in seconds."""
    cost_s: float = 0.0
    """How long that took, in seconds."""

    def is_due(self, now: float) -> bool:
        """Whether a run that trains should be saved, `now` on the monotonic clock."""
        return now - self.at >= SAVE_EVERY_S and self.cost_s <= SAVE_SHARE * self.trained_s

    def done(self, iteration: int, began: float, now: float) -> None:
        """It was saved, from `began` to `now`, after that many iterations."""
        self.asked, self.iteration = False, iteration
        self.at, self.cost_s, self.trained_s = now, now - began, 0.0
