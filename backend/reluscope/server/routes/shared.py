"""What several routes need: the book, and where they are."""

from typing import Annotated

from fastapi import Depends, Request

from ...runs.book import Book


async def _book(request: Request) -> Book:  # else each request would cross to a thread for it
    book: Book = request.app.state.book
    return book


TheBook = Annotated[Book, Depends(_book)]


def here(request: Request, path: str) -> str:
    """A path of this server as whoever asks has to ask for it: below where a proxy has it."""
    return f"{request.scope['root_path']}{path}"
