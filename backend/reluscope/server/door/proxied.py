"""Proxied: what a request was before a proxy passed it on.

Who asked, and by which scheme, is taken from a proxy that the server's owner named, and from nobody
else: `X-Forwarded-For` and `X-Forwarded-Proto` are headers like any other, which whoever asks can
send. The path is made whole, whether the proxy has taken away the one below which the server is seen
or not.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ...given import UNIX_PEER

Address = IPv4Address | IPv6Address

SECURE = {"http": False, "https": True, "ws": False, "wss": True}
"""The schemes that a proxy may tell, and whether they are those with TLS."""


class Proxied:
    """ASGI middleware, before all that asks for scheme, address or path."""

    def __init__(self, app: ASGIApp, root_path: str = "", trusted: Collection[str] = ()) -> None:
        """`root_path`: where the proxy has the server, as in /scope. `trusted`: addresses and
        networks of proxies, and `unix` for whoever comes by the Unix socket."""
        self._app = app
        self._root_path = root_path
        self._networks = [ip_network(name) for name in trusted if name != UNIX_PEER]
        self._trusts_unix = UNIX_PEER in trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope = {**scope, **self._place(scope)}
            if self._is_from_proxy(scope):
                scope.update(self._told(scope))
        await self._app(scope, receive, send)

    def _place(self, scope: Scope) -> dict[str, object]:
        """As ASGI has it: the path begins with the root path."""
        root, path = self._root_path, scope["path"]
        if not root or path == root or path.startswith(f"{root}/"):
            return {"root_path": root}
        raw = scope.get("raw_path")
        return {
            "root_path": root,
            "path": root + path,
            "raw_path": None if raw is None else root.encode() + raw,
        }

    def _is_from_proxy(self, scope: Scope) -> bool:
        peer = scope.get("client")
        if peer is None:
            return self._trusts_unix
        return self._is_trusted(_address(peer[0]))

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)

    def _told(self, scope: Scope) -> dict[str, object]:
        """What the proxy says of scheme and client."""
        headers = Headers(scope=scope)
        told: dict[str, object] = {}
        scheme = _words(headers, "x-forwarded-proto")[-1:]
        if scheme and (secure := SECURE.get(scheme[0].lower())) is not None:
            kind = "ws" if scope["type"] == "websocket" else "http"
            told["scheme"] = kind + "s" * secure
        # Each proxy adds at the end whom it had before it, so that what is true ends at the first
        # that no proxy of ours is.
        for word in reversed(_words(headers, "x-forwarded-for")):
            address = _address(word)
            if address is None:
                break
            told["client"] = (str(address), 0)
            if not self._is_trusted(address):
                break
        return told


def path_below(scope: Scope) -> str:
    """The path without the one below which the server is seen, as the routes have it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _words(headers: Headers, name: str) -> list[str]:
    return [word.strip() for line in headers.getlist(name) for word in line.split(",")]


def _address(text: str) -> Address | None:
    """The address in `1.2.3.4`, `1.2.3.4:5`, `::1` or `[::1]:5`; None where there is none. One of
    IPv4 that came over IPv6 is itself."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
