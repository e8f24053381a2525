"""Reading: what somebody watches, how far they have read, and what comes next.

Nothing is queued for anyone. A reading is only told that a run has moved; what comes next is read from
the trace at its cursor when it is sent, so that whoever is slow is further behind and no more.
"""

import time
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...runs.trace import rows_before
from .chosen import Chosen
from .frames import Encoding, Listed, compact, reach, size
from .line import binary, text

if TYPE_CHECKING:
    from .hub import Hub

MESSAGE_BYTES = 256 * 1024
"""The largest message of values."""

MIN_SHARE = 128
"""Iterations that a run which is behind gets of a message at least, so that blocks stay worth their
header however many runs are behind."""

NEWS_S = 1 / 5
"""Between two messages of runs."""


@dataclass(frozen=True)
class Written:
    """What is sent at once to everyone who has read as far."""

    frames: bytes
    losses: int
    points: int
    """Losses, and values of diagnostics."""


class Reading:
    """How far something is read; of one viewer, or of many who are abreast."""

    def __init__(self, hub: "Hub", encoding: Encoding, listed: Listed) -> None:
        self._hub = hub
        self._encoding: Encoding = encoding
        self._cursors: dict[str, int] = {}
        """Of each run that is watched, the next iteration wanted: of those before, losses and
        diagnostics have been sent."""
        self._channels: dict[str, tuple[int, ...]] = {}
        """Of each of them, the numbers of the channels that are wanted."""
        self._behind: dict[str, None] = {}
        """Those of which there may be more."""
        self._awaited: set[str] = set()
        """Those that are not read to the head though there is nothing to send of them: the store is to
        give them, or they have yet to come to where they are wanted from."""
        self._news = hub.feed.start()
        self._news_at = 0.0
        self._chosen = Chosen(hub.feed) if listed == "watched" else None
        self._problem: str | None = None
        self._asked: Hashable = None
        """What is watched, and how."""

    def copy(self) -> "Reading":
        """Another that is as far, and goes its own way from here."""
        copied = Reading(self._hub, self._encoding, "all")
        copied._cursors, copied._channels = self._cursors.copy(), self._channels.copy()
        copied._behind, copied._awaited = self._behind.copy(), self._awaited.copy()
        copied._news, copied._news_at = self._news, self._news_at
        copied._chosen = self._chosen and self._chosen.copy()
        copied._problem, copied._asked = self._problem, self._asked
        return copied

    @property
    def watched(self) -> Collection[str]:
        """The runs."""
        return self._cursors.keys()

    @property
    def is_behind(self) -> bool:
        """Whether there may be values to send."""
        return bool(self._behind)

    @property
    def is_owed(self) -> bool:
        """Whether there may be anything to send."""
        return self.is_behind or not self._knows_all()

    def _knows_all(self) -> bool:
        """Whether there is nothing to be told but values."""
        if self._problem != self._hub.problem:
            return False
        if self._chosen is None:
            return not self._hub.feed.has_news(self._news)
        return not self._chosen.has_news()

    @property
    def key(self) -> Hashable:
        """The same of all that go on alike from here; None where that is not known now."""
        if not self._knows_all():
            return None
        if self._asked is None:
            self._asked = (self._encoding, frozenset(self._channels.items()))
        listed = None if self._chosen is None else self._chosen.ids
        # Of all others, all have read to the head.
        apart = self._behind.keys() | self._awaited
        return self._asked, listed, frozenset((run_id, self._cursors[run_id]) for run_id in apart)

    def lacks(self) -> dict[str, int]:
        """Of each run of which something is there to be sent, the next iteration wanted."""
        cursors = ((run_id, self._cursors[run_id]) for run_id in self._behind)
        return {run_id: cursor for run_id, cursor in cursors if cursor < self._hub.head(run_id)}

    def watch(self, cursors: Mapping[str, int], channels: Sequence[int]) -> None:
        """Go on with these runs at these iterations."""
        self._cursors.update(cursors)
        self._channels.update(dict.fromkeys(cursors, tuple(channels)))
        self._behind.update(dict.fromkeys(cursors))
        if self._chosen is not None:
            self._chosen.add(cursors)
        self._asked = None

    def unwatch(self, run_ids: Iterable[str]) -> None:
        """Leave these runs."""
        for run_id in run_ids:
            self._cursors.pop(run_id, None)
            self._channels.pop(run_id, None)
            self._behind.pop(run_id, None)
            self._awaited.discard(run_id)
            if self._chosen is not None:
                self._chosen.drop(run_id)
        self._asked = None

    def note(self, changed: set[str]) -> None:
        """These runs have moved."""
        self._behind.update(dict.fromkeys(changed & self._cursors.keys()))

    def read_on(self) -> Written:
        """What comes next, at most one message of values, and be so far."""
        frames = [text(message) for message in (*self._of_store(), *self._of_list())]
        blocks, losses, points = self._next_blocks()
        if self._encoding == "binary" and blocks:
            frames.append(binary(b"".join(block for block in blocks if isinstance(block, bytes))))
        else:
            frames += [text(block) for block in blocks if isinstance(block, str)]
        return Written(b"".join(frames), losses, points)

    def _of_store(self) -> list[str]:
        """What is wrong with the store, or that nothing is any more."""
        if self._problem == self._hub.problem:
            return []
        self._problem = self._hub.problem
        return [compact({"type": "store", "problem": self._problem})]

    def _of_list(self) -> list[str]:
        """News of runs."""
        now = time.monotonic()
        if now - self._news_at < NEWS_S:
            return []
        if self._chosen is None:
            messages, self._news = self._hub.news(self._news)
        else:
            messages = self._chosen.messages()
        if messages:
            self._news_at = now
        return messages

    def _next_blocks(self) -> tuple[list[bytes | str], int, int]:
        """Blocks from the cursors on, for one message, and the losses and points in them; runs that
        got less come first next time."""
        blocks: list[bytes | str] = []
        losses = points = 0
        room = MESSAGE_BYTES
        waiting = list(self._behind)
        for position, run_id in enumerate(waiting):
            self._awaited.discard(run_id)
            if not self._hub.knows(run_id):
                del self._behind[run_id], self._cursors[run_id], self._channels[run_id]
                self._asked = None
                continue
            start, head = self._cursors[run_id], self._hub.head(run_id)
            trace = self._hub.trace(run_id) if start < head else None
            if trace is not None:
                channels = self._channels[run_id]
                layout = (trace.stride, len(channels))
                least = size(start, start + MIN_SHARE, *layout)
                share = min(room, max(least, room // (len(waiting) - position)))
                stop = min(head, reach(start, share, *layout))
                if stop == start:
                    break
                blocks += self._hub.blocks(run_id, trace, start, stop, channels, self._encoding)
                room -= size(start, stop, *layout)
                rows = rows_before(stop, trace.stride) - rows_before(start, trace.stride)
                losses += stop - start
                points += stop - start + rows * len(channels)
                self._cursors[run_id] = stop
            del self._behind[run_id]
            if trace is not None and self._cursors[run_id] < head:
                self._behind[run_id] = None
            elif self._cursors[run_id] != head:
                self._awaited.add(run_id)
        return blocks, losses, points
