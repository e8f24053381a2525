"""GET /api/compare: where the curves of two runs part, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from ...runs.book import Book
from ...runs.compare import Difference, Distance
from ...runs.compare import compare as compare_traces
from ...runs.overview import not_finite, overview
from ...runs.run import Run
from ...runs.why import why
from ...training.change import Change
from ...training.spec import RunSpec
from .. import curves
from ..curves import CurveOverview
from ..description.document import refusals
from .shared import IN_TURN, READS, UUID, TheBook

router = APIRouter(tags=["compare"])


class ComparedRuns(BaseModel):
    """Two runs, a and b, in the iterations that both have. A difference is None where they are
    equal there: NaN equals NaN, an infinity equals itself, and -0.0 equals 0.0."""

    ids: tuple[str, str]
    compared: int
    """How many iterations both have."""
    equal: bool
    first_difference: int | None
    largest_absolute: Difference | None
    largest_relative: Difference | None
    """Relative to the larger of the two losses."""
    largest_ulp: Difference | None
    """In steps through the numbers of the coarser run's data type."""
    why: str
    difference: CurveOverview | None
    """Of |a - b|; 0 where they are equal, else not finite where either loss is not. None where no
    `points` are asked for."""


@router.get(
    "/api/compare",
    response_class=Response,
    responses={200: {"model": ComparedRuns}, **refusals(*READS)},
    dependencies=[IN_TURN],
)
def compare(
    book: TheBook,
    a: Annotated[str, Query(description="The id of a run.", json_schema_extra=UUID)],
    b: Annotated[
        str, Query(description="The id of the run to compare it with.", json_schema_extra=UUID)
    ],
    points: curves.Points = None,
    start: Annotated[int, Query(ge=0, description="Where the overview begins.")] = 0,
    stop: Annotated[int | None, Query(ge=0, description="Where it ends, without this.")] = None,
) -> Response:
    """Where the losses of two runs part, how far at most, and what explains it. Runs that train
    are compared as far as both have come. With `points`, an overview of how far they are apart in
    iterations `start` to `stop`, in about so many points, comes too."""
    with book.reading(a) as first, book.reading(b) as second:
        found = compare_traces(first.trace, second.trace, (first.spec.dtype, second.spec.dtype))
        reason = why(found, _begun(first), _begun(second))
        difference = "null"
        if points is not None:
            difference = _difference(book, first, second, start, stop, points)
    told = ComparedRuns(ids=(first.id, second.id), why=reason, difference=None, **vars(found))
    text = told.model_dump_json(exclude={"difference"}).removesuffix("}")
    return Response(f'{text},"difference":{difference}}}', media_type="application/json")


def _difference(book: Book, a: Run, b: Run, start: int, stop: int | None, points: int) -> str:
    """The overview of the difference, as JSON."""
    there = min(book.head(a), book.head(b))
    book.see(a.id, start)
    book.see(b.id, start)
    end = max(start, there if stop is None else min(stop, there))
    apart = Distance(a.trace[start:end], b.trace[start:end])
    found = overview(apart, start, points)
    return f"{{{curves.tell(found, not_finite(apart, start), start, end)}}}"


@dataclass(frozen=True)
class _Begun:
    """A run as it began, and how it was changed on the way."""

    spec: RunSpec
    environment: dict[str, str | int | bool] | None
    changes: Sequence[Change]


def _begun(run: Run) -> _Begun:
    spec, changes = run.history()
    return _Begun(spec, run.environment, changes)
