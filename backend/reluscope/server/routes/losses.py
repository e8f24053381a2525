"""GET /api/runs/{id}/losses: a span of a run's losses."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from ...errors import FieldError, InvalidFields
from ...numbers import Number, tell_all
from .runs import PROBLEM
from .shared import TheBook

MAX_LOSSES = 1_000_000
"""Losses in one answer: about 20 MB of JSON."""

router = APIRouter(tags=["losses"], responses=PROBLEM)


class Losses(BaseModel):
    """Losses of a run, those of iterations `start, start + 1, ...`."""

    id: str
    start: int
    losses: list[Number]


@router.get("/api/runs/{id}/losses", response_class=Response, responses={200: {"model": Losses}})
def losses(
    run_id: Annotated[str, Path(alias="id")],
    book: TheBook,
    start: Annotated[int, Query(ge=0, description="The first iteration wanted.")] = 0,
    stop: Annotated[int | None, Query(ge=0, description="The first one not wanted.")] = None,
) -> Response:
    """The losses of iterations `start` to `stop`, as many of them as are there."""
    trace = book.read(run_id).trace
    end = len(trace) if stop is None else min(stop, len(trace))
    if end - start > MAX_LOSSES:
        message = f"an answer holds at most {MAX_LOSSES:,} losses; ask for them in pieces"
        raise InvalidFields([FieldError("stop", message, stop, {"maximum": start + MAX_LOSSES})])
    values = tell_all(trace[start : max(start, end)])
    return Response(
        f'{{"id":"{run_id}","start":{start},"losses":{values}}}', media_type="application/json"
    )
