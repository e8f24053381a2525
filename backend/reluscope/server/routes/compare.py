"""GET /api/compare: where the curves of two runs part, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ...runs.compare import Difference
from ...runs.compare import compare as compare_traces
from ...runs.run import Run
from ...runs.why import why
from ...training.change import Change
from ...training.spec import RunSpec
from .runs import PROBLEM
from .shared import TheBook

router = APIRouter(tags=["compare"], responses=PROBLEM)


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


@router.get("/api/compare")
def compare(
    book: TheBook,
    a: Annotated[str, Query(description="The id of a run.")],
    b: Annotated[str, Query(description="The id of the run to compare it with.")],
) -> ComparedRuns:
    """Where the losses of two runs part, how far at most, and what explains it. Runs that train
    are compared as far as both have come."""
    first, second = book.read(a), book.read(b)
    found = compare_traces(first.trace, second.trace, (first.spec.dtype, second.spec.dtype))
    reason = why(found, _begun(first), _begun(second))
    return ComparedRuns(ids=(first.id, second.id), why=reason, **vars(found))


@dataclass(frozen=True)
class _Begun:
    """A run as it began, and how it was changed on the way."""

    spec: RunSpec
    environment: dict[str, str | int | bool] | None
    changes: Sequence[Change]


def _begun(run: Run) -> _Begun:
    spec, changes = run.history()
    return _Begun(spec, run.environment, changes)
