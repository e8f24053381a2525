"""/api/sweeps: many runs at once, made, shown, steered and deleted together."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel

from ...errors import (
    ForbiddenMove,
    InvalidFields,
    KeyReused,
    KeySpent,
    NoRoom,
    StoreDamaged,
    StoreUnavailable,
    UnknownRun,
    UnknownSweep,
)
from ...runs.book import VERB_TIMEOUT_S, Book
from ...runs.run import Run
from ...runs.states import Status
from ...runs.sweep import SweepSpec, fields_of
from .. import columns as files
from .. import results as tables
from ..description.document import MADE, refusals
from ..downloads import attachment
from ..idempotency import Answers
from ..negotiation import accepted
from ..sweeping import make
from .runs import until_stored
from .shared import UUID, TheBook, here

router = APIRouter(prefix="/api/sweeps", tags=["sweeps"])

SweepId = Annotated[str, Path(alias="id", description="Of a sweep.", json_schema_extra=UUID)]

MEDIA_TYPES: dict[Literal["json", "csv"], str] = {"json": "application/json", "csv": "text/csv"}


class Sweep(BaseModel):
    """A sweep: the runs that bear its id, of which some may have been deleted."""

    id: str
    name: str | None
    created_at: float
    """When the oldest of its runs was made, in Unix seconds."""
    fields: list[str]
    """The paths of what is not the same in all runs."""
    count: int
    """How many runs there are."""
    statuses: dict[Status, int]
    """How many of them are in each state that any is in."""
    runs: list[str]
    """Their ids, in the order in which they were asked for."""

    @staticmethod
    def of(runs: Sequence[Run]) -> "Sweep":
        """Of its runs, of which there is one at least."""
        members = [run.sweep for run in runs if run.sweep]
        return Sweep(
            id=members[0].id,
            name=members[0].name,
            created_at=min(run.created_at for run in runs),
            fields=list(fields_of([member.point for member in members])),
            count=len(runs),
            statuses=dict(Counter(run.status for run in runs)),
            runs=[run.id for run in runs],
        )


class SweepPage(BaseModel):
    """Sweeps, newest first, and the cursor that `after` takes for those that follow."""

    sweeps: list[Sweep]
    next: str | None


class Results(BaseModel):
    """What has come of a sweep: a row for each run, a column for each name."""

    id: str
    columns: list[str]
    rows: list[list[Any]]


PENDING: dict[int | str, dict[str, Any]] = {
    202: {
        "model": Sweep,
        "description": "They all will be, when the iterations they are in are over",
    }
}

STORED = (StoreUnavailable, StoreDamaged)

GOES_ON = refusals(UnknownSweep, *STORED, NoRoom, InvalidFields)

TABLE: dict[int | str, dict[str, Any]] = {
    200: {"model": Results, "content": {MEDIA_TYPES["csv"]: {"schema": {"type": "string"}}}},
    **refusals(UnknownSweep, 406),
}


@router.post("", status_code=201, responses=MADE | refusals(NoRoom, KeySpent, KeyReused))
async def create(
    sweep: SweepSpec,
    request: Request,
    response: Response,
    book: TheBook,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Sweep:
    """Start many runs at once: all of them, or, where one is wrong or there is no room for all, none.
    A field that is wrong is named as it was written here, such as `grid.update.lr.2`. With a name in
    `base`, each run is called by that and by what tells it from the others. With an
    `Idempotency-Key`, the same request sent again finds the sweep that it made the first time."""

    async def start(key: tuple[str, bytes] | None) -> str:
        return await asyncio.to_thread(make, sweep, book, key)

    if idempotency_key:
        answers: Answers = request.app.state.answers
        asked = json.dumps(await request.json()).encode()
        runs = await answers.sweep_of(idempotency_key, asked, book, start)
    else:
        runs = book.sweep(await start(None))
    answer = Sweep.of(runs)
    response.headers["Location"] = here(request, f"/api/sweeps/{answer.id}")
    await until_stored(book)
    return answer


@router.get("", name="list")
def list_sweeps(
    book: TheBook,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int | None, Query(ge=0, description="`next` of the page before.")] = None,
) -> SweepPage:
    """Sweeps, newest first."""
    there = [one for one in book.sweeps() if after is None or one[0] < after]
    page = there[:limit]
    found = [runs for _, sweep_id in page if (runs := book.search({"sweep": [sweep_id]}))]
    return SweepPage(
        sweeps=[Sweep.of(book.in_order(runs)) for runs in found],
        next=str(page[-1][0]) if len(there) > limit else None,
    )


@router.get("/{id}", responses=refusals(UnknownSweep))
def show(sweep_id: SweepId, book: TheBook) -> Sweep:
    """One sweep as it is now."""
    return Sweep.of(book.sweep(sweep_id))


@router.delete("/{id}", status_code=204, response_class=Response, responses=refusals(UnknownSweep))
async def delete(sweep_id: SweepId, book: TheBook) -> None:
    """Delete a sweep's runs and their losses, whatever they are doing."""
    await asyncio.to_thread(_each, book.sweep(sweep_id), book.delete)
    await until_stored(book)


@router.post("/{id}/pause", responses=PENDING | refusals(UnknownSweep))
async def pause(sweep_id: SweepId, book: TheBook, response: Response) -> Sweep:
    """Pause all runs of a sweep that have not ended. Once this answers 200, none of them moves; it
    answers 202 where one run would be answered so."""
    return await _ask(sweep_id, book, lambda run_id: book.pause(run_id, wait_s=0), response)


@router.post("/{id}/resume", responses=PENDING | GOES_ON)
async def resume(sweep_id: SweepId, book: TheBook, response: Response) -> Sweep:
    """Let all runs of a sweep go on that have not ended. Where there is no room for all that were
    interrupted, those before the first that has none go on."""
    return await _ask(sweep_id, book, book.resume, response)


@router.post("/{id}/stop", responses=PENDING | refusals(UnknownSweep, *STORED))
async def stop(sweep_id: SweepId, book: TheBook, response: Response) -> Sweep:
    """End all runs of a sweep for good; their losses stay. Answers 202 where `pause` would."""
    return await _ask(sweep_id, book, lambda run_id: book.stop(run_id, wait_s=0), response)


async def _ask(
    sweep_id: str, book: Book, verb: Callable[[str], object], response: Response
) -> Sweep:
    runs = book.sweep(sweep_id)
    await asyncio.to_thread(_each, runs, verb)
    if settling := [asyncio.wrap_future(s) for run in runs if (s := run.turn.settled)]:
        _, pending = await asyncio.wait(settling, timeout=VERB_TIMEOUT_S)
        response.status_code = 202 if pending else 200
    await until_stored(book)
    return Sweep.of(runs)


def _each(runs: Iterable[Run], verb: Callable[[str], object]) -> None:
    """Ask it of each; what has ended, or is gone meanwhile, is passed over."""
    for run in runs:
        with contextlib.suppress(ForbiddenMove, UnknownRun):
            verb(run.id)


@router.get("/{id}/results", response_class=Response, responses=TABLE)
def results(
    sweep_id: SweepId,
    book: TheBook,
    request: Request,
    format: Annotated[
        Literal["json", "csv"] | None,
        Query(description="Goes before what the header Accept asks for."),
    ] = None,
) -> Response:
    """What has come of a sweep as one table, with a row for each run: its id and name, what was asked
    for in it alone, and its state, iterations, newest and smallest loss, speed and reason. In JSON,
    or as CSV with a header, where a text that a spreadsheet would reckon has an apostrophe before it."""
    runs = book.sweep(sweep_id)
    columns, rows = tables.columns(runs), tables.rows(runs)
    headers = {"Vary": "Accept"}
    if (format or accepted(request, MEDIA_TYPES)) == "csv":
        name = f"reluscope-sweep-{sweep_id[:8]}.csv"
        text = files.table_csv(columns, rows)
        return Response(text, headers=headers | attachment(name), media_type=MEDIA_TYPES["csv"])
    table = Results(id=sweep_id, columns=columns, rows=rows).model_dump_json()
    return Response(table, headers=headers, media_type=MEDIA_TYPES["json"])
