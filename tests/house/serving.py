"""Start the server as a process of its own, as whoever installed it would."""

import os
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import starting

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
LISTENING = re.compile(r"Uvicorn running on http://[^:]+:(\d+)")


@dataclass
class Server:
    """A server that listens; `exit_code` is set once it has ended."""

    url: str
    process: starting.Started
    exit_code: int | None = None

    def kill(self) -> None:
        """End it as a power cut does, without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_TIMEOUT_S)


@contextmanager
def serving(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    fresh: bool = False,
) -> Iterator[Server]:
    """While inside, `command` serves from `folder`, which also takes its log. It must choose a
    free port; at the end it gets SIGTERM. `fresh`: started by an interpreter of its own."""
    log = folder / "server.log"
    clean = _clean({"RELUSCOPE_DATA": str(folder / "data"), **(environment or {})})
    with log.open("w") as stderr:
        process = starting.start(command, folder, clean, stderr, fresh=fresh)
    try:
        server = Server(_wait_for_url(process, log), process)
        yield server
        process.send_signal(signal.SIGTERM)
        server.exit_code = process.wait(STOP_TIMEOUT_S)
    finally:
        process.kill()
        process.wait(STOP_TIMEOUT_S)


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what would change the server, and with `environment`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("RELUSCOPE_") and name != "PYTHONPATH"
    }
    return kept | dict(environment)


def _wait_for_url(process: starting.Started, log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if listening := LISTENING.search(log.read_text()):
            return f"http://127.0.0.1:{listening[1]}"
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
