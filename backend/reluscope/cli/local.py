"""A run that is trained in this process, without a server. Imported after the plug-ins."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ..errors import ReluscopeError
from ..runs.book import Book
from ..runs.run import Run
from ..server.fields import Places
from ..training.devices import use_one_thread
from ..training.spec import RunSpec
from .progress import View
from .shared import fail

POLL_S = 0.05
"""How often it is looked at."""

AT_REST = ("finished", "stopped", "diverged", "failed", "paused", "interrupted")
"""Where a run goes no further: nobody else is there to resume it."""


class Training:
    """One run in a book of its own, which is kept nowhere."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        """Begin. Ends the command where the spec is wrong, or there is no room."""
        use_one_thread()
        self._book = Book(cpu_workers=1)
        try:
            self.run: Run = self._book.open(RunSpec.model_validate(dict(spec)))
        except ValidationError as error:
            schema = RunSpec.model_json_schema()
            fail("; ".join(map(str, Places(schema, schema).errors(error.errors()))))
        except ReluscopeError as error:
            fail(str(error))

    def views(self) -> Iterator[View]:
        """It, again and again, until it goes no further; Ctrl+C stops it."""
        with _signals() as came:
            while self.run.status not in AT_REST:
                yield self.view()
                if came.wait(POLL_S):
                    self._book.stop(self.run.id)
        yield self.view()

    def view(self) -> View:
        """As the API tells it."""
        return self.run.view().model_dump(mode="json")

    def losses(self) -> NDArray[np.float64]:
        """All that it has, (iterations,)."""
        return self.run.trace[: self.run.iteration]

    def close(self, status: int) -> None:
        """End the worker; and the process, with this status, where it is in a long iteration: the
        interpreter's end would find it inside torch, and abort."""
        if not self._book.close():
            sys.stdout.flush()
            os._exit(status)


@contextlib.contextmanager
def _signals() -> Iterator[threading.Event]:
    """While inside, the first SIGINT or SIGTERM is an event, wherever it finds the program; a
    second does what it always does."""
    came = threading.Event()

    def take(number: int, _frame: FrameType | None) -> None:
        came.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
