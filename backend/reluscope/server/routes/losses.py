"""GET /api/runs/{id}/losses: a span of a run's losses, in the form that is asked for."""

from typing import Annotated, Any, Literal, get_args

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from numpy.typing import NDArray
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ...errors import FieldError, InvalidFields
from ...numbers import Number, tell_all
from ...runs import npy
from ...runs.names import file_name
from ...runs.run import Run
from .. import columns
from ..downloads import Download, attachment, made
from ..negotiation import preferred
from ..problems import Problem
from .runs import PROBLEM
from .shared import TheBook

MAX_LOSSES = 1_000_000
"""Losses in one answer in JSON, which readers have in memory as a whole: about 20 MB."""

Format = Literal["json", "csv", "npy", "parquet"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "npy": "application/x-npy",
    "parquet": "application/vnd.apache.parquet",
}
"""Of each format, the first of which is the one for whoever takes all."""

assert tuple(MEDIA_TYPES) == get_args(Format)

FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}

router = APIRouter(tags=["losses"], responses=PROBLEM)


class Losses(BaseModel):
    """Losses of a run, those of iterations `start, start + 1, ...`."""

    id: str
    start: int
    losses: list[Number]


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Losses,
        "content": {
            MEDIA_TYPES["csv"]: {"schema": {"type": "string"}},
            MEDIA_TYPES["npy"]: FILE,
            MEDIA_TYPES["parquet"]: FILE,
        },
    },
    501: {"model": Problem, "description": "Parquet needs a package that is not installed"},
}


@router.get("/api/runs/{id}/losses", response_class=Response, responses=ANSWERS)
def losses(
    run_id: Annotated[str, Path(alias="id")],
    book: TheBook,
    request: Request,
    start: Annotated[int, Query(ge=0, description="The first iteration wanted.")] = 0,
    stop: Annotated[int | None, Query(ge=0, description="The first one not wanted.")] = None,
    format: Annotated[
        Format | None, Query(description="Goes before what the header Accept asks for.")
    ] = None,
) -> Response:
    """The losses of iterations `start` to `stop`, as many of them as are there: in JSON, at most a
    million; as CSV, with a header, an iteration and its loss in a row; as .npy, a float64 array of
    shape (losses,); or as Parquet, with columns `iteration` and `loss`."""
    chosen = format or _accepted(request)
    run = book.read(run_id)
    trace, there = run.trace, book.head(run)
    book.see(run_id, start)
    end = there if stop is None else min(stop, there)
    if chosen == "json" and end - start > MAX_LOSSES:
        message = f"an answer holds at most {MAX_LOSSES:,} losses; ask for them in pieces"
        raise InvalidFields([FieldError("stop", message, stop, {"maximum": start + MAX_LOSSES})])
    answer = _answer(run, chosen, start, trace[start : max(start, end)])
    answer.headers["Vary"] = "Accept"
    return answer


def _accepted(request: Request) -> Format:
    accept = ",".join(request.headers.getlist("accept"))
    media_type = preferred(accept, list(MEDIA_TYPES.values()))
    for name, known in MEDIA_TYPES.items():
        if known == media_type:
            return name
    raise HTTPException(406, f"offered here: {', '.join(MEDIA_TYPES.values())}")


def _answer(run: Run, chosen: Format, start: int, values: NDArray[np.float64]) -> Response:
    media_type = MEDIA_TYPES[chosen]
    if chosen == "json":
        text = f'{{"id":"{run.id}","start":{start},"losses":{tell_all(values)}}}'
        return Response(text, media_type=media_type)
    name = f"reluscope-{file_name(run.view())}.{chosen}"
    if chosen == "parquet":
        file = made(lambda file: columns.write_parquet(file, run, start, values))
        return Download(file, name, media_type)
    pieces = columns.csv(start, values) if chosen == "csv" else npy.pieces(values)
    return StreamingResponse(pieces, headers=attachment(name), media_type=media_type)
