"""`reluscope`, or `reluscope serve`: the page and the API."""

import logging
import os
from collections.abc import Sequence

import uvicorn

from ..settings import Settings
from .shared import read_settings

SHUTDOWN_S = 2
"""How long open connections may take to end; workers and process need less than the 3 s that are
left of the 5 s in which a service manager expects the end."""


def _is_true(record: logging.LogRecord) -> bool:
    """Uvicorn 0.54 logs an error after each socket that was refused with an answer, which went well
    (Kludex/uvicorn#3138)."""
    return record.getMessage() != "ASGI callable returned without completing handshake."


def run(words: Sequence[str]) -> None:
    """What the command does with the words after it."""
    serve(read_settings(words))


def serve(settings: Settings) -> None:
    """Load the plug-ins, then serve until SIGTERM or SIGINT. Raises PluginError."""
    from ..training import plugins

    plugins.load(settings.load)
    # What may be asked of a run is fixed by the import of these: all rules must be entered by then.
    from ..server.app import create_app
    from ..server.messages import MAX_MESSAGE_BYTES
    from ..training.devices import use_one_thread

    logging.getLogger("uvicorn.error").addFilter(_is_true)
    use_one_thread()
    app = create_app(settings)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )
    if not app.state.workers_stopped:
        # The interpreter's end would find a worker inside torch, and abort.
        logging.shutdown()
        os._exit(0)
