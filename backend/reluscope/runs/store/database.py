"""Database: how the store's database is opened, for its one writer and for those who read."""

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from ...errors import StoreInUse, StoreTooNew, StoreUnavailable

BUSY_S = 2
"""How long SQLite waits where another program has locked the file."""

CONNECT_S = 5
"""How long PostgreSQL may take to answer at first, in seconds."""

UNANSWERED_S = 10
"""After that long without a sign of life, a connection to PostgreSQL is given up."""

ADVISORY_LOCK = 0x72656C75
"""What the one server that uses a PostgreSQL database holds there: "relu"."""

LOCK_S = 1.0
"""How long PostgreSQL may hold the lock of a server that has just ended: it hears of that later."""

PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)
"""What SQLite answers where nothing is wrong with the file itself."""

APPLICATION = "reluscope"


class Look(NamedTuple):
    """What is in a database, and the server that has it, as far as that is told there."""

    runs: int
    holder: str | None


class Database:
    """One database, known by its URL."""

    def __init__(self, url: URL, migrations: str = "reluscope.runs.store:migrations") -> None:
        """`migrations`: where Alembic finds its steps."""
        self.url = url
        self._migrations = migrations
        self._writing: Engine | None = None
        self._reading: Engine | None = None
        self._file: tuple[int, int] | None = None
        self._application = APPLICATION

    @staticmethod
    def in_file(path: Path) -> "Database":
        """SQLite in one file, which is made where there is none."""
        return Database(URL.create("sqlite", database=str(path)))

    @staticmethod
    def at(url: str) -> "Database":
        """PostgreSQL. Raises sqlalchemy's ArgumentError where that is no URL of one, and ImportError
        where what speaks to it is not installed."""
        made = make_url(url)
        if made.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
            raise ArgumentError(f"not a PostgreSQL database: {made.drivername}")
        made = made.set(drivername="postgresql+psycopg")
        made.get_dialect().import_dbapi()
        return Database(made)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def __str__(self) -> str:
        """What it is called, without the password."""
        if self.is_sqlite:
            return self.url.database or ""
        return _shown(self.url)

    def open(self) -> Engine:
        """The engine of the one writer, whose tables are those of this version.

        Raises StoreTooNew where they are of a later one, StoreInUse where another server writes to
        the same PostgreSQL database, and sqlalchemy's DBAPIError where it cannot be opened.
        """
        self.close()
        self._writing = engine = self._engine()
        migrating = _sqlite(self.url, references=False) if self.is_sqlite else engine
        try:
            with migrating.begin() as connection:
                self._migrate(connection)
            engine.connect().close()
        finally:
            if migrating is not engine:
                migrating.dispose()
        self._file = self._identity()
        self._reading = self._engine(read_only=True)
        return engine

    def look(self) -> Look:
        """What is there, for whoever does not own it: nothing is made, moved forward or locked.

        Raises StoreTooNew, and sqlalchemy's DBAPIError where it cannot be opened.
        """
        engine = self._engine(read_only=True)
        try:
            with engine.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
                if current is None:
                    return Look(0, None)
                self._is_newest(current)
                count = connection.execute(text("SELECT count(*) FROM runs")).scalar_one()
                holder = None
                if not self.is_sqlite:
                    held = connection.exec_driver_sql(_HOLDER, (ADVISORY_LOCK,))
                    holder = held.scalar_one_or_none()
                return Look(count, holder)
        finally:
            engine.dispose()

    def check(self) -> None:
        """Whether the file is there that was opened: SQLite would go on to write to one that was
        deleted, and nobody could read that. Raises StoreUnavailable."""
        if self._identity() != self._file:
            raise StoreUnavailable(f"{self} was deleted, or another file is in its place")

    def announce(self, address: str) -> None:
        """Have PostgreSQL tell others where the server is that holds it, from now on."""
        assert self._writing is not None
        self._application = f"{APPLICATION} at {address}"
        with self._writing.begin() as connection:
            connection.execute(
                text("SELECT set_config('application_name', :name, false)"),
                {"name": self._application},
            )

    def read(self) -> Engine:
        """An engine that cannot write."""
        assert self._reading is not None
        return self._reading

    def close(self) -> None:
        """Let go of all connections."""
        for engine in (self._writing, self._reading):
            if engine is not None:
                engine.dispose()
        self._writing = self._reading = None

    def _identity(self) -> tuple[int, int] | None:
        return identity(Path(self.url.database or "")) if self.is_sqlite else None

    def _engine(self, *, read_only: bool = False) -> Engine:
        if self.is_sqlite:
            return _sqlite(self.url, read_only=read_only)
        return _postgresql(self.url, self._application, read_only=read_only)

    def _migrate(self, connection: Connection) -> None:
        config = self._steps()
        config.attributes["connection"] = connection
        current = MigrationContext.configure(connection).get_current_revision()
        if not self._is_newest(current):
            command.upgrade(config, "head")

    def _steps(self) -> Config:
        config = Config()
        config.set_main_option("script_location", self._migrations)
        return config

    def _is_newest(self, revision: str | None) -> bool:
        """Whether tables of this revision are those of this version. Raises StoreTooNew where they
        are of a later one."""
        scripts = ScriptDirectory.from_config(self._steps())
        if revision is not None:
            try:
                scripts.get_revision(revision)
            except CommandError:
                raise StoreTooNew(str(self), revision) from None
        return revision == scripts.get_current_head()


def _shown(url: URL) -> str:
    """A URL without its password, which may stand in its query, too."""
    return url.difference_update_query(["password", "sslpassword"]).render_as_string()


def identity(path: Path) -> tuple[int, int] | None:
    """What tells the file that is at its place from others; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _sqlite(url: URL, *, read_only: bool = False, references: bool = True) -> Engine:
    """`references`: whether SQLite sees to it that rows are there which others refer to. It must not
    where a migration makes a table anew, and it cannot be told within a transaction."""
    if read_only:
        place = Path(url.database or "").absolute().as_uri()  # a `?` would begin its options
        url = URL.create("sqlite", database=place, query={"mode": "ro", "uri": "true"})
    # Python's own way with transactions begins them late and leaves some statements outside.
    options: dict[str, Any] = {"timeout": BUSY_S, "isolation_level": None}
    engine = create_engine(url, connect_args=options, poolclass=NullPool if read_only else None)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        if read_only:
            return
        cursor = connection.cursor()
        cursor.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect in a new file alone
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if references else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, application: str, *, read_only: bool) -> Engine:
    options = {
        "connect_timeout": CONNECT_S,
        "tcp_user_timeout": UNANSWERED_S * 1000,
        "keepalives_idle": UNANSWERED_S,
        "application_name": application,
        "options": f"-c default_transaction_read_only={'on' if read_only else 'off'}",
    }
    engine = create_engine(url, connect_args=options, pool_size=1, pool_pre_ping=read_only)
    if not read_only:

        @event.listens_for(engine, "connect")
        def _lock(connection: Any, _record: Any) -> None:
            """The lock is the connection's: it goes with it, and the next takes it again."""
            connection.autocommit = True
            with connection.cursor() as cursor:
                locked = _try_to_lock(cursor)
                if not locked:
                    cursor.execute(_HOLDER, (ADVISORY_LOCK,))
                    holder = cursor.fetchone()
            connection.autocommit = False
            if not locked:
                connection.close()
                raise StoreInUse(f"the database {_shown(url)}", holder and holder[0])

    return engine


def _try_to_lock(cursor: Any) -> bool:
    """Whether the lock could be had, if need be a little later."""
    deadline = time.monotonic() + LOCK_S
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (ADVISORY_LOCK,))
        if cursor.fetchone()[0]:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(LOCK_S / 10)


_HOLDER = """
SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND granted
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def reclaim(engine: Engine) -> bool:
    """Have SQLite give the space of what was deleted back to the system; PostgreSQL does so itself.

    False where it could not be done now: another program that is in the way is not waited for, as
    runs are, which are to be written. Raises sqlite3.Error.
    """
    if engine.dialect.name != "sqlite":
        return True
    with contextlib.closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            cursor.executescript("PRAGMA incremental_vacuum")  # execute() would free a single page
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in PASSING:  # its other bits are details
                raise
            busy = True
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_S * 1000}")
            cursor.close()
    return not busy
