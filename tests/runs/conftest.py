"""Books, gates and failures for the runs' tests."""

import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from reluscope.runs.book import Book
from reluscope.training.relus import RELUS, Relu
from tests.waiting import DEADLINE_S

from .making import SHORT
from .stored import chunks_of


@pytest.fixture
def book() -> Iterator[Book]:
    """A book with two workers, closed in the end."""
    made = Book(cpu_workers=2)
    yield made
    made.close()


@pytest.fixture
def narrow() -> Iterator[Book]:
    """A book with one worker, closed in the end."""
    made = Book(cpu_workers=1)
    yield made
    made.close()


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short curve has several chunks."""
    chunks_of(SHORT, monkeypatch)


@pytest.fixture
def enter_relu(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str, Callable[[Tensor], Tensor]], None]:
    """Enters a ReLU of a test's own into the registry, for as long as the test lasts."""

    def enter(name: str, apply: Callable[[Tensor], Tensor]) -> None:
        monkeypatch.setitem(RELUS, name, Relu(name, apply, name, name, name, name))

    return enter


class Gate:
    """A ReLU that waits in its first iteration until it is let go."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened = threading.Event()

    def __call__(self, h: Tensor) -> Tensor:
        self._reached.set()
        assert self._opened.wait(DEADLINE_S)
        return torch.relu(h)

    def wait_until_reached(self) -> None:
        """Until a worker stands before the gate: its run is in a turn."""
        assert self._reached.wait(DEADLINE_S)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate(enter_relu: Callable[[str, Callable[[Tensor], Tensor]], None]) -> Iterator[Gate]:
    """A gate that runs with the ReLU `gated` stop at."""
    made = Gate()
    enter_relu("gated", made)
    yield made
    made.open()
