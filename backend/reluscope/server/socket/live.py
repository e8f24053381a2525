"""The live socket: what a viewer asks, what it is answered, and its line."""

import asyncio
import contextlib
import itertools
import time
from collections import deque
from typing import Any

from starlette.websockets import WebSocket

from ...errors import FieldError, InvalidFields
from .frames import Encoding, Listed, compact
from .hub import Hub
from .line import LINE, Line, text
from .messages import MAX_WATCHED, NUMBERS, Follow, Ping, Present, Unwatch, Watch, parse, refusal
from .reading import Reading, Written

MAX_REPLIES = 16
"""Replies that may wait to be sent; past that, no more is read from the socket."""

VIEW_ONLY = "a view token may only look"


class Viewer:
    """One socket."""

    def __init__(
        self,
        socket: WebSocket,
        hub: Hub,
        encoding: Encoding,
        listed: Listed = "all",
        *,
        may_present: bool = True,
    ) -> None:
        self._socket = socket
        self._line: Line = socket.scope["extensions"][LINE]
        self._may_present = may_present
        self._hub = hub
        self.reading = Reading(hub, encoding, listed)
        """What it watches, and how far it has read. Others may share it."""
        self._replies: deque[dict[str, Any]] = deque()
        self._room = asyncio.Event()
        self._seat = hub.presentations.seat(self._go_on)
        self._points = 0

    async def serve(self) -> None:
        """Receive until the viewer leaves, or is let go of; meanwhile the hub sends."""
        await self._socket.accept()
        with (
            self._hub.audience.joined(self),
            contextlib.closing(self._seat),
            # The server is shut down, and has waited long enough for this viewer.
            contextlib.suppress(asyncio.CancelledError),
        ):
            self._line.freed = self._go_on
            self._hub.nudge()
            await self._receive_all()
        self._socket.state.points = self._points

    @property
    def is_free(self) -> bool:
        """Whether it takes something now."""
        return self._line.is_free and not self._replies

    def write(self, written: Written) -> None:
        """Send what it has read."""
        self._write(written.frames)
        sent = self._hub.sent
        sent.losses += written.losses
        sent.points += written.points
        self._points += written.points

    def end(self) -> None:
        """Let go of it. It may come back, from where it has read to."""
        self._line.abort()

    def _write(self, frames: bytes) -> None:
        self._line.write(frames)
        self._hub.sent.bytes += len(frames)

    def _go_on(self) -> None:
        """Send what waits for its own, as long as it is taken, and have the hub send what it is owed."""
        while self._line.is_free:
            messages = [compact(self._replies.popleft())] if self._replies else self._seat.due()
            if not messages:
                break
            self._write(b"".join(map(text, messages)))
        if len(self._replies) < MAX_REPLIES:
            self._room.set()
        if self.reading.is_owed:
            self._hub.nudge()

    async def _receive_all(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._replies += self._answer(message.get("text"))
            self._room.clear()
            self._go_on()
            await self._room.wait()
            await asyncio.sleep(0)  # thousands may have come at once, and no wait lets others in

    def _answer(self, message_text: str | None) -> list[dict[str, Any]]:
        """Do what a message asks; the replies that are due."""
        try:
            message = parse(message_text)
            if isinstance(message, Watch):
                return self._watch(message)
            if isinstance(message, Present):
                self._present(message)
        except InvalidFields as error:
            return [refusal(error)]
        if isinstance(message, Ping):
            return [{"type": "pong", "t": message.t, "now": time.time()}]
        if isinstance(message, Follow):
            self._seat.follow(message.id)
        elif isinstance(message, Unwatch):
            self._unwatch(message)
        return []

    def _present(self, message: Present) -> None:
        if not self._may_present:
            raise InvalidFields([FieldError("type", VIEW_ONLY, message.type)])
        self._seat.present(message.id, message.key, message.view)

    def _watch(self, message: Watch) -> list[dict[str, Any]]:
        sweeps = {each: self._hub.sweep(each) for each in dict.fromkeys(message.sweeps)}
        runs = dict.fromkeys(itertools.chain(*sweeps.values()), 0) | message.runs
        if len(self.reading.watched | runs.keys()) > MAX_WATCHED:
            problem = f"at most {MAX_WATCHED} runs may be watched"
            field, limit = "sweeps" if sweeps else "runs", ("watched_runs", MAX_WATCHED)
            raise InvalidFields([FieldError(field, problem, len(runs), limit=limit)])
        true = self._hub.see(runs)
        channels = [number for name, number in NUMBERS.items() if name in message.channels]
        self._hub.audience.own(self).watch(true, channels)
        gone = [run_id for run_id in runs if run_id not in true]
        back = {run_id: cursor for run_id, cursor in true.items() if cursor < runs[run_id]}
        replies: list[dict[str, Any]] = []
        if missing := [sweep_id for sweep_id, found in sweeps.items() if not found]:
            replies.append({"type": "gone", "ids": gone, "sweeps": missing})
        elif gone:
            replies.append({"type": "gone", "ids": gone})
        if back:
            replies.append({"type": "rewind", "runs": back})
        return replies

    def _unwatch(self, message: Unwatch) -> None:
        of_sweeps = map(self._hub.sweep, set(message.sweeps))
        self._hub.audience.own(self).unwatch(itertools.chain(message.runs, *of_sweeps))
