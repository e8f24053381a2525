"""Audience: all viewers, and who of them is abreast.

Viewers who watch the same and have read as far share one reading, so that what comes next is made once
and written to each. Whoever cannot take it stays behind with a reading of their own, and shares again
once they have caught up.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Hashable, Iterable, Iterator
from typing import Protocol

from .reading import Reading, Written

logger = logging.getLogger(__name__)

SLICE_S = 0.002
"""How long one piece of work may hold the event loop, before others have it for a moment."""

CATCH_UP_S = 0.008
"""What a tick may take for those who are far behind, beside what it takes for the others."""


class Viewer(Protocol):
    """One of the audience."""

    reading: Reading
    """What it watches, and how far it has read. Others may share it."""

    @property
    def is_free(self) -> bool:
        """Whether it takes something now."""

    def write(self, written: Written) -> None:
        """Send it."""

    def end(self) -> None:
        """Let go of it."""


class Slices:
    """Long work on the event loop, in slices."""

    def __init__(self) -> None:
        self._took_s = 0.0
        self._begin()

    def _begin(self) -> None:
        self._until = time.perf_counter() + SLICE_S
        self._worked_s = time.thread_time()

    @property
    def took_s(self) -> float:
        """The time that it has taken of a core so far, without what others did between slices."""
        return self._took_s + time.thread_time() - self._worked_s

    async def breathe(self) -> None:
        """Let others have the loop for a moment, where a slice is over."""
        if time.perf_counter() >= self._until:
            self._took_s = self.took_s
            await asyncio.sleep(0)
            self._begin()


class Audience:
    """For one thread: the event loop's."""

    def __init__(self) -> None:
        self._viewers: dict[Reading, dict[Viewer, None]] = {}
        self._written: dict[Viewer, Written] = {}
        """What is about to be written to each; its reading is beyond it."""

    @contextlib.contextmanager
    def joined(self, viewer: Viewer) -> Iterator[None]:
        """While inside, `viewer` is one of the audience."""
        self._viewers[viewer.reading] = {viewer: None}
        try:
            yield
        finally:
            self._written.pop(viewer, None)
            self._leave(viewer)

    def __len__(self) -> int:
        return sum(map(len, self._viewers.values()))

    @property
    def viewers(self) -> list[Viewer]:
        """All of them."""
        return [viewer for there in self._viewers.values() for viewer in there]

    @property
    def readings(self) -> list[Reading]:
        """Those of all viewers, each once."""
        return list(self._viewers)

    def own(self, viewer: Viewer) -> Reading:
        """The reading of `viewer`, from now on shared with nobody, so that it may be changed; it has
        been written all that it has read."""
        if written := self._written.pop(viewer, None):
            viewer.write(written)
        if len(self._viewers[viewer.reading]) > 1:
            self._move([viewer], viewer.reading.copy())
        return viewer.reading

    async def send(self, changed: set[str], slices: Slices) -> bool:
        """Send all who take it what comes next, now that these runs have moved; whether some of them
        are owed more. Whoever was behind comes last, so that they do not hold up the others."""
        behind = [reading for reading in self._viewers if reading.is_behind]
        near = [reading for reading in self._viewers if not reading.is_behind]
        for reading in self._viewers:
            reading.note(changed)
        for reading in near:
            self._read_on(reading)
            await slices.breathe()
        await self._write(slices)
        until_s = slices.took_s + CATCH_UP_S
        for reading in behind:
            self._read_on(reading)
            await self._write(slices)
            if slices.took_s > until_s:
                break
        self._bring_together()
        return any(
            reading.is_owed and any(viewer.is_free for viewer in viewers)
            for reading, viewers in self._viewers.items()
        )

    async def _write(self, slices: Slices) -> None:
        while self._written:
            viewer, written = self._written.popitem()
            viewer.write(written)
            await slices.breathe()

    def _read_on(self, reading: Reading) -> None:
        viewers = self._viewers.get(reading)
        if viewers is None or not reading.is_owed:
            return
        free = [viewer for viewer in viewers if viewer.is_free]
        if not free:
            return
        if len(free) < len(viewers):
            takes = set(free)
            self._move([each for each in viewers if each not in takes], reading.copy())
        try:
            written = reading.read_on()
        except Exception:  # there may be no memory, and others wait for theirs all the same
            logger.exception("%d viewers cannot be sent what comes next, and are let go", len(free))
            for viewer in free:
                viewer.end()
            return
        if written.frames:
            self._written.update(dict.fromkeys(free, written))
        self._viewers[reading] = self._viewers.pop(reading)  # others come first next time

    def _bring_together(self) -> None:
        """Let those share a reading who have come to the same place."""
        if len(self._viewers) == 1:
            return
        there: dict[Hashable, Reading] = {}
        for reading in list(self._viewers):
            if (key := reading.key) is not None:
                first = there.setdefault(key, reading)
                if first is not reading:
                    self._move(list(self._viewers[reading]), first)

    def _move(self, viewers: Iterable[Viewer], reading: Reading) -> None:
        for viewer in viewers:
            self._leave(viewer)
            viewer.reading = reading
            self._viewers.setdefault(reading, {})[viewer] = None

    def _leave(self, viewer: Viewer) -> None:
        there = self._viewers[viewer.reading]
        del there[viewer]
        if not there:
            del self._viewers[viewer.reading]
