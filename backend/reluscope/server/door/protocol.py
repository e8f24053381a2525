"""How uvicorn speaks HTTP, WebSocket and TLS, but with no patience for those who never come to the point.

Uvicorn waits for the head of a request, and for its answer to be taken, for as long as that takes, and
so a few hundred connections that send or take a byte now and then would hold all the files that a
process may open. What is no HTTP, or no handshake, is answered as all else is.
"""

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from ...logs import HEADER, new_id, of_request
from ..problems import ProblemResponse, http_kind, respond
from ..socket.line import LINE
from .headers import SECURITY_HEADERS

HEAD_S = 10.0
"""Until a request's head must be there, from the connection or from its first byte on."""

IDLE_S = 75
"""How long a connection stays open for another request: longer than clients and proxies themselves keep
one that is idle (httpx 5 s, nginx 60 s). Whoever closes first may find that a request was on its way."""

GIVEN_UP = 0.01
"""The share of all connections that are given up at once where there are too many, of those that wait for
a request, from the longest on: so that whoever holds them all without a word shuts out nobody."""

TAKE_S = 60.0
"""Until some of what waits to be taken must have been;"""

LIVE_TAKE_S = 10.0
"""and of a socket: there is always more to come."""

LARGE_BYTES = 2**20
"""What a live socket never has waiting: an answer may be 20 MB of losses."""

MAX_WAITING_BYTES = 2**28
"""Of all that waits, once there is more of it that is large: what has waited longest is given up. Else
a few hundred who ask and do not take would have all memory within `TAKE_S`."""

OTHERS = 1000
"""Connections beside as many as there may be sockets: requests, and what is to become a socket."""

MAX_PIECES = 1000
"""Of one message: they may be empty, so that no number of bytes is a bound of them."""


class _Hurried(asyncio.Protocol):
    """A connection that ends where nothing is taken of what waits for it, though it be closed by then:
    a transport that is closed stays, with its file, until all is taken."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    connections: set[Any]
    """All of the server."""
    _looking: asyncio.TimerHandle | None = None
    waits_since: float | None = None
    """When the loop's clock said so; None where nothing waits to be taken."""
    idle_since: float | None = None
    """The same, of one that waits for a request; None where it has one."""

    def pause_writing(self) -> None:
        """Something waits to be taken."""
        super().pause_writing()
        self.waits_since = self.loop.time()
        self._look_later()
        if self.transport.get_write_buffer_size() > LARGE_BYTES:
            self._make_room()

    def resume_writing(self) -> None:
        """All of it has been."""
        super().resume_writing()
        self._look_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._look_no_more()
        super().connection_lost(exc)

    @property
    def rests_since(self) -> float | None:
        """The same, of one whose last answer has been taken, too."""
        return None if self.waits_since is not None else self.idle_since

    def abort(self) -> None:
        """End it, whatever waits."""
        self.transport.abort()

    def take_s(self) -> float:
        """Until some of what waits must have been taken."""
        return TAKE_S

    def _make_room(self) -> None:
        waiting = [each for each in self.connections if each.waits_since is not None]
        total = sum(each.transport.get_write_buffer_size() for each in waiting)
        for each in sorted(waiting, key=lambda each: each.waits_since):
            if total <= MAX_WAITING_BYTES:
                break
            total -= each.transport.get_write_buffer_size()
            each.transport.abort()

    def _look_later(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._looking = self.loop.call_later(self.take_s(), self._look, waiting)

    def _look(self, waited: int) -> None:
        if self.transport.get_write_buffer_size() >= waited:
            self.transport.abort()
        else:
            self._look_later()

    def _look_no_more(self) -> None:
        self.waits_since = None
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None


class Protocol(_Hurried, H11Protocol):
    """HTTP/1.1 of one connection."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        super().connection_made(transport)
        if not _finds_place(self, self.connections, self.limit_concurrency):
            return  # there would be no file for an answer either
        self.idle_since = self.loop.time()
        # Whatever waits is seen to, which by TLS may be at once. There, what is as large as the limit
        # is over it, so that with a limit of 0 an empty buffer would be.
        transport.set_write_buffer_limits(high=1 if transport.get_extra_info("sslcontext") else 0)
        self._deadline = self.loop.call_later(HEAD_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Some bytes have come."""
        super().data_received(data)
        if self.transport.get_protocol() is not self or self._is_answering():
            self._forget_deadline()
            self.idle_since = None
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_S, self.transport.abort)

    def on_response_complete(self) -> None:
        """All of an answer has been written."""
        super().on_response_complete()
        if not self._is_answering():
            self.idle_since = self.loop.time()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """What is asked for is a socket. An answer before it may wait to be taken still: then its
        connection goes on waiting as one of a socket."""
        waits = self.waits_since is not None
        self._look_no_more()
        super().handle_websocket_upgrade(event)
        if waits:
            cast(asyncio.Protocol, self.transport.get_protocol()).pause_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._forget_deadline()
        super().connection_lost(exc)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send_400_response(self, msg: str) -> None:
        """The answer to what is no HTTP, where there has been none yet."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = _refusal(400, msg)
            head = h11.Response(status_code=400, headers=answer.raw_headers)
            for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class Secured(SSLProtocol):
    """TLS of one connection, below `Protocol` and `SocketProtocol`. Those know of it once it is agreed
    on, for which asyncio would wait a minute; and what they write goes through to TCP at once, however
    much that is, and would be no more among what waits to be taken."""

    below: asyncio.Transport
    """That of TCP."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        above: Protocol,
        context: ssl.SSLContext,
        there: "set[Secured]",
    ) -> None:
        """`there`: all that there are."""
        nobody: Any = None
        within_s: Any = HEAD_S  # typeshed knows no fractions of a second here
        super().__init__(
            loop, above, context, nobody, server_side=True, ssl_handshake_timeout=within_s
        )
        self._most = above.limit_concurrency
        self._there = there

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        self.below = transport
        self._there.add(self)
        if not _finds_place(self, self._there, self._most):
            return
        self.above.idle_since = self._loop.time()
        transport.set_write_buffer_limits(high=0)  # whatever waits there is told
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is gone."""
        self._there.discard(self)
        super().connection_lost(exc)

    @property
    def above(self) -> _Hurried:
        """Who speaks on it."""
        return cast(_Hurried, self._app_protocol)

    @property
    def rests_since(self) -> float | None:
        """As of who speaks on it."""
        return self.above.rests_since

    def abort(self) -> None:
        """End it, whatever waits."""
        self.below.abort()

    def _get_write_buffer_size(self) -> int:
        own: int = super()._get_write_buffer_size()  # type: ignore[misc] # it is asyncio's own
        return own + self.below.get_write_buffer_size()


class _Handshake(ServerProtocol):
    """WebSocket of one connection, without input or output."""

    def reject(self, status: int, text: str) -> Response:
        """The answer to what is no handshake."""
        answer = _refusal(status, text.strip())
        headers = Headers(answer.headers.items())
        return Response(status, HTTPStatus(status).phrase, headers, bytes(answer.body))


class SocketProtocol(_Hurried, WebSocketsSansIOProtocol):
    """WebSocket of one connection, and the `Line` to its other end. Whether somebody is still there is
    seen by pings."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.freed: Callable[[], None] = lambda: None
        self.conn = _Handshake(max_size=self.config.ws_max_size, logger=self.logger)
        self.conn.debug = False  # or each header and message is logged, with tokens and keys

    def handle_connect(self, event: Request) -> None:
        """The head of a handshake is there."""
        super().handle_connect(event)
        if not self.close_sent:
            cast(dict[str, object], self.scope["extensions"])[LINE] = self

    def take_s(self) -> float:
        """Until some of what waits must have been taken."""
        return LIVE_TAKE_S

    @property
    def is_free(self) -> bool:
        """As `Line.is_free`."""
        return self.writable.is_set()

    def write(self, frames: bytes) -> None:
        """As `Line.write`."""
        if not self.transport.is_closing():
            self.transport.write(frames)

    def data_received(self, data: bytes) -> None:
        """Some bytes have come."""
        super().data_received(data)
        if not self.handshake_initiated and not self.transport.is_closing():
            # The whole head is there, and is none: uvicorn would wait for another.
            answer = self.conn.reject(400, "Invalid handshake received.").serialize()
            self.transport.write(b"".join(self.conn.data_to_send()) or answer)
            self.transport.close()

    def handle_ping(self) -> None:
        """Answer. Whoever pings and takes no answers is heard no more until they do."""
        super().handle_ping()
        if not self.writable.is_set():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """All that waited has been taken."""
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()
        self.freed()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and with it what waited."""
        super().connection_lost(exc)
        self.freed()

    def handle_cont(self, event: Frame) -> None:
        """One more piece of a message."""
        if len(self.frames) < MAX_PIECES:
            super().handle_cont(event)
        elif not self.transport.is_closing():
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, f"over {MAX_PIECES} pieces")
            self.handle_parser_exception()


def _finds_place(newest: Any, there: set[Any], most: int | None) -> bool:
    """Whether the newest of those that are there may stay. Where there are too many, those are given up
    that have been idle longest, or else itself. They count no more at once: many may come, and ask,
    before the loop closes them."""
    if most is None or len(there) < most:
        return True
    idle = [(since, each) for each in there if (since := each.rests_since) is not None]
    idle.sort(key=lambda each: each[0])
    given_up = [each for _, each in idle[: max(1, int(GIVEN_UP * most))]] or [newest]
    for each in given_up:
        there.discard(each)
        each.abort()
    return newest not in given_up


def _refusal(status: int, detail: str) -> ProblemResponse:
    with of_request(new_id()) as known:
        headers = {**SECURITY_HEADERS, HEADER: known, "Connection": "close"}
        return respond(*http_kind(status), detail, headers=headers)
