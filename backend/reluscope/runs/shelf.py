"""Shelf: which of the runs at rest keep their curves in memory, though the store has them too."""

import time
from collections.abc import Callable

from .run import Run

IDLE_S = 60.0
"""How long nobody has asked for a curve that leaves memory."""

MAX_BYTES = 256 * 2**20
"""What such curves may take together; past that, those go first that were asked for longest ago."""

IN_USE_S = 5.0
"""How lately a curve was asked for that stays even where memory is short: it is being read."""


class Shelf:
    """To be called under the book's lock."""

    def __init__(self, left: Callable[[Run], None]) -> None:
        """`left` is told of each run whose curve has left memory."""
        self._left = left
        self._runs: set[Run] = set()

    def note(self, run: Run) -> None:
        """`run` is at rest, and all of it is stored: it may leave."""
        self._runs.add(run)

    def forget(self, run: Run) -> None:
        """`run` goes on, or is gone."""
        self._runs.discard(run)

    def tidy(self) -> None:
        """Let those leave that nobody has asked for lately, and those that are too much."""
        now = time.monotonic()
        self._leave([run for run in self._runs if now - run.used_at > IDLE_S])
        excess = sum(run.trace.nbytes for run in self._runs) - MAX_BYTES
        for run in sorted(self._runs, key=lambda run: run.used_at):
            if excess <= 0 or now - run.used_at < IN_USE_S:
                return
            excess -= run.trace.nbytes
            self._leave([run])

    def clear(self) -> None:
        """Let all leave that are not in use: memory is short."""
        now = time.monotonic()
        self._leave([run for run in self._runs if now - run.used_at > IN_USE_S])

    def _leave(self, runs: list[Run]) -> None:
        for run in runs:
            self._runs.discard(run)
            run.shelve()
            self._left(run)
