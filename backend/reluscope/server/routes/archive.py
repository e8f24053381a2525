"""GET /api/export and POST /api/import: runs as files, out of here and in."""

import asyncio
from collections.abc import Iterator
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ...errors import (
    BadArchive,
    Busy,
    FieldError,
    InvalidFields,
    NoRoom,
    NotInstalled,
    StoreUnavailable,
    UnknownSweep,
)
from ...runs import archive, tensorboard
from ...runs.book import Book
from ...runs.kept import Kept
from ...runs.names import file_name
from ...runs.run import Run
from ..description.document import refusals
from ..downloads import Download
from .runs import RunList, until_stored
from .shared import IN_TURN, READS, Id, TheBook, TheScratch

MAX_EXPORTED = 1000
"""Runs in one file."""

PIECE_BYTES = 2**20
"""What is gathered of a body before it is written."""

ZIP = "application/zip"
FILE: dict[str, Any] = {ZIP: {"schema": {"type": "string", "format": "binary"}}}

router = APIRouter(tags=["archive"])


class ZipDownload(Download):
    """A zip."""

    media_type = ZIP


@router.get(
    "/api/export",
    response_class=ZipDownload,
    responses={
        200: {"content": FILE},
        **refusals(*READS, UnknownSweep, NotInstalled),
    },
    dependencies=[IN_TURN],
)
def export(
    book: TheBook,
    scratch: TheScratch,
    id: Annotated[
        list[Id],
        Query(default_factory=list, max_length=MAX_EXPORTED, description="The ids of runs."),
    ],
    sweep: Annotated[
        list[Id],
        Query(
            default_factory=list,
            max_length=MAX_EXPORTED,
            description="The ids of sweeps: all their runs.",
        ),
    ],
    format: Annotated[
        Literal["archive", "tensorboard"],
        Query(description="What `POST /api/import` takes, or what TensorBoard reads."),
    ] = "archive",
) -> Download:
    """Runs as one zip: whole, as another server takes them in, up to 1 GiB; or for TensorBoard, a
    folder for each, with the losses and diagnostics in float32, as it has them."""
    runs = _chosen(book, id, sweep)
    write = archive.write if format == "archive" else tensorboard.write
    file = scratch.made(lambda file: write(file, _kept(book, runs)))
    return ZipDownload(file, _name(runs, format), ZIP)


def _chosen(book: Book, ids: list[str], sweeps: list[str]) -> list[Run]:
    """The runs that are asked for, each once. Raises InvalidFields, UnknownRun, UnknownSweep."""
    if not ids and not sweeps:
        raise InvalidFields([FieldError("id", "required, or sweep")])
    found = [book.find(run_id) for run_id in ids]
    for sweep_id in sweeps:
        found += book.sweep(sweep_id)
    runs = list(dict.fromkeys(found))
    if len(runs) > MAX_EXPORTED:
        message = f"a file holds at most {MAX_EXPORTED} runs"
        most, limit = {"maximum": MAX_EXPORTED}, ("exported_runs", MAX_EXPORTED)
        raise InvalidFields([FieldError("sweep", message, len(runs), most, limit)])
    return runs


def _kept(book: Book, runs: list[Run]) -> Iterator[Kept]:
    for run in runs:
        with book.reading(run.id):
            yield book.kept(run.id)


def _name(runs: list[Run], format: str) -> str:
    what = f"{len(runs)}-runs" if len(runs) > 1 else file_name(runs[0].view())
    return f"reluscope-{what}{'' if format == 'archive' else f'-{format}'}.zip"


@router.post(
    "/api/import",
    name="import",
    status_code=201,
    responses=refusals(NoRoom, BadArchive, Busy, StoreUnavailable),
    openapi_extra={"requestBody": {"required": True, "content": FILE}},
)
async def import_runs(request: Request, book: TheBook, scratch: TheScratch) -> RunList:
    """Take in the runs of an archive that `GET /api/export` made, here or on another server; all of
    them or none, in its order. One that had not ended is `interrupted`, and can be resumed; one
    whose id is taken here gets another."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ZIP:
        raise HTTPException(415, f"expected a zip, with Content-Type: {ZIP}")
    with scratch.file() as file:
        await _receive(request, file)
        async with request.app.state.importing:  # what is read is in memory as a whole
            runs = await asyncio.to_thread(_take_in, book, file)
    await until_stored(book)
    return RunList(runs=[run.view() for run in runs])


async def _receive(request: Request, file: IO[bytes]) -> None:
    gathered = bytearray()
    try:
        async for piece in request.stream():
            gathered += piece
            if len(gathered) >= PIECE_BYTES:
                await asyncio.to_thread(file.write, bytes(gathered))
                gathered.clear()
    except ClientDisconnect:
        raise HTTPException(400) from None  # nobody reads it
    file.write(gathered)


def _take_in(book: Book, file: IO[bytes]) -> list[Run]:
    room = book.memory.budgets["cpu"] // 2  # it is read, and then copied
    return book.add(list(archive.read(file, min(archive.MAX_BYTES, room))))
