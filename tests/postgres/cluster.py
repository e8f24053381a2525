"""A PostgreSQL of the tests' own, which can be stopped, killed and frozen.

It lives in a temporary folder and is reached by a Unix socket in there alone: no port to quarrel
about, and nobody else on the machine gets in.
"""

import contextlib
import itertools
import os
import pwd
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.waiting import DEADLINE_S, eventually

from .programs import MISSING, find

OWNER = "postgres"
"""The superuser in the cluster; and for root, as whom PostgreSQL will not run, who runs it."""

PORT = 5432
"""A part of the socket's name, told so that PGPORT does not decide it."""

INITDB = (
    *("--username", OWNER),
    *("--auth", "trust"),
    *("--encoding", "UTF8"),
    *("--locale", "C"),  # the same order of names on every machine
    "--no-sync",
)

FLAGS = (
    *("-p", str(PORT)),
    *("-c", "listen_addresses="),
    # No test pulls the plug. What is committed survives a SIGKILL all the same: it is with the
    # operating system, as long as synchronous_commit stays on.
    *("-c", "fsync=off"),
    *("-c", "full_page_writes=off"),
    *("-c", "dynamic_shared_memory_type=mmap"),  # in the folder, and so gone with it
)

GUARD = 'cat; rm -rf -- "$0"'
"""Removes the folder once nobody holds its stdin, even where this process was killed. A postgres
that finds its folder gone ends by itself, within a minute."""


class Cluster:
    """A PostgreSQL cluster, answering as soon as it is made. To be closed, or used by `with`.

    Raises RuntimeError where there are no programs, or where one of them ends with an error.
    """

    def __init__(self) -> None:
        programs = find()
        if programs is None:
            raise RuntimeError(MISSING)
        self._programs = programs
        self._numbers = itertools.count(1)
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._data = self._folder / "data"
        self._log = self._folder / "log"
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, self._folder], stdin=subprocess.PIPE, start_new_session=True
        )
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def create(self) -> str:
        """The URL, for SQLAlchemy and psycopg 3, of a new database, which is empty."""
        name = f"test_{next(self._numbers)}"
        self._execute("CREATE DATABASE {}", name)
        where = {"host": str(self._folder), "port": str(PORT)}
        return URL.create(
            "postgresql+psycopg", OWNER, database=name, query=where
        ).render_as_string()

    def drop(self, url: str) -> None:
        """The database is gone, whoever is still connected to it."""
        name = make_url(url).database
        assert name is not None
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def start(self) -> None:
        """It answers, at the same URLs, whatever was done to it before."""
        if self._running:
            self.thaw()
        else:
            self._postmaster = self._popen("postgres", *FLAGS, "-k", self._folder)
        eventually(self._answers, "an answer of PostgreSQL")

    def stop(self) -> None:
        """A clean end; whoever was connected is not any more."""
        if postmaster := self._running:
            self.thaw()
            postmaster.send_signal(signal.SIGINT)
            postmaster.wait(DEADLINE_S)

    def kill(self) -> None:
        """An end without notice, of all its processes at once."""
        family = self._halt()
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        assert self._postmaster is not None
        self._postmaster.wait(DEADLINE_S)
        # One that is left would keep the memory that they share, and so the next postgres away.
        eventually(lambda: all(map(_dead, family)), "the end of PostgreSQL's processes")

    def freeze(self) -> None:
        """It takes connections, and does not answer on any."""
        self._halt()

    def thaw(self) -> None:
        """It goes on from where it was frozen, if it was."""
        for process in reversed(self._family()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def close(self) -> None:
        """Its processes and its folder are gone."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
        finally:
            self._guard.communicate(timeout=DEADLINE_S)

    @property
    def _running(self) -> subprocess.Popen[bytes] | None:
        """The postmaster, unless it has ended."""
        postmaster = self._postmaster
        return postmaster if postmaster and postmaster.poll() is None else None

    def _make(self) -> None:
        if os.geteuid() == 0:
            os.chown(self._folder, *_owner_ids())
        initdb = self._popen("initdb", *INITDB)
        try:
            code = initdb.wait(DEADLINE_S)
        finally:
            initdb.kill()
        if code != 0:
            raise RuntimeError(f"initdb ended: {self._log.read_text()}")

    def _popen(self, program: str, *options: Path | str) -> subprocess.Popen[bytes]:
        """A session of its own keeps it from the terminal's ^C, which is for the tests to handle."""
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            user, group = _owner_ids()
            account = {"user": user, "group": group, "extra_groups": []}
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, "-D", self._data, *options],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **account,
            )

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=str(self._folder), port=PORT, user=OWNER, dbname="postgres", autocommit=True
        )

    def _execute(self, statement: Any, name: str) -> None:
        with self._connect() as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def _answers(self) -> bool:
        if not self._running:
            raise RuntimeError(f"postgres ended: {self._log.read_text()}")
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _family(self) -> list[psutil.Process]:
        """The postmaster and its children, each of which leads a process group of its own."""
        assert self._running, "PostgreSQL is not running"
        postmaster = psutil.Process(self._running.pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def _halt(self) -> list[psutil.Process]:
        """All its processes, halted: the postmaster first, so that it starts no more of them."""
        postmaster = self._family()[0]
        postmaster.suspend()
        eventually(lambda: postmaster.status() == psutil.STATUS_STOPPED, "the postmaster's halt")
        family = self._family()
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        return family


def _owner_ids() -> tuple[int, int]:
    """The numbers of the user and of the group that run it for root."""
    account = pwd.getpwnam(OWNER)
    return account.pw_uid, account.pw_gid


def _dead(process: psutil.Process) -> bool:
    """Ended, though perhaps nobody has asked yet how."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
