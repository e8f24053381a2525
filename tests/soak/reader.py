"""The reader: what one viewer has read, with a cursor for each run that it watches. It takes the
messages of the socket as they come, and refuses what may not come. Pure."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from reluscope.blocks import Losses, decode
from tests.soak.ledger import Ledger, Values, Wrong


class Reader:
    """Of one viewer, through all its connections."""

    def __init__(self, ledger: Ledger, *, told: bool, lists_all: bool, channels: list[str]) -> None:
        """`told`: it is sent text. `lists_all`: it is told of runs that it does not watch, too.
        `channels`: by name, those that it wants."""
        self._ledger = ledger
        self._told = told
        self._lists_all = lists_all
        self.channels = channels
        self.cursors: dict[str, int] = {}
        """Of each run that it watches, the next iteration wanted."""
        self._leaving: dict[float, set[str]] = {}
        """Runs that it watches no more once the ping is answered that it sent after it said so."""
        self._pings = 0.0
        self.news: dict[str, dict[str, Any]] = {}
        """The runs that it is told of, as the news make them."""

    # --- what it sends

    def connect(self) -> list[dict[str, Any]]:
        """It knows nothing of any run any more but its cursors; what it has to send."""
        for run_ids in self._leaving.values():
            self._forget(run_ids)
        self._leaving.clear()
        self.news.clear()
        return [self._watching(self.cursors)] if self.cursors else []

    def watch(self, cursors: dict[str, int]) -> list[dict[str, Any]]:
        """Read these, too, of which it must not be watching any; what it has to send."""
        assert not self.cursors.keys() & cursors
        self.cursors |= cursors
        return [self._watching(cursors)]

    def unwatch(self, run_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Read these no more, once it is sure that nothing of them is on its way; what it has to send."""
        self._pings += 1
        self._leaving[self._pings] = set(run_ids)
        return [
            {"type": "unwatch", "runs": sorted(self._leaving[self._pings])},
            {"type": "ping", "t": self._pings},
        ]

    def _watching(self, cursors: dict[str, int]) -> dict[str, Any]:
        return {"type": "watch", "runs": dict(cursors), "channels": self.channels}

    @property
    def staying(self) -> dict[str, int]:
        """The cursors, without those of runs that it is about to read no more."""
        leaving = set().union(*self._leaving.values())
        return {run_id: at for run_id, at in self.cursors.items() if run_id not in leaving}

    def _forget(self, run_ids: Iterable[str]) -> None:
        for run_id in run_ids:
            self.cursors.pop(run_id, None)

    # --- what it is sent

    def take(self, message: str | bytes) -> None:
        """The next message. Raises Wrong where it may not be that."""
        if isinstance(message, bytes):
            if self._told:
                raise Wrong("a binary message, where text was asked for")
            for block in decode(message):
                if isinstance(block, Losses):
                    self._extend(block.run_id, block.first, block.losses)
                else:
                    self._measured(block.run_id)
            return
        said = json.loads(message)
        take = getattr(self, f"_take_{said['type']}", None)
        if take is None:
            raise Wrong(f"not to be expected: {message}")
        take(said)

    def _extend(self, run_id: str, first: int, losses: Values) -> None:
        cursor = self.cursors.get(run_id)
        if cursor is None:
            raise Wrong(f"losses of run {run_id}, which is not watched")
        if first != cursor:
            raise Wrong(f"run {run_id}: {len(losses)} losses from {first} on, expected {cursor}")
        self._ledger.note(run_id, first, losses, told=self._told)
        self.cursors[run_id] = first + len(losses)

    def _measured(self, run_id: str) -> None:
        if not self.channels or run_id not in self.cursors:
            raise Wrong(f"diagnostics of run {run_id}, which were not asked for")

    def _take_losses(self, said: dict[str, Any]) -> None:
        losses = np.array([float(loss) for loss in said["losses"]], np.float64)
        self._extend(said["id"], said["start"], losses)

    def _take_diagnostics(self, said: dict[str, Any]) -> None:
        self._measured(said["id"])

    def _take_gone(self, said: dict[str, Any]) -> None:
        for run_id in said["ids"]:
            if run_id not in self._ledger.deleted:
                raise Wrong(f"run {run_id} is told to be gone, and is there")
            self.news.pop(run_id, None)
        self._forget(said["ids"])

    def _take_rewind(self, said: dict[str, Any]) -> None:
        for run_id, cursor in said["runs"].items():
            if cursor >= self.cursors.get(run_id, 0):
                raise Wrong(f"run {run_id}: a rewind to {cursor}, of no more than that")
            self._ledger.rewind(run_id, cursor)
            self.cursors[run_id] = cursor

    def _take_runs(self, said: dict[str, Any]) -> None:
        for change in said["runs"]:
            if not (self._lists_all or change["id"] in self.cursors):
                raise Wrong(f"news of run {change['id']}, which is not watched")
            self.news.setdefault(change["id"], {}).update(change)

    def _take_pong(self, said: dict[str, Any]) -> None:
        self._forget(self._leaving.pop(said["t"], ()))

    def _take_store(self, said: dict[str, Any]) -> None:
        if said["problem"] is not None:
            raise Wrong(f"the store has a problem: {said['problem']}")
