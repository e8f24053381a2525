"""What the server tells, as typed values: plain data, each of one moment.

Numbers that are not finite are floats as they are. Times are Unix seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Required, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainValidator, SkipValidation, TypeAdapter, ValidationError

from .errors import BadAnswer

T = TypeVar("T")

Status = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "failed", "interrupted"
]
"""Where a run stands. `interrupted`: its server ended before it did."""

ENDED: tuple[Status, ...] = ("finished", "stopped", "diverged", "failed")
"""The states that no other follows."""


def _floats(told: Iterable[float | str]) -> NDArray[np.float64]:
    return np.array([float(number) for number in told], np.float64)


def _ints(told: Iterable[int]) -> NDArray[np.int64]:
    return np.array([int(number) for number in told], np.int64)


Floats = Annotated[NDArray[np.float64], PlainValidator(_floats)]
"""Numbers of JSON, those that are not finite by name."""

Ints = Annotated[NDArray[np.int64], PlainValidator(_ints)]


class Spec(TypedDict, total=False):
    """What a run is asked to do; the server has defaults for what is left out."""

    name: str | None
    tags: list[str]
    relu: str
    update: dict[str, Any]
    """A rule and its hyperparameters: {"rule": "sgd", "lr": 1e-6}."""
    gradients: str
    n: int
    d_in: int
    hidden: int
    d_out: int
    iterations: int
    seed: int
    dtype: str
    device: str
    pace: float | None
    """Iterations per second; None for full speed."""
    on_nonfinite: Literal["stop", "pause", "continue"]
    diagnostics_every: int


class Change(TypedDict, total=False):
    """What may be changed of a run while it trains."""

    name: str | None
    tags: list[str]
    pace: float | None
    pinned: bool
    update: dict[str, Any]
    """Hyperparameters of the run's own rule."""


class Fork(TypedDict, total=False):
    """What of the spec may be another in a fork."""

    name: str | None
    tags: list[str]
    relu: str
    update: dict[str, Any]
    gradients: str
    iterations: int
    pace: float | None
    on_nonfinite: Literal["stop", "pause", "continue"]


class Filters(TypedDict, total=False):
    """Which runs are listed: each filter takes any of its values, all filters must hold."""

    status: str | list[str]
    relu: str | list[str]
    rule: str | list[str]
    tag: str | list[str]
    q: str
    """Part of the name or id."""
    sweep: str


class Random(TypedDict, total=False):
    """Points that a sweep draws."""

    count: Required[int]
    """How many."""
    seed: int
    fields: Required[dict[str, Any]]
    """By path, the values to choose from, or {"low": , "high": , "log": True}."""


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


@dataclass(frozen=True)
class Point:
    """Value and slope of a ReLU at one h."""

    h: float
    value: float
    slope: float


@dataclass(frozen=True)
class Check:
    """What a ReLU does on the server's torch, measured. Where it cannot be measured, `error` says
    why, and the rest is None."""

    relu: str
    torch: str
    dtype: str
    error: str | None = None
    points: tuple[Point, ...] | None = None
    """Around 0, at NaN and at the infinities."""
    kink: str | None = None
    """What the points say, in a sentence."""
    gradcheck: dict[str, Any] | None = None
    gradgradcheck: dict[str, Any] | None = None
    timing: dict[str, Any] | None = None
    """What it costs beside torch.relu."""

    def slope_at(self, h: float) -> float:
        """The slope at one of the points."""
        return next(point.slope for point in self.points or () if point.h == h)


@dataclass(frozen=True)
class ReluCurve:
    """Value and slope of a ReLU for h from -2 to 2 on the server's torch. Where it cannot be measured,
    `error` says why, and the rest is None."""

    relu: str
    torch: str
    dtype: str
    error: str | None = None
    h: Floats | None = None
    """Shape (points,)."""
    value: Floats | None = None
    """Shape (points,)."""
    slope: Floats | None = None
    """Shape (points,)."""
    slope_at_0: float | None = None
    value_at_nan: float | None = None
    kink: str | None = None


@dataclass(frozen=True)
class Catalog:
    """Every choice that the server has. Each dict has a `name`, and what else is known of it."""

    relus: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    gradients: list[dict[str, Any]]
    devices: list[dict[str, Any]]
    dtypes: list[dict[str, Any]]
    channels: list[dict[str, Any]]
    """Of diagnostics."""
    presets: list[dict[str, Any]]
    limits: dict[str, int]
    versions: dict[str, str]
    spec: dict[str, Any] = field(repr=False)
    """The JSON Schema of what a run may be asked to do."""

    @property
    def channel_names(self) -> dict[int, str]:
        """Of each channel of diagnostics, by its number."""
        return {channel["number"]: channel["name"] for channel in self.channels}


@dataclass(frozen=True)
class Session:
    """What this client may do at the server."""

    role: Literal["owner", "viewer"] | None
    """An owner may do everything, a viewer look; None where a token is needed."""
    needs_token: bool
    """Whether the server lets nobody in without one."""


@dataclass(frozen=True)
class Ready:
    """That the server keeps what it does."""

    status: str
    store: str | None
    """Where; None where that is in memory alone."""


def read(kind: type[T], told: object) -> T:
    """A value of one of these kinds from what the server told in JSON. What it tells beyond that, as
    a later version may, is left out.

    Raises BadAnswer where it tells something else.
    """
    try:
        value: T = _ADAPTERS[kind].validate_python(told)
    except ValidationError as error:
        raise BadAnswer(
            f"the server tells no {kind.__name__} as this client knows it: {error}"
        ) from None
    return value


class _Adapters(dict[Any, TypeAdapter[Any]]):
    """Each made when it is first needed."""

    def __missing__(self, kind: Any) -> TypeAdapter[Any]:
        made = self[kind] = TypeAdapter(kind)
        return made


_ADAPTERS = _Adapters()
