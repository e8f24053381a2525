"""Following runs over the live socket, without the socket: what is sent when a connection is made,
what its messages tell, and where to go on with the next connection."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..blocks import Losses, decode
from .errors import KIND, BadAnswer, Gone, Rewound, problem
from .reading import read
from .values import Measured, RunView

NAMED = 500
"""Runs that are named in one message, which with the longest cursors takes half of what the server
reads."""


@dataclass(frozen=True)
class Rewind:
    """Of what came of a run, only the losses before `iteration` are still true; they follow anew."""

    run_id: str
    iteration: int


@dataclass(frozen=True)
class Deleted:
    """A run is no more, or never was."""

    run_id: str


Update = Losses | Measured | RunView | Rewind | Deleted
"""What is told of a run that is followed."""


class Following:
    """Some runs, each from an iteration on, until each of them has ended and been read, or is gone."""

    def __init__(
        self,
        cursors: Mapping[str, int],
        channels: Iterable[str] = (),
        names: Mapping[int, str] | None = None,
    ) -> None:
        """`channels` are those of diagnostics that are wanted, `names` what their numbers are."""
        self._cursors = dict(cursors)
        self._channels = list(channels)
        self._names = names or {}
        self._told: dict[str, dict[str, Any]] = {}
        self._ended: dict[str, int] = {}
        """Of each run that has, on this connection, at which iteration."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come."""
        return all(
            run_id in self._ended and cursor >= self._ended[run_id]
            for run_id, cursor in self._cursors.items()
        )

    def begin(self) -> list[str]:
        """What is sent on a new connection; what was told on the one before may have changed."""
        self._told.clear()
        self._ended.clear()
        waiting = list(self._cursors.items())
        return [
            json.dumps(
                {
                    "type": "watch",
                    "runs": dict(waiting[at : at + NAMED]),
                    "channels": self._channels,
                }
            )
            for at in range(0, len(waiting), NAMED)
        ]

    def take(self, message: str | bytes) -> Iterator[Update]:
        """What a message tells of the runs that are followed.

        Raises ProblemError where the server refuses to be asked that, and BadAnswer where it is
        another server.
        """
        if isinstance(message, bytes):
            yield from self._values(message)
            return
        told = json.loads(message)
        match told.get("type"):
            case "runs":
                yield from self._views(told["runs"])
            case "gone":
                for run_id in told["ids"]:
                    if self._cursors.pop(run_id, None) is not None:
                        yield Deleted(run_id)
            case "rewind":
                for run_id, iteration in told["runs"].items():
                    if run_id in self._cursors:
                        self._cursors[run_id] = iteration
                        yield Rewind(run_id, iteration)
            case "error":
                raise problem(422, {**told, "type": f"{KIND}invalid-fields"})

    def _values(self, message: bytes) -> Iterator[Update]:
        try:
            blocks = list(decode(message))
        except ValueError as error:
            raise BadAnswer(
                f"the server sends no values as this client knows them: {error}"
            ) from None
        for block in blocks:
            if block.run_id not in self._cursors:
                continue
            if not isinstance(block, Losses):
                name = self._names.get(block.channel, str(block.channel))
                yield Measured(
                    block.run_id, name, block.iterations, block.values, block.produced_at
                )
            elif block.first == self._cursors[block.run_id]:
                self._cursors[block.run_id] = block.stop
                yield block
            else:
                wanted = self._cursors[block.run_id]
                raise BadAnswer(f"expected iteration {wanted} of a run; got {block.first}")

    def _views(self, runs: Sequence[dict[str, Any]]) -> Iterator[RunView]:
        for changes in runs:
            if changes["id"] not in self._cursors:
                continue
            told = self._told.setdefault(changes["id"], {})
            told.update(changes)
            view = read(RunView, told)
            if view.has_ended:
                self._ended[view.id] = view.iteration
            yield view


def losses_in(update: Update, *, rewind: bool, gone: bool = False) -> Losses | None:
    """The losses that an update is, or None. `rewind`: they may begin anew; else Rewound is raised.
    `gone`: a run that is gone is passed over; else Gone is raised."""
    if isinstance(update, Rewind) and not rewind:
        raise Rewound(update.run_id, update.iteration)
    if isinstance(update, Deleted) and not gone:
        raise Gone(update.run_id)
    return update if isinstance(update, Losses) else None
