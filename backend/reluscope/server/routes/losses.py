"""GET /api/runs/{id}/losses: a span of a run's losses, in the form that is asked for."""

import itertools
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, TypeAdapter

from ...errors import FieldError, InvalidFields, NotInstalled
from ...numbers import Number, tell_all, tell_pieces
from ...runs import npy
from ...runs.names import file_name
from ...runs.overview import Series, not_finite, overview
from ...runs.run import Run
from ...runs.smooth import Last, smoothed
from .. import columns, curves
from ..curves import CurveOverview
from ..description.document import refusals
from ..downloads import Download, OfFile, attachment
from ..negotiation import accepted
from ..scratch import Scratch, values_of
from .shared import IN_TURN, READS, RunId, TheBook, TheScratch

MAX_LOSSES = 1_000_000
"""Losses in one answer in JSON, which readers have in memory as a whole: about 20 MB."""

FEW = 10_000
"""Losses whose text is made at once: it is worth no file."""

Format = Literal["json", "csv", "npy", "parquet"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "npy": "application/x-npy",
    "parquet": "application/vnd.apache.parquet",
}
"""Of each format, the first of which is the one for whoever takes all."""

assert tuple(MEDIA_TYPES) == get_args(Format)

_LAST = TypeAdapter(Last)

FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}

router = APIRouter(tags=["losses"])


class Losses(BaseModel):
    """Losses of a run, those of iterations `start, start + 1, ...`."""

    id: str
    start: int
    losses: list[Number]


class LossesOverview(CurveOverview):
    """The overview of a run's losses."""

    id: str


class SmoothedOverview(LossesOverview):
    """The overview of a run's smoothed losses; `spans` and `not_finite` are of the losses."""

    last: Last
    """Of the losses of iterations 0 to `stop`: enough to go on with the average."""


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Losses | LossesOverview | SmoothedOverview,
        "content": {
            MEDIA_TYPES["csv"]: {"schema": {"type": "string"}},
            MEDIA_TYPES["npy"]: FILE,
            MEDIA_TYPES["parquet"]: FILE,
        },
    },
    **refusals(*READS, 406, NotInstalled),
}


@router.get(
    "/api/runs/{id}/losses", response_class=Response, responses=ANSWERS, dependencies=[IN_TURN]
)
def losses(
    run_id: RunId,
    book: TheBook,
    scratch: TheScratch,
    request: Request,
    start: Annotated[int, Query(ge=0, description="The first iteration wanted.")] = 0,
    stop: Annotated[int | None, Query(ge=0, description="The first one not wanted.")] = None,
    format: Annotated[
        Format | None, Query(description="Goes before what the header Accept asks for.")
    ] = None,
    points: curves.Points = None,
    smoothing: Annotated[
        float, Query(ge=0, lt=1, description="The weight of the past in a moving average.")
    ] = 0.0,
) -> Response:
    """The losses of iterations `start` to `stop`, as many of them as are there: in JSON, at most a
    million; as CSV, with a header, an iteration and its loss in a row; as .npy, a float64 array of
    shape (losses,); or as Parquet, with columns `iteration` and `loss`.

    In JSON there are two more ways. With `points`, it is an overview of any number of losses in
    about so many points. With `smoothing` above 0, it is of the exponential moving average over all
    losses from iteration 0 on, debiased: after n finite losses it is their mean, the k-th with the
    weight smoothing^(n - k). A loss that is not finite is passed over, and is NaN at its place."""
    chosen = format or accepted(request, MEDIA_TYPES)
    if chosen != "json":
        _check_plain(chosen, points, smoothing)
    with book.reading(run_id) as run:
        there = book.head(run)
        book.see(run_id, start)
        end = max(start, there if stop is None else min(stop, there))
        if chosen != "json":
            answer = _file(scratch, run, chosen, start, end)
        elif points is None:
            answer = _json(scratch, run, start, end, stop, smoothing)
        else:
            answer = _overview(run, start, end, points, smoothing)
    answer.headers["Vary"] = "Accept"
    return answer


def _check_plain(chosen: Format, points: int | None, smoothing: float) -> None:
    asked = {"points": points, "smoothing": smoothing or None}
    errors = [
        FieldError(field, f"comes as json only, not as {chosen}", given)
        for field, given in asked.items()
        if given is not None
    ]
    if errors:
        raise InvalidFields(errors)


def _json(
    scratch: Scratch, run: Run, start: int, end: int, stop: int | None, smoothing: float
) -> Response:
    """Losses `start` to `end`, where up to `stop` were asked for, or averages in their place."""
    if end - start > MAX_LOSSES:
        message = f"an answer holds at most {MAX_LOSSES:,} losses; ask for them in pieces"
        most, limit = {"maximum": start + MAX_LOSSES}, ("losses_per_answer", MAX_LOSSES)
        raise InvalidFields([FieldError("stop", message, stop, most, limit)])
    values = (
        smoothed(run.trace.span(0, end), smoothing, start)[0] if smoothing else run.trace[start:end]
    )
    begin = f'{{"id":"{run.id}","start":{start},"losses":'
    if len(values) <= FEW:
        return Response(f"{begin}{tell_all(values)}}}", media_type=MEDIA_TYPES["json"])
    file = scratch.of(values)
    text = itertools.chain([begin], tell_pieces(values_of(file)), ["}"])
    return OfFile(file, text, MEDIA_TYPES["json"])


def _overview(run: Run, start: int, end: int, points: int, smoothing: float) -> Response:
    values, more = run.trace.span(start, end), ""
    shown: Series = values
    if smoothing:
        shown, last = smoothed(run.trace.span(0, end), smoothing, start)
        more = f',"last":{_LAST.dump_json(last).decode()}'
    found = overview(shown, start, points)
    told = curves.tell(found, not_finite(values, start), start, end)
    return Response(f'{{"id":"{run.id}",{told}{more}}}', media_type=MEDIA_TYPES["json"])


def _file(scratch: Scratch, run: Run, chosen: Format, start: int, end: int) -> Response:
    media_type = MEDIA_TYPES[chosen]
    name = f"reluscope-{file_name(run.view())}.{chosen}"
    values = run.trace[start:end]
    if chosen == "parquet":
        spec = run.spec.model_dump_json(serialize_as_any=True)
        file = scratch.made(lambda file: columns.write_parquet(file, run.id, spec, start, values))
        return Download(file, name, media_type)
    file = scratch.of(values)
    if chosen == "csv":
        return OfFile(file, columns.csv(start, values_of(file)), media_type, attachment(name))
    data = npy.of_pieces(values.shape, values_of(file))
    return OfFile(file, data, media_type, attachment(name))
