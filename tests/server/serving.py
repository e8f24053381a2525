"""The real server, set up by its own command: in a thread of this process, or in one of its own."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from starlette.datastructures import State

from reluscope.cli.serve import Server as Prepared
from reluscope.cli.serve import prepare
from reluscope.runs.book import Book
from reluscope.server.socket.live import Hub
from reluscope.settings import Settings
from reluscope.training.diagnostics import CHANNELS
from tests import starting
from tests.waiting import DEADLINE_S, eventually

TINY = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2, "update": {"lr": 1e-4}}
"""A network that takes a tenth of a millisecond an iteration."""

LONG = {**TINY, "iterations": 1_000_000}
PROBLEM = "application/problem+json"
ENDED = {"finished", "stopped", "diverged", "failed", "interrupted"}


class Api:
    """The REST calls that many tests make."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=DEADLINE_S)

    def start(self, **spec: Any) -> str:
        """Start a run; its id."""
        answer = self.http.post("/api/runs", json=spec)
        assert answer.status_code == 201, answer.text
        run_id: str = answer.json()["id"]
        return run_id

    def show(self, run_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/runs/{run_id}")
        assert answer.status_code == 200, answer.text
        view: dict[str, Any] = answer.json()
        return view

    def verb(self, run_id: str, verb: str, **body: Any) -> httpx.Response:
        return self.http.post(f"/api/runs/{run_id}/{verb}", json=body or None)

    def losses(self, run_id: str, **query: Any) -> list[float]:
        answer = self.http.get(f"/api/runs/{run_id}/losses", params=query)
        assert answer.status_code == 200, answer.text
        return [float(loss) for loss in answer.json()["losses"]]

    def diagnostics(self, run_id: str, **query: Any) -> dict[str, Any]:
        answer = self.http.get(f"/api/runs/{run_id}/diagnostics", params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = json.loads(answer.text, parse_constant=pytest.fail)
        return body

    def rows(self, run_id: str, **query: Any) -> dict[str, list[tuple[int, float]]]:
        """Of each channel, what `diagnostics` answers, as iterations with their values."""
        body = self.diagnostics(run_id, **query)
        return {
            name: list(zip(body["iterations"], map(float, values), strict=True))
            for name, values in body["channels"].items()
        }

    def until(self, run_id: str, look: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first view of a run that `look` finds true."""

        def found() -> dict[str, Any] | None:
            view = self.show(run_id)
            return view if look(view) else None

        return eventually(found, run_id)

    def until_ended(self, *run_ids: str) -> list[dict[str, Any]]:
        return [self.until(run_id, lambda view: view["status"] in ENDED) for run_id in run_ids]

    def until_at(self, run_id: str, iteration: int) -> dict[str, Any]:
        return self.until(run_id, lambda view: view["iteration"] >= iteration)

    def until_status(self, run_id: str, status: str) -> dict[str, Any]:
        return self.until(run_id, lambda view: view["status"] == status)

    def close(self) -> None:
        self.http.close()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document that an answer must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    document: dict[str, Any] = json.loads(answer.text, parse_constant=pytest.fail)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["type"].startswith("urn:reluscope:problem:")
    return document


def rows_at(iterations: ArrayLike) -> NDArray[np.float64]:
    """Made-up rows, (rows, channels), each value of which tells its iteration and its channel."""
    numbers = np.array([channel.number for channel in CHANNELS])
    return np.asarray(iterations)[:, None] + numbers / 16


@dataclass
class Server:
    """A server in a thread of this process, with its insides at hand."""

    api: Api
    live_url: str
    book: Book
    hub: Hub
    state: State
    """What the application has at hand."""
    errors: list[str] = field(default_factory=list)
    """What was logged as an error: nothing should be, whatever a client does."""

    def paused_with(self, losses: ArrayLike, **spec: Any) -> tuple[str, int]:
        """A paused run whose trace goes on with `losses`, and with the rows of `rows_at` where the
        spec asks for any; its id and where they start."""
        run_id = self.api.start(**{**LONG, "pace": 1e-3, "diagnostics_every": 0, **spec})
        self.api.until_at(run_id, 1)
        self.api.verb(run_id, "pause")
        start = len(self.book.find(run_id).trace)
        self.extend(run_id, losses)
        return run_id, start

    def extend(self, run_id: str, losses: ArrayLike, at: float | None = None) -> None:
        """The trace of a paused run goes on with `losses`, produced at `at`, and rows."""
        trace = self.book.find(run_id).trace
        values = np.asarray(losses, dtype=np.float64)
        new = range(len(trace), len(trace) + len(values))
        due = [iteration for iteration in new if trace.stride and iteration % trace.stride == 0]
        trace.extend(values, at or time.time(), rows_at(due))
        self.book.change(run_id, name=f"of {len(trace)}")
        eventually(lambda: self.hub.head(run_id) == len(trace), "the hub's look at the trace")


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextlib.contextmanager
def in_thread(**options: Any) -> Iterator[Server]:
    """While inside, a server runs in a thread, set up as the command sets it up to the last option.
    Its data folder is its own, where none is given."""
    with contextlib.ExitStack() as stack:
        if "data" not in options:
            options["data"] = stack.enter_context(tempfile.TemporaryDirectory())
        yield stack.enter_context(_in_thread(Settings(port=0, **{"workers": 2, **options})))


@contextlib.contextmanager
def _in_thread(settings: Settings) -> Iterator[Server]:
    server = prepare(settings)
    with running(server) as errors:
        port = server.servers[0].sockets[0].getsockname()[1]
        state = server.config.app.state  # type: ignore[union-attr]
        with contextlib.closing(Api(port)) as api:
            live_url = f"ws://127.0.0.1:{port}/api/live"
            yield Server(api, live_url, state.book, state.hub, state, errors)


@contextlib.contextmanager
def running(server: Prepared) -> Iterator[list[str]]:
    """While inside, what the command prepared runs in a thread; what it logs as an error."""
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),), name="server")
    handler = _Errors()
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "reluscope", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), "the server's start")
        yield handler.lines
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
        for logger in loggers:
            logger.removeHandler(handler)
        assert not thread.is_alive()


class Process:
    """The command `reluscope` as a process of its own, with a data folder of its own where the
    environment names none. `fresh`: started by an interpreter of its own."""

    def __init__(self, *options: str, fresh: bool = False, **environment: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        environment = {**os.environ, "RELUSCOPE_DATA": self._folder.name, **environment}
        reads, writes = os.pipe()
        self._stderr = os.fdopen(reads)
        try:
            command = (*starting.MODULE, *options)
            self._process = starting.start(command, Path.cwd(), environment, writes, fresh=fresh)
        finally:
            os.close(writes)
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        self._lines.extend(self._stderr)

    @property
    def log(self) -> str:
        return "".join(self._lines)

    def until_listening(self) -> int:
        """The port, once it is served."""

        def port() -> int | None:
            assert self._process.poll() is None, self.log
            for line in list(self._lines):
                if "running on http://" in line:
                    return int(line.split("running on http://")[1].split()[0].rsplit(":")[-1])
            return None

        found = eventually(port, "the server's start")
        assert found is not None
        return found

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, timeout_s: float = DEADLINE_S) -> int:
        """The exit code."""
        code = self._process.wait(timeout_s)
        self._reader.join()
        return code

    def close(self) -> None:
        self._process.kill()
        self.wait()
        self._stderr.close()
        self._folder.cleanup()
