"""How uvicorn speaks HTTP, but with no patience for those who never come to the point.

Uvicorn waits for the head of a request for as long as it takes, and so a few hundred connections that
send a byte now and then would hold all the files that a process may open. A socket is past its head,
and looked after by its pings.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..logs import HEADER, new_id, of_request
from .headers import SECURITY_HEADERS
from .problems import http_kind, respond

HEAD_S = 10.0
"""Until a request's head must be there, from the connection or from its first byte on."""


TAKE_S = 60.0
"""Until some of an answer must have been taken, once as much waits as is kept of it."""


class Protocol(H11Protocol):
    """HTTP/1.1 of one connection."""

    _deadline: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Some bytes have come."""
        super().data_received(data)
        if self.transport.get_protocol() is not self or self._is_answering():
            self._forget_deadline()
        elif self._deadline is None:
            self._expect_head()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._forget_deadline()
        self._forget_taking()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Enough waits to be taken."""
        super().pause_writing()
        self._taking = self.loop.call_later(TAKE_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Some of it has been."""
        super().resume_writing()
        self._forget_taking()

    def _forget_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_S, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send_400_response(self, msg: str) -> None:
        """The answer to what is no HTTP."""
        with of_request(new_id()) as known:
            headers = {**SECURITY_HEADERS, HEADER: known}
            answer = respond(*http_kind(400), msg, headers=headers)
        head = h11.Response(
            status_code=400, headers=[*answer.raw_headers, (b"connection", b"close")]
        )
        for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
