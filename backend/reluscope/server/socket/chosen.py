"""Chosen: some runs of the list, for a reader who wants to be told of no others."""

from collections.abc import Iterable
from typing import Any

from .feed import MAX_RUNS, Feed
from .frames import compact


class Chosen:
    """The runs that a reader has chosen, each with the revision up to which it is known."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._known: dict[str, int] = {}
        """Of one that is new to the reader, the revision at which it was chosen."""
        self._new: set[str] = set()
        self._read = -1
        """The revision up to which all of them are known."""

    def copy(self) -> "Chosen":
        """Another that knows as much."""
        copied = Chosen(self._feed)
        copied._known, copied._new, copied._read = self._known.copy(), self._new.copy(), self._read
        return copied

    @property
    def ids(self) -> frozenset[str]:
        """Those that it tells of; one that has gone, until it has told of that."""
        return frozenset(self._known)

    def add(self, run_ids: Iterable[str]) -> None:
        """Tell of these, too, which are there; whole at first."""
        new = [run_id for run_id in run_ids if run_id not in self._known]
        self._known.update(dict.fromkeys(new, self._feed.revision))
        self._new.update(new)
        self._read = -1

    def drop(self, run_id: str) -> None:
        """Tell of it no more."""
        self._known.pop(run_id, None)
        self._new.discard(run_id)

    def has_news(self) -> bool:
        """Whether `messages` may tell anything."""
        return bool(self._known) and self._read < self._feed.revision

    def messages(self) -> list[str]:
        """What is not known yet, of at most `MAX_RUNS` runs."""
        goal = self._feed.revision
        runs: list[dict[str, Any]] = []
        gone: list[str] = []
        for run_id, known in list(self._known.items()):
            if self._feed.went(run_id, known):
                gone.append(run_id)
                self.drop(run_id)
            elif changes := self._feed.changes(run_id, -1 if run_id in self._new else known):
                runs.append(changes)
                del self._known[run_id]  # it goes to the end, so that all have their turn
                self._known[run_id] = goal
                self._new.discard(run_id)
                if len(runs) == MAX_RUNS:
                    break
        else:
            self._read = goal
        told = [compact({"type": "gone", "ids": gone})] if gone else []
        return [*told, compact({"type": "runs", "runs": runs})] if runs else told
