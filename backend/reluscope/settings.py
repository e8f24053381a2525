"""Every option, once: command line, environment (`RELUSCOPE_*`) and help derive from here."""

from pathlib import Path
from typing import Annotated, Literal, Self

import platformdirs
from pydantic import BeforeValidator, ByteSize, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .given import (
    Host,
    Keeping,
    Origin,
    Place,
    Proxy,
    Receiver,
    RootPath,
    Token,
    cores,
    is_loopback,
    words,
)


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
        Place | None,
        Field(
            description="A Unix socket to listen on instead. Its owner may connect; with a folder "
            "that hands on its group (setgid), the group, too."
        ),
    ] = None
    ssl_certfile: Annotated[
        Place | None,
        Field(description="A certificate, as PEM: what is served comes by https."),
    ] = None
    ssl_keyfile: Annotated[
        Place | None,
        Field(description="Its key, where that is not in the same file."),
    ] = None
    ssl_keyfile_password: Annotated[
        SecretStr | None,
        Field(description="The key's password; better given in the environment."),
    ] = None
    root_path: Annotated[
        RootPath,
        Field(description="Where a proxy has this server, as in /scope."),
    ] = ""
    trust_proxy: Annotated[
        list[Proxy],
        NoDecode,
        BeforeValidator(words),
        Field(
            description="Proxies whose X-Forwarded-For and -Proto are believed: addresses, "
            "networks, or unix for whoever comes by the Unix socket."
        ),
    ] = []
    allow_host: Annotated[
        list[Host],
        NoDecode,
        BeforeValidator(words),
        Field(description="Names, such as scope.example:8443, that a browser may ask for."),
    ] = []
    cors_origin: Annotated[
        list[Origin],
        NoDecode,
        BeforeValidator(words),
        Field(description="Sites whose pages may use the API, such as https://lab.example."),
    ] = []
    embed_origin: Annotated[
        list[Origin],
        NoDecode,
        BeforeValidator(words),
        Field(description="Sites whose pages may embed a picture, such as https://wiki.example."),
    ] = []
    load: Annotated[
        list[Path],
        NoDecode,
        BeforeValidator(words),
        Field(description="Python files with ReLUs or update rules of your own."),
    ] = []
    data: Annotated[Place, Field(description="The folder that keeps the runs.")] = Path(
        platformdirs.user_data_path("reluscope", appauthor=False)
    )
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
        Keeping | None,
        NoDecode,
        Field(
            description="How much to keep: runs, as in 1000, or bytes, as in 2GiB. The oldest make "
            "room, but none that is pinned or has not ended."
        ),
    ] = None
    workers: Annotated[
        int, Field(ge=1, le=256, description="Threads that train on the CPU; one for each core.")
    ] = cores()
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
        list[Receiver],
        NoDecode,
        BeforeValidator(words),
        Field(description="URLs that are told of each run that has ended."),
    ] = []
    webhook_secret: Annotated[
        SecretStr | None,
        Field(min_length=16, description="What they are told is signed with this."),
    ] = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.token is None and self.uds is None and not is_loopback(self.host):
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
