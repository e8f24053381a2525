"""Runs through the Book, without a server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reluscope.runs.book import Book
from reluscope.training.spec import RunSpec

CPU_WORKERS = 2
ITERATIONS = 1_000_000
"""More than a run gets to within a window."""

SPECS = (
    RunSpec(relu="clamp", iterations=ITERATIONS),
    RunSpec.model_validate(
        {"relu": "my_relu", "update": {"rule": "manual"}, "iterations": ITERATIONS}
    ),
)
"""The two tutorials at full speed."""


def specs(count: int, gradients: str = "autograd") -> list[RunSpec]:
    """`count` runs, of both tutorials in turn, each with its own seed."""
    return [
        SPECS[i % len(SPECS)].model_copy(update={"seed": i, "gradients": gradients})
        for i in range(count)
    ]


@contextmanager
def booked_runs(count: int, gradients: str = "autograd") -> Iterator[Callable[[], int]]:
    """While inside, `count` runs train side by side; gives their count of iterations."""
    book = Book(cpu_workers=CPU_WORKERS)
    try:
        runs = [book.open(spec) for spec in specs(count, gradients)]
        yield lambda: sum(len(run.trace) for run in runs)
    finally:
        book.close()
