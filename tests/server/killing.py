"""A server that is killed and started again, and everything that was asked of it and answered."""

import concurrent.futures
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.exceptions import ConnectionClosed

from tests.runs.stored import Found, found, same
from tests.waiting import eventually

from .serving import TINY, Api, Process
from .watching import Curves, Viewer

HASTY = """
import torch
from reluscope.runs import turn
from reluscope.training import implementation

turn.SAVE_EVERY_S, turn.SAVE_SHARE = 0.05, 1.0


@implementation("Hasty", formula="max(h, 0)")
def hasty(h):
    return torch.relu(h)
"""
"""A plug-in that has checkpoints made far more often than they would be in so short a life."""

OPENING_S = 0.1
"""What opening a store with some runs takes a server, and then listening, on a busy machine."""

KINDS: list[dict[str, Any]] = [
    {"gradients": "autograd", "iterations": 4500},
    {"gradients": "closed_form", "update": {"rule": "sgd", "lr": 1e-4, "momentum": 0.9}},
    {"gradients": "gram", "iterations": 4500, "diagnostics_every": 10},
    {"update": {"rule": "adam", "lr": 1e-2}, "dtype": "bfloat16", "diagnostics_every": 3},
    {"update": {"rule": "rmsprop", "lr": 1e-3}, "dtype": "float64", "diagnostics_every": 7},
    {"pace": 400.0, "iterations": 2000, "update": {"rule": "nadam", "lr": 1e-3}},
    {"relu": "my_relu", "update": {"lr": 0.5}, "on_nonfinite": "continue"},
]
"""Specs beside their sizes."""


class Lives:
    """One data folder, the lives of its servers, and what their clients remember."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder / "data"
        self._hasty = folder / "hasty.py"
        self._hasty.write_text(HASTY)
        self.curves = Curves({}, {})
        self.known: dict[str, dict[str, Any]] = {}
        """Of each run what was answered last that must hold: fields of its view or of its spec."""
        self.deleted: set[str] = set()
        self.keys: dict[str, tuple[dict[str, Any], str]] = {}
        """Keys of requests that were answered: what was asked, and the run that it made."""
        self.before: dict[str, Found] = {}
        self.process: Process
        self.api = Api(0)
        self._watching: concurrent.futures.Future[None] | None = None
        self._start_up_s = 0.0
        """How long the last start took that nothing cut off."""

    # --- a life

    def spawn(self) -> None:
        """Start a server, and wait for nothing."""
        options = ["--load", str(self._hasty)] if self.random.random() < 0.6 else []
        self.process = Process(
            "--port", "0", "--workers", "2", *options, RELUSCOPE_DATA=str(self.folder)
        )

    def start(self) -> None:
        """Start a server, see that all is there that was, and watch."""
        self.spawn()
        spawned = time.monotonic()
        port = self.process.until_listening()
        self._start_up_s = time.monotonic() - spawned
        self.api = Api(port)
        self._check_answered()
        self._check_stored()
        self._watch(f"ws://127.0.0.1:{port}/api/live")

    def start_in_vain(self) -> None:
        """Start a server, and kill it: mostly while it opens the store and resumes what is in there,
        which is the end of a start, or just after; else at any time of a start."""
        self.spawn()
        if self.random.random() < 0.7:
            eventually(self._opens, "a file of the store")
            self.a_moment(OPENING_S)
        else:
            self.a_moment(self._start_up_s)
        self.kill()

    def _opens(self) -> bool:
        """Whether the server has begun with the store."""
        files = psutil.Process(self.process.pid).open_files()
        return any(Path(file.path).parent == self.folder.resolve() for file in files)

    def kill(self) -> None:
        """End it by SIGKILL, and see that what it leaves is sound and goes on from what was there."""
        self.process.send(signal.SIGKILL)
        assert self.process.wait() == -signal.SIGKILL, self.process.log
        self._ended()

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it as a service manager does, or a person."""
        self.process.send(number)
        assert self.process.wait() in (0, -number, 128 + number), self.process.log
        self._ended()

    def close(self) -> None:
        """When a test is over, however it went."""
        self.process.close()
        self.api.close()

    def _ended(self) -> None:
        assert "Traceback" not in self.process.log, self.process.log
        self.process.close()
        self.api.close()
        if self._watching is not None:
            self._watching.result()
            self._watching = None
        if not (self.folder / "reluscope.db").exists():
            return
        now = found(self.folder)
        for run_id, was in self.before.items():
            if run_id not in self.deleted:
                count = len(was.losses)
                assert same(now[run_id].losses[:count], was.losses)
                assert same(now[run_id].rows[: len(was.rows)], was.rows)
                assert now[run_id].events[: len(was.events)] == was.events
        self.before = now

    # --- what must hold

    def _check_answered(self) -> None:
        for run_id, answered in self.known.items():
            view = self.api.show(run_id)
            told = {**view, **view["spec"]}
            assert {field: told[field] for field in answered} == answered
        for run_id in self.deleted:
            assert self.api.http.get(f"/api/runs/{run_id}").status_code == httpx.codes.NOT_FOUND
        for key, (body, run_id) in self.keys.items():
            again = self.api.http.post("/api/runs", json=body, headers={"Idempotency-Key": key})
            assert again.json()["id"] == run_id

    def _check_stored(self) -> None:
        """What was in the file is what the API gives, and whatever trained goes on."""
        for run_id, was in self.before.items():
            if run_id in self.deleted:
                continue
            assert same(self.api.losses(run_id, stop=len(was.losses)), was.losses)
            for values, pairs in zip(
                was.rows.T, self.api.rows(run_id, stop=len(was.losses)).values(), strict=True
            ):
                assert same([value for _, value in pairs], values)
            status = self.api.show(run_id)["status"]
            assert status != "interrupted"
            if was.view["status"] == "paused":
                assert status == "paused"

    def _watch(self, url: str) -> None:
        """Go on reading where the last connection was lost, until this one is."""
        viewer = Viewer(url)
        told: concurrent.futures.Future[None] = concurrent.futures.Future()

        def reading() -> None:
            try:
                with viewer:
                    while True:
                        self.curves.take(viewer.receive())
            except ConnectionClosed:
                told.set_result(None)
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                told.set_exception(error)

        viewer.watch(self.curves.reconnect())
        for message in viewer.until_sync():  # then what it has seen before is known
            self.curves.take(message)
        self._viewer, self._watching = viewer, told
        threading.Thread(target=reading).start()

    # --- what is asked

    def begin(self, **spec: Any) -> str:
        """Have a run made, with a key or without, or by a fork; its id."""
        asked = {**TINY, "iterations": 2500, **spec}
        key = f"key {self.random.random()}" if self.random.random() < 0.5 else None
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.api.http.post("/api/runs", json=asked, headers=headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        if key:
            self.keys[key] = (asked, answer.json()["id"])
        return self._made(answer.json())

    def fork(self, run_id: str, **body: Any) -> str:
        answer = self.api.verb(run_id, "fork", **body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return self._made(answer.json()["runs"][0])

    def _made(self, view: dict[str, Any]) -> str:
        run_id: str = view["id"]
        self.known[run_id] = {"created_at": view["created_at"], "seed": view["spec"]["seed"]}
        self.curves.add(run_id, view["spec"]["diagnostics_every"])
        self._viewer.watch({run_id: 0})
        return run_id

    def pause(self, run_id: str) -> None:
        if self.live(run_id):
            view = self._asked(run_id, lambda: self.api.verb(run_id, "pause"))
            self.known[run_id] |= {"iteration": view["iteration"], "status": view["status"]}

    def resume(self, run_id: str) -> None:
        if self.live(run_id):
            self._moves(run_id)
            self._asked(run_id, lambda: self.api.verb(run_id, "resume"))

    def step(self, run_id: str, iterations: int) -> None:
        if self.live(run_id):
            self._moves(run_id)
            self._asked(run_id, lambda: self.api.verb(run_id, "step", iterations=iterations))

    def stop(self, run_id: str) -> None:
        view = self._asked(run_id, lambda: self.api.verb(run_id, "stop"))
        self.known[run_id] |= {"iteration": view["iteration"], "status": view["status"]}

    def change(self, run_id: str, **body: Any) -> None:
        if self.live(run_id):
            view = self._asked(
                run_id, lambda: self.api.http.patch(f"/api/runs/{run_id}", json=body)
            )
            self.known[run_id] |= {field: view["spec"][field] for field in body}

    def delete(self, run_id: str) -> None:
        answer = self.api.http.delete(f"/api/runs/{run_id}")
        assert answer.status_code == httpx.codes.NO_CONTENT
        self.deleted.add(run_id)
        del self.known[run_id]
        self.keys = {key: of for key, of in self.keys.items() if of[1] != run_id}

    def live(self, run_id: str) -> bool:
        return self.api.show(run_id)["status"] in ("queued", "running", "paused")

    def _moves(self, run_id: str) -> None:
        for field in ("iteration", "status"):
            self.known[run_id].pop(field, None)

    def _asked(self, run_id: str, ask: Callable[[], httpx.Response]) -> dict[str, Any]:
        answer = ask()
        if answer.status_code == httpx.codes.CONFLICT:  # it has ended in the meantime
            return self.api.show(run_id)
        assert answer.status_code == httpx.codes.OK, answer.text
        view: dict[str, Any] = answer.json()
        return view

    def a_moment(self, longest_s: float) -> None:
        """The kill comes at any time: no test may need that something has happened by then."""
        time.sleep(self.random.uniform(0, longest_s))
