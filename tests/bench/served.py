"""Runs through the real server, in a process of its own, with a viewer that watches them all."""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from reluscope.blocks import Losses, decode
from tests.bench.booked import CPU_WORKERS, specs
from tests.house.serving import serving

COMMAND = (sys.executable, "-m", "reluscope", "--port", "0", "--workers", str(CPU_WORKERS))

HEARTBEAT_S = 0.01

TRAINED = re.compile(r"^reluscope_iterations_total\{device=\"cpu\"\} (\S+)$", re.MULTILINE)
"""As /metrics tells it."""


class Served:
    """A server, seen from this process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def runs(self, count: int) -> Iterator["Viewer"]:
        """While inside, `count` runs train and one viewer watches them all."""
        address = self._url.replace("http", "ws", 1) + "/api/live"
        with (
            self.training(count) as ids,
            connect(address, proxy=None, compression=None) as socket,
        ):
            yield Viewer(socket, ids)

    def view(self, run_id: str) -> dict[str, Any]:
        """A run."""
        answer = self._client.get(f"/api/runs/{run_id}").raise_for_status()
        view: dict[str, Any] = answer.json()
        return view

    def trained(self) -> int:
        """Iterations that the server has trained since it began."""
        told = self._client.get("/metrics").raise_for_status().text
        found = TRAINED.search(told)
        assert found is not None, told
        return int(float(found[1]))

    @contextmanager
    def training(self, count: int) -> Iterator[list[str]]:
        """While inside, `count` runs train; their ids."""
        ids = [self._open(spec.model_dump(mode="json")) for spec in specs(count)]
        try:
            yield ids
        finally:
            for run_id in ids:
                self._client.delete(f"/api/runs/{run_id}").raise_for_status()

    def heartbeats(self, for_s: float) -> list[float]:
        """How long GET /healthz takes, in milliseconds, again and again for a while, and twice at
        least. It is answered on the event loop, so what it takes longer than when idle is the loop's lag."""
        taken_ms: list[float] = []
        end = time.perf_counter() + for_s
        with closing(HTTPConnection(self._url.removeprefix("http://"), timeout=30)) as connection:
            while time.perf_counter() < end or len(taken_ms) < 2:
                began = time.perf_counter()
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                taken_ms.append(1000 * (time.perf_counter() - began))
                time.sleep(HEARTBEAT_S)
        return taken_ms

    def _open(self, spec: dict[str, object]) -> str:
        run_id: str = self._client.post("/api/runs", json=spec).raise_for_status().json()["id"]
        return run_id


class Viewer:
    """A binary viewer on a thread of its own, which counts the losses that reach it."""

    def __init__(self, socket: ClientConnection, run_ids: Sequence[str]) -> None:
        self._socket = socket
        self._received = 0
        watch = {"type": "watch", "runs": dict.fromkeys(run_ids, 0), "channels": []}  # as the page
        socket.send(json.dumps(watch))
        threading.Thread(target=self._receive, daemon=True).start()

    def received(self) -> int:
        """Losses received so far."""
        return self._received

    def _receive(self) -> None:
        try:
            for message in self._socket:
                if isinstance(message, bytes):
                    self._received += sum(
                        len(block.losses) for block in decode(message) if isinstance(block, Losses)
                    )
        except ConnectionClosed:
            pass


@contextmanager
def served(folder: Path, command: Sequence[str] = COMMAND) -> Iterator[Served]:
    """While inside, a server runs; its log is written to `folder`."""
    with serving(command, folder) as server:
        seen = Served(server.url)
        try:
            yield seen
        finally:
            seen.close()
