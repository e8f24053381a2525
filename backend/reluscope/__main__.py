"""The command `reluscope`: serve the page and the API."""

import logging
import os

import uvicorn
from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsError

from .server.app import create_app
from .server.messages import MAX_MESSAGE_BYTES
from .settings import Settings
from .training.devices import use_one_thread

SHUTDOWN_S = 2
"""How long open connections may take to end; workers and process need less than the 3 s that are
left of the 5 s in which a service manager expects the end."""


def _is_true(record: logging.LogRecord) -> bool:
    """Uvicorn 0.54 logs an error after each socket that was refused with an answer, which went well
    (Kludex/uvicorn#3138)."""
    return record.getMessage() != "ASGI callable returned without completing handshake."


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
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


def main() -> None:
    """What the command runs."""
    try:
        settings = CliApp.run(Settings)
    except ValidationError as error:
        wrong = (f"--{str(e['loc'][0]).replace('_', '-')}: {e['msg']}" for e in error.errors())
        raise SystemExit(f"reluscope: error: {'; '.join(wrong)}") from None
    except SettingsError as error:
        raise SystemExit(f"reluscope: error: {error}") from None
    serve(settings)


if __name__ == "__main__":
    main()
