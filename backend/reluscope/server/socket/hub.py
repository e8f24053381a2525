"""Hub: follows the book, and sends to all viewers together, so that they share what is encoded."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...blocks import Block, Diagnostics, Losses, encode
from ...errors import Busy, StoreError, UnknownRun
from ...runs.book import Book
from ...runs.run import Run
from ...runs.trace import Trace
from .audience import Audience, Slices
from .feed import Cursor, Feed, View
from .frames import Encoding, compact, encode_json
from .presentations import Presentations
from .reading import NEWS_S

logger = logging.getLogger(__name__)

FRAME_S = 1 / 30
"""Between two ticks, and so between two messages of values to one viewer."""

SHARE = 1 / 6
"""Of a core, what ticks may take: with very many viewers they are further apart, and training keeps its
cores."""

VIEW_S = 1 / 15
"""Between two messages of what a presenter shows, to one follower."""

STORE_S = 0.5
"""Between two looks at how the store is."""

FETCH_AGAIN_S = 1.0
"""After that long, a curve that the store did not give is asked for again."""

MAX_FETCHES = 4
"""Curves that are fetched at once: fewer than there are threads, which others need, too."""

_Key = tuple[str, int, int, Encoding, int]
"""Of what is encoded: its run, the span of iterations, how, and the channel's number."""


@dataclass
class Sent:
    """What all sockets have been sent since the server began."""

    losses: int = 0
    points: int = 0
    """Losses, and values of diagnostics."""
    bytes: int = 0


class Behind(NamedTuple):
    """What somebody has yet to be sent of what is there."""

    iterations: int = 0
    seconds: float = 0.0
    """How long ago the oldest of those was produced."""


class Hub:
    """One for all viewers. For one thread: the event loop's."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._loop = asyncio.get_running_loop()
        self._dirty = asyncio.Event()
        self._signal = book.listen(self._wake)
        self.audience = Audience()
        self._heads: dict[str, int] = {}
        self._blocks: dict[_Key, bytes | str] = {}
        self._news: dict[Cursor, tuple[list[str], Cursor]] = {}
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._fetches = asyncio.Semaphore(MAX_FETCHES)
        self.problem: str | None = None
        """What is wrong with the store."""
        self.feed = Feed(self._look)
        self.sent = Sent()
        self._shown = asyncio.Event()
        self.presentations = Presentations(self._shown.set)

    async def run(self) -> None:
        """Follow the book and its store until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._look_after_store())
            group.create_task(self._publish_views())

    async def _publish_views(self) -> None:
        while True:
            await self._shown.wait()
            self._shown.clear()
            self.presentations.publish(time.monotonic())
            await asyncio.sleep(VIEW_S)
            if self.presentations.is_pending:
                self._shown.set()

    async def _look_after_store(self) -> None:
        store = self._book.store
        while store is not None:
            if store.problem != self.problem:
                self.problem = store.problem
                for run_id in self._heads:  # what waits to be stored need not wait any more
                    self._signal.mark(run_id)
                self.nudge()
            await asyncio.sleep(STORE_S)

    async def _follow(self) -> None:
        unlisted: set[str] = set()
        listed_at = 0.0
        while True:
            wait_s = listed_at + NEWS_S - time.monotonic() if unlisted else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._dirty.wait()
            self._dirty.clear()
            changed = self._signal.take()
            unlisted |= changed
            self._move_heads(changed)
            began, slices = time.monotonic(), Slices()
            if time.monotonic() - listed_at >= NEWS_S:
                for run_id in unlisted:
                    self.feed.update([run_id])
                    await slices.breathe()
                self._news.clear()
                unlisted.clear()
                listed_at = time.monotonic()
            if await self.audience.send(changed, slices):
                self.nudge()
            self._blocks.clear()
            period_s = max(FRAME_S, slices.took_s / SHARE)
            await asyncio.sleep(began + period_s - time.monotonic())

    @property
    def clients(self) -> int:
        """How many viewers there are."""
        return len(self.audience)

    @property
    def watched(self) -> int:
        """How many runs are watched."""
        return len(set().union(*(reading.watched for reading in self.audience.readings)))

    def behind(self) -> Behind:
        """How far the viewer is behind that is furthest."""
        lacking = [reading.lacks() for reading in self.audience.readings]
        counts = [sum(self.head(r) - cursor for r, cursor in lacks.items()) for lacks in lacking]
        if not any(counts):
            return Behind()
        furthest = max(range(len(counts)), key=counts.__getitem__)
        now = time.time()
        oldest = [self._produced_at(*lacked) or now for lacked in lacking[furthest].items()]
        return Behind(counts[furthest], max(0.0, now - min(oldest)))

    def _produced_at(self, run_id: str, iteration: int) -> float | None:
        """When an iteration was done, in Unix seconds, where that is known without the store."""
        run = self._find(run_id)
        if run is None or run.is_shelved or iteration >= run.iteration:
            return None
        return run.trace.produced_at(iteration)

    def nudge(self) -> None:
        """Tick once more though no run has moved: a viewer is owed more than one message holds."""
        self._dirty.set()

    def head(self, run_id: str) -> int:
        """The iterations of a run that are ready to be sent."""
        return self._heads.get(run_id, 0)

    def knows(self, run_id: str) -> bool:
        """Whether there is such a run."""
        return self._find(run_id) is not None

    def sweep(self, sweep_id: str) -> list[str]:
        """The ids of a sweep's runs, in order; none where there is no such sweep."""
        return [run.id for run in self._book.in_order(self._book.search({"sweep": [sweep_id]}))]

    def see(self, cursors: Mapping[str, int]) -> dict[str, int]:
        """A viewer has what comes before these iterations of runs, and may go on at those; of the
        runs that there are."""
        true = {}
        for run_id, cursor in cursors.items():
            with contextlib.suppress(UnknownRun):
                true[run_id] = self._book.see(run_id, cursor)
        return true

    def trace(self, run_id: str) -> Trace | None:
        """The trace of a run that is there; None while it is fetched from the store, after which the
        run is told of as one that has changed."""
        run = self._find(run_id)
        if run is None or run.is_shelved:
            self._fetch(run_id)
            return None
        run.use.note(again=True)
        return run.trace

    def _fetch(self, run_id: str) -> None:
        if run_id not in self._fetching:
            self._fetching[run_id] = asyncio.create_task(self._read(run_id))

    async def _read(self, run_id: str) -> None:
        try:
            async with self._fetches:
                await asyncio.to_thread(self._book.read, run_id)
        except (Busy, UnknownRun):  # the latter: it is gone, or the store alone has lost it
            await asyncio.sleep(FETCH_AGAIN_S)
        except Exception as error:  # there may be no memory, and viewers wait for it all the same
            unforeseen = None if isinstance(error, StoreError) else error
            logger.warning("run %s cannot be shown now: %s", run_id, error, exc_info=unforeseen)
            await asyncio.sleep(FETCH_AGAIN_S)
        finally:
            del self._fetching[run_id]
        self._signal.mark(run_id)

    def _find(self, run_id: str) -> Run | None:
        try:
            return self._book.find(run_id)
        except UnknownRun:
            return None

    def blocks(
        self,
        run_id: str,
        trace: Trace,
        start: int,
        stop: int,
        channels: Sequence[int],
        encoding: Encoding,
    ) -> list[bytes | str]:
        """What there is of iterations `start` to `stop` of a run, losses and the channels of these
        numbers, each encoded once for all viewers that are there, in the order to be sent.

        A binary message holds all of it. As JSON each is a message, and the connection may end
        between two of them; so the losses, by which the viewer tells how far it has read, are last.
        """
        losses = Losses(run_id, start, trace[start:stop], trace.produced_at(stop - 1))
        told: list[Block] = []
        iterations, rows = trace.rows_of(start, stop)
        if len(rows):
            produced_at = trace.produced_at(int(iterations[-1]))
            told += [
                Diagnostics(run_id, number, iterations, rows[:, number - 1], produced_at)
                for number in channels
            ]
        told.insert(0 if encoding == "binary" else len(told), losses)
        span = (run_id, start, stop, encoding)
        return [self._encoded(block, (*span, block.channel)) for block in told]

    def _encoded(self, block: Block, key: _Key) -> bytes | str:
        if key not in self._blocks:
            self._blocks[key] = encode(block) if key[3] == "binary" else encode_json(block)
        return self._blocks[key]

    def news(self, cursor: Cursor) -> tuple[list[str], Cursor]:
        """The messages for a viewer at `cursor`, and its next cursor.

        One that never knew the whole list is told where it is complete: a run that it remembers
        from an earlier connection and that was not in the list is gone.
        """
        if cursor not in self._news:
            news = self.feed.since(cursor)
            messages = []
            if news.gone:  # before the runs: one of them may have come back under its id
                messages.append(compact({"type": "gone", "ids": news.gone}))
            if cursor.known < 0 and news.complete:
                messages.append(compact({"type": "runs", "runs": news.runs, "complete": True}))
            elif news.runs:
                messages.append(compact({"type": "runs", "runs": news.runs}))
            self._news[cursor] = (messages, news.cursor)
        return self._news[cursor]

    def _wake(self) -> None:
        """Called by workers. Once the loop has closed, there is nobody left to wake."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._dirty.set)

    def _look(self, run_id: str) -> View | None:
        run = self._find(run_id)
        return None if run is None else run.view().model_dump(mode="json", warnings=False)

    def _move_heads(self, changed: Iterable[str]) -> None:
        for run_id in changed:
            if run := self._find(run_id):
                self._heads[run_id] = self._book.head(run)
            else:
                self._heads.pop(run_id, None)
