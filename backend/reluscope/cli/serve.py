"""`reluscope`, or `reluscope serve`: the page and the API."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
from typing import TYPE_CHECKING, Any

import uvicorn

from .. import logs
from ..errors import CannotListen, StoreInUse, StoreTooNew
from ..settings import Settings
from .shared import NOBODY, fail, load_plugins, read_settings, takes_settings

if TYPE_CHECKING:
    from ..runs.store import Store
    from ..server.door.listening import Listening

SHUTDOWN_S = 2
"""How long open connections may take to end; workers, store and process need less than the 3 s that
are left of the 5 s in which a service manager expects the end."""


NO_ERRORS = (
    "ASGI callable returned without completing handshake.",
    "Invalid UTF-8 sequence received from client.",
)
"""What is logged as if it were one."""


def _is_true(record: logging.LogRecord) -> bool:
    """Uvicorn 0.54 logs an error after each socket that was refused with an answer, which went well
    (Kludex/uvicorn#3138), and one, with all that it was doing, of each client that sends text which
    is none: that is the client's error, and it is told so."""
    return record.getMessage() not in NO_ERRORS


class Server(uvicorn.Server):
    """One that tells the store where it is, once it listens."""

    def __init__(
        self,
        config: uvicorn.Config,
        store: "Store | None",
        listening: "Listening",
        *,
        alone: bool,
    ) -> None:
        """`listening`: what `config` was told of it. `alone`: whether there is nothing else in the
        process."""
        super().__init__(config)
        self._store = store
        self._listening = listening
        self._alone = alone

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        self._listening.secure(asyncio.get_running_loop())
        await super().startup(sockets)
        if self._alone:
            # What is there by now stays: torch, and the runs of the store. A full collection that
            # went through it all would stop workers and event loop for some tenths of a second.
            gc.collect()
            gc.freeze()
        if self._store is not None and self.started:
            self._store.announce(self._address())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen no more, and end."""
        self._listening.close()
        await super().shutdown(sockets)

    def _address(self) -> str:
        name = self.servers[0].sockets[0].getsockname()
        if isinstance(name, str):
            return f"unix:{name}"
        host, port = name[:2]
        shown = f"[{host}]" if ":" in host else host
        settings: Settings = self.config.app.state.settings  # type: ignore[union-attr]
        return f"{'https' if self.config.ssl else 'http'}://{shown}:{port}{settings.root_path}"


@takes_settings()
def command(given: dict[str, Any]) -> None:
    """Serve the page and the API: train ReLU networks and watch them live."""
    serve(read_settings(given))


def serve(settings: Settings) -> None:
    """Load the plug-ins, then serve until SIGTERM or SIGINT. Ends the command where one cannot be
    loaded, and where the store is another server's, or of a later version."""
    server = prepare(settings, alone=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(NOBODY)
    if not server.config.app.state.workers_stopped:  # type: ignore[union-attr]
        # The interpreter's end would find a worker inside torch, and abort.
        logging.shutdown()
        os._exit(0)


def prepare(settings: Settings, *, alone: bool = False) -> Server:
    """The server, ready to be run; `alone` in its process, or beside others."""
    load_plugins(settings)
    # What may be asked of a run is fixed by the import of these: all rules must be entered by then.
    from ..server.app import create_app
    from ..server.door.listening import Listening, allow_files
    from ..server.door.protocol import IDLE_S, OTHERS, Protocol, SocketProtocol
    from ..server.socket.messages import MAX_MESSAGE_BYTES
    from ..training.devices import use_one_thread

    if alone:
        logs.set_up(settings.log_format, settings.log_level)
        allow_files()
    logging.getLogger("uvicorn.error").addFilter(_is_true)
    use_one_thread()
    with contextlib.ExitStack() as undone:
        try:
            listening = undone.enter_context(contextlib.closing(Listening(settings)))
        except CannotListen as error:
            fail(str(error))
        store = _store(settings)
        undone.pop_all()
    app = create_app(settings, store)
    config = uvicorn.Config(
        app,
        **listening.options(),
        log_config=None,
        log_level=logs.uvicorn_level(settings.log_level),
        access_log=False,
        http=Protocol,
        ws=SocketProtocol,
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        limit_concurrency=settings.max_sockets + OTHERS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )
    server = Server(config, store, listening, alone=alone)
    app.state.leaving = lambda: server.should_exit
    return server


def _store(settings: Settings) -> "Store | None":
    """The store, open where it can be."""
    if not settings.store:
        return None
    from sqlalchemy.exc import ArgumentError

    from ..runs.store import Store

    if settings.database_url is None:
        store = Store.in_folder(settings.data)
    else:
        try:
            store = Store.at(settings.database_url.get_secret_value())
        except ArgumentError:
            fail("--database-url: expected a URL such as postgresql://user:password@host/name")
        except ImportError:
            fail("--database-url needs more: pip install 'reluscope[postgres]'")
    try:
        store.open()
    except (StoreInUse, StoreTooNew) as error:
        fail(str(error))
    return store
