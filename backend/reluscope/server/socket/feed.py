"""Feed: what has changed in the list of runs, for any number of readers with a cursor each.

Every change has a revision, one higher than the one before. A reader remembers the revision up to
which it knows everything, and asks for what came since: all of a run that is new to it, only what
changed of one it knows. A reader that was away longer gets the same news merged. Where that is more
than one answer holds, it is read in order of creation, so that no run waits for others to be still.
"""

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_RUNS = 500
"""Runs in one answer: about 300 KiB of JSON."""

MAX_TOMBSTONES = 10_000

View = dict[str, Any]
"""A run as JSON."""


@dataclass
class _Entry:
    run_id: str
    number: int
    """Its place in the order of creation, from 1 on."""
    latest: int = 0
    """The revision of its last change."""
    fields: dict[str, tuple[Any, int]] = field(default_factory=dict)
    """Each field's value and the revision at which it came."""


@dataclass(frozen=True)
class Cursor:
    """How far a reader has read."""

    known: int = -1
    """The revision up to which it knows everything."""
    place: int = 0
    """Where it stands in the order of creation, in the midst of news that are more than one answer
    holds; 0 where it is not."""
    goal: int = -1
    """The revision up to which it will know everything when it is through with those."""
    came: int = 0
    """The revision at which it came: it is told of what went since, even of a run that it may have
    asked for and was never told of."""


@dataclass(frozen=True)
class News:
    """What is new since a cursor, and the cursor to come back with."""

    runs: list[View]
    gone: list[str]
    """Runs that went. One that is among `runs` too has come back since, as another."""
    cursor: Cursor
    complete: bool
    """Whether that is all, so that the reader now knows everything."""


class Feed:
    """The revisions of all runs. For one thread: the event loop's."""

    def __init__(self, look: Callable[[str], View | None]) -> None:
        """`look` gives a run as it is now, or None where it is gone."""
        self._look = look
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._gone: OrderedDict[str, int] = OrderedDict()
        self._created = 0
        self._revision = 0

    def update(self, run_ids: Iterable[str]) -> None:
        """Look at runs that may have changed."""
        for run_id in run_ids:
            view = self._look(run_id)
            if view is None:
                self._forget(run_id)
            else:
                self._note(run_id, view)

    @property
    def revision(self) -> int:
        """That of the newest change."""
        return self._revision

    def changes(self, run_id: str, known: int) -> View | None:
        """What of one run is new since a revision, all of it where that is below 0."""
        entry = self._entries.get(run_id)
        return None if entry is None or entry.latest <= known else _changes(entry, known)

    def went(self, run_id: str, known: int) -> bool:
        """Whether one has gone since a revision, at which it was there."""
        return self._gone.get(run_id, -1) > known

    def start(self) -> Cursor:
        """Where a reader begins who knows nothing yet."""
        return Cursor(came=self._revision)

    def has_news(self, cursor: Cursor) -> bool:
        """Whether `since` would tell a reader anything."""
        return cursor.place > 0 or cursor.known < self._revision

    def since(self, cursor: Cursor) -> News:
        """What a reader does not know yet, at most `MAX_RUNS` runs of it."""
        goal = cursor.goal if cursor.place else self._revision
        changed = itertools.takewhile(
            lambda entry: entry.latest > cursor.known, reversed(self._entries.values())
        )
        fresh = sorted(
            (entry for entry in changed if entry.number > cursor.place),
            key=lambda entry: entry.number,
        )
        chosen = fresh[:MAX_RUNS]
        complete = len(chosen) == len(fresh)
        return News(
            runs=[_changes(entry, cursor.known) for entry in chosen],
            gone=[] if cursor.place else self._gone_since(max(cursor.known, cursor.came)),
            cursor=Cursor(goal) if complete else Cursor(cursor.known, chosen[-1].number, goal),
            complete=complete,
        )

    def _gone_since(self, known: int) -> list[str]:
        return [run_id for run_id, revision in self._gone.items() if known < revision]

    def _note(self, run_id: str, view: View) -> None:
        entry = self._entries.get(run_id)
        if entry is None:
            self._created += 1
            entry = self._entries[run_id] = _Entry(run_id, self._created)
        changed = {
            name: (value, self._revision + 1)
            for name, value in view.items()
            if name not in entry.fields or entry.fields[name][0] != value
        }
        if changed:
            self._revision += 1
            entry.latest = self._revision
            entry.fields.update(changed)
            self._entries.move_to_end(run_id)

    def _forget(self, run_id: str) -> None:
        """A run may be gone before anyone was told of it; who asked to watch it waits to hear."""
        was_there = self._entries.pop(run_id, None) is not None
        if run_id in self._gone and not was_there:
            return
        self._revision += 1
        self._gone[run_id] = self._revision
        self._gone.move_to_end(run_id)
        if len(self._gone) > MAX_TOMBSTONES:
            self._gone.popitem(last=False)


def _changes(entry: _Entry, known: int) -> View:
    changed = {name: value for name, (value, revision) in entry.fields.items() if revision > known}
    return {"id": entry.run_id, **changed}
