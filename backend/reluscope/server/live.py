"""The live socket: one receiver, one sender, and a cursor for each run that is watched.

Nothing is queued for a viewer. It is only told that a run has moved; what it gets is read from the
trace at its cursor when its turn to send comes, so a slow viewer is further behind and no more.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..errors import FieldError, UnknownRun
from ..runs.book import Book
from .feed import Feed, News, View
from .frames import HEADER, VALUE_BYTES, Block, compact, encode, encode_json
from .problems import describe, from_pydantic

FRAME_S = 1 / 30
"""Between two messages of values to one viewer."""

NEWS_S = 1 / 5
"""Between two messages of runs."""

MESSAGE_BYTES = 256 * 1024
"""The largest message of values."""

MIN_SHARE = 128
"""Losses that a run which is behind gets of a message at least, so that blocks stay worth their
header however many runs are behind."""

MAX_WATCHED = 1000
"""Runs that one socket may watch."""

MAX_REPLIES = 16
"""Replies that may wait for the sender; past that, no more is read from the socket."""

SEND_TIMEOUT_S = 10.0
"""After that long, a viewer that takes nothing is let go."""

Encoding = Literal["binary", "json"]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Watch(_Message):
    """Send the losses of these runs, each from the given iteration on."""

    type: Literal["watch"]
    runs: Annotated[dict[str, Annotated[int, Field(ge=0, le=2**53)]], Field(max_length=MAX_WATCHED)]


class Unwatch(_Message):
    """Send no more losses of these runs."""

    type: Literal["unwatch"]
    runs: list[str]


class Ping(_Message):
    """Answered with a pong that bears `t` and the server's time."""

    type: Literal["ping"]
    t: float


IncomingMessage = Annotated[Watch | Unwatch | Ping, Field(discriminator="type")]
INCOMING: TypeAdapter[Watch | Unwatch | Ping] = TypeAdapter(IncomingMessage)


class Hub:
    """Follows the book, and wakes all viewers together, so that they share what is encoded."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._loop = asyncio.get_running_loop()
        self._dirty = asyncio.Event()
        self._signal = book.listen(self._wake)
        self._viewers: set[Viewer] = set()
        self._heads: dict[str, int] = {}
        self._blocks: dict[tuple[str, int, int, Encoding], bytes | str] = {}
        self._news: dict[tuple[int, bool], tuple[list[str], News]] = {}
        self.feed = Feed(self._look)

    async def run(self) -> None:
        """Follow the book until cancelled."""
        unlisted: set[str] = set()
        listed_at = 0.0
        while True:
            wait_s = listed_at + NEWS_S - time.monotonic() if unlisted else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._dirty.wait()
            self._dirty.clear()
            changed = self._signal.take()
            unlisted |= changed
            self._move_heads(changed)
            news = time.monotonic() - listed_at >= NEWS_S
            if news:
                self.feed.update(unlisted)
                self._news.clear()
                unlisted.clear()
                listed_at = time.monotonic()
            for viewer in self._viewers:
                viewer.note(changed, news=news)
            await asyncio.sleep(FRAME_S)

    @contextlib.contextmanager
    def joined(self, viewer: "Viewer") -> Any:
        """While inside, `viewer` is woken."""
        self._viewers.add(viewer)
        try:
            yield
        finally:
            self._viewers.discard(viewer)

    def head(self, run_id: str) -> int:
        """The iterations of a run that are ready to be sent."""
        return self._heads.get(run_id, 0)

    def knows(self, run_id: str) -> bool:
        """Whether there is such a run."""
        try:
            self._book.find(run_id)
        except UnknownRun:
            return False
        return True

    def block(self, run_id: str, start: int, stop: int, encoding: Encoding) -> bytes | str | None:
        """The losses of iterations `start` to `stop`, encoded once for all viewers that are there;
        None where the run is gone."""
        key = (run_id, start, stop, encoding)
        if key not in self._blocks:
            try:
                trace = self._book.find(run_id).trace
            except UnknownRun:
                return None
            block = Block(run_id, start, trace[start:stop], trace.produced_at(stop - 1))
            self._blocks[key] = encode(block) if encoding == "binary" else encode_json(block)
        return self._blocks[key]

    def news(self, cursor: int, *, welcomed: bool) -> tuple[list[str], News]:
        """The messages for a viewer that knows all up to `cursor`, and the news in them.

        One that is new here, not `welcomed` yet, is told where the list of runs is complete: a run
        that it remembers from an earlier connection and that was not in the list is gone.
        """
        key = (cursor, welcomed)
        if key not in self._news:
            news = self.feed.since(cursor)
            messages = []
            if not welcomed and news.complete:
                messages.append(compact({"type": "runs", "runs": news.runs, "complete": True}))
            elif news.runs:
                messages.append(compact({"type": "runs", "runs": news.runs}))
            if news.gone and cursor > 0:
                messages.append(compact({"type": "gone", "ids": news.gone}))
            self._news[key] = (messages, news)
        return self._news[key]

    def _wake(self) -> None:
        """Called by workers. Once the loop has closed, there is nobody left to wake."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._dirty.set)

    def _look(self, run_id: str) -> View | None:
        try:
            return self._book.find(run_id).view().model_dump(mode="json")
        except UnknownRun:
            return None

    def _move_heads(self, changed: Iterable[str]) -> None:
        self._blocks.clear()
        for run_id in changed:
            try:
                self._heads[run_id] = len(self._book.find(run_id).trace)
            except UnknownRun:
                self._heads.pop(run_id, None)


class Viewer:
    """One socket: what it watches, how far it has read, and what it is owed."""

    def __init__(self, socket: WebSocket, hub: Hub, encoding: Encoding) -> None:
        self._socket = socket
        self._hub = hub
        self._encoding = encoding
        self._cursors: dict[str, int] = {}
        self._behind: dict[str, None] = {}
        self._revision = 0
        self._welcomed = False
        self._news_at = 0.0
        self._replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_REPLIES)
        self._awake = asyncio.Event()
        self._awake.set()

    async def serve(self) -> None:
        """Receive and send until the viewer leaves, or takes nothing for `SEND_TIMEOUT_S`."""
        await self._socket.accept()
        with self._hub.joined(self), contextlib.suppress(WebSocketDisconnect):
            sender = asyncio.create_task(self._send_all())
            receiver = asyncio.create_task(self._receive_all())
            try:
                done, _ = await asyncio.wait(
                    (sender, receiver), return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                sender.cancel()
                receiver.cancel()
                await asyncio.gather(sender, receiver, return_exceptions=True)
            for task in done:
                await task

    def note(self, changed: set[str], *, news: bool) -> None:
        """The hub's call: these runs have moved; there may be news of the list of runs."""
        watched = changed & self._cursors.keys()
        self._behind.update(dict.fromkeys(watched))
        if watched or news:
            self._awake.set()

    async def _receive_all(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await self._replies.put(self._answer(message.get("text")))
            self._awake.set()

    def _answer(self, text: str | None) -> dict[str, Any]:
        """Do what a message asks; the reply, which is empty where none is due."""
        if text is None:
            return _error([FieldError("", "expected JSON text, got a binary message")])
        try:
            given = json.loads(text)
            message = INCOMING.validate_python(given)
        except ValidationError as error:
            return _error(from_pydantic(error.errors(), given))
        except (ValueError, RecursionError) as error:
            return _error([FieldError("", f"not JSON: {error}")])
        if isinstance(message, Ping):
            return {"type": "pong", "t": message.t, "now": time.time()}
        if isinstance(message, Unwatch):
            for run_id in message.runs:
                self._cursors.pop(run_id, None)
                self._behind.pop(run_id, None)
            return {}
        return self._watch(message.runs)

    def _watch(self, runs: dict[str, int]) -> dict[str, Any]:
        if len(self._cursors.keys() | runs.keys()) > MAX_WATCHED:
            return _error(
                [FieldError("runs", f"at most {MAX_WATCHED} runs may be watched", len(runs))]
            )
        known = {run_id: cursor for run_id, cursor in runs.items() if self._hub.knows(run_id)}
        self._cursors.update(known)
        self._behind.update(dict.fromkeys(known))
        gone = [run_id for run_id in runs if run_id not in known]
        return {"type": "gone", "ids": gone} if gone else {}

    async def _send_all(self) -> None:
        try:
            while True:
                await self._awake.wait()
                self._awake.clear()
                await self._send_replies()
                await self._send_news()
                await self._send_values()
                if self._behind:
                    self._awake.set()
                await asyncio.sleep(FRAME_S)
        except TimeoutError:
            return

    async def _send(self, message: str | bytes) -> None:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)

    async def _send_replies(self) -> None:
        while not self._replies.empty():
            reply = self._replies.get_nowait()
            if reply:
                await self._send(compact(reply))

    async def _send_news(self) -> None:
        if self._welcomed and self._revision == self._hub.feed.revision:
            return
        if time.monotonic() - self._news_at < NEWS_S:
            self._awake.set()
            return
        self._news_at = time.monotonic()
        messages, news = self._hub.news(self._revision, welcomed=self._welcomed)
        self._revision = news.cursor
        self._welcomed |= news.complete
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


def _error(errors: list[FieldError]) -> dict[str, Any]:
    described = [describe(error).model_dump(exclude_none=True) for error in errors]
    return {"type": "error", "detail": "; ".join(map(str, errors)), "errors": described}
