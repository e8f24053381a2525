"""The tests' own PostgreSQL does to a client what a real one may do."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from tests.waiting import DEADLINE_S, eventually

from .cluster import Cluster

ROOT = Path(__file__).parents[2]

LOOK_S = 0.1
"""How long an answer is looked for that must not come."""

MAKING = """
import signal
from tests.postgres.cluster import Cluster
print(Cluster().create(), flush=True)
signal.pause()
"""
"""What a process of tests does that will be killed."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url, poolclass=NullPool)
    yield made
    made.dispose()


def keep(engine: Engine, value: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS kept (value int)"))
        connection.execute(text("INSERT INTO kept VALUES (:value)"), {"value": value})


def kept(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT value FROM kept")).scalars())


@pytest.mark.parametrize("_", ["first", "second"])
def test_a_database_is_new_in_every_test(engine: Engine, _: str) -> None:
    assert inspect(engine).get_table_names() == []
    keep(engine, 1)


def test_a_database_is_dropped_even_while_it_is_used(postgres: Cluster) -> None:
    url = postgres.create()
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        postgres.drop(url)
        with pytest.raises(OperationalError, match="terminating connection"):
            connection.execute(text("SELECT 1"))
    with pytest.raises(OperationalError, match="does not exist"):
        engine.connect()


def test_stopped_it_refuses_and_started_again_it_has_what_it_had(
    postgres: Cluster, engine: Engine
) -> None:
    keep(engine, 7)
    postgres.stop()
    with pytest.raises(OperationalError, match="connection to server"):
        engine.connect()
    postgres.start()
    assert kept(engine) == [7]


def test_killed_it_has_what_was_committed_and_nothing_else(
    postgres: Cluster, engine: Engine
) -> None:
    keep(engine, 1)
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO kept VALUES (2)"))
        postgres.kill()
        with pytest.raises(OperationalError):
            connection.commit()
    postgres.start()
    assert kept(engine) == [1]


def test_frozen_it_does_not_answer_and_thawed_it_does(postgres: Cluster, engine: Engine) -> None:
    keep(engine, 7)
    with engine.connect() as connection, ThreadPoolExecutor() as pool:
        connection.execute(text("SELECT 1"))
        postgres.freeze()
        try:
            asked = [
                pool.submit(lambda: connection.scalar(text("SELECT value FROM kept"))),
                pool.submit(lambda: kept(engine)[0]),  # by a connection of its own
            ]
            assert not wait(asked, LOOK_S).done
        finally:
            postgres.thaw()
        assert [future.result(DEADLINE_S) for future in asked] == [7, 7]


def folder_of(url: str) -> Path:
    return Path(str(make_url(url).query["host"]))


def test_closed_it_has_left_neither_folder_nor_process() -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with Cluster() as cluster:
        folder = folder_of(cluster.create())
        processes = psutil.Process().children(recursive=True)
    assert not folder.exists()
    left = [process for process in processes if process.pid not in before and process.is_running()]
    assert all(process.status() == psutil.STATUS_ZOMBIE for process in left)


def test_its_folder_goes_even_where_the_tests_are_killed() -> None:
    """And with it, after at most a minute, its processes."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKING], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        folder = folder_of(tests.stdout.readline())
        assert folder.exists()
        started = psutil.Process(tests.pid).children()
        tests.kill()
    eventually(lambda: not folder.exists(), "the end of the folder")
    for process in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGQUIT)  # which it would find out by itself
