"""A process that has imported what the server takes from others, and is `reluscope` in each child.

A program of its own, started by tests/starting.py with the number of a socket. Each request there is
a `Start`, answered by the process id of the child, or a process id, answered by the exit code of that
child, None while it runs. A child that has ended stays a zombie until it is asked for, so that its
process id cannot become another's meanwhile. At the end of the socket all children are killed.

What is imported is others' code alone: the child imports `reluscope` itself, as it is by then, and
after its plug-ins.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from dataclasses import asdict, dataclass

IMPORTED = (
    "torch",
    "alembic.command",
    "fastapi",
    "filelock",
    "numpy.typing",
    "platformdirs",
    "plotly.offline",
    "psutil",
    "psycopg",
    "pydantic.v1",
    "pydantic_settings",
    "safetensors.torch",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "sqlite3",
    "statistics",
    "unicodedata",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)
"""What a start would spend nearly all its time on. Nothing here starts a thread that computes."""

LARGEST = 1 << 20
"""Of a request, in bytes."""


@dataclass(frozen=True)
class Start:
    """What the child is to be: the words after the module, and where and in what it runs. Its stdin
    is empty; its stdout and stderr are the two files that come with the request."""

    words: list[str]
    folder: str
    environment: dict[str, str]

    def encode(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self)).encode()


def main(channel: socket.socket) -> Start | None:
    """Answer until the socket ends: None. In a child: what it is to be."""
    children: set[int] = set()
    while True:
        request, files, _, _ = socket.recv_fds(channel, LARGEST, 2)
        if not request:
            break
        asked = json.loads(request)
        if isinstance(asked, int):
            ended, status = os.waitpid(asked, os.WNOHANG)
            if ended:
                children.remove(asked)
            answer = os.waitstatus_to_exitcode(status) if ended else None
        else:
            answer = os.fork()
            if answer == 0:
                channel.close()
                _take(files)
                return Start(**asked)
            children.add(answer)
            for file in files:
                os.close(file)
        channel.send(json.dumps(answer).encode())
    for child in children:
        os.kill(child, signal.SIGKILL)
    return None


def _take(files: list[int]) -> None:
    """Have the `files` as stdout and stderr."""
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
        os.close(file)


def _become(start: Start) -> None:
    """What `python -m reluscope` does: to the end, whichever it is, and however it is brought about."""
    os.chdir(start.folder)
    os.environ.clear()
    os.environ.update(start.environment)
    sys.path.insert(0, start.folder)
    sys.argv[1:] = start.words
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    runpy.run_module("reluscope", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    # Ctrl-C at a terminal comes to all its processes. Whoever runs the tests ends this one.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    del sys.path[0]  # where this file is
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a child that went through it all would copy the memory that it shares
    if start := main(socket.socket(fileno=int(sys.argv[1]))):
        _become(start)
