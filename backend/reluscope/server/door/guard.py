"""The guard before HTTP and WebSocket alike: who may talk to this server, how much, and how fast.

It asks, in this order: is it asked for by a name of its own, and by a page of its own? who asks, and
may they? have they had enough for now? is what they send JSON, and not too large? Whatever is answered,
the security headers go along.
"""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...errors import Limit
from ...given import LOOPBACK
from ...settings import Settings
from ..problems import (
    NOT_FROM_HERE,
    TOO_MANY_SOCKETS,
    TOO_MANY_TRIES,
    TOO_MANY_WRITES,
    VIEW_ONLY,
    Kind,
    TooLarge,
    http_kind,
    refuse,
    respond,
)
from .allowance import Allowance, Sockets, address_of
from .headers import CORS, Policies, with_headers
from .hosts import Hosts, Origins, parse
from .proxied import path_below
from .roles import Role, Roles

MAX_BODY_BYTES = 64 * 1024
"""A spec takes less than 10 KiB, with the longest name and all tags."""

MAX_ARCHIVE_BYTES = 2**30
"""Of runs that are imported: the losses of a hundred million iterations or more. It goes to a file
as it comes."""

MAX_SWEEP_BYTES = 2**20
"""A thousand runs with all that each has of its own."""

LARGER: dict[str, Limit] = {
    "/api/import": ("import_bytes", MAX_ARCHIVE_BYTES),
    "/api/sweeps": ("sweep_bytes", MAX_SWEEP_BYTES),
}
"""The paths whose bodies may be larger than others."""

TAKES = {"/api/import": "application/zip"}
"""The paths that take something else than JSON."""

JSON: Final = "application/json"

READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing."""

SESSION = "/api/session"
"""Where a token is shown once: whoever has none may ask there whether one is needed."""

OPEN = frozenset({"", "/", "/docs", "/healthz", "/readyz", SESSION})
"""What may be asked without a token. The page itself says nothing of any run, and has to come before a
token can be given to it; and whoever looks whether the server is alive has none."""

OPEN_BELOW = ("/assets/", "/vendor/")
"""And what is below these: files that are the same for all."""

TRIES = 10
"""Tokens that are not right, one after the other, of one address."""

TRY_AGAIN_S = 5.0
"""And after these, one more each so many seconds."""

BURST_S = 10
"""Writes that come at once may be as many as that long would let in one by one."""

BODY_S = 20.0
"""Until a short body must be there; a long one may take what it takes at `MIN_BYTES_PER_S` longer."""

MIN_BYTES_PER_S = 8 * 1024
"""Whoever sends less is holding on to us."""

PASSED_ON = re.compile(r"forwarded|via|x-real-ip|x-forwarded-.*")
"""Headers of a request that a proxy has passed on, from whomever."""

SOCKET_AGAIN_S = 5
"""When to try again where there are too many sockets."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings, roles: Roles) -> None:
        self._app = app
        self._roles = roles
        self._hosts = Hosts((*LOOPBACK, _bracketed(settings.host)), settings.allow_host)
        self._origins = Origins(settings.cors_origin)
        self._policies = Policies(settings.embed_origin)
        self._tries = Allowance(TRIES, 1 / TRY_AGAIN_S)
        self._most_writes = settings.max_writes
        self._writes = Allowance(BURST_S * settings.max_writes, settings.max_writes)
        self._sockets = Sockets(settings.max_sockets, settings.max_sockets_per_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), path_below(scope)
        origin = headers.get("origin")
        shared = origin if self._origins.is_named(origin) else None
        send = with_headers(
            send, self._policies.of(is_embedded=_is_embedded(scope, path), to=shared)
        )
        try:
            self._check_page(scope, headers)
            if shared is not None:
                _answer_preflight(scope)
            self._check_role(scope, headers, path)
            self._check_rate(scope)
            _check_body(scope, headers, path)
        except _Refusal as refusal:
            await refusal.answer(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
        else:
            patient = _patient(receive, _most(path))
            await self._app(scope, patient, send)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = address_of(scope)
        self._sockets.enter(address)
        try:
            await self._app(scope, receive, send)
        finally:
            self._sockets.leave(address)

    def _check_page(self, scope: Scope, headers: Headers) -> None:
        """Whether it is asked for by a name of its own, and by nobody's page or one of its own."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        host = hosts[0] if len(hosts) == 1 else ""
        if not self._hosts.has(host, scope):
            # Told whole where it is one: whoever comes through a tunnel learns what to say.
            name = f" {host}" if parse(host) else ""
            problem = f"the host {host[:80]!r} is not allowed; start the server with --allow-host"
            raise _not_from_here(problem + name[:80])
        if len(origins) > 1 or not all(self._origins.has(o, host, scope) for o in origins):
            raise _not_from_here(f"pages of {origins[0][:80]!r} may not use this server")
        site = headers.get("sec-fetch-site", "none")
        is_link = headers.get("sec-fetch-mode") == "navigate" and not _is_write(scope)
        is_named = any(map(self._origins.is_named, origins))
        if site not in ("same-origin", "none") and not is_link and not is_named:
            raise _not_from_here(f"a page that is {site[:80]!r} may not use this server")
        if not self._roles.are_needed and _is_passed_on(scope, headers):
            raise _not_from_here(
                "a proxy passed it on, perhaps from another machine; start the server with --token"
            )

    def _check_role(self, scope: Scope, headers: Headers, path: str) -> None:
        """Whether who asks may ask that; puts their role into the scope's state."""
        role = scope.setdefault("state", {})["role"] = self._role(scope, headers)
        if not needs_role(path):
            return
        if role is None:
            raise _unknown("a token is needed: Authorization: Bearer <token>")
        if role == "viewer" and _is_write(scope) and scope["type"] == "http":
            raise _Refusal(respond(*VIEW_ONLY, "a view token cannot do it"))

    def _role(self, scope: Scope, headers: Headers) -> Role | None:
        # Cookies are for pages of this server's own, and of no site beside it.
        cookies = None if self._origins.is_named(headers.get("origin")) else headers.get("cookie")
        shown = self._roles.shown(headers.get("authorization"), cookies)
        if shown.by == "token":
            address = address_of(scope)
            if wait_s := self._tries.wait_s(address):  # be it right or not: nobody learns which
                detail = "too many tokens that were not right came from this address"
                raise _later(TOO_MANY_TRIES, detail, wait_s)
            if shown.role is None:
                self._tries.take(address)
                raise _unknown("this token is none of this server's")
        if shown.by == "cookie" and scope["type"] == "websocket" and "origin" not in headers:
            raise _not_from_here("a socket with a cookie has an Origin, too")
        return shown.role

    def _check_rate(self, scope: Scope) -> None:
        """Whether that address has not had enough for now."""
        address = address_of(scope)
        if scope["type"] == "websocket":
            if full := self._sockets.full(address):
                whose = "in all" if full[0] == "sockets" else "from one address"
                detail = f"{full[1]} sockets may be open {whose}, and are"
                raise _later(TOO_MANY_SOCKETS, detail, SOCKET_AGAIN_S, full)
        elif _is_write(scope):
            if wait_s := self._writes.wait_s(address):
                detail = f"one address may write {self._most_writes} times a second"
                limit = ("writes_per_s", self._most_writes)
                raise _later(TOO_MANY_WRITES, detail, wait_s, limit)
            self._writes.take(address)


class _Refusal(Exception):
    """The answer is there already, and goes no further in."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def _bracketed(host: str) -> str:
    return f"[{host.strip('[]')}]" if ":" in host else host.lower()


def _is_passed_on(scope: Scope, headers: Headers) -> bool:
    """Whether it is seen that a proxy is between. By itself nginx adds no header; but most versions of
    it speak HTTP/1.0 then, as hardly anybody else does."""
    return scope.get("http_version") == "1.0" or any(map(PASSED_ON.fullmatch, headers))


def _is_write(scope: Scope) -> bool:
    """Whether it may change something; a socket may."""
    return scope["type"] == "websocket" or scope["method"] not in READS


def needs_role(path: str) -> bool:
    """Whether a token has to be shown there, where there are any: but for what is named, everywhere."""
    return path not in OPEN and not path.startswith(OPEN_BELOW)


def _not_from_here(objection: str) -> _Refusal:
    return _Refusal(respond(*NOT_FROM_HERE, objection))


def _unknown(detail: str) -> _Refusal:
    headers = {"WWW-Authenticate": "Bearer"}
    return _Refusal(respond(*http_kind(401), detail, headers=headers))


def _later(kind: Kind, detail: str, wait_s: int, limit: Limit | None = None) -> _Refusal:
    headers = {"Retry-After": str(wait_s)}
    return _Refusal(respond(*kind, detail, headers=headers, limit=limit))


def _answer_preflight(scope: Scope) -> None:
    """A browser asks first whether a page of another site may do something: one of this site may."""
    if scope.get("method") == "OPTIONS":
        raise _Refusal(Response(status_code=204, headers=CORS))


def _check_body(scope: Scope, headers: Headers, path: str) -> None:
    """Whether the body of a write is what may be sent, as far as its headers tell."""
    if scope["type"] != "http" or not _is_write(scope):
        return
    length = headers.get("content-length", "0")
    limit = _most(path)
    if length.isdecimal() and int(length) > limit[1]:
        raise _Refusal(refuse(TooLarge(limit)))
    has_body = length != "0" or "transfer-encoding" in headers
    given = headers.get("content-type")
    takes = TAKES.get(path, JSON)
    if (has_body or given is not None) and _media_type(given) != takes:
        detail = f"expected {'JSON' if takes == JSON else 'a zip'}, with Content-Type: {takes}"
        raise _Refusal(respond(*http_kind(415), detail))


def _most(path: str) -> Limit:
    """How many bytes a body may have there."""
    return LARGER.get(path, ("body_bytes", MAX_BODY_BYTES))


def _media_type(header: str | None) -> str:
    return (header or "").partition(";")[0].strip().lower()


def _is_embedded(scope: Scope, path: str) -> bool:
    """Whether it is the page that is asked for, and only looks, whoever frames it."""
    query = QueryParams(scope.get("query_string", b""))
    return path == "/" and query.getlist("embed") == ["1"]


def _patient(
    receive: Receive, limit: Limit, clock: Callable[[], float] = time.monotonic
) -> Receive:
    """`receive`, for bodies that come in pieces, of which nobody has to say how many there are, and
    that may be slow, but not too slow."""
    begun, total, more = clock(), 0, True

    async def receiving() -> Message:
        nonlocal total, more
        if not more:
            return await receive()  # until somebody leaves
        left_s = begun + BODY_S + total / MIN_BYTES_PER_S - clock()
        try:
            async with asyncio.timeout(max(0.0, left_s)):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "the body came too slowly", {"Connection": "close"}) from None
        total += len(message.get("body", b""))
        more = message.get("more_body", False)
        if total > limit[1]:
            raise TooLarge(limit)
        return message

    return receiving
