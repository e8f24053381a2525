"""What several routes need: the book."""

from typing import Annotated

from fastapi import Depends, Request

from ...runs.book import Book


async def _book(request: Request) -> Book:  # else each request would cross to a thread for it
    book: Book = request.app.state.book
    return book


TheBook = Annotated[Book, Depends(_book)]
