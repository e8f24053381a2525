"""The world of a soak: the server, its runs, and who watches them."""

import asyncio
import contextlib
import io
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import numpy as np

from tests.server.serving import ENDED
from tests.server.socket.stalled import StalledViewer
from tests.soak.ledger import Ledger, Values, Wrong
from tests.soak.viewer import Viewer
from tests.waiting import DEADLINE_S

HEARTBEAT_S = 0.25

LOOK_S = 0.1
"""Between two looks at what is waited for."""

TOLD = 0.4
"""How likely a viewer is one by text."""

KEPT_ALIVE_S = 2.0
"""How long an idle connection is kept: less than the server does, so that none is used as it ends."""

EXPECTED = frozenset({404, 409})
"""Refusals that whoever is not alone must expect: the run is gone, or does not allow it any more."""


class World:
    """For one event loop."""

    def __init__(self, port: int, group: asyncio.TaskGroup) -> None:
        """`group` ends where something is found wrong."""
        self.port = port
        self.group = group
        self.ledger = Ledger()
        self.runs: list[str] = []
        """Of which the deletion has not been asked for."""
        self.sweeps: list[str] = []
        self.viewers: dict[Viewer, asyncio.Task[None]] = {}
        self.standing: list[StalledViewer] = []
        """Those that stand still for ever."""
        self.did: Counter[str] = Counter()
        """How often what was done, and was answered."""
        self.slowest_ms = 0.0
        """The longest that /healthz took."""
        self._http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            timeout=DEADLINE_S,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=KEPT_ALIVE_S),
        )

    async def close(self) -> None:
        """Leave the server alone, however it went."""
        self.let_stand_no_more()
        await self._http.aclose()

    # --- requests

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer, which may be a refusal of the `EXPECTED` ones alone."""
        answer = await self._http.request(method, path, **options)
        self._check(answer, answer.text if answer.is_error else "")
        return answer

    async def break_off(self, path: str, after_bytes: int) -> None:
        """Ask, and leave in the midst of the answer."""
        async with self._http.stream("GET", path) as answer:
            self._check(answer, "")
            taken = 0
            async for data in answer.aiter_bytes():
                taken += len(data)
                if taken > after_bytes:
                    break

    def _check(self, answer: httpx.Response, text: str) -> None:
        self.did[str(answer.status_code)] += 1
        url = str(answer.request.url)
        is_expected = answer.status_code in EXPECTED and (
            answer.status_code == httpx.codes.CONFLICT or self._may_be_gone(url)
        )
        if answer.is_error and not is_expected:
            raise Wrong(f"{answer.request.method} {url}: {answer} {text}")

    def _may_be_gone(self, url: str) -> bool:
        """A sweep is gone with the last of its runs."""
        return "/sweeps/" in url or any(run_id in url for run_id in self.ledger.deleted)

    async def beat(self) -> None:
        """Ask /healthz again and again, until cancelled."""
        while True:
            began = time.perf_counter()
            await self.ask("GET", "/healthz")
            took_ms = 1000 * (time.perf_counter() - began)
            self.slowest_ms = max(self.slowest_ms, took_ms)
            await asyncio.sleep(HEARTBEAT_S)

    async def metric(self, name: str) -> float:
        """One number of /metrics."""
        text = (await self.ask("GET", "/metrics")).text
        (line,) = [line for line in text.splitlines() if line.startswith(f"reluscope_{name} ")]
        return float(line.split()[1])

    async def eventually(
        self, look: Callable[[], Awaitable[str]], deadline_s: float = DEADLINE_S
    ) -> None:
        """Wait until `look` says no more what is lacking. Raises Wrong."""
        end = time.monotonic() + deadline_s
        while lacking := await look():
            if time.monotonic() > end:
                raise Wrong(f"{deadline_s} s long there lacked {lacking}")
            await asyncio.sleep(LOOK_S)

    # --- runs

    async def start(self, spec: dict[str, Any]) -> None:
        """Start a run."""
        self.made(await self.ask("POST", "/api/runs", json=spec))

    def made(self, answer: httpx.Response) -> None:
        """What was answered to whoever asked for a run, for several, or for a sweep."""
        if answer.is_error:
            return
        body = answer.json()
        if "statuses" in body:
            self.sweeps.append(body["id"])
            ids = body["runs"]
        else:
            ids = [view["id"] for view in body.get("runs", [body])]
        for run_id in ids:
            self.ledger.begin(run_id)
        self.runs += ids

    async def views(self, *statuses: str) -> list[dict[str, Any]]:
        """All runs, in these states where any is named."""
        query = {"limit": 1000, "status": statuses}
        answer = await self.ask("GET", "/api/runs", params=query)
        views: list[dict[str, Any]] = answer.json()["runs"]
        for view in views:  # whoever asked for it may not have been answered yet
            self.ledger.begin(view["id"])
        return views

    async def iterations(self) -> dict[str, int]:
        """How many there are of each run."""
        return {view["id"]: view["iteration"] for view in await self.views()}

    async def curve(self, run_id: str) -> Values | None:
        """All its losses, to the last bit; None where it is gone."""
        answer = await self.ask("GET", f"/api/runs/{run_id}/losses", params={"format": "npy"})
        if answer.is_error:
            return None
        values: Values = np.load(io.BytesIO(answer.content))
        return values

    async def delete(self, run_id: str) -> None:
        """Delete a run that nobody else deletes, after a look at what was shown of it."""
        self.runs.remove(run_id)
        await self.check(run_id, at_rest=False)
        self.ledger.deleted.add(run_id)
        await self.ask("DELETE", f"/api/runs/{run_id}")

    async def delete_sweep(self, sweep_id: str) -> None:
        """Delete all runs of a sweep."""
        self.sweeps.remove(sweep_id)
        answer = await self.ask("GET", f"/api/sweeps/{sweep_id}")
        run_ids = [] if answer.is_error else answer.json()["runs"]
        for run_id in run_ids:
            if run_id in self.runs:
                self.runs.remove(run_id)
                await self.check(run_id, at_rest=False)
        self.ledger.deleted.update(run_ids)
        await self.ask("DELETE", f"/api/sweeps/{sweep_id}")

    async def check(self, run_id: str, *, at_rest: bool) -> None:
        """Hold what was shown of a run against its curve."""
        if (truth := await self.curve(run_id)) is not None:
            self.ledger.check(run_id, truth, at_rest=at_rest)
            self.did["curves checked"] += 1

    # --- viewers

    def come(self, chance: random.Random, *, told: bool | None = None) -> Viewer:
        """One more viewer; `told`: by text, where that is not left to chance."""
        name = str(self.did["viewers"])
        self.did["viewers"] += 1
        told = chance.random() < TOLD if told is None else told
        viewer = Viewer(name, self.port, self.ledger, chance, told=told)
        self.viewers[viewer] = self.group.create_task(viewer.live())
        return viewer

    async def leave(self, viewer: Viewer, *, by_reset: bool) -> None:
        """One viewer less."""
        task = self.viewers.pop(viewer)
        await viewer.leave(by_reset=by_reset)
        await task
        self.did["let go"] += viewer.let_go

    async def stand(self) -> None:
        """One more viewer that stands still for ever."""
        self.standing.append(await asyncio.to_thread(StalledViewer, self.port))

    def nag(self, standing: StalledViewer, run_id: str) -> None:
        """One that stands still wants a whole curve, once more. It may have been let go."""
        with contextlib.suppress(OSError):
            standing.send({"type": "watch", "runs": {run_id: 0}})

    def let_stand_no_more(self) -> None:
        """Those that stand still are gone."""
        for standing in self.standing:
            standing.__exit__()
        self.standing.clear()

    async def lacking(self) -> str:
        """What viewers have yet to be sent of what is there."""
        iterations = await self.iterations()
        for viewer in self.viewers:
            if lacking := viewer.lacks(iterations):
                return f"viewer {viewer.name} {lacking}"
        return ""

    async def moving(self) -> str:
        """Runs that have not ended."""
        return str([view["id"] for view in await self.views() if view["status"] not in ENDED] or "")
