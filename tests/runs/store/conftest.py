"""The two databases that a store may lie in; what is said of the store holds in both."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection

from reluscope.runs.book import Book
from reluscope.runs.store import Store
from reluscope.runs.store.database import Database
from tests.waiting import DEADLINE_S


@dataclass
class Place:
    """Where a store lies."""

    folder: Path
    url: str | None

    def store(self) -> Store:
        return Store.in_folder(self.folder) if self.url is None else Store.at(self.url)

    def database(self, migrations: str | None = None) -> Database:
        """The database beneath, with the steps in a folder of the test's own where one is named."""
        made = Database.at(self.url) if self.url else Database.in_file(self.folder / "reluscope.db")
        return made if migrations is None else Database(made.url, migrations)

    @contextlib.contextmanager
    def connected(self) -> Iterator[Connection]:
        """A transaction of the test's own, while no store is open there."""
        database = self.database()
        try:
            with database.open().begin() as connection:
                yield connection
        finally:
            database.close()

    @contextlib.contextmanager
    def book(self, **options: object) -> Iterator[Book]:
        """A book over the store, which is open and without a problem."""
        store = self.store()
        store.open()
        made = Book(**{"cpu_workers": 1, **options}, store=store)
        try:
            assert store.problem is None
            yield made
        finally:
            made.close()


def until_stored(book: Book) -> None:
    """Until all that was told of runs is stored."""
    book.settled().result(DEADLINE_S)
    assert book.store is not None
    assert book.store.problem is None


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place where nothing is yet."""
    if request.param == "sqlite":
        return Place(tmp_path, None)
    return Place(tmp_path, request.getfixturevalue("database_url"))
