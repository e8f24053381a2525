"""What several routes need: the book, where they are, and the id of a run."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from pydantic import Field

from ...errors import Busy, StoreDamaged, StoreUnavailable, UnknownRun
from ...runs.book import Book
from ..scratch import Scratch


async def _book(request: Request) -> Book:  # else each request would cross to a thread for it
    book: Book = request.app.state.book
    return book


TheBook = Annotated[Book, Depends(_book)]


async def _scratch(request: Request) -> Scratch:
    scratch: Scratch = request.app.state.scratch
    return scratch


TheScratch = Annotated[Scratch, Depends(_scratch)]

UUID: Final[dict[str, Any]] = {"format": "uuid"}
"""What is said of an id that must be there: whatever else comes is one that nothing has, and is refused.
Not of one that a list is filtered by, which then is empty."""

Id = Annotated[str, Field(json_schema_extra=UUID)]

RunId = Annotated[str, Path(alias="id", description="Of a run.", json_schema_extra=UUID)]

READS = (UnknownRun, Busy, StoreUnavailable, StoreDamaged)
"""What may come of looking for a run with its curve and events."""


AT_ONCE = 8
"""Answers for which whole curves are in memory, as text, too, and that are made at once: a million
losses take some 80 MB while they are."""


async def _in_turn(request: Request) -> AsyncIterator[None]:
    async with request.app.state.large:
        yield


IN_TURN = Depends(_in_turn, scope="function")
"""Of a route whose answers are large: until one of these is made, it takes no thread from others."""


def here(request: Request, path: str) -> str:
    """A path of this server as whoever asks has to ask for it: below where a proxy has it."""
    return f"{request.scope['root_path']}{path}"
