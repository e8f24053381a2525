"""The guard before HTTP and WebSocket alike: only pages of this server's own may talk to it.

A browser on this machine shows pages from anywhere, and all of them can reach the loopback. Two
checks keep them out: Host must be a name that was allowed (else a page whose name was rebound to
127.0.0.1 comes in), and Origin, where there is one, must be this very server.
"""

from collections.abc import Collection, Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import respond
from .proxied import path_below

MAX_BODY_BYTES = 64 * 1024
"""A spec takes less than 10 KiB, with the longest name and all tags."""

MAX_ARCHIVE_BYTES = 2**30
"""Of runs that are imported: the losses of a hundred million iterations or more. It goes to a file
as it comes."""

MAX_SWEEP_BYTES = 2**20
"""A thousand runs with all that each has of its own."""

LARGER = {"/api/import": MAX_ARCHIVE_BYTES, "/api/sweeps": MAX_SWEEP_BYTES}
"""The paths whose bodies may be larger than others."""

POLICY = "Content-Security-Policy"

SECURITY_HEADERS = {
    POLICY: "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Plotly sets styles inline; nothing else is allowed beyond what this server serves, nor in a frame of
another's page, who could have this one's buttons pressed by whoever sees something else. Whatever was
kept is asked for again, but for what its answer says may be kept."""


class Guard:
    """ASGI middleware: refuses what comes from elsewhere, and sets the security headers."""

    def __init__(
        self, app: ASGIApp, hosts: Collection[str], embed_origins: Collection[str] = ()
    ) -> None:
        """`hosts`: the names, without port, that Host may carry. `embed_origins`: whose pages may
        show this server's in a frame, as far as there is nothing on them that could be pressed."""
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        policy = " ".join((SECURITY_HEADERS[POLICY], *embed_origins))
        self._embedded = {**SECURITY_HEADERS, POLICY: policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        send = _with_headers(send, self._embedded if _is_embedded(scope) else SECURITY_HEADERS)
        objection = self._objection(scope)
        if objection is not None:
            answer = respond(403, "not-from-here", "Not from here", objection)
            await answer(scope, receive, send)
        elif _announced_bytes(scope) > (limit := LARGER.get(path_below(scope), MAX_BODY_BYTES)):
            answer = respond(413, "http-413", HTTPStatus(413).phrase, _too_large(limit))
            await answer(scope, receive, send)
        else:
            await self._app(scope, _limited(receive, limit), send)

    def _objection(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name not in self._hosts:
            return f"the host {host[:80]!r} is not allowed; start the server with --allow-host"
        origin = headers.get("origin")
        secure = scope.get("scheme") in ("https", "wss")
        if origin is not None and origin != f"{'https' if secure else 'http'}://{host}":
            return f"pages of {origin[:80]!r} may not use this server"
        return None


def _is_embedded(scope: Scope) -> bool:
    """Whether the page that is asked for only looks, whoever frames it."""
    query = QueryParams(scope.get("query_string", b""))
    return query.getlist("embed") == ["1"]


def _announced_bytes(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _too_large(limit: int) -> str:
    return f"a body may have {limit} bytes here"


def _limited(receive: Receive, limit: int) -> Receive:
    """`receive`, for bodies that come in pieces of which nobody said how many there are."""
    total = 0

    async def receiving() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return receiving


def _with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    extra = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def sending(message: Message) -> None:
        if message["type"].endswith("http.response.start"):  # of a refused socket, too
            told = message.get("headers", [])
            known = {name.lower() for name, _ in told}
            added = [(name, value) for name, value in extra if name not in known]
            message = {**message, "headers": [*told, *added]}
        await send(message)

    return sending
