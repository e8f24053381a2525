"""How quick training is: in the book, stored, through the server, beside the tutorials' own loops."""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import torch

from reluscope.training.spec import GRADIENTS
from tests.bench.booked import booked, specs, specs_by
from tests.bench.machine import Others, wait_for_quiet
from tests.bench.report import Figure
from tests.bench.served import Served, served
from tests.bench.stored import holding, slowest_ms
from tests.bench.targets import Limit, Target
from tests.bench.tutorials import autograd, custom_function, free_threads, products, rate, settle

ROUNDS = 6

WARM = 0.6
"""How long to get warm, as a part of the window that is measured then."""

PAIRS = 2
"""How often, in a round, two rates are measured in turns that are nearly equal; but as `--pairs` says
where the workers contend for the interpreter's lock, as their rates vary by some hundredths."""

PATIENCE = 4
"""How long to wait for a quiet machine, in windows."""

THREADS = 8
MANY = 64
COUNTS = (1, 2, 8, MANY)
"""Of runs side by side."""

ALONE = "tutorial 1 on one thread"
GPU = "cuda:0"

STORED = 0.97
"""What is left of a rate where runs are stored."""

STORED_RUNS = 10_000
"""Of which there are lists, unless `--listed` says otherwise."""

LIST_MS = 100.0
"""In which any of them should be answered."""

QUIET_ROUND_CORES = 0.25
"""What others may take in a round that counts."""

Training = Callable[[], AbstractContextManager[Callable[[], int]]]


def in_book(count: int, way: str) -> str:
    """The title of so many runs by one way to the gradient."""
    return f"{count} in the book, {way}"


@dataclass
class InTurns:
    """Rates that are measured one after the other, some times: where two are nearly equal, what else
    changes from one second to the next is more than what they differ by."""

    rates: Sequence[tuple[Figure, Training]]
    times: int = 1

    def measure(self, measured: Callable[[Training], float]) -> None:
        """Note the mean of each."""
        taken: list[list[float]] = [[] for _ in self.rates]
        for time in range(self.times):
            places = range(len(self.rates))
            for place in reversed(places) if time % 2 else places:
                taken[place].append(measured(self.rates[place][1]))
        for (figure, _), values in zip(self.rates, taken, strict=True):
            figure.values.append(statistics.mean(values))


class TrainingBench:
    """All that is measured, and the order of one round."""

    def __init__(
        self, server: Served, full: httpx.Client, listed: int, window_s: float, pairs: int
    ) -> None:
        """`full` asks a server that holds `listed` runs; `pairs`: see `PAIRS`."""
        self._server = server
        self._full = full
        self._window_s = window_s
        free = Figure(f"tutorial 1 on {THREADS} free threads", "it/s")
        both = Figure(f"both tutorials on {THREADS} free threads", "it/s")
        alone = Figure(ALONE, "it/s")
        floor_1, floor_2 = (
            Figure(f"the two products alone on {count}", "it/s", base)
            for count, base in (("one thread", alone), ("two threads", free))
        )
        book = {n: _side_by_side(n, alone if n == 1 else free, pairs) for n in COUNTS}
        one, many = ([turns.rates[0][0] for turns in book[n]] for n in (1, MANY))
        stored = {turns.rates[0][0]: turns.rates[1][0] for n in (1, MANY) for turns in book[n]}
        mixed = Figure(f"{MANY} in the book, both tutorials", "it/s", both)
        second = Figure("tutorial 2 on one thread", "it/s", alone)

        def once(figure: Figure, training: Training, times: int = 1) -> InTurns:
            return InTurns([(figure, training)], times)

        of_bases = min(PAIRS, pairs)  # what varies in one of them varies in all that is told by it

        self._rates = [
            once(free, partial(free_threads, [autograd] * THREADS), of_bases),
            *(turns for n in reversed(COUNTS[1:]) for turns in book[n]),
            once(floor_2, partial(free_threads, [products] * 2)),
            once(both, partial(free_threads, [autograd, custom_function] * (THREADS // 2))),
            once(mixed, partial(booked, specs(MANY))),
            once(alone, partial(free_threads, [autograd]), of_bases),
            *book[1],
            once(floor_1, partial(free_threads, [products])),
            once(second, partial(free_threads, [custom_function])),
        ]
        on_gpu = Figure("tutorial 1 on the GPU", "it/s")
        captured = [Figure(f"1 in the book on the GPU, {way}", "it/s", on_gpu) for way in GRADIENTS]
        if torch.cuda.is_available():
            self._rates += [
                once(on_gpu, partial(free_threads, [partial(autograd, GPU)])),
                *(once(f, _booked(w, 1, GPU)) for f, w in zip(captured, GRADIENTS, strict=True)),
            ]
        self._watched = [
            (1, Figure("1 through the server, watched", "it/s", alone)),
            (MANY, Figure(f"{MANY} through the server, watched, both tutorials", "it/s", both)),
        ]
        self._unwatched = [
            (n, Figure(watched.title.replace("watched", "unwatched"), "it/s", watched.base))
            for n, watched in self._watched
        ]
        self._idle = [Figure(f"event loop idle, {word}", "ms") for word in ("p50", "p99")]
        self._busy = [
            Figure(f"event loop with {MANY} runs, {idle.title[-3:]}", "ms", idle)
            for idle in self._idle
        ]
        self._list = Figure(f"the slowest list of {listed:,} runs", "ms")
        self._others = Figure("taken by others meanwhile", "cores")
        self.targets: list[Target | Limit] = [
            Target(self._watched[0][1], 1.0),
            Target(one[0], 1.0),
            Target(one[1], 1.5, floor_1),
            Target(one[2], 6.0),
            Target(mixed, 1.7),
            Target(many[0], 1.7),
            Target(many[1], 2.7, floor_2),
            Target(many[2], 8.0),
            *(Target(stored[base], STORED) for base in (one[0], many[0], one[2], many[2])),
            Limit(self._list, LIST_MS),
        ]
        if torch.cuda.is_available():
            self.targets.append(Target(captured[0], 5.0))

    @property
    def figures(self) -> list[Figure]:
        rates = [figure for in_turns in self._rates for figure, _ in in_turns.rates]
        watched = [figure for _, figure in (*self._unwatched, *self._watched)]
        return [*rates, *watched, *self._idle, *self._busy, self._list, self._others]

    def quiet_rounds(self) -> list[int]:
        """Those in which others took little."""
        taken = self._others.values
        return [round_ for round_, cores in enumerate(taken) if cores < QUIET_ROUND_CORES]

    def round(self) -> None:
        """Measure everything once."""
        others, window_s = Others(), self._window_s
        # Every other round the other way round: no figure always comes after its base.
        turned = len(self._others.values) % 2 == 1
        for in_turns in reversed(self._rates) if turned else self._rates:
            in_turns.measure(self._measured)
        wait_for_quiet(PATIENCE * window_s)
        _note(self._idle, self._server.heartbeats(window_s))
        for count, figure in self._unwatched:
            with self._server.training(count):
                trained = self._server.trained
                figure.values.append(rate(trained, WARM * window_s, window_s))
        for count, figure in self._watched:
            with self._server.runs(count) as viewer:
                figure.values.append(rate(viewer.received, WARM * window_s, window_s))
                if count == MANY:
                    _note(self._busy, self._server.heartbeats(window_s))
        wait_for_quiet(PATIENCE * window_s)
        self._list.values.append(slowest_ms(self._full))
        self._others.values.append(others.cores())

    def _measured(self, training: Training) -> float:
        wait_for_quiet(PATIENCE * self._window_s)
        with training() as iterations:
            return rate(iterations, WARM * self._window_s, self._window_s)


def _side_by_side(count: int, base: Figure, pairs: int) -> list[InTurns]:
    """So many runs in the book, each way to the gradient, without a store and with one: in more turns
    where there is a target for what the store costs."""
    times = {"autograd": min(PAIRS, pairs), "gram": pairs} if count in (1, MANY) else {}
    turns = []
    for way in GRADIENTS:
        figure = Figure(in_book(count, way), "it/s", base)
        kept = Figure(f"{figure.title}, stored", "it/s", figure)
        rates = [(figure, _booked(way, count)), (kept, _booked(way, count, stored=True))]
        turns.append(InTurns(rates, times.get(way, 1)))
    return turns


def _booked(way: str, count: int, device: str = "cpu", *, stored: bool = False) -> Training:
    return partial(booked, specs_by(way, count, device), stored=stored)


def _note(figures: list[Figure], beats_ms: list[float]) -> None:
    percentiles = statistics.quantiles(beats_ms, n=100)
    for figure, value in zip(figures, (percentiles[49], percentiles[98]), strict=True):
        figure.values.append(value)


@contextmanager
def opened(window_s: float, pairs: int, listed: int) -> Iterator[TrainingBench]:
    """While inside, all that it is measured with is there."""
    settle()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as full_folder,
        served(Path(folder)) as server,
        holding(Path(full_folder), listed) as full,
    ):
        yield TrainingBench(server, full, listed, window_s, pairs)
