"""Every option, once: command line, environment (`RELUSCOPE_*`) and help derive from here."""

import contextlib
import ipaddress
import json
import os
import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    PositiveInt,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""What a browser calls this machine."""

MIN_TOKEN = 16
"""Characters of a token: 16 random ones of hexadecimal are 64 bits, which nobody guesses through a
server that slows down those who try."""

UNIX_PEER = "unix"
"""Names, among the proxies that are trusted, whoever comes by the Unix socket."""


def _words(value: object) -> object:
    """The words of `a,b` or of the JSON list `["a", "b"]`, as text comes in from outside."""
    if isinstance(value, list):
        return [word for item in value for word in _texts(item)]
    return _texts(value)


def _texts(value: object) -> list[object]:
    if not isinstance(value, str):
        return [value]
    if value.startswith("["):
        return list(json.loads(value))
    return [word.strip() for word in value.split(",") if word.strip()]


_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


def _origin(value: str) -> str:
    """An origin and no more: it goes into a header as it stands."""
    if not _ORIGIN.fullmatch(value.lower()):
        raise PydanticCustomError("origin", "expected an origin, as in https://wiki.example:8443")
    return value.lower()


_HOST = re.compile(r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def _host(value: str) -> str:
    """A name that Host may carry, as it is written there."""
    if not _HOST.fullmatch(value.lower()):
        raise PydanticCustomError(
            "host", "expected a name, as in scope.example or scope.example:8443"
        )
    return value.lower()


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


def _is_loopback(host: str) -> bool:
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


def _place(value: object) -> object:
    """The whole path of a file or folder: it is told to others, who may stand elsewhere."""
    try:
        return Path(value).expanduser().absolute() if isinstance(value, str | Path) else value
    except RuntimeError:
        raise PydanticCustomError("folder", "nobody of that name has a home here") from None


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """What the server is told. Each field is an option and an environment variable: max_runs is
    --max-runs and RELUSCOPE_MAX_RUNS."""

    model_config = SettingsConfigDict(
        env_prefix="RELUSCOPE_",
        extra="forbid",
        hide_input_in_errors=True,  # there are tokens in it
        env_ignore_empty=True,  # as a script passes on what is not set; options, too
    )

    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port; 0 takes a free one.")] = 8000
    token: Annotated[
        Token | None,
        Field(description="Who has it may do everything. Needed where others reach the server."),
    ] = None
    view_token: Annotated[Token | None, Field(description="Who has it may look, and no more.")] = (
        None
    )
    uds: Annotated[
        Path | None,
        BeforeValidator(_place),
        Field(
            description="A Unix socket to listen on instead. Its owner may connect; with a folder "
            "that hands on its group (setgid), the group, too."
        ),
    ] = None
    ssl_certfile: Annotated[
        Path | None,
        BeforeValidator(_place),
        Field(description="A certificate, as PEM: what is served comes by https."),
    ] = None
    ssl_keyfile: Annotated[
        Path | None,
        BeforeValidator(_place),
        Field(description="Its key, where that is not in the same file."),
    ] = None
    ssl_keyfile_password: Annotated[
        SecretStr | None,
        Field(description="The key's password; better given in the environment."),
    ] = None
    root_path: Annotated[
        str,
        AfterValidator(_root_path),
        Field(description="Where a proxy has this server, as in /scope."),
    ] = ""
    trust_proxy: Annotated[
        list[Annotated[str, AfterValidator(_proxy)]],
        NoDecode,
        BeforeValidator(_words),
        Field(
            description="Proxies whose X-Forwarded-For and -Proto are believed: addresses, "
            "networks, or unix for whoever comes by the Unix socket."
        ),
    ] = []
    allow_host: Annotated[
        list[Annotated[str, AfterValidator(_host)]],
        NoDecode,
        BeforeValidator(_words),
        Field(description="Names, such as scope.example:8443, that a browser may ask for."),
    ] = []
    cors_origin: Annotated[
        list[Annotated[str, AfterValidator(_origin)]],
        NoDecode,
        BeforeValidator(_words),
        Field(description="Sites whose pages may use the API, such as https://lab.example."),
    ] = []
    embed_origin: Annotated[
        list[Annotated[str, AfterValidator(_origin)]],
        NoDecode,
        BeforeValidator(_words),
        Field(description="Sites whose pages may embed a picture, such as https://wiki.example."),
    ] = []
    load: Annotated[
        list[Path],
        NoDecode,
        BeforeValidator(_words),
        Field(description="Python files with ReLUs or update rules of your own."),
    ] = []
    data: Annotated[
        Path, BeforeValidator(_place), Field(description="The folder that keeps the runs.")
    ] = Path(platformdirs.user_data_path("reluscope", appauthor=False))
    database_url: Annotated[
        SecretStr | None,
        Field(description="A PostgreSQL database that keeps them instead: postgresql://..."),
    ] = None
    store: Annotated[
        bool,
        Field(description="Whether runs are kept at all; with --no-store, in memory alone."),
    ] = True
    resume: Annotated[
        Literal["auto", "never"],
        Field(description="Whether runs go on that were cut off when the server last ended."),
    ] = "auto"
    keep: Annotated[
        Limit | None,
        NoDecode,
        BeforeValidator(_limit),
        Field(
            description="How much to keep: runs, as in 1000, or bytes, as in 2GiB. The oldest make "
            "room, but none that is pinned or has not ended."
        ),
    ] = None
    workers: Annotated[
        int, Field(ge=1, le=256, description="Threads that train on the CPU; one for each core.")
    ] = _cores()
    memory: Annotated[
        ByteSize | None,
        Field(gt=0, description="What runs may take together, such as 8GiB; 3/4 of what is free."),
    ] = None
    max_live: Annotated[int, Field(ge=1, description="Runs that may be live at once.")] = 1000
    max_runs: Annotated[int, Field(ge=1, description="Runs that may be kept.")] = 10_000
    max_sockets: Annotated[int, Field(ge=1, description="Pages and others that may watch.")] = 4000
    max_sockets_per_address: Annotated[
        int, Field(ge=1, description="Of these, those that may come from one address.")
    ] = 1000
    max_writes: Annotated[
        int, Field(ge=1, description="Writes a second that one address may make.")
    ] = 200
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="What to log.")
    ] = "info"
    log_format: Annotated[
        Literal["text", "json"], Field(description="How: lines for people, or JSON.")
    ] = "text"
    webhook: Annotated[
        list[Annotated[SecretStr, AfterValidator(_receiver)]],
        NoDecode,
        BeforeValidator(_words),
        Field(description="URLs that are told of each run that has ended."),
    ] = []
    webhook_secret: Annotated[
        SecretStr | None,
        Field(min_length=16, description="What they are told is signed with this."),
    ] = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.token is None and self.uds is None and not _is_loopback(self.host):
            raise PydanticCustomError(
                "unsafe",
                "--token: others than this machine reach {host}, so one is needed",
                {"host": self.host},
            )
        if self.token is None and self.trust_proxy:
            raise PydanticCustomError(
                "unsafe", "--token: others come by way of a proxy, so one is needed"
            )
        if self.token is None and self.view_token is not None:
            raise PydanticCustomError(
                "unsafe", "--view-token: whoever may do more needs a --token then"
            )
        if self.token is not None and self.token == self.view_token:
            raise PydanticCustomError("unsafe", "--view-token: it must be another than --token")
        return self
