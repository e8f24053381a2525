"""A server with many runs in its store, and how long it takes to list and to filter them."""

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from reluscope.runs.run import Run
from reluscope.runs.store.database import Database
from reluscope.runs.store.folder import FILE
from reluscope.runs.store.snapshot import Snapshot
from reluscope.runs.store.writing import Batch, Progress
from reluscope.runs.trace import rows_before
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.spec import RunSpec
from tests.bench.served import COMMAND
from tests.house.serving import serving

RELUS = ("clamp", "my_relu", "relu", "where")
RULES = ("sgd", "manual", "adam")

QUESTIONS: tuple[dict[str, str | int], ...] = (
    {},
    {"limit": 1000},
    {"relu": "clamp", "rule": "adam"},
    {"tag": "t3", "status": "finished"},
    {"q": "run 99"},
)
TIMES = 5


def fill(folder: Path, count: int) -> None:
    """Make the store of a data folder, with so many finished runs of 500 iterations."""
    keep(folder, finished(count))


def keep(folder: Path, runs: Iterable[Run]) -> None:
    """Make the store of a data folder, with these runs."""
    folder.mkdir(parents=True)
    database = Database.in_file(folder / FILE)
    engine = database.open()
    left = [(Snapshot.of(run), Progress()) for run in runs]
    while left:
        batch = Batch()  # which takes so much of a run that is long, and no more
        added = [(snapshot, batch.add(snapshot, known)) for snapshot, known in left]
        left = [(run, known) for run, known in added if known.losses < run.view.iteration]
        with engine.begin() as connection:
            batch.write(connection)
    database.close()


def finished(count: int) -> Iterator[Run]:
    """So many, of several kinds."""
    chance = np.random.default_rng(0)
    for number in range(count):
        spec = RunSpec.model_validate(
            {
                "name": f"run {number}",
                "tags": [f"t{number % 7}"],
                "relu": RELUS[number % len(RELUS)],
                "update": {"rule": RULES[number % len(RULES)]},
                "seed": number,
            }
        )
        run = Run(spec, number)
        run.move("running")
        run.record(chance.random(spec.iterations), np.zeros((10, len(CHANNELS))))
        run.move("finished")
        yield run


def fill_long(folder: Path, iterations: int) -> None:
    """Make the store of a data folder, with one finished run of so many iterations."""
    chance, run = np.random.default_rng(0), Run(RunSpec(name="long", iterations=iterations), 0)
    losses = 1e4 / (1 + np.arange(iterations)) * chance.lognormal(0, 0.1, iterations)
    rows = rows_before(iterations, run.spec.diagnostics_every)
    run.move("running")
    run.record(losses, chance.random((rows, len(CHANNELS))))
    run.move("finished")
    keep(folder, [run])


@contextmanager
def holding(folder: Path, count: int) -> Iterator[httpx.Client]:
    """While inside, a server has so many runs; what asks it."""
    fill(folder / "data", count)
    with (
        serving([*COMMAND, "--max-runs", str(2 * count)], folder) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client,
    ):
        yield client


def slowest_ms(client: httpx.Client) -> float:
    """Of all questions, what the slowest takes, in milliseconds: the median of some times."""
    return max(
        statistics.median(_ms(client, question) for _ in range(TIMES)) for question in QUESTIONS
    )


def _ms(client: httpx.Client, question: dict[str, str | int]) -> float:
    began = time.perf_counter()
    client.get("/api/runs", params=question).raise_for_status()
    return 1000 * (time.perf_counter() - began)
