"""What it costs to be large: a run of ten million iterations, a store of ten thousand runs, a network in
which the products take nearly all of the time.

Each beside the small one, in the same round.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from websockets.sync.client import connect

from reluscope.runs.run import Checkpoint, Run
from reluscope.runs.trace import rows_before
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.spec import GRADIENTS, MAX_ITERATIONS, RunSpec
from reluscope.training.trainer import Trainer
from tests.bench.booked import ITERATIONS, booked
from tests.bench.machine import wait_for_quiet
from tests.bench.page import QUICK
from tests.bench.report import Figure
from tests.bench.served import COMMAND
from tests.bench.stored import fill, keep, slowest_ms
from tests.bench.targets import Limit, Target
from tests.bench.tutorials import (
    D_IN,
    LEARNING_RATE,
    H,
    autograd,
    free_threads,
    products,
    rate,
    settle,
)
from tests.house.serving import serving
from tests.waiting import eventually

ROUNDS = 4

WARM = 0.6
"""How long to get warm, as a part of the window that is measured then."""

PATIENCE = 6
"""How long to wait for a quiet machine, in windows."""

LONG = 9_000_000
"""Where the long run is when the measuring begins, unless `--long` says otherwise: what is left of
`MAX_ITERATIONS` is trained while it is measured."""

SHORT = 10_000
"""Iterations of the run that it is read beside."""

PART = 1_000
"""Losses that are read exactly at each end of a run."""

TIMES = 5

SHARES = (0.01, 0.1, 1.0)
"""Of the runs stored."""

FRAME = "first frame of a socket"
ASKED = ("the server starts", "slowest list", FRAME, "whole list by a socket")
"""What is measured of each."""

NETWORKS = ((D_IN, H), (D_IN, 4 * H), (4 * D_IN, H), (4 * D_IN, 8 * H))
"""(d_in, hidden), from the tutorial's up."""

LONGER = 8
"""A network of more times the tutorial's size is measured for longer, so that there are some hundred
iterations of it too."""

AT_THE_END = 0.9
"""What is left of its rate when a run is long."""

OVERVIEW_MS, FIRST_FRAME_MS = 300.0, 200.0
"""In which the longest curve, and the first word of the fullest server, should be there."""


def grown(long: int) -> Run:
    """A paused run that has come that far. Its losses are made up; it goes on from the start weights."""
    spec = RunSpec.model_validate({**QUICK, "iterations": MAX_ITERATIONS})
    trainer = Trainer(spec)
    trainer.iteration = long
    run = Run(spec, 0)
    run.move("running")
    rows = rows_before(long, spec.diagnostics_every)
    chance = np.random.default_rng(0)
    run.record(chance.lognormal(0, 0.1, long), np.zeros((rows, len(CHANNELS))))
    run.checkpoint = Checkpoint(long, trainer.checkpoint())
    run.move("paused")
    return run


class LongRun:
    """A server with a run of nearly ten million iterations, a short one, and new ones beside them."""

    def __init__(self, client: httpx.Client, long: Run) -> None:
        self._client, self._long = client, long.id
        length = long.trained
        self._beginning = Figure("a run that has just begun", "it/s")
        self.end = Figure(f"and past {length:,} iterations", "it/s", self._beginning)
        self._reads: list[tuple[Figure, str, dict[str, Any]]] = []
        short = self._opened(SHORT)
        eventually(lambda: self._iterations(short) == SHORT, "the short run")
        whole, first = {"points": 2_000, "stop": length}, {"stop": PART}
        few = self._reading(f"overview of {SHORT:,} losses", short, {"points": 2_000})
        self.overview = self._reading(f"overview of {length:,}", self._long, whole, few)
        start = self._reading(f"the first {PART:,} of them, exactly", self._long, first)
        last = {"start": length - PART, "stop": length}
        self._reading(f"the last {PART:,}, exactly", self._long, last, start)
        self._reading("all of them, as .npy", self._long, {"stop": length, "format": "npy"})

    @property
    def figures(self) -> list[Figure]:
        return [self._beginning, self.end, *(figure for figure, _, _ in self._reads)]

    def round(self, window_s: float) -> None:
        """Measure everything once."""
        begun = self._opened(MAX_ITERATIONS)
        self._beginning.values.append(self._rate(begun, window_s))
        self._client.delete(f"/api/runs/{begun}").raise_for_status()
        self._post(self._long, "resume")
        self.end.values.append(self._rate(self._long, window_s))
        self._post(self._long, "pause")
        for figure, run, asked in self._reads:
            url = f"/api/runs/{run}/losses"
            figure.values.append(milliseconds(partial(self._client.get, url, params=asked)))

    def _reading(
        self, title: str, run: str, asked: dict[str, Any], base: Figure | None = None
    ) -> Figure:
        figure = Figure(title, "ms", base)
        self._reads.append((figure, run, asked))
        return figure

    def _opened(self, iterations: int) -> str:
        answer = self._client.post("/api/runs", json={**QUICK, "iterations": iterations})
        run_id: str = answer.raise_for_status().json()["id"]
        return run_id

    def _post(self, run: str, word: str) -> None:
        self._client.post(f"/api/runs/{run}/{word}").raise_for_status()

    def _iterations(self, run: str) -> int:
        iterations: int = (
            self._client.get(f"/api/runs/{run}").raise_for_status().json()["iteration"]
        )
        return iterations

    def _rate(self, run: str, window_s: float) -> float:
        return rate(partial(self._iterations, run), WARM * window_s, window_s)


class ManyRuns:
    """Data folders with so many runs each, and a server that is started with each."""

    def __init__(self, folder: Path, most: int) -> None:
        """`most`: how many the fullest has."""
        counts = [max(1, int(share * most)) for share in SHARES]
        self._folders = {count: folder / str(count) for count in counts}
        self.figures: list[Figure] = []
        self._by_count: dict[int, list[Figure]] = {}
        bases: list[Figure | None] = [None] * len(ASKED)
        for count, place in self._folders.items():
            fill(place / "data", count)
            made = [
                Figure(f"{count:,} runs stored, {what}", "ms", base)
                for what, base in zip(ASKED, bases, strict=True)
            ]
            self._by_count[count] = made
            self.figures += made
            bases = bases if bases[0] else list(made)
        self.frame = self._by_count[most][ASKED.index(FRAME)]

    def round(self) -> None:
        """Measure everything once."""
        for count, figures in self._by_count.items():
            began = time.perf_counter()
            command = [*COMMAND, "--max-runs", str(2 * count)]
            with serving(command, self._folders[count], fresh=True) as server:
                started_ms = 1000 * (time.perf_counter() - began)
                with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
                    list_ms = slowest_ms(client)
                frame_ms = milliseconds(partial(connected, server.url, whole=False))
                whole_ms = milliseconds(partial(connected, server.url, whole=True))
            taken = (started_ms, list_ms, frame_ms, whole_ms)
            for figure, value in zip(figures, taken, strict=True):
                figure.values.append(value)


class Networks:
    """The tutorial's loop, the products alone and one run in the book, for each size of a network."""

    def __init__(self) -> None:
        self._all: list[tuple[Figure, Callable[[], Any], int]] = []
        for d_in, hidden in NETWORKS:
            windows = max(1, d_in * hidden // (LONGER * D_IN * H))
            lr = LEARNING_RATE * (D_IN * H) / (d_in * hidden)  # so that no loss goes to infinity
            size = f"{d_in:,} x {hidden}"
            alone = Figure(f"{size}, tutorial 1 on one thread", "it/s")
            loop = partial(autograd, d_in=d_in, hidden=hidden, lr=lr)
            self._all.append((alone, partial(free_threads, [loop]), windows))
            floor = Figure(f"{size}, the two products alone", "it/s", alone)
            multiplying = partial(products, d_in=d_in, hidden=hidden)
            self._all.append((floor, partial(free_threads, [multiplying]), windows))
            for way in GRADIENTS:
                spec = RunSpec.model_validate(
                    {
                        "d_in": d_in,
                        "hidden": hidden,
                        "gradients": way,
                        "update": {"rule": "sgd", "lr": lr},
                        "iterations": ITERATIONS,
                    }
                )
                figure = Figure(f"{size}, 1 in the book, {way}", "it/s", alone)
                self._all.append((figure, partial(booked, [spec]), windows))

    @property
    def figures(self) -> list[Figure]:
        return [figure for figure, _, _ in self._all]

    @property
    def by_autograd(self) -> list[Figure]:
        return [figure for figure in self.figures if figure.title.endswith("autograd")]

    def round(self, window_s: float, *, turned: bool) -> None:
        """Measure everything once; `turned`: the other way round."""
        for figure, training, windows in reversed(self._all) if turned else self._all:
            with training() as iterations:
                eventually(iterations, "the first of them")  # it takes a while to make a large one
                figure.values.append(rate(iterations, WARM * window_s, windows * window_s))


class SizesBench:
    """All of them, one after the other in each round."""

    def __init__(self, long: LongRun, many: ManyRuns, window_s: float) -> None:
        self._long, self._many, self._networks = long, many, Networks()
        self._window_s = window_s
        self._quiet: list[bool] = []
        self.targets: list[Target | Limit] = [
            Target(long.end, AT_THE_END),
            Limit(long.overview, OVERVIEW_MS),
            Limit(many.frame, FIRST_FRAME_MS),
            *(Target(figure, 1.0) for figure in self._networks.by_autograd),
        ]

    @property
    def figures(self) -> list[Figure]:
        return [*self._long.figures, *self._many.figures, *self._networks.figures]

    def quiet_rounds(self) -> list[int]:
        """Those that found the machine quiet."""
        return [round_ for round_, quiet in enumerate(self._quiet) if quiet]

    def round(self) -> None:
        """Measure everything once."""
        turned = len(self._quiet) % 2 == 1
        quiet = []
        for measure in (
            partial(self._long.round, self._window_s),
            self._many.round,
            partial(self._networks.round, self._window_s, turned=turned),
        ):
            quiet.append(wait_for_quiet(PATIENCE * self._window_s))
            measure()
        self._quiet.append(all(quiet))


def milliseconds(act: Callable[[], Any]) -> float:
    """How long it takes: the median of some times."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def connected(url: str, *, whole: bool) -> None:
    """Connect, as the page does, and take the first that comes of the list of runs; or all of it."""
    address = url.replace("http", "ws", 1) + "/api/live"
    with connect(address, proxy=None, compression=None, max_size=None) as socket:
        for message in map(json.loads, socket):
            if message["type"] == "runs" and (message.get("complete") or not whole):
                return


@contextmanager
def opened(window_s: float, long: int, most: int) -> Iterator[SizesBench]:
    """While inside, all that it is measured with is there."""
    settle()
    with ExitStack() as stack:
        long_folder, many_folder = (
            Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)
        )
        grown_run = grown(long)
        keep(long_folder / "data", [grown_run])
        server = stack.enter_context(serving(COMMAND, long_folder))
        client = stack.enter_context(httpx.Client(base_url=server.url, trust_env=False, timeout=60))
        yield SizesBench(LongRun(client, grown_run), ManyRuns(many_folder, most), window_s)
