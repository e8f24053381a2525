"""What the server tells of runs and sweeps, as typed values: plain data, each of one moment.

Numbers that are not finite are floats as they are. Times are Unix seconds.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import SkipValidation

from .reading import Floats, Ints

Status = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"
]
"""Where a run stands. `interrupted`: its server ended before it did."""

ENDED: tuple[Status, ...] = ("finished", "stopped", "diverged", "failed")
"""The states that no other follows."""


@dataclass(frozen=True)
class Origin:
    """Where a run was forked from."""

    id: str
    iteration: int
    """The first that is its own."""


@dataclass(frozen=True)
class Place:
    """Where a run stands in its sweep."""

    id: str
    """The sweep's."""
    place: int
    point: dict[str, Any]
    """The value of each field of the sweep: {"update.lr": 1e-6}."""


@dataclass(frozen=True)
class RunView:
    """A run at one moment."""

    id: str
    spec: dict[str, Any]
    status: SkipValidation[Status]
    iteration: int
    """Iterations done."""
    loss: float | None
    """The newest."""
    min_loss: float | None
    """The smallest so far that is not NaN."""
    rate: float | None
    """Iterations per second, over the last second or so of its training."""
    created_at: float
    started_at: float | None
    ended_at: float | None
    reason: str | None
    """Why it ended, where that needs a word."""
    worker: str | None
    environment: dict[str, Any] | None
    """What, beside the spec, decides its bits."""
    pinned: bool = False
    forked_from: Origin | None = None
    sweep: Place | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it is in a state that no other follows."""
        return self.status in ENDED


@dataclass(frozen=True)
class RunPage:
    """Some of the runs, and the cursor for those that follow."""

    runs: list[RunView]
    next: str | None = None


@dataclass(frozen=True)
class SweepView:
    """A sweep at one moment."""

    id: str
    name: str | None
    created_at: float
    fields: list[str]
    """What differs between its runs: ["update.lr", "relu"]."""
    count: int
    statuses: dict[str, int]
    """How many of its runs are in which state."""
    runs: list[str]
    """Their ids."""

    @property
    def has_ended(self) -> bool:
        """Whether each of its runs has ended."""
        return all(status in ENDED for status, count in self.statuses.items() if count)


@dataclass(frozen=True)
class SweepPage:
    """Some of the sweeps, and the cursor for those that follow."""

    sweeps: list[SweepView]
    next: str | None = None


@dataclass(frozen=True)
class Results:
    """A sweep as one table: one row for each run."""

    id: str
    columns: list[str]
    rows: list[list[Any]]

    @property
    def records(self) -> list[dict[str, Any]]:
        """Each row by its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Event:
    """Something that happened to a run between two iterations."""

    iteration: int
    """Iterations done by then."""
    at: float
    kind: str
    """The state that it went to, or `changed`, `nonfinite`, `forked` or `differs`."""
    reason: str | None = None
    changes: dict[str, Any] | None = None
    """Of what was changed, what it was and what it is: {"update.lr": [1e-6, 1e-7]}."""


@dataclass(frozen=True)
class Times:
    """When iterations of a run were done."""

    iterations: Ints
    """How many were done, ascending; shape (marks,)."""
    at: Floats
    """When, in Unix seconds; shape (marks,)."""


@dataclass(frozen=True)
class Diagnostics:
    """What was measured of a run beside its losses."""

    every: int
    """Iterations from one measurement to the next; 0 for none."""
    iterations: Ints
    """Shape (rows,)."""
    channels: dict[str, Floats]
    """By name, each of shape (rows,)."""

    def __getitem__(self, channel: str) -> Floats:
        return self.channels[channel]


@dataclass(frozen=True)
class Measured:
    """Values of one channel of one run, as they come by the socket."""

    run_id: str
    channel: str
    iterations: Ints
    """Shape (count,)."""
    values: Floats
    """Shape (count,)."""
    produced_at: float


@dataclass(frozen=True)
class Overview:
    """A long curve in about as many points as were asked for: of each bucket of `every` iterations
    the least and the largest value and the first that is not finite."""

    start: int
    stop: int
    every: int
    iterations: Ints
    """Shape (points,), ascending."""
    losses: Floats
    """Shape (points,)."""
    means: Floats
    """Of each bucket's finite values; shape (buckets,)."""
    not_finite: dict[str, int]
    """How many are not finite, by kind: NaN, Infinity, -Infinity."""


@dataclass(frozen=True)
class Difference:
    """How far two runs are apart at one iteration."""

    iteration: int
    a: float
    b: float
    difference: float


@dataclass(frozen=True)
class Comparison:
    """Where the losses of two runs part, in the iterations that both have. A difference is None where
    they are equal: NaN equals NaN, an infinity equals itself."""

    ids: tuple[str, str]
    compared: int
    """How many iterations both have."""
    equal: bool
    first_difference: int | None
    """The first iteration whose losses differ."""
    largest_absolute: Difference | None
    largest_relative: Difference | None
    """Relative to the larger of the two."""
    largest_ulp: Difference | None
    """In steps through the numbers of the coarser run's data type."""
    why: str
    """What explains it, as far as it is known."""
    difference: Overview | None
    """Of |a - b|, where points of it were asked for."""
