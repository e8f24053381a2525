"""Feed: what has changed in the list of runs, for any number of readers with a cursor each.

Every change has a revision, one higher than the one before. A reader remembers the revision up to
which it knows everything, and asks for what came since: all of a run that is new to it, only what
changed of one it knows. A reader that was away longer gets the same news merged.
"""

from collections import OrderedDict, deque
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
    born: int
    latest: int
    fields: dict[str, tuple[Any, int]]
    """Each field's value and the revision at which it came."""


@dataclass(frozen=True)
class News:
    """What is new since a cursor, and the cursor to come back with."""

    runs: list[View]
    gone: list[str]
    cursor: int
    complete: bool
    """Whether that is all, so that the reader now knows everything."""


class Feed:
    """The revisions of all runs. For one thread: the event loop's."""

    def __init__(self, look: Callable[[str], View | None]) -> None:
        """`look` gives a run as it is now, or None where it is gone."""
        self._look = look
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._gone: deque[tuple[int, str]] = deque(maxlen=MAX_TOMBSTONES)
        self.revision = 0

    def update(self, run_ids: Iterable[str]) -> None:
        """Look at runs that may have changed."""
        for run_id in run_ids:
            view = self._look(run_id)
            if view is None:
                self._forget(run_id)
            else:
                self._note(run_id, view)

    def since(self, cursor: int) -> News:
        """What a reader at `cursor` does not know yet, at most `MAX_RUNS` runs of it."""
        fresh = []
        for run_id in reversed(self._entries):
            if self._entries[run_id].latest <= cursor:
                break
            fresh.append(run_id)
        chosen = fresh[::-1][:MAX_RUNS]
        complete = len(chosen) == len(fresh)
        return News(
            runs=[_changes(run_id, self._entries[run_id], cursor) for run_id in chosen],
            gone=[run_id for revision, run_id in self._gone if revision > cursor],
            cursor=self.revision if complete else self._entries[chosen[-1]].latest,
            complete=complete,
        )

    def _note(self, run_id: str, view: View) -> None:
        entry = self._entries.get(run_id)
        if entry is None:
            entry = self._entries[run_id] = _Entry(self.revision + 1, 0, {})
        changed = {
            name: (value, self.revision + 1)
            for name, value in view.items()
            if name not in entry.fields or entry.fields[name][0] != value
        }
        if changed:
            self.revision += 1
            entry.latest = self.revision
            entry.fields.update(changed)
            self._entries.move_to_end(run_id)

    def _forget(self, run_id: str) -> None:
        if self._entries.pop(run_id, None) is not None:
            self.revision += 1
            self._gone.append((self.revision, run_id))


def _changes(run_id: str, entry: _Entry, cursor: int) -> View:
    changed = {name: value for name, (value, revision) in entry.fields.items() if revision > cursor}
    return {"id": run_id, **changed}
