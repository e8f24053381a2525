"""A viewer of the live socket, with a decoder of its own, written from the format's words."""

import contextlib
import json
import struct
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from websockets.sync.client import ClientConnection, connect

from tests.waiting import DEADLINE_S

HEADER_BYTES = 40


class Block(NamedTuple):
    """One block of a binary message, field by field as it came."""

    version: int
    kind: int
    channel: int
    first: int
    run_id: str
    produced_at: float
    losses: tuple[float, ...]
    raw: bytes
    """The bytes of the losses."""


def blocks_of(message: bytes) -> Iterator[Block]:
    """The blocks of a message, which must hold nothing else."""
    at = 0
    while at < len(message):
        version, kind, channel, count = struct.unpack_from("<BBHI", message, at)
        (first,) = struct.unpack_from("<Q", message, at + 8)
        run_id = str(uuid.UUID(bytes=message[at + 16 : at + 32]))
        (produced_at,) = struct.unpack_from("<d", message, at + 32)
        raw = message[at + HEADER_BYTES : at + HEADER_BYTES + 8 * count]
        losses = struct.unpack(f"<{count}d", raw)
        yield Block(version, kind, channel, first, run_id, produced_at, losses, raw)
        at += HEADER_BYTES + 8 * count
    assert at == len(message)


class Curves:
    """What a page remembers: for each run its losses so far, the length of which is its cursor."""

    def __init__(self, cursors: Mapping[str, int]) -> None:
        self.first = dict(cursors)
        self.losses: dict[str, list[float]] = {run_id: [] for run_id in cursors}

    def cursors(self) -> dict[str, int]:
        return {run_id: self.first[run_id] + len(seen) for run_id, seen in self.losses.items()}

    def take(self, message: str | bytes) -> None:
        """Read on; whatever is not the very next iteration is a fault of the server."""
        if isinstance(message, bytes):
            for block in blocks_of(message):
                self._extend(block.run_id, block.first, block.losses)
        elif (said := json.loads(message))["type"] == "losses":
            self._extend(said["id"], said["start"], map(float, said["losses"]))

    def _extend(self, run_id: str, start: int, losses: Any) -> None:
        assert start == self.cursors()[run_id], "an iteration is missing or doubled"
        self.losses[run_id].extend(losses)


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

    def watch(self, runs: Mapping[str, int]) -> None:
        self.send({"type": "watch", "runs": dict(runs)})

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
