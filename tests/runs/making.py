"""Small runs, and the curves that they must have."""

from functools import cache
from typing import Any

from reluscope.runs.book import Book
from reluscope.runs.run import Run
from reluscope.training.spec import RunSpec
from reluscope.training.trainer import Trainer
from tests.waiting import eventually

TINY = {"n": 4, "d_in": 6, "hidden": 5, "d_out": 2, "update": {"rule": "sgd", "lr": 1e-4}}
LONG = {"iterations": 1_000_000}

SHORT = 128
"""Losses of a chunk, where a test has `short_chunks`."""


def spec(**fields: Any) -> RunSpec:
    """A spec that takes a tenth of a millisecond an iteration."""
    return RunSpec.model_validate({**TINY, **fields})


@cache
def _curve(told: str) -> tuple[float, ...]:
    asked = RunSpec.model_validate_json(told)
    return tuple(Trainer(asked).advance(asked.iterations).losses.tolist())


def curve(asked: RunSpec) -> list[float]:
    """What a trainer alone gives for the spec."""
    plain = asked.model_copy(update={"name": None, "tags": [], "pace": None})
    return list(_curve(plain.model_dump_json()))


def losses(run: Run) -> list[float]:
    return run.trace[:].tolist()


def until_ended(*runs: Run) -> None:
    for run in runs:
        eventually(lambda run=run: run.ended, f"the end of {run.id}, {run.status}")


def until_at(run: Run, iterations: int) -> None:
    """Until a run has done that many iterations."""
    eventually(
        lambda: len(run.trace) >= iterations,
        f"iteration {iterations} of {run.id}, {run.status} at {len(run.trace)}",
    )


def until_paused(run: Run) -> None:
    eventually(lambda: run.status == "paused", f"a pause of {run.id}, {run.status}")


def others_have_had_turns(book: Book) -> None:
    """Let another run train from start to end, so that a run that could move would have."""
    until_ended(book.open(spec(iterations=300)))
