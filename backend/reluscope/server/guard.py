"""The guard before HTTP and WebSocket alike: only pages of this server's own may talk to it.

A browser on this machine shows pages from anywhere, and all of them can reach the loopback. Two
checks keep them out: Host must be a name that was allowed (else a page whose name was rebound to
127.0.0.1 comes in), and Origin, where there is one, must be this very server.
"""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import respond

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Plotly sets styles inline; nothing else is allowed beyond what this server serves. Whatever was
kept is asked for again, so that a page never runs with half of an older version's files."""


class Guard:
    """ASGI middleware: refuses what comes from elsewhere, and sets the security headers."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        """`hosts`: the names, without port, that Host may carry."""
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        objection = self._objection(scope)
        if objection is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": objection})
        else:
            answer = respond(403, "not-from-here", "Not from here", objection)
            await answer(scope, receive, _with_headers(send))

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


def _with_headers(send: Send) -> Send:
    extra = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return sending
