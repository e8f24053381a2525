"""A store goes with the versions: forward with all that it holds, and never back unseen."""

import contextlib
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DBAPIError

from reluscope.errors import StoreTooNew
from reluscope.runs import store as room
from reluscope.runs.store import Store
from reluscope.runs.store.folder import Folder
from reluscope.runs.store.tables import CHECKPOINTS, CHUNKS, EVENTS, METADATA, RUNS
from tests.places import Place, until_stored
from tests.runs.making import LONG, losses, spec, until_at, until_ended, until_paused
from tests.server.serving import Process

MIGRATIONS = Path(room.__file__).parent / "migrations"

LATER = """
    with op.batch_alter_table("runs") as runs:
        runs.alter_column("status", existing_type=sa.String(20), type_=sa.String(40))
        runs.add_column(sa.Column("later", sa.Integer, nullable=False, server_default="7"))
    with op.batch_alter_table("chunks") as chunks:
        chunks.add_column(sa.Column("again", sa.Integer))
"""
"""What SQLite can only do by making the tables anew, though others refer to them."""

BROKEN = LATER + '    op.execute("INSERT INTO nowhere VALUES (1)")\n'

Make = Callable[[str], str]


@pytest.fixture
def later(tmp_path: Path) -> Make:
    """A folder of migrations with one more than there are, which does what is given."""

    def make(upgrade: str) -> str:
        folder = tmp_path / "migrations"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        head = "import sqlalchemy as sa\nfrom alembic import op\n\n"
        names = 'revision = "9999"\ndown_revision = "0001"\n\n'
        body = f"def upgrade() -> None:\n{textwrap.indent(textwrap.dedent(upgrade), '    ')}"
        (folder / "versions" / "v9999_later.py").write_text(head + names + body)
        return str(folder)

    return make


def fill(place: Place) -> dict[str, list[float]]:
    """An ended run, and a paused one with a checkpoint; their losses."""
    with place.book(resume=False) as book:
        ended, paused = book.open(spec(iterations=50)), book.open(spec(**LONG))
        until_ended(ended)
        until_at(paused, 100)
        book.pause(paused.id)
        until_paused(paused)
        until_stored(book)
        return {run.id: losses(run) for run in (ended, paused)}


def contents(connection: Connection) -> list[list[tuple[object, ...]]]:
    """Every row of every table, in its order."""
    return [
        [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for table in (RUNS, EVENTS, CHUNKS, CHECKPOINTS)
    ]


def test_the_migrations_make_the_tables(place: Place) -> None:
    with place.connected() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []


def test_an_older_store_moves_forward_with_all_that_it_holds(place: Place, later: Make) -> None:
    known = fill(place)
    with place.connected() as connection:
        before = contents(connection)
    assert all(before)
    database = place.database(later(LATER))
    with contextlib.closing(database), database.open().begin() as connection:
        assert contents(connection) == before
        assert connection.scalar(text("SELECT min(later) FROM runs")) == 7
        if database.is_sqlite:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        else:
            assert inspect(connection).get_foreign_keys("chunks")
    store = Store(place.database(later(LATER)), None if place.url else Folder(place.folder))
    store.open()
    try:
        for run_id, had in known.items():
            kept = store.read(run_id)
            assert kept is not None
            assert kept.losses.tolist() == had
    finally:
        store.close()


def test_a_store_of_a_later_version_is_refused_and_left_alone(place: Place, later: Make) -> None:
    fill(place)
    database = place.database(later(LATER))
    with contextlib.closing(database), database.open().begin() as connection:
        before = contents(connection)
    store = place.store()
    with pytest.raises(StoreTooNew, match=r"later version of reluscope \(its schema is 9999\)"):
        store.open()
    with contextlib.closing(database), database.open().begin() as connection:
        assert contents(connection) == before


def test_the_command_refuses_a_store_of_a_later_version_in_a_line(
    place: Place, later: Make
) -> None:
    with contextlib.closing(place.database(later(LATER))) as database:
        database.open()
    process = Process("--port", "0", **place.environment())
    try:
        assert process.wait() == 2
        assert process.log.startswith("reluscope: error: ")
        assert "was written by a later version of reluscope" in process.log
        assert len(process.log.splitlines()) == 1
    finally:
        process.close()


def test_a_migration_that_fails_half_way_leaves_all_as_it_was(place: Place, later: Make) -> None:
    fill(place)
    with place.connected() as connection:
        before, columns = contents(connection), inspect(connection).get_columns("runs")
    broken = place.database(later(BROKEN))
    with contextlib.closing(broken), pytest.raises(DBAPIError, match="nowhere"):
        broken.open()
    with place.connected() as connection:
        assert contents(connection) == before
        assert str(inspect(connection).get_columns("runs")) == str(columns)
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"


def test_a_store_whose_migration_fails_tells_and_runs_are_kept_in_memory(
    place: Place, later: Make
) -> None:
    fill(place)
    store = Store(place.database(later(BROKEN)), None if place.url else Folder(place.folder))
    store.open()
    try:
        assert store.problem is not None
        assert "nowhere" in store.problem
    finally:
        store.close()
    with place.book():
        pass
