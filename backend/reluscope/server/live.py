"""The live socket: one receiver, one sender, and a cursor for each run that is watched.

Nothing is queued for a viewer. It is only told that a run has moved; what it gets is read from the
trace at its cursor when its turn to send comes, so a slow viewer is further behind and no more.
"""

import asyncio
import contextlib
import time
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..errors import FieldError, InvalidFields
from .feed import Cursor
from .frames import HEADER, VALUE_BYTES, compact
from .hub import NEWS_S, Encoding, Hub
from .messages import MAX_WATCHED, Ping, Unwatch, Watch, parse, refusal

MESSAGE_BYTES = 256 * 1024
"""The largest message of values."""

MIN_SHARE = 128
"""Losses that a run which is behind gets of a message at least, so that blocks stay worth their
header however many runs are behind."""

MAX_REPLIES = 16
"""Replies that may wait for the sender; past that, no more is read from the socket."""

SEND_TIMEOUT_S = 10.0
"""After that long, a viewer that takes nothing is let go."""


class Viewer:
    """One socket: what it watches, how far it has read, and what it is owed."""

    def __init__(self, socket: WebSocket, hub: Hub, encoding: Encoding) -> None:
        self._socket = socket
        self._hub = hub
        self._encoding = encoding
        self._cursors: dict[str, int] = {}
        self._behind: dict[str, None] = {}
        self._news = Cursor()
        self._news_at = 0.0
        self._replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_REPLIES)
        self._awake = asyncio.Event()
        self._awake.set()
        self._ticked = False

    async def serve(self) -> None:
        """Receive and send until the viewer leaves, or takes nothing for `SEND_TIMEOUT_S`."""
        await self._socket.accept()
        with self._hub.joined(self), contextlib.suppress(WebSocketDisconnect):
            tasks = [asyncio.create_task(work()) for work in (self._send_all, self._receive_all)]
            done: set[asyncio.Task[None]] = set()
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                pass  # the server is shut down, and has waited long enough for this viewer
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                await task

    def note(self, changed: set[str], *, news: bool) -> None:
        """The hub's tick: these runs have moved; there may be news of the list of runs."""
        self._behind.update(dict.fromkeys(changed & self._cursors.keys()))
        self._ticked = True
        if news or self._is_owed():
            self._awake.set()

    def _is_owed(self) -> bool:
        return bool(self._behind) or self._hub.feed.has_news(self._news)

    async def _receive_all(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if reply := self._answer(message.get("text")):
                await self._replies.put(reply)
            self._awake.set()

    def _answer(self, text: str | None) -> dict[str, Any]:
        """Do what a message asks; the reply, which is empty where none is due."""
        try:
            message = parse(text)
            if isinstance(message, Watch):
                return self._watch(message.runs)
        except InvalidFields as error:
            return refusal(error)
        if isinstance(message, Ping):
            return {"type": "pong", "t": message.t, "now": time.time()}
        return self._unwatch(message)

    def _watch(self, runs: dict[str, int]) -> dict[str, Any]:
        if len(self._cursors.keys() | runs.keys()) > MAX_WATCHED:
            message = f"at most {MAX_WATCHED} runs may be watched"
            raise InvalidFields([FieldError("runs", message, len(runs))])
        known = {run_id: cursor for run_id, cursor in runs.items() if self._hub.knows(run_id)}
        self._cursors.update(known)
        self._behind.update(dict.fromkeys(known))
        gone = [run_id for run_id in runs if run_id not in known]
        return {"type": "gone", "ids": gone} if gone else {}

    def _unwatch(self, message: Unwatch) -> dict[str, Any]:
        for run_id in message.runs:
            self._cursors.pop(run_id, None)
            self._behind.pop(run_id, None)
        return {}

    async def _send_all(self) -> None:
        try:
            while True:
                await self._awake.wait()
                self._awake.clear()
                await self._send_replies()
                if self._ticked:
                    self._ticked = False
                    await self._send_news()
                    await self._send_values()
                if self._is_owed():
                    self._hub.nudge()
        except TimeoutError:
            return

    async def _send(self, message: str | bytes) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                if isinstance(message, str):
                    await self._socket.send_text(message)
                else:
                    await self._socket.send_bytes(message)
        except RuntimeError as error:
            # The server itself has closed it: a message that was too large, a ping without answer.
            raise WebSocketDisconnect(1006) from error

    async def _send_replies(self) -> None:
        while not self._replies.empty():
            await self._send(compact(self._replies.get_nowait()))

    async def _send_news(self) -> None:
        if time.monotonic() - self._news_at < NEWS_S:
            return
        self._news_at = time.monotonic()
        messages, self._news = self._hub.news(self._news)
        for message in messages:
            await self._send(message)

    async def _send_values(self) -> None:
        blocks = self._next_blocks()
        if self._encoding == "binary" and blocks:
            await self._send(b"".join(block for block in blocks if isinstance(block, bytes)))
        elif self._encoding == "json":
            for block in blocks:
                await self._send(block)

    def _next_blocks(self) -> list[bytes | str]:
        """Blocks from the cursors on, for one message; those that got less come first next time."""
        blocks: list[bytes | str] = []
        room = MESSAGE_BYTES
        waiting = list(self._behind)
        for position, run_id in enumerate(waiting):
            if not self._hub.knows(run_id):
                del self._behind[run_id], self._cursors[run_id]
                continue
            fits = (room - HEADER.size) // VALUE_BYTES
            if fits < 1:
                break
            share = min(fits, max(MIN_SHARE, fits // (len(waiting) - position)))
            start, head = self._cursors[run_id], self._hub.head(run_id)
            stop = min(head, start + share)
            del self._behind[run_id]
            block = self._hub.block(run_id, start, stop, self._encoding) if stop > start else None
            if block is None:
                continue
            blocks.append(block)
            room -= HEADER.size + VALUE_BYTES * (stop - start)
            self._cursors[run_id] = stop
            if stop < head:
                self._behind[run_id] = None
        return blocks
