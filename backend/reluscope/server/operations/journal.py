"""Journal: follows the book, and tells once of each run that it began and that it has ended.

One more reader with a cursor. What ended before this server began, or elsewhere, is not told of.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator

from ...errors import UnknownRun
from ...runs.book import Book
from ...runs.run import Run
from ...runs.view import RunView

logger = logging.getLogger(__name__)

LOOK_S = 0.1
"""Between two looks at what has changed."""

AT_ONCE = 100
"""Runs that are looked at before others have the event loop: a line of the log may take 0.1 ms."""


class Journal:
    """For one thread: the event loop's."""

    def __init__(self, book: Book, ended: Callable[[RunView], None]) -> None:
        """`ended` is told of each run that has ended."""
        self._book = book
        self._told = ended
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._begun: set[str] = set()
        self._ended: set[str] = set()
        self._signal = book.listen(self._wake)

    async def run(self) -> None:
        """Follow the book until cancelled, and tell what has happened by then."""
        changed: Iterator[str] = iter(())
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                changed = iter(self._signal.take())
                while some := list(itertools.islice(changed, AT_ONCE)):
                    self.look(some)
                    await asyncio.sleep(0)
                await asyncio.sleep(LOOK_S)
        finally:
            self.look([*changed, *self._signal.take()])

    def look(self, run_ids: list[str]) -> None:
        """Tell what is new of these runs."""
        for run_id in run_ids:
            try:
                run = self._book.find(run_id)
            except UnknownRun:
                self._begun.discard(run_id)
                self._ended.discard(run_id)
            else:
                self._tell(run)

    def _tell(self, run: Run) -> None:
        if run.id in self._ended or (run.ended and not run.ended_here):
            return
        if run.started_at is not None and run.id not in self._begun and run.status != "interrupted":
            self._begun.add(run.id)
            logger.info("run %s began", run.id, extra={"run": run.id, "worker": run.worker})
        if run.ended:
            self._ended.add(run.id)
            view = run.view()
            logger.info(
                "run %s %s at iteration %d%s",
                *(run.id, view.status, view.iteration, f": {view.reason}" if view.reason else ""),
                extra={"run": run.id, "status": view.status, "reason": view.reason},
            )
            self._told(view)

    def _wake(self) -> None:
        """Called by workers. Once the loop has closed, there is nobody left to wake."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._changed.set)
