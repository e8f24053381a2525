"""The soak: acts at random for a while, then rest, and what must hold then. The first round is for the
server to warm up: what it takes after that one is what it may take after every other."""

import asyncio
import random
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.house.serving import serving
from tests.soak.acts import ACTS, one_of_each, start_long
from tests.soak.footprint import Footprint
from tests.soak.ledger import Wrong
from tests.soak.world import World

COMMAND = (sys.executable, "-m", "reluscope", "--port", "0", "--workers", "2")

ACTS_PER_S = 8.0

ROUND_S = 300.0
"""The longest that a round takes, and a third of all at most the first."""

TELL_S = 10.0

LOG_END = 20_000
"""Characters of the server's log that are told where something is wrong."""

REST_S = 120.0
"""How long the server may take to let those go that stand still, and to give back what it had."""


class Soak:
    """Of one server, which is there."""

    def __init__(self, url: str, pid: int, seed: int, group: asyncio.TaskGroup) -> None:
        self._chance = random.Random(seed)
        self._process = psutil.Process(pid)
        port = urlsplit(url).port
        assert port is not None
        self.world = World(port, group)
        self._began = time.monotonic()
        self._began_cpu_s = self._cpu_s()
        self.footprints: list[Footprint] = []
        """After each round."""

    async def run(self, seconds: float) -> None:
        """All of it, in about so many seconds of acts."""
        beating = self.world.group.create_task(self.world.beat())
        telling = self.world.group.create_task(self._tell_now_and_then())
        first_s = min(ROUND_S, seconds / 3)
        rounds = max(1, round((seconds - first_s) / ROUND_S))
        for for_s in (first_s, *[(seconds - first_s) / rounds] * rounds):
            await self._act(for_s)
            await self._rest()
        await self.world.ask("GET", "/readyz")
        telling.cancel()
        beating.cancel()

    async def _act(self, for_s: float) -> None:
        """Acts begin, as many a second as there should be, whether or not others are over: first each
        of them once, so that after a round the server has seen all that it may see in another."""
        end = time.monotonic() + for_s
        await one_of_each(self.world, self._chance)
        await start_long(self.world, self._chance)
        acts, weights = zip(*ACTS, strict=True)
        each_once = [*acts]
        async with asyncio.TaskGroup() as begun:
            while time.monotonic() < end:
                (act,) = [each_once.pop(0)] if each_once else self._chance.choices(acts, weights)
                begun.create_task(act(self.world, random.Random(self._chance.random())))
                self.world.did[act.__name__] += 1
                await asyncio.sleep(self._chance.expovariate(ACTS_PER_S))
            for viewer in self.world.viewers:
                viewer.go_on()

    async def _rest(self) -> None:
        """Nobody asks for anything more, and all that was shown is held against what is there."""
        world = self.world
        for view in await world.views("queued", "running", "paused"):
            await world.ask("POST", f"/api/runs/{view['id']}/stop")
        await world.eventually(world.moving)
        for told in (False, True):
            whole = world.come(self._chance, told=told)
            await whole.watch(dict.fromkeys(await world.iterations(), 0))
        await world.eventually(world.lacking)
        there = await world.iterations()
        for viewer in world.viewers:
            if any(at > there[run_id] for run_id, at in viewer.reader.cursors.items()):
                await viewer.come_back(by_reset=self._chance.random() < 0.5)
        await world.eventually(self._beyond)
        for run_id in there:
            await world.check(run_id, at_rest=True)
        world.did["viewers checked to the end"] += len(world.viewers)
        await self._clear(list(there))

    async def _beyond(self) -> str:
        there = await self.world.iterations()
        for viewer in self.world.viewers:
            for run_id, at in viewer.reader.cursors.items():
                if at > there[run_id]:
                    return f"a rewind of run {run_id} from {at} to {there[run_id]}"
        return ""

    async def _clear(self, run_ids: list[str]) -> None:
        """No runs, no viewers; and the server has what it had."""
        world = self.world
        await world.eventually(self._all_let_go, REST_S)
        world.let_stand_no_more()
        for run_id in run_ids:
            world.ledger.deleted.add(run_id)
            await world.ask("DELETE", f"/api/runs/{run_id}")
        world.runs.clear()
        world.sweeps.clear()
        await world.eventually(world.lacking)
        for viewer in list(world.viewers):
            await world.leave(viewer, by_reset=self._chance.random() < 0.5)
        await world.eventually(self._clients)
        world.ledger.curves.clear()
        await world.eventually(self._more_than_before, REST_S)
        self.footprints.append(Footprint.of(self._process))
        self._tell("at rest")

    async def _all_let_go(self) -> str:
        """Those that stand still, and want more and more."""
        iterations = await self.world.iterations()
        for standing in self.world.standing:
            self.world.nag(standing, max(iterations, key=lambda run_id: iterations[run_id]))
        more = await self.world.metric("clients") - len(self.world.viewers)
        return f"the end of {more} who take nothing" if more > 0 else ""

    async def _clients(self) -> str:
        clients = await self.world.metric("clients")
        return f"the end of {clients} clients" if clients else ""

    async def _more_than_before(self) -> str:
        await self.world.views()
        now = Footprint.of(self._process)
        if self.footprints and now.exceeds(self.footprints[0]):
            return f"what the server gives back: {now}, and had {self.footprints[0]}"
        return ""

    # --- what is told

    def _cpu_s(self) -> tuple[float, float]:
        """What the server has worked so far, and what this process has."""
        theirs = self._process.cpu_times()
        return theirs.user + theirs.system, time.process_time()

    async def _tell_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(TELL_S)
            self._tell("")

    def _tell(self, what: str) -> None:
        world, took_s = self.world, time.monotonic() - self._began
        cores = [
            (now - before) / took_s
            for now, before in zip(self._cpu_s(), self._began_cpu_s, strict=True)
        ]
        print(
            f"{took_s:5.0f} s  {len(world.runs)} runs, "
            f"{len(world.viewers)} viewers, {world.ledger.points:,} points; "
            f"{Footprint.of(self._process)}; {cores[0]:.2f} + {cores[1]:.2f} cores; "
            f"/healthz {world.slowest_ms:.0f} ms at most  {what}",
            flush=True,
        )


async def _soak(url: str, pid: int, seconds: float, seed: int) -> World:
    async with asyncio.timeout(2 * seconds + 4 * REST_S), asyncio.TaskGroup() as group:
        soaking = Soak(url, pid, seed, group)
        try:
            await soaking.run(seconds)
        finally:
            await soaking.world.close()
    return soaking.world


def soak(folder: Path, seconds: float, seed: int) -> None:
    """Soak a server of its own, whose log and store are in `folder`. Raises where something is wrong."""
    print(f"seed {seed}", flush=True)
    log = folder / "server.log"
    try:
        with serving(COMMAND, folder) as server:
            world = asyncio.run(_soak(server.url, server.process.pid, seconds, seed))
    except BaseException as error:
        error.add_note(f"the server's log ends so:\n{log.read_text()[-LOG_END:]}")
        raise
    print("  ".join(f"{what} {count}" for what, count in world.did.items()))
    if server.exit_code not in (0, -signal.SIGTERM):
        raise Wrong(f"the server ended with {server.exit_code}")
    said = log.read_text()
    wrong = [line for line in said.splitlines() if " ERROR " in line or " CRITICAL " in line]
    if wrong or "Traceback" in said:
        raise Wrong(f"the server's log tells of errors:\n{said}")
