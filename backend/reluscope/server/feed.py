"""Feed: what has changed in the list of runs, for any number of readers with a cursor each.

Every change has a revision, one higher than the one before. A reader remembers the revision up to
which it knows everything, and asks for what came since: all of a run that is new to it, only what
changed of one it knows. A reader that was away longer gets the same news merged.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

MAX_RUNS = 500
"""Runs in one answer: about 300 KiB of JSON."""

MAX_TOMBSTONES = 10_000

View = dict[str, Any]
"""A run as JSON."""


@dataclass
class _Entry:
    latest: int
    fields: dict[str, tuple[Any, int]]
    """Each field's value and the revision at which it came."""


@dataclass(frozen=True)
class Cursor:
    """How far a reader has read."""

    seen: int = 0
    """The revision up to which it has been told of every run that changed."""
    known: int = -1
    """The revision up to which it knew everything, at its last answer that was complete. A run that
    it was not told of since may be new to it in every field that came later."""


@dataclass(frozen=True)
class News:
    """What is new since a cursor, and the cursor to come back with."""

    runs: list[View]
    gone: list[str]
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
        self._revision = 0

    def update(self, run_ids: Iterable[str]) -> None:
        """Look at runs that may have changed."""
        for run_id in run_ids:
            view = self._look(run_id)
            if view is None:
                self._forget(run_id)
            else:
                self._note(run_id, view)

    def has_news(self, cursor: Cursor) -> bool:
        """Whether `since` would tell a reader anything."""
        return cursor.known < self._revision

    def since(self, cursor: Cursor) -> News:
        """What a reader does not know yet, at most `MAX_RUNS` runs of it."""
        fresh = []
        for run_id in reversed(self._entries):
            if self._entries[run_id].latest <= cursor.seen:
                break
            fresh.append(run_id)
        chosen = fresh[::-1][:MAX_RUNS]
        complete = len(chosen) == len(fresh)
        seen = self._revision if complete else self._entries[chosen[-1]].latest
        return News(
            runs=[_changes(run_id, self._entries[run_id], cursor.known) for run_id in chosen],
            gone=[run_id for run_id, revision in self._gone.items() if revision > cursor.seen],
            cursor=Cursor(seen, seen if complete else cursor.known),
            complete=complete,
        )

    def _note(self, run_id: str, view: View) -> None:
        entry = self._entries.get(run_id)
        if entry is None:
            entry = self._entries[run_id] = _Entry(0, {})
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
        self._entries.pop(run_id, None)
        if run_id in self._gone:
            return
        self._revision += 1
        self._gone[run_id] = self._revision
        if len(self._gone) > MAX_TOMBSTONES:
            self._gone.popitem(last=False)


def _changes(run_id: str, entry: _Entry, known: int) -> View:
    changed = {name: value for name, (value, revision) in entry.fields.items() if revision > known}
    return {"id": run_id, **changed}
