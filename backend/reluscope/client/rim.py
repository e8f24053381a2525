"""What both rims share: how httpx and websockets are set up, and how what they give is told."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from .address import Address
from .asking import (
    BUSY,
    UNAVAILABLE,
    Answer,
    Lost,
    Patience,
    Request,
    not_connected,
    refusal,
    retry_after,
)
from .errors import ClientError

MAX_MESSAGE_BYTES = 16 * 2**20
"""Of what the server sends: values in 256 KiB, the list of runs in pieces of 500."""

CLOSE_S = 2.0
"""How long a goodbye may take on the socket."""

LEAST_S = 1.0
"""Seconds for an answer that a look has, however little is left of the time to wait."""

SOCKET_ERRORS = (OSError, WebSocketException)


class Settings(NamedTuple):
    """How a server is asked."""

    timeout: float
    """Seconds for an answer."""
    retries: int
    """Of a request, before it is given up."""
    patience: float | None
    """Seconds that a server is looked for that was there before; None for ever."""
    context: ssl.SSLContext | None


def http_options(
    address: Address,
    settings: Settings,
    transport: type[httpx.HTTPTransport] | type[httpx.AsyncHTTPTransport],
) -> dict[str, Any]:
    """What a client of httpx is made with; a Unix socket needs a `transport` of its own."""
    options: dict[str, Any] = {
        "base_url": address.url,
        "headers": address.headers,
        "timeout": settings.timeout,
        "trust_env": not address.is_here,
    }
    if address.uds is not None:
        options["transport"] = transport(uds=address.uds)
    return options if settings.context is None else {**options, "verify": settings.context}


def socket_options(address: Address, settings: Settings) -> dict[str, Any]:
    """What a socket is opened with."""
    options: dict[str, Any] = {
        "additional_headers": address.headers,
        "compression": None,  # floats hardly get smaller
        "max_size": MAX_MESSAGE_BYTES,
        "open_timeout": settings.timeout,
        "close_timeout": CLOSE_S,
        "proxy": None if address.is_here else True,
    }
    if address.uds is not None:
        options |= {"unix": True, "path": address.uds}
    if settings.context is not None and address.live_url.startswith("wss"):
        options["ssl"] = settings.context
    return options


def parts(request: Request, settings: Settings) -> dict[str, Any]:
    """A request, as httpx takes it, but for a body that is a file."""
    left_s = request.patient.seconds if request.patient else float("inf")
    return {
        "method": request.method,
        "url": request.path,
        "params": request.query or None,
        "headers": dict(request.headers),
        "timeout": min(settings.timeout, max(left_s, LEAST_S)),
    }


def answer(response: httpx.Response, body: bytes = b"") -> Answer:
    """What came."""
    return Answer(response.status_code, dict(response.headers), body)


def lost(error: httpx.TransportError) -> Lost:
    """Why nothing came."""
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    late = isinstance(error, httpx.TimeoutException) and not unsent
    return Lost(str(error) or type(error).__name__, arrived=not unsent, late=late)


def too_long(error: httpx.InvalidURL) -> ClientError:
    """That a request names more than an address can hold."""
    return ClientError(f"this is too much for one request ({error}); name fewer runs at a time")


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """A file beside `target` that takes its place once it is whole."""
    part = target.with_name(f"{target.name}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


class Reconnecting:
    """When a socket that was refused or lost is opened again."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self._address = address
        self._settings = settings
        self._retries = settings.retries
        self._patience = Patience(settings.patience)
        self._was_there = False

    def heard(self) -> None:
        """The server has said something."""
        self._was_there = True
        self._patience.connected()

    def wait_s(self, error: Exception) -> float:
        """How long to wait after `error`.

        Raises NotConnected where that is for nothing, and ProblemError where the server refuses.
        """
        at_least = self._asked(error) if isinstance(error, InvalidHandshake) else 0.0
        if not self._was_there:
            self._retries -= 1
        wait_s = self._patience.next()
        if wait_s is None or self._retries < 0:
            raise not_connected(self._address.place, str(error) or type(error).__name__) from None
        return max(wait_s, at_least)

    def _asked(self, error: InvalidHandshake) -> float:
        if not isinstance(error, InvalidStatus):
            return 0.0
        response = error.response
        headers = {name.lower(): value for name, value in response.headers.raw_items()}
        told = Answer(response.status_code, headers, bytes(response.body or b""))
        asked = retry_after(told) if told.status in (BUSY, *UNAVAILABLE) else None
        if asked is None:
            raise refusal(told) from None
        return asked
