"""Under which names this server may be asked for, and from whose pages. Pure.

A browser on this machine shows pages from anywhere, and all of them can reach the loopback. Two
checks keep them out: Host must be a name that was allowed (else a page whose name was rebound to
127.0.0.1 comes in), and Origin, where there is one, must be this very server, or a site that its
owner has named. Names are compared whole, with their ports.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

DEFAULT_PORTS = {"http": 80, "https": 443}

_HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>0|[1-9][0-9]{0,4}))?")


class Address(NamedTuple):
    """A host and its port, as a browser was told to ask for them."""

    name: str
    """Lower case; that of IPv6 in brackets."""
    port: int | None
    """None where the scheme says it."""


def parse(host: str) -> Address | None:
    """What the header Host says; None where that is no host."""
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return None
    port = found["port"]
    return Address(found["name"], None if port is None else int(port))


def scheme_of(scope: Mapping[str, Any]) -> str:
    """`http` or `https`, of a socket, too."""
    return "https" if scope.get("scheme") in ("https", "wss") else "http"


class Hosts:
    """The names that Host may carry."""

    def __init__(self, own: Collection[str], named: Collection[str]) -> None:
        """`own` are names of this machine, each with the port that is listened on. Those that were
        `named` go with that one, too, or with the scheme's, unless they have another of their own."""
        self._own = frozenset(own)
        self._named = frozenset(filter(None, map(parse, named)))

    def has(self, host: str, scope: Mapping[str, Any]) -> bool:
        """Whether a request of that scope may bear this Host."""
        asked = parse(host)
        if asked is None:
            return False
        default = DEFAULT_PORTS[scheme_of(scope)]
        name, port = asked.name, default if asked.port is None else asked.port
        local, listening = scope.get("server") or ("", None)
        listening = listening or default  # a Unix socket has none
        if Address(name, port) in self._named:
            return True
        if port == listening and (name in self._own or name == _literal(local)):
            return True
        return Address(name, None) in self._named and port in (listening, default)


def _literal(address: str) -> str:
    """An address as Host has it. That of this machine at which a request came in is no name that
    could be rebound."""
    return f"[{address}]" if ":" in address else address


class Origins:
    """Whose pages may use this server."""

    def __init__(self, named: Collection[str]) -> None:
        """`named`: sites beside its own pages, such as https://lab.example."""
        self._named = frozenset(named)

    def has(self, origin: str, host: str, scope: Mapping[str, Any]) -> bool:
        """Whether pages of `origin` may use the server that was asked for as `host`."""
        return origin in self._named or origin == f"{scheme_of(scope)}://{host.lower()}"

    def is_named(self, origin: str | None) -> bool:
        """Whether it is a site that was named."""
        return origin in self._named
