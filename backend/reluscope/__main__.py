"""The command `reluscope`: serve the page and the API."""

import uvicorn
from pydantic_settings import CliApp

from .server.app import create_app
from .settings import Settings
from .training.devices import use_one_thread

MAX_SOCKET_MESSAGE_BYTES = 64 * 1024
"""Of what a client sends: a watch list of 1,000 runs takes 50 KiB."""

SHUTDOWN_S = 3
"""How long open connections may take to end; workers and process need less than the 2 s that are
left of the 5 s in which a service manager expects the end."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    use_one_thread()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=False,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )


def main() -> None:
    """What the command runs."""
    serve(CliApp.run(Settings))


if __name__ == "__main__":
    main()
