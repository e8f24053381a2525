"""Runs through the Book, without a server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reluscope.runs.book import Book
from reluscope.runs.store import Store
from reluscope.training.spec import RunSpec

CPU_WORKERS = 2
ITERATIONS = 1_000_000
"""More than a run gets to within a window."""

OPENED_S = 0.005
"""Between one run and the next, as by REST: those that begin together stay in step, and do not show
what it costs to be out of it."""

TUTORIALS = (
    RunSpec(relu="clamp", iterations=ITERATIONS),
    RunSpec.model_validate(
        {"relu": "my_relu", "update": {"rule": "manual"}, "iterations": ITERATIONS}
    ),
)
"""The two tutorials at full speed."""


def specs(count: int) -> list[RunSpec]:
    """`count` runs, of both tutorials in turn, each with its own seed."""
    return [TUTORIALS[i % len(TUTORIALS)].model_copy(update={"seed": i}) for i in range(count)]


def specs_by(gradients: str, count: int, device: str = "cpu") -> list[RunSpec]:
    """`count` runs of the first tutorial by one way to the gradient, each with its own seed."""
    chosen = {"gradients": gradients, "device": device}
    return [TUTORIALS[0].model_copy(update={"seed": i, **chosen}) for i in range(count)]


@contextmanager
def booked(asked: list[RunSpec], *, stored: bool = False) -> Iterator[Callable[[], int]]:
    """While inside, such runs train side by side, and are `stored` or not; gives their count of
    iterations."""
    with TemporaryDirectory() as folder:
        store = Store.in_folder(Path(folder)) if stored else None
        if store is not None:
            store.open()
        with _booked(asked, store) as iterations:
            yield iterations
        assert store is None or store.problem is None


@contextmanager
def _booked(asked: list[RunSpec], store: Store | None) -> Iterator[Callable[[], int]]:
    book = Book(cpu_workers=CPU_WORKERS, store=store)
    try:
        runs = []
        for spec in asked:
            runs.append(book.open(spec))
            time.sleep(OPENED_S)
        yield lambda: sum(len(run.trace) for run in runs)
    finally:
        book.close()
