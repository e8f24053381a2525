"""Whatever becomes of the store: runs go on in memory, everyone is told, and nothing is lost of what
can be had when it is back."""

import contextlib
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from reluscope.runs import shelf
from reluscope.runs.run import Run
from reluscope.runs.store import store as module
from reluscope.server.socket import hub
from tests.mounts import tmpfs
from tests.places import Place
from tests.postgres.cluster import Cluster
from tests.runs.stored import chunks_of
from tests.waiting import DEADLINE_S, eventually

from .serving import LONG, TINY, Api, Process, Server, in_thread, problem
from .watching import Curves, Viewer

END_S = 5.0
"""In which a service manager expects the end."""

SEVERAL_CHUNKS = 600
"""Iterations whose losses are several chunks, as `_short_chunks` has them."""

QUICK_S = 1.0
"""Far more than an answer takes that waits for no store, and less than one that does."""

READ_TIMEOUT_S = module.READ_TIMEOUT_S
"""The store's own, which `_impatient` makes shorter: on a busy machine an answer may take a second."""

LOCKING = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""

Fault = Callable[[], contextlib.AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a store is soon known not to answer."""
    monkeypatch.setattr(module, "SLOW_S", 1.0)
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 1.0)
    monkeypatch.setattr(module, "LOOK_S", 0.3)
    monkeypatch.setattr(module, "RETRY_S", 0.2)


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short curve has several."""
    chunks_of(SEVERAL_CHUNKS // 4, monkeypatch)


def readyz(api: Api) -> httpx.Response:
    return api.http.get("/readyz")


def until_problem(server: Server, viewer: Viewer) -> str:
    """What is told of the problem, at /readyz and on the socket."""
    answer = eventually(
        lambda: (found := readyz(server.api)).status_code == 503 and found, "the problem"
    )
    detail = problem(answer, 503)["detail"]
    assert detail.startswith("runs are kept in memory alone: ")
    told = viewer.until_said("store")["problem"]
    assert told
    assert server.api.http.get("/healthz").status_code == 200
    return f"{detail}; {told}"


def until_ready(server: Server, viewer: Viewer) -> None:
    eventually(lambda: readyz(server.api).status_code == 200, "the end of the problem")
    while viewer.until_said("store")["problem"] is not None:
        pass


def quickly(ask: Callable[[], object]) -> None:
    """One attempt in three, so that a busy machine does not decide it."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        ask()
        took.append(time.monotonic() - began)
    assert min(took) < QUICK_S


class Scene:
    """A server with runs of every kind, before, while and after its store fails."""

    def __init__(self, server: Server) -> None:
        self.api = server.api
        self.ended = self.api.start(**TINY, iterations=SEVERAL_CHUNKS)
        self.paused = self.api.start(**LONG)
        self.renamed = self.api.start(**TINY, iterations=5, name="before")
        self.deleted = self.api.start(**TINY, iterations=5)
        self.api.until_ended(self.ended, self.renamed, self.deleted)
        self.api.until_at(self.paused, 10)
        self.api.verb(self.paused, "pause")
        self.made: list[str] = []

    def meanwhile(self) -> None:
        """All goes on, and quickly."""
        api = self.api
        quickly(lambda: self.made.append(api.start(**TINY, iterations=SEVERAL_CHUNKS)))
        quickly(lambda: api.http.get("/api/runs"))
        quickly(lambda: api.losses(self.ended))
        quickly(lambda: (api.verb(self.paused, "resume"), api.verb(self.paused, "pause")))
        assert (
            api.http.patch(f"/api/runs/{self.renamed}", json={"name": "after"}).status_code == 200
        )
        assert api.http.delete(f"/api/runs/{self.deleted}").status_code == 204
        api.until_ended(*self.made)

    def check_all_is_stored(self, options: dict[str, object], had: dict[str, list[float]]) -> None:
        """As a second server finds it."""
        with in_thread(**options, resume="never") as server:
            api = server.api
            runs = {run["id"]: run for run in api.http.get("/api/runs").json()["runs"]}
            assert runs.keys() == {self.ended, self.paused, self.renamed, *self.made}
            assert runs[self.renamed]["spec"]["name"] == "after"
            assert runs[self.paused]["status"] == "paused"
            for run_id, losses in had.items():
                assert api.losses(run_id) == losses
                assert api.show(run_id)["iteration"] == len(losses)

    def losses(self) -> dict[str, list[float]]:
        return {run: self.api.losses(run) for run in (self.ended, self.paused, *self.made)}


def check_survived(options: dict[str, object], fault: Fault, words: str) -> None:
    """Of a fault in the midst, which lasts while inside; one of `words` is said of it."""
    with in_thread(**options) as server:
        scene, had = survive(server, fault, words)
        assert not [line for line in server.errors if "does not know" in line]
    scene.check_all_is_stored(options, had)


def survive(server: Server, fault: Fault, words: str) -> tuple[Scene, dict[str, list[float]]]:
    """What there was before and while the fault lasted; and the losses of all of it."""
    with Viewer(server.live_url) as viewer:
        scene = Scene(server)
        with fault():
            scene.made.append(server.api.start(**TINY, iterations=SEVERAL_CHUNKS))
            told = until_problem(server, viewer)
            assert any(word in told for word in words.split("|")), told
            scene.meanwhile()
            assert readyz(server.api).status_code == 503
        until_ready(server, viewer)
        return scene, scene.losses()


@contextlib.contextmanager
def served(process: Process) -> Iterator[Server]:
    """What the command serves, as far as it can be told from outside."""
    port = process.until_listening()
    api = Api(port)
    with contextlib.closing(api):
        yield Outside(api, f"ws://127.0.0.1:{port}/api/live")  # type: ignore[misc]


class Outside(NamedTuple):
    """A server in another process."""

    api: Api
    live_url: str
    errors: tuple[str, ...] = ()


def test_a_full_disk(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with tmpfs(folder, "2m") as mount:

        @contextlib.contextmanager
        def full() -> Iterator[None]:
            assert mount is not None
            mount.fill()
            yield
            mount.again("size=64m")

        if mount is not None:
            check_survived({"data": folder}, full, "full|disk I/O error|No space")


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """What a full disk is like to a program, where nothing may be mounted."""
    process = Process("--port", "0", RELUSCOPE_DATA=str(tmp_path))

    @contextlib.contextmanager
    def fault() -> Iterator[None]:
        unlimited = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, -1))
        yield
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)

    try:
        with served(process) as server:
            scene, had = survive(server, fault, "full|disk I/O error")
        process.send(signal.SIGTERM)
        process.wait()
    finally:
        process.close()
    assert "Traceback" not in process.log
    scene.check_all_is_stored({"data": tmp_path}, had)


@contextlib.contextmanager
def in_the_way(folder: Path) -> Iterator[None]:
    """A file where the folder should be: what stands for one that can only be read, where nothing
    may be mounted."""
    aside = folder.rename(folder.parent / "aside") if folder.exists() else None
    folder.touch()
    yield
    folder.unlink()
    if aside:
        aside.rename(folder)


def test_a_folder_that_can_only_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with tmpfs(folder, "64m") as mount:

        @contextlib.contextmanager
        def read_only() -> Iterator[None]:
            assert mount is not None
            # With a file open for writing the kernel refuses; a bind mount of its own does not.
            subprocess.run(["mount", "--bind", folder, folder], check=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
            try:
                yield
            finally:
                subprocess.run(["umount", "-l", folder], check=True)

        fault = read_only if mount else lambda: in_the_way(folder)
        check_survived_from_the_start(folder, fault)


def check_survived_from_the_start(folder: Path, fault: Fault) -> None:
    with contextlib.ExitStack() as stack:
        during = stack.enter_context(contextlib.ExitStack())
        during.enter_context(fault())
        server = stack.enter_context(in_thread(data=folder))
        viewer = stack.enter_context(Viewer(server.live_url))
        told = until_problem(server, viewer)
        assert any(word in told.lower() for word in ("read-only", "exists", "directory")), told
        scene = Scene(server)
        scene.meanwhile()
        during.close()
        until_ready(server, viewer)
        had = scene.losses()
    scene.check_all_is_stored({"data": folder}, had)


@pytest.mark.parametrize("inside", ["", "inside"])
def test_a_folder_that_cannot_be_made(tmp_path: Path, inside: str) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    with in_thread(data=taken / inside, workers=1) as server:
        told = problem(readyz(server.api), 503)["detail"]
        assert f"the data folder {taken / inside} cannot be made: " in told
        assert "Errno" not in told
        taken.unlink()
        eventually(lambda: readyz(server.api).status_code == 200, "a folder")


def test_garbage_from_the_start(tmp_path: Path) -> None:
    file, garbage = tmp_path / "reluscope.db", b"garbage!" * 4096

    @contextlib.contextmanager
    def fault() -> Iterator[None]:
        file.write_bytes(garbage)
        yield
        assert file.read_bytes() == garbage
        file.rename(tmp_path / "aside.db")

    with contextlib.ExitStack() as stack:
        during = stack.enter_context(contextlib.ExitStack())
        during.enter_context(fault())
        server = stack.enter_context(in_thread(data=tmp_path))
        viewer = stack.enter_context(Viewer(server.live_url))
        assert "is not a database" in until_problem(server, viewer)
        scene = Scene(server)
        scene.meanwhile()
        during.close()
        until_ready(server, viewer)
        had = scene.losses()
    scene.check_all_is_stored({"data": tmp_path}, had)


def test_garbage_in_the_midst(tmp_path: Path) -> None:
    @contextlib.contextmanager
    def fault() -> Iterator[None]:
        for file in tmp_path.glob("reluscope.db*"):
            with file.open("r+b") as opened:
                opened.write(b"garbage!" * 8192)
        yield
        for file in tmp_path.glob("reluscope.db*"):
            file.rename(tmp_path / f"aside-{file.name}")

    check_survived({"data": tmp_path}, fault, "not a database|malformed|disk I/O")


def test_a_file_that_is_deleted(tmp_path: Path) -> None:
    """There is no fault to wait for: the next look finds it, and makes another."""
    file = tmp_path / "reluscope.db"
    with in_thread(data=tmp_path) as server:
        scene = Scene(server)
        file.unlink()
        scene.meanwhile()
        eventually(lambda: file.exists() and readyz(server.api).status_code == 200, "another")
        assert any("was deleted" in line for line in server.errors)
        had = scene.losses()
    scene.check_all_is_stored({"data": tmp_path}, had)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program holds the lock for writing."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCKING, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "locked\n"
            yield
        finally:
            holder.kill()


def test_another_program_that_holds_the_lock(tmp_path: Path) -> None:
    fault = lambda: locked(tmp_path / "reluscope.db")  # noqa: E731
    check_survived({"data": tmp_path}, fault, "locked|not answered")


@contextlib.contextmanager
def frozen(postgres: Cluster) -> Iterator[None]:
    postgres.freeze()
    try:
        yield
    finally:
        postgres.thaw()


@contextlib.contextmanager
def down(postgres: Cluster, how: str) -> Iterator[None]:
    getattr(postgres, how)()
    try:
        yield
    finally:
        postgres.start()


@pytest.mark.parametrize("how", ["freeze", "stop", "kill"])
def test_a_postgresql_that_does_not_answer(
    postgres: Cluster, database_url: str, tmp_path: Path, how: str
) -> None:
    def fault() -> contextlib.AbstractContextManager[None]:
        return frozen(postgres) if how == "freeze" else down(postgres, how)

    options = {"data": tmp_path, "database_url": database_url}
    check_survived(options, fault, "not answered|connection|terminat")


def test_many_readers_of_a_store_that_does_not_answer_keep_nothing_else_waiting(
    postgres: Cluster, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"data": tmp_path, "database_url": database_url}
    with in_thread(**options) as server:
        ids = [server.api.start(**TINY, iterations=3) for _ in range(60)]
        server.api.until_ended(*ids)
    with (
        in_thread(**options) as server,
        Viewer(server.live_url) as viewer,
        ThreadPoolExecutor(60) as pool,
    ):
        api = server.api
        paused = api.start(**LONG)
        api.until_at(paused, 1)
        api.verb(paused, "pause")
        with frozen(postgres), httpx.Client(base_url=api.url, timeout=DEADLINE_S) as http:
            viewer.watch(dict.fromkeys(ids, 0))
            asked = [pool.submit(http.get, f"/api/runs/{run_id}/losses") for run_id in ids]
            for answer in asked:
                problem(answer.result(), 503)
            assert readyz(api).status_code == 503
            quickly(lambda: api.http.get("/api/runs"))
            quickly(lambda: problem(api.http.get(f"/api/runs/{ids[0]}/losses"), 503))
            quickly(lambda: (api.verb(paused, "resume"), api.verb(paused, "pause")))
        monkeypatch.setattr(module, "READ_TIMEOUT_S", READ_TIMEOUT_S)
        eventually(lambda: readyz(api).status_code == 200, "the end of the problem")
        assert [len(api.losses(run_id)) for run_id in ids] == [3] * 60
        seen: set[str] = set()
        while seen != set(ids):
            message = viewer.receive()
            if isinstance(message, bytes):
                seen |= {run_id for run_id in ids if _names(message, run_id)}


def _names(message: bytes, run_id: str) -> bool:
    return bytes.fromhex(run_id.replace("-", "")) in message


@pytest.fixture
def process(place: Place) -> Iterator[Process]:
    started = Process("--port", "0", "--workers", "2", **place.environment())
    yield started
    started.close()


def test_sigterm_ends_it_in_time_though_the_store_does_not_answer(
    place: Place, process: Process, request: pytest.FixtureRequest
) -> None:
    with contextlib.closing(Api(process.until_listening())) as api:
        before = api.start(**TINY, iterations=50)
        api.until_ended(before)
        kept = api.losses(before)
        api.until_at(api.start(**LONG), 1)
        fault = (
            frozen(request.getfixturevalue("postgres"))
            if place.url
            else locked(place.folder / "reluscope.db")
        )
        with fault:
            began = time.monotonic()
            process.send(signal.SIGTERM)
            assert process.wait() == -signal.SIGTERM
            assert time.monotonic() - began < END_S
    assert "Traceback" not in process.log
    with in_thread(**place.options(), resume="never") as server:
        assert server.api.losses(before) == kept


def test_what_left_memory_comes_back_for_all_who_ask(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_thread(**place.options()) as server:
        api = server.api
        run_id = api.start(**TINY, iterations=SEVERAL_CHUNKS, diagnostics_every=7)
        api.until_ended(run_id)
        had, rows = api.losses(run_id), api.rows(run_id)
        events = api.http.get(f"/api/runs/{run_id}/events").json()
        monkeypatch.setattr(shelf, "IDLE_S", 0.0)
        run = server.book.find(run_id)
        eventually(lambda: run.is_shelved, "that it leaves memory")
        monkeypatch.setattr(shelf, "IDLE_S", 60.0)
        monkeypatch.setattr(hub, "FETCH_AGAIN_S", 0.0)
        read, errors = server.book.read, [MemoryError("for a moment")]

        def reading(run_id: str) -> Run:
            while errors:
                raise errors.pop()
            return read(run_id)

        monkeypatch.setattr(server.book, "read", reading)
        with Viewer(server.live_url) as viewer:
            curves = Curves({run_id: 0}, 7)
            viewer.watch({run_id: 0})
            viewer.read(curves, {run_id: SEVERAL_CHUNKS})
            assert curves.losses[run_id] == had
            assert curves.rows[run_id] == rows
        assert not errors
        assert api.losses(run_id) == had
        assert api.http.get(f"/api/runs/{run_id}/events").json() == events
        assert server.errors == []


def test_a_run_that_the_store_has_lost_is_not_asked_for_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_thread(data=tmp_path) as server:
        api = server.api
        run_id = api.start(**TINY, iterations=10)
        api.until_ended(run_id)
        monkeypatch.setattr(shelf, "IDLE_S", 0.0)
        run = server.book.find(run_id)
        eventually(lambda: run.is_shelved, "that it leaves memory")
        with contextlib.closing(sqlite3.connect(tmp_path / "reluscope.db")) as other, other:
            other.execute("DELETE FROM runs")
        monkeypatch.setattr(hub, "FETCH_AGAIN_S", 1e6)
        read, asked = server.book.read, []

        def reading(run_id: str) -> Run:
            asked.append(run_id)
            return read(run_id)

        monkeypatch.setattr(server.book, "read", reading)
        going_on = api.start(**LONG)
        with Viewer(server.live_url) as viewer:
            viewer.watch({run_id: 0, going_on: 0})
            curves = Curves({run_id: 0, going_on: 0})
            for _ in range(3):  # so that there are ticks in which it could be asked for again
                viewer.read(curves, {going_on: curves.cursors()[going_on] + 1})
        assert asked == [run_id]


def test_a_database_that_another_program_reads_is_written_all_the_same(tmp_path: Path) -> None:
    with in_thread(data=tmp_path) as server:
        api = server.api
        first = api.start(**TINY, iterations=5)
        api.until_ended(first)
        with contextlib.closing(sqlite3.connect(tmp_path / "reluscope.db")) as reading:
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM runs").fetchone()
            second = api.start(**TINY, iterations=5)
            api.until_ended(second)
            api.http.delete(f"/api/runs/{first}")
            api.start(**TINY, iterations=5)  # answered once it is stored, after the deletion
            assert readyz(api).status_code == 200, readyz(api).text
        assert server.errors == []
