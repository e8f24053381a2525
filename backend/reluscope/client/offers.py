"""What the server has and does, as typed values."""

from dataclasses import dataclass, field
from typing import Any, Literal

from .reading import Floats


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
