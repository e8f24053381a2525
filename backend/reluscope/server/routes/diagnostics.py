"""GET /api/runs/{id}/diagnostics: a span of what was measured of a run beside its losses."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from ...errors import FieldError, InvalidFields
from ...numbers import Number, tell_all
from ...training.diagnostics import CHANNELS
from ..description.document import refusals
from ..socket.frames import compact
from .shared import IN_TURN, READS, RunId, TheBook

MAX_ROWS = 100_000
"""Iterations in one answer, each with a value of every channel: about 15 MB of JSON."""

router = APIRouter(tags=["diagnostics"])


class Diagnostics(BaseModel):
    """What was measured of a run at `iterations`, all of which `every` divides; where that is 0,
    nothing is measured."""

    id: str
    start: int
    every: int
    iterations: list[int]
    channels: dict[str, list[Number]]
    """By a channel's name, one value for each of `iterations`."""


@router.get(
    "/api/runs/{id}/diagnostics",
    response_class=Response,
    responses={200: {"model": Diagnostics}, **refusals(*READS)},
    dependencies=[IN_TURN],
)
def diagnostics(
    run_id: RunId,
    book: TheBook,
    start: Annotated[int, Query(ge=0, description="The first iteration wanted.")] = 0,
    stop: Annotated[int | None, Query(ge=0, description="The first one not wanted.")] = None,
) -> Response:
    """What was measured at those of iterations `start` to `stop` that `every` divides, as many of
    them as are there: for each channel one value for each of `iterations`."""
    with book.reading(run_id) as run:
        trace, there = run.trace, book.head(run)
    iterations, rows = trace.rows_of(start, there if stop is None else min(stop, there))
    if len(rows) > MAX_ROWS:
        message = f"an answer holds at most {MAX_ROWS:,} measured iterations; ask in pieces"
        most, limit = {"maximum": int(iterations[MAX_ROWS])}, ("rows_per_answer", MAX_ROWS)
        raise InvalidFields([FieldError("stop", message, stop, most, limit)])
    values = ",".join(
        f'"{channel.name}":{tell_all(rows[:, place])}' for place, channel in enumerate(CHANNELS)
    )
    return Response(
        f'{{"id":"{run_id}","start":{start},"every":{trace.stride},'
        f'"iterations":{compact(iterations.tolist())},"channels":{{{values}}}}}',
        media_type="application/json",
    )
