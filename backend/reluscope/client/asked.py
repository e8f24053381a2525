"""What may be asked for, typed: each is a dict with some of these members."""

from typing import Any, Literal, Required, TypedDict


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
