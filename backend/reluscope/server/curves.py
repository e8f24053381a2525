"""How overviews of curves are asked for and told."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from ..numbers import Number, tell_all
from ..runs.overview import NotFinite, Overview
from ..runs.pyramid import Kind
from .socket.frames import compact

MAX_POINTS = 100_000
"""Of an overview that may be asked for: about 4 MB of JSON, and more than any screen has."""

Points = Annotated[
    int | None,
    Query(
        ge=2,
        le=MAX_POINTS,
        description="About how many points an overview may have. Without it, there is none.",
    ),
]


class CurveOverview(BaseModel):
    """Values of iterations `start` to `stop`, in buckets of `every` iterations, which is a power of
    4. Buckets lie at multiples of it; the span may cut the first and the last."""

    start: int
    stop: int
    every: int
    iterations: list[int]
    """Of each bucket those of the least and the largest finite value, and of the first that is not
    finite; and the span's first and last. Ascending, each once."""
    losses: list[Number]
    """The values of `iterations`."""
    means: list[Number]
    """For each bucket the mean of its finite values; NaN where there is none."""
    spans: list[tuple[int, int, Kind]]
    """The first 100 stretches, from an iteration to another without it, that are not finite."""
    not_finite: dict[Kind, int]
    """How many values are not finite, of each kind that there is."""
    not_positive: int
    """How many finite values are 0 or less."""


def tell(found: Overview, odd: NotFinite, start: int, stop: int) -> str:
    """The members of a `CurveOverview` as JSON, without braces."""
    return (
        f'"start":{start},"stop":{stop},"every":{found.every},'
        f'"iterations":{compact(found.iterations.tolist())},"losses":{tell_all(found.losses)},'
        f'"means":{tell_all(found.means)},"spans":{compact(odd.spans)},'
        f'"not_finite":{compact(odd.counts)},"not_positive":{found.not_positive}'
    )
