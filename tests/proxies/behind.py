"""A server behind a proxy, and what it is told of who asks."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from reluscope.cli.serve import prepare
from reluscope.settings import Settings
from tests.proxies import serving, shown
from tests.server.door.certificate import Certificate
from tests.server.serving import running

ROOT_PATH = "/scope"

TOKEN = "a-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Behind:
    """Where it is seen from outside, and from inside."""

    url: str
    asked: list[Scope]
    """Each request as it came past the guard."""
    trusting: ssl.SSLContext | None
    """How to ask there by https, where that is how one asks."""


class _Listener:
    """ASGI middleware, after all others: hears what was made of each request."""

    def __init__(self, app: ASGIApp, asked: list[Scope]) -> None:
        self._app = app
        self._asked = asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self._asked.append(scope)
        await self._app(scope, receive, send)


@contextlib.contextmanager
def reluscope(folder: Path, **options: Any) -> Iterator[tuple[str, list[Scope]]]:
    """While inside, a server runs in a thread: its address, and what it was asked."""
    server = prepare(Settings(**{"port": 0, "workers": 1, "data": folder / "data", **options}))
    asked: list[Scope] = []
    server.config.app.user_middleware.append(Middleware(_Listener, asked))  # type: ignore[union-attr]
    with running(server) as errors:
        name = server.servers[0].sockets[0].getsockname()
        yield name if isinstance(name, str) else f"http://127.0.0.1:{name[1]}", asked
        assert errors == []


@contextlib.contextmanager
def nginx(folder: Path, kind: str, made: Certificate) -> Iterator[Behind]:
    """While inside, nginx serves by https as the README shows it, from a server on a Unix socket or
    on a port, as `kind` says."""
    port, text = serving.free_port(), shown.of("nginx")
    places = {"443": port, shown.CERTIFICATE: made.certificate, shown.KEY: made.key}
    with _server(folder, kind, port) as (address, asked):
        if kind == "tcp":
            text = shown.OR_PORT.sub(r"\1;", text)
            places["http://127.0.0.1:8000"] = address
        else:
            places[shown.SOCKET] = address
        with serving.nginx(folder, shown.placed(text, places), port):
            trusting = ssl.create_default_context(cafile=made.certificate)
            yield Behind(f"https://127.0.0.1:{port}{ROOT_PATH}", asked, trusting)


@contextlib.contextmanager
def caddy(folder: Path) -> Iterator[Behind]:
    """While inside, Caddy serves by http as the README shows it, from a server on a Unix socket."""
    port = serving.free_port()
    with _server(folder, "unix", port) as (address, asked):
        places = {"scope.example": f"http://127.0.0.1:{port}", shown.SOCKET: address}
        with serving.caddy(folder, shown.placed(shown.of("caddyfile"), places), port):
            yield Behind(f"http://127.0.0.1:{port}{ROOT_PATH}", asked, None)


def _server(
    folder: Path, kind: str, port: int
) -> contextlib.AbstractContextManager[tuple[str, list[Scope]]]:
    reached: dict[str, Any] = {"trust_proxy": ["127.0.0.1"]}
    if kind == "unix":
        reached = {"uds": folder / "socket", "trust_proxy": ["unix"]}
    allowed = [f"127.0.0.1:{port}"]
    return reluscope(folder, token=TOKEN, root_path=ROOT_PATH, allow_host=allowed, **reached)
