"""The live socket: one receiver, one sender, and a cursor for whatever is watched or followed.

Nothing is queued for a viewer. It is only told that a run has moved; what it gets is read from the
trace at its cursor when its turn to send comes, so a slow viewer is further behind and no more.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ...errors import FieldError, InvalidFields
from ...runs.trace import rows_before
from .chosen import Chosen
from .frames import compact, reach, size
from .hub import NEWS_S, Encoding, Hub, Listed, Sent
from .messages import MAX_WATCHED, NUMBERS, Follow, Ping, Present, Unwatch, Watch, parse, refusal

MESSAGE_BYTES = 256 * 1024
"""The largest message of values."""

MIN_SHARE = 128
"""Iterations that a run which is behind gets of a message at least, so that blocks stay worth their
header however many runs are behind."""

MAX_REPLIES = 16
"""Replies that may wait for the sender; past that, no more is read from the socket."""

SEND_TIMEOUT_S = 10.0
"""After that long, a viewer that takes nothing is let go."""


VIEW_ONLY = "a view token may only look"


@dataclass
class _Watched:
    """One run that a viewer watches."""

    cursor: int
    """The next iteration wanted: of those before, losses and diagnostics have been sent."""
    channels: tuple[int, ...]
    """The numbers of the channels that it wants."""


class Viewer:
    """One socket: what it watches, how far it has read, and what it is owed."""

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
        self._may_present = may_present
        self._hub = hub
        self._encoding = encoding
        self._watched: dict[str, _Watched] = {}
        self._behind: dict[str, None] = {}
        self._news = hub.feed.start()
        self._news_at = 0.0
        self._chosen = Chosen(hub.feed) if listed == "watched" else None
        self._replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_REPLIES)
        self._awake = asyncio.Event()
        self._awake.set()
        self._seat = hub.presentations.seat(self._awake.set)
        self._ticked = False
        self._problem: str | None = None
        self._taken = Sent()
        self._points = 0

    async def serve(self) -> None:
        """Receive and send until the viewer leaves, or takes nothing for `SEND_TIMEOUT_S`."""
        await self._socket.accept()
        with (
            self._hub.joined(self),
            contextlib.closing(self._seat),
            contextlib.suppress(WebSocketDisconnect),
        ):
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
        self._behind.update(dict.fromkeys(changed & self._watched.keys()))
        self._ticked = True
        if news or self._is_owed():
            self._awake.set()

    @property
    def watched(self) -> Collection[str]:
        """The runs that it watches."""
        return self._watched.keys()

    def lacks(self) -> dict[str, int]:
        """Of each run of which it lacks something, the next iteration wanted."""
        cursors = ((run_id, self._watched[run_id].cursor) for run_id in self._behind)
        return {run_id: cursor for run_id, cursor in cursors if cursor < self._hub.head(run_id)}

    def _is_owed(self) -> bool:
        return bool(self._behind) or (
            self._hub.feed.has_news(self._news) if self._chosen is None else self._chosen.has_news()
        )

    async def _receive_all(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            for reply in self._answer(message.get("text")):
                await self._replies.put(reply)
            self._awake.set()

    def _answer(self, text: str | None) -> list[dict[str, Any]]:
        """Do what a message asks; the replies that are due."""
        try:
            message = parse(text)
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
        if len(self._watched.keys() | runs.keys()) > MAX_WATCHED:
            problem = f"at most {MAX_WATCHED} runs may be watched"
            field, limit = "sweeps" if sweeps else "runs", ("watched_runs", MAX_WATCHED)
            raise InvalidFields([FieldError(field, problem, len(runs), limit=limit)])
        channels = tuple(number for name, number in NUMBERS.items() if name in message.channels)
        true = self._hub.see(runs)
        self._watched.update({run_id: _Watched(true[run_id], channels) for run_id in true})
        self._behind.update(dict.fromkeys(true))
        if self._chosen is not None:
            self._chosen.add(true)
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
        for run_id in itertools.chain(message.runs, *of_sweeps):
            self._watched.pop(run_id, None)
            self._behind.pop(run_id, None)
            if self._chosen is not None:
                self._chosen.drop(run_id)

    async def _send_all(self) -> None:
        try:
            while True:
                await self._awake.wait()
                self._awake.clear()
                await self._send_replies()
                await self._send_problem()
                for message in self._seat.due():
                    await self._send(message)
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
        self._hub.sent.bytes += len(message)  # text is ASCII

    async def _send_replies(self) -> None:
        while not self._replies.empty():
            await self._send(compact(self._replies.get_nowait()))

    async def _send_problem(self) -> None:
        """What is wrong with the store, or that nothing is any more."""
        if self._hub.problem != self._problem:
            self._problem = self._hub.problem
            await self._send(compact({"type": "store", "problem": self._problem}))

    async def _send_news(self) -> None:
        if time.monotonic() - self._news_at < NEWS_S:
            return
        if self._chosen is None:
            messages, self._news = self._hub.news(self._news)
        else:
            messages = self._chosen.messages()
        if messages:
            self._news_at = time.monotonic()
        for message in messages:
            await self._send(message)

    async def _send_values(self) -> None:
        blocks = self._next_blocks()
        if self._encoding == "binary" and blocks:
            await self._send(b"".join(block for block in blocks if isinstance(block, bytes)))
        elif self._encoding == "json":
            for block in blocks:
                await self._send(block)
        self._hub.sent.losses += self._taken.losses
        self._hub.sent.points += self._taken.points
        self._socket.state.points = self._points = self._points + self._taken.points
        self._taken = Sent()

    def _next_blocks(self) -> list[bytes | str]:
        """Blocks from the cursors on, for one message; those that got less come first next time."""
        blocks: list[bytes | str] = []
        room = MESSAGE_BYTES
        waiting = list(self._behind)
        for position, run_id in enumerate(waiting):
            if not self._hub.knows(run_id):
                del self._behind[run_id], self._watched[run_id]
                continue
            watched, head = self._watched[run_id], self._hub.head(run_id)
            start = watched.cursor
            trace = self._hub.trace(run_id) if start < head else None
            if trace is not None:
                layout = (trace.stride, len(watched.channels))
                least = size(start, start + MIN_SHARE, *layout)
                share = min(room, max(least, room // (len(waiting) - position)))
                stop = min(head, reach(start, share, *layout))
                if stop == start:
                    break
                blocks += self._hub.blocks(
                    run_id, trace, start, stop, watched.channels, self._encoding
                )
                room -= size(start, stop, *layout)
                rows = rows_before(stop, trace.stride) - rows_before(start, trace.stride)
                self._taken.losses += stop - start
                self._taken.points += stop - start + rows * len(watched.channels)
                watched.cursor = stop
            del self._behind[run_id]
            if trace is not None and watched.cursor < head:
                self._behind[run_id] = None
        return blocks
