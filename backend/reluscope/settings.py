"""Every option, once: command line, environment (`RELUSCOPE_*`) and help derive from here."""

import json
import os
import re
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
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
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


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


def _receiver(value: SecretStr) -> SecretStr:
    """A URL that may be told of things: a whole one, over HTTP."""
    try:
        parts = urlsplit(value.get_secret_value())
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not value.get_secret_value().isprintable():
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


def _folder(value: object) -> object:
    """The whole path of a folder: it is told to others, who may stand elsewhere."""
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
        env_ignore_empty=True,  # as a script passes on what is not set; options, too
    )

    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port; 0 takes a free one.")] = 8000
    allow_host: Annotated[
        list[str],
        NoDecode,
        BeforeValidator(_words),
        Field(description="Host names, beside the loopback's, that a browser may ask for."),
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
        Path, BeforeValidator(_folder), Field(description="The folder that keeps the runs.")
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
