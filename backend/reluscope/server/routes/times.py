"""GET /api/runs/{id}/times: when a run's iterations were produced."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from ..description.document import refusals
from .shared import READS, RunId, TheBook

router = APIRouter(tags=["times"])


class Times(BaseModel):
    """When iterations of a run were produced."""

    id: str
    start: int
    iterations: list[int]
    """How many iterations were done, ascending."""
    at: list[float]
    """For each of `iterations`, when they were, in Unix seconds."""


@router.get("/api/runs/{id}/times", responses=refusals(*READS))
def times(
    run_id: RunId,
    book: TheBook,
    start: Annotated[int, Query(ge=0, description="The first iteration wanted.")] = 0,
    stop: Annotated[int | None, Query(ge=0, description="The first one not wanted.")] = None,
) -> Times:
    """When iterations `start` to `stop` were produced, as many of them as are there: at the ends of
    turns of about 10 ms, and of a long run, of groups of turns; the last is that of the newest."""
    with book.reading(run_id) as run:
        trace, there = run.trace, book.head(run)
    end = there if stop is None else min(stop, there)
    marks = trace.marks(min(start, there), end)
    return Times(
        id=run_id,
        start=start,
        iterations=marks[:, 0].astype(int).tolist(),
        at=marks[:, 1].tolist(),
    )
