"""A viewer of the live socket, with a decoder of its own, written from the format's words."""

import contextlib
import json
import struct
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from websockets.sync.client import ClientConnection, connect

from reluscope.training.diagnostics import CHANNELS
from tests.waiting import DEADLINE_S

HEADER_BYTES = 40

ALL = tuple(channel.name for channel in CHANNELS)

Rows = dict[str, list[tuple[float, float]]]
"""Of each channel, by its name, the iterations with their values."""


class Block(NamedTuple):
    """One block of a binary message, field by field as it came."""

    version: int
    kind: int
    channel: int
    first: int
    run_id: str
    produced_at: float
    values: tuple[float, ...]
    """The losses; or iteration, value, iteration, value, ..."""
    raw: bytes
    """The bytes of the values."""


def blocks_of(message: bytes) -> Iterator[Block]:
    """The blocks of a message, which must hold nothing else."""
    at = 0
    while at < len(message):
        version, kind, channel, count = struct.unpack_from("<BBHI", message, at)
        (first,) = struct.unpack_from("<Q", message, at + 8)
        run_id = str(uuid.UUID(bytes=message[at + 16 : at + 32]))
        (produced_at,) = struct.unpack_from("<d", message, at + 32)
        count *= {1: 1, 2: 2}[kind]
        raw = message[at + HEADER_BYTES : at + HEADER_BYTES + 8 * count]
        values = struct.unpack(f"<{count}d", raw)
        yield Block(version, kind, channel, first, run_id, produced_at, values, raw)
        at += HEADER_BYTES + 8 * count
    assert at == len(message)


def losses_of(message: str | bytes) -> list[Block]:
    """The blocks of losses in a message."""
    return [b for b in blocks_of(message) if b.kind == 1] if isinstance(message, bytes) else []


class Curves:
    """What a page remembers: for each run its losses so far, the length of which is its cursor, and
    the values of some channels."""

    def __init__(
        self,
        cursors: Mapping[str, int],
        every: Mapping[str, int] | int | None = None,
        channels: Sequence[str] = ALL,
    ) -> None:
        """`every`: the iterations from one value of each of `channels` to the next, for each run or
        for all, 0 where there are none; where it is left out, nobody cares."""
        self.first = dict(cursors)
        self.losses: dict[str, list[float]] = {run_id: [] for run_id in cursors}
        self.rows: dict[str, Rows] = {run_id: {c: [] for c in channels} for run_id in cursors}
        self._early: dict[str, Rows] = {}
        self._every = dict.fromkeys(cursors, every) if isinstance(every, int) else every

    def add(self, run_id: str, every: int) -> None:
        """One more run, from its start on."""
        self.first[run_id] = 0
        self.losses[run_id] = []
        self.rows[run_id] = {channel: [] for channel in ALL}
        self._every = {**(self._every or {}), run_id: every}

    def cursors(self) -> dict[str, int]:
        return {run_id: self.first[run_id] + len(seen) for run_id, seen in self.losses.items()}

    def reconnect(self) -> dict[str, int]:
        """The connection was lost, and with it values that came before their losses."""
        self._early = {}
        return self.cursors()

    def take(self, message: str | bytes) -> None:
        """Read on; whatever is not the very next iteration is a fault of the server, and so is a
        value of a channel that is missing where the losses of its iteration are there."""
        if isinstance(message, bytes):
            self._take_blocks(list(blocks_of(message)))
            return
        said = json.loads(message)
        if said["type"] == "diagnostics":
            pairs = list(zip(said["iterations"], map(float, said["values"]), strict=True))
            early = self._early.setdefault(said["id"], {})
            assert early.setdefault(said["channel"], pairs) is pairs
        elif said["type"] == "losses":
            self._extend(said["id"], said["start"], map(float, said["losses"]))
            self._measure(said["id"], self._early.pop(said["id"], {}))
            self._check_rows(said["id"])

    def _take_blocks(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            if block.kind == 1:
                self._extend(block.run_id, block.first, block.values)
            else:
                pairs = list(zip(block.values[::2], block.values[1::2], strict=True))
                assert block.first == pairs[0][0]
                self._measure(block.run_id, {ALL[block.channel - 1]: pairs})
        for run_id in {block.run_id for block in blocks}:
            self._check_rows(run_id)

    def _extend(self, run_id: str, start: int, losses: Any) -> None:
        assert start == self.cursors()[run_id], "an iteration is missing or doubled"
        self.losses[run_id].extend(losses)

    def _measure(self, run_id: str, rows: "Rows") -> None:
        if self._every is None:
            return
        for channel, pairs in rows.items():
            self.rows[run_id][channel] += pairs

    def _check_rows(self, run_id: str) -> None:
        """Each iteration of which the losses are there has its values, if any are due, once."""
        if self._every is None:
            return
        first, cursor, every = self.first[run_id], self.cursors()[run_id], self._every[run_id]
        due = range(first + -first % every, cursor, every) if every else range(0)
        for pairs in self.rows[run_id].values():
            assert len(pairs) == len(due), "a value is missing or doubled"
            assert not pairs or pairs[-1][0] == due[-1], "a value is of another iteration"


class Viewer:
    """A client of the socket that waits for what it is told."""

    def __init__(self, url: str, **options: Any) -> None:
        self._opening = contextlib.ExitStack()
        self._connection: ClientConnection = self._opening.enter_context(
            connect(url, max_size=None, **options)
        )
        self.runs: dict[str, dict[str, Any]] = {}
        """The list of runs as the news make it."""
        self.gone: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opening.close()

    def send(self, message: object) -> None:
        """Send raw text or bytes, or anything else as JSON."""
        raw = message if isinstance(message, str | bytes) else json.dumps(message)
        self._connection.send(raw)

    def watch(self, runs: Mapping[str, int], **options: Any) -> None:
        self.send({"type": "watch", "runs": dict(runs), **options})

    def receive(self) -> str | bytes:
        """The next message; the list of runs is kept up to date."""
        message = self._connection.recv(timeout=DEADLINE_S)
        if isinstance(message, str):
            said = json.loads(message, parse_constant=_refuse)
            if said["type"] == "runs":
                for change in said["runs"]:
                    self.runs.setdefault(change["id"], {}).update(change)
            elif said["type"] == "gone":
                self.gone += said["ids"]
                for run_id in said["ids"]:
                    self.runs.pop(run_id, None)
        return message

    def until(self, look: Callable[[str | bytes], Any]) -> Any:
        """What `look` makes of the first message that it finds true."""
        while not (found := look(self.receive())):
            pass
        return found

    def until_said(self, type: str) -> dict[str, Any]:
        """The next text message of a type."""
        return self.until(lambda message: _said(message, type))

    def until_sync(self) -> list[str | bytes]:
        """Every message up to the answer to a ping that is sent now."""
        self.send({"type": "ping", "t": 7.25})
        messages: list[str | bytes] = []
        while not ((said := _said(message := self.receive(), "pong")) and said["t"] == 7.25):
            messages.append(message)
        return messages

    def read(self, curves: Curves, stop: Mapping[str, int]) -> list[str | bytes]:
        """Read until each run has been read up to `stop`; the messages."""
        messages = []
        while any(curves.cursors()[run_id] < stop[run_id] for run_id in stop):
            messages.append(self.receive())
            curves.take(messages[-1])
        return messages


def _said(message: str | bytes, type: str) -> dict[str, Any] | None:
    if isinstance(message, bytes):
        return None
    said: dict[str, Any] = json.loads(message)
    return said if said["type"] == type else None


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
