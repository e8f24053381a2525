"""Places where a store may lie: what is said of it holds in SQLite and in PostgreSQL."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    def options(self) -> dict[str, Any]:
        """What has a server keep its runs there."""
        return {"data": self.folder} | ({"database_url": self.url} if self.url else {})

    def environment(self) -> dict[str, str]:
        """The same for the command."""
        named = {"RELUSCOPE_DATABASE_URL": self.url} if self.url else {}
        return {"RELUSCOPE_DATA": str(self.folder), **named}

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
    def book(self, **options: Any) -> Iterator[Book]:
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
