"""Shelf: which of the runs at rest keep their curves in memory, though the store has them too."""

import time
from collections.abc import Callable

from .run import Run

IDLE_S = 60.0
"""How long nobody has asked for a curve that leaves memory."""

MAX_BYTES = 256 * 2**20
"""What such curves may take together; past that, those go first that were asked for longest ago. One
alone may take more."""


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
        self._leave([run for run in self._free() if now - run.use.last_at > IDLE_S])
        self._make_room(0)

    def has_room(self, size_bytes: int) -> bool:
        """Whether a curve of so many bytes may come, now that those have left that are too much with
        it and that nobody reads."""
        left = self._make_room(size_bytes)
        return left == 0 or left + size_bytes <= MAX_BYTES

    def clear(self) -> None:
        """Let all leave that nobody reads: memory is short."""
        self._leave(self._free())

    def _make_room(self, more_bytes: int) -> int:
        """Let those leave that are too much with so many bytes more; how many bytes are left."""
        left = sum(run.trace.nbytes for run in self._runs)
        for run in sorted(self._free(), key=lambda run: run.use.last_at):
            if left + more_bytes <= MAX_BYTES:
                break
            left -= run.trace.nbytes
            self._leave([run])
        return left

    def _free(self) -> list[Run]:
        return [run for run in self._runs if run.use.is_over]

    def _leave(self, runs: list[Run]) -> None:
        for run in runs:
            self._runs.discard(run)
            run.shelve()
            self._left(run)
