"""Access: every request gets an id, a line in the log and a place in the metrics.

It stands before the guard, so that what is refused and what goes wrong unforeseen are told of as well.
"""

import logging
import re
import time
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...logs import HEADER, new_id, of_request
from ..door.proxied import path_below
from .metrics import Metrics

logger = logging.getLogger(__name__)

ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a proxy or a script may call its request."""

SHOWN_CHARACTERS = 200
"""How much of a path the log repeats."""

NOBODY = "-"

PAGE, NOWHERE = "page", "none"
"""What has no route: a file of the page, or what there is not, or may not be asked."""


class Access:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        visit = _Visit(scope)
        with of_request(visit.id):
            try:
                await self._app(scope, receive, visit.seeing(send))
            finally:
                visit.end()
                self._metrics.count_request(
                    _route(scope, visit.status),
                    visit.method,
                    visit.status,
                    None if visit.opened else visit.took_s,
                )


class _Visit:
    """One request, from its head to the end of its answer; or one socket, to where it closes."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._state = scope.setdefault("state", {})
        self._began = time.perf_counter()
        asked = Headers(scope=scope).get(HEADER, "")
        self.id = asked if ID.fullmatch(asked) else new_id()
        self.method: str = scope.get("method", "GET")
        self.status = 500
        """Of its answer; this, where it has none because of an error."""
        self.opened = False
        """Whether it is a socket that was accepted."""
        self._state["request_id"] = self.id

    @property
    def took_s(self) -> float:
        return time.perf_counter() - self._began

    def seeing(self, send: Send) -> Send:
        """`send`, which is seen, and tells the id."""
        header = (HEADER.lower().encode(), self.id.encode())

        async def sending(message: Message) -> None:
            kind = message["type"]
            if kind.endswith("http.response.start"):  # of a refused socket, too
                self.status = message["status"]
            elif kind == "websocket.accept":
                self._open()
            elif kind == "websocket.close" and not self.opened:
                self.status = 403
            if kind.endswith("http.response.start") or kind == "websocket.accept":
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        return sending

    def _open(self) -> None:
        self.status, self.opened = 101, True
        logger.info("socket opened by %s, %s", *self._who(), extra=self._fields())

    def end(self) -> None:
        """It is over: log that. What is not asked of the API is of no interest where it went well."""
        took_s = self.took_s
        if self.opened:
            points = self._state.get("points", 0)
            logger.info(
                *("socket closed after %.1f s and %d points, %s, %s", took_s, points, *self._who()),
                extra={**self._fields(), "duration_ms": round(1000 * took_s, 1), "points": points},
            )
            return
        path = self._scope["path"][:SHOWN_CHARACTERS]
        quiet = (
            not path_below(self._scope).startswith("/api/") and self.status < HTTPStatus.BAD_REQUEST
        )
        logger.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %d in %.1f ms, %s, %s",
            *(self.method, path, self.status, 1000 * took_s, *self._who()),
            extra={
                **self._fields(),
                "method": self.method,
                "status": self.status,
                "duration_ms": round(1000 * took_s, 1),
            },
        )

    def _who(self) -> tuple[str, str]:
        """Its client's address, and what that may do."""
        return (self._scope.get("client") or (NOBODY,))[0], self._state.get("role") or NOBODY

    def _fields(self) -> dict[str, object]:
        client, role = self._who()
        path = self._scope["path"][:SHOWN_CHARACTERS]
        return {"path": path, "client": client, "role": role}


def _route(scope: Scope, status: int) -> str:
    """The template of the route that answered: of those there are few, and of paths any number."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return path or (PAGE if status < HTTPStatus.BAD_REQUEST else NOWHERE)
