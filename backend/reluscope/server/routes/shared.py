"""What several routes need: the book, and a run's id in the path."""

from typing import Annotated

from fastapi import Depends, Request

from ...runs.book import Book


def _book(request: Request) -> Book:
    book: Book = request.app.state.book
    return book


TheBook = Annotated[Book, Depends(_book)]
