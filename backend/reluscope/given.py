"""What an option may be, as people write it: names, tokens, addresses, sizes, places.

Each is a type that pydantic reads, and says in a sentence what it expected instead.
"""

import contextlib
import ipaddress
import json
import os
import re
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    PositiveInt,
    SecretStr,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""What a browser calls this machine."""

MIN_TOKEN = 16
"""Characters of a token: 16 random ones of hexadecimal are 64 bits, which nobody guesses through a
server that slows down those who try."""

UNIX_PEER = "unix"
"""Names, among the proxies that are trusted, whoever comes by the Unix socket."""


def words(value: object) -> object:
    """The words of `a,b` or of the JSON list `["a", "b"]`, as text comes in from outside."""
    if isinstance(value, list):
        return [word for item in value for word in _texts(item)]
    return _texts(value)


def _texts(value: object) -> list[object]:
    if not isinstance(value, str):
        return [value]
    if value.startswith("["):
        with contextlib.suppress(ValueError):  # an address of IPv6 begins so, too
            return list(json.loads(value))
    return [word.strip() for word in value.split(",") if word.strip()]


_PORT = "(?::[1-9][0-9]{0,4})?"

_ORIGIN = re.compile(r"(https?)://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])" + _PORT)

_LEFT_OUT = {"http": ":80", "https": ":443"}
"""The ports that a browser does not name."""


def _origin(value: str) -> str:
    """An origin as browsers have it, and no more: it goes into a header as it stands."""
    found = _ORIGIN.fullmatch(value.lower())
    if not found:
        raise PydanticCustomError("origin", "expected an origin, as in https://wiki.example:8443")
    return found[0].removesuffix(_LEFT_OUT[found[1]])


Origin = Annotated[str, AfterValidator(_origin)]


_HOST = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])" + _PORT)


def _host(value: str) -> str:
    """A name that Host may carry, as it is written there."""
    if not _HOST.fullmatch(value.lower()):
        raise PydanticCustomError(
            "host", "expected a name, as in scope.example or scope.example:8443"
        )
    return value.lower()


Host = Annotated[str, AfterValidator(_host)]


_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def _token(value: SecretStr) -> SecretStr:
    """A token as RFC 6750 writes it, so that it goes through every header and address."""
    secret = value.get_secret_value()
    if len(secret) < MIN_TOKEN or not _TOKEN.fullmatch(secret):
        raise PydanticCustomError(
            "token",
            "expected at least {least} letters and digits that nobody guesses, as `openssl rand "
            "-hex 16` gives them",
            {"least": MIN_TOKEN},
        )
    return value


Token = Annotated[SecretStr, AfterValidator(_token)]


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what is bound to that address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return host == "localhost"


_ROOT_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")

_OWN_PATHS = ("api", "assets", "docs", "healthz", "metrics", "readyz", "vendor")


def _root_path(value: str) -> str:
    """A path as headers, cookies and the page's own paths can have it before them."""
    if not _ROOT_PATH.fullmatch(value):
        raise PydanticCustomError("root_path", "expected a path with no / at its end, as in /scope")
    if value.split("/")[1:2] and value.split("/")[1] in _OWN_PATHS:
        # With it or without it, a path could be meant either way.
        raise PydanticCustomError("root_path", "the server itself has paths that begin so")
    return value


RootPath = Annotated[str, AfterValidator(_root_path)]


def _proxy(value: str) -> str:
    """An address or a network, written in one way."""
    if value.lower() == UNIX_PEER:
        return UNIX_PEER
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        message = "expected an address or a network, as in 10.0.0.2 or 10.0.0.0/24, or unix"
        raise PydanticCustomError("proxy", message) from None
    if network.prefixlen == 0:
        raise PydanticCustomError("proxy", "that is everybody; name the proxy, or its network")
    return str(network)


Proxy = Annotated[str, AfterValidator(_proxy)]


def _receiver(value: SecretStr) -> SecretStr:
    """A URL that may be told of things: a whole one, over HTTP."""
    try:
        parts = urlsplit(value.get_secret_value())
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or re.search(r"[^!-~]", value.get_secret_value()):
        raise PydanticCustomError("receiver", "expected a URL of http or https, with a host")
    return value


Receiver = Annotated[SecretStr, AfterValidator(_receiver)]


class Limit(NamedTuple):
    """How much may be kept; one of the two is None."""

    runs: int | None
    size_bytes: int | None


_COUNT = TypeAdapter(PositiveInt)
_BYTES: TypeAdapter[int] = TypeAdapter(Annotated[ByteSize, Field(gt=0)])


def _limit(value: object) -> object:
    """What `1000`, a count, or `2GiB`, a size, says."""
    try:
        if isinstance(value, str) and not value.strip().isdecimal():
            return Limit(None, _BYTES.validate_python(value))
        if isinstance(value, str | int):
            return Limit(_COUNT.validate_python(value), None)
    except ValidationError:
        message = "expected a number of runs, as in 1000, or a size, as in 2GiB"
        raise PydanticCustomError("limit", message) from None
    return value


Keeping = Annotated[Limit, BeforeValidator(_limit)]


def _place(value: object) -> object:
    """The whole path of a file or folder: it is told to others, who may stand elsewhere."""
    try:
        return Path(value).expanduser().absolute() if isinstance(value, str | Path) else value
    except RuntimeError:
        raise PydanticCustomError("folder", "nobody of that name has a home here") from None


Place = Annotated[Path, BeforeValidator(_place)]


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
