"""Where the server is, and what the client proves to be by."""

import os
import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

DEFAULT_URL = "http://127.0.0.1:8000"

UNIX_URL = "http://localhost"
"""What a server at a Unix socket is asked for as."""

UNIX = "unix:"
"""What the path of a Unix socket follows where an address is told in one word."""

SOCKETS = {"http": "ws", "https": "wss"}


_SENDABLE = re.compile(r"[!-~]+")
"""What a header holds, of which a token is a part: printable ASCII without spaces."""


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:  # the port is none, or the host
        return False
    return parts.scheme in SOCKETS and bool(parts.hostname) and not parts.query + parts.fragment


@dataclass(frozen=True)
class Address:
    """A server, with the path under which a proxy has it, and a token of its owner's or viewers'."""

    url: str
    """Without a slash at its end."""
    token: str | None = field(default=None, repr=False)
    uds: str | None = None
    """The path of the Unix socket that it listens at."""

    @classmethod
    def find(
        cls,
        url: str | None = None,
        token: str | None = None,
        uds: str | os.PathLike[str] | None = None,
    ) -> "Address":
        """What is given, or what the environment names, or this machine's. Raises ValueError where
        that is no address, or no token."""
        named = UNIX_URL if uds is not None else os.environ.get("RELUSCOPE_URL")
        told = (url or named or DEFAULT_URL).rstrip("/")
        if told.startswith(UNIX):
            told, uds = UNIX_URL, told.removeprefix(UNIX)
        if not _is_address(told):
            raise ValueError(f"expected an address like {DEFAULT_URL}; got {told!r}")
        token = token or os.environ.get("RELUSCOPE_TOKEN") or None
        if token is not None and not _SENDABLE.fullmatch(token):
            raise ValueError(
                "expected a token of letters and digits; got one with a space, a line break or "
                "something else that no server takes"
            )
        return cls(told, token, None if uds is None else os.fspath(uds))

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.uds or self.url

    @property
    def live_url(self) -> str:
        """Of the socket, which is to tell of no runs but those that are watched."""
        scheme, _, rest = self.url.partition("://")
        return f"{SOCKETS[scheme]}://{rest}/api/live?list=watched"

    @property
    def headers(self) -> dict[str, str]:
        """What each request and the socket begin with."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def is_here(self) -> bool:
        """Whether it is this machine, which is never asked through a proxy."""
        host = "localhost" if self.uds else urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")
