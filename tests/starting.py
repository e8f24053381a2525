"""Starting the command `reluscope` as a process of its own, cheaply where that is as good.

An interpreter takes seconds of CPU to import torch and all the rest. While tests run, on Linux, one
process does that once, and forks a child for each start (tests/forking.py). Where the start itself
is the subject, or a command is another or wants its interpreter set up, an interpreter is started.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from tests import forking
from tests.waiting import DEADLINE_S, eventually

MODULE = (sys.executable, "-m", "reluscope")

OURS = ("RELUSCOPE_", "PYTEST_", "CUBLAS_WORKSPACE_CONFIG", "TORCHINDUCTOR_")
"""How the variables begin that may differ: they tell nothing to an interpreter, nor to a library as it
is loaded. The last two are set where a server runs, or ran, in a thread of this process."""


class Started(Protocol):
    """The part of subprocess.Popen that is used."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit code, as subprocess has it; None while it runs."""

    def wait(self, timeout: float) -> int:
        """The exit code, within `timeout` seconds."""

    def send_signal(self, sig: int) -> None:
        """Nothing where it has ended."""

    def kill(self) -> None: ...


def start(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    stderr: IO[str] | int,
    *,
    fresh: bool = False,
) -> Started:
    """Start `command` in `folder`, with that `environment` and no other, its messages going to
    `stderr`. `fresh`: by an interpreter of its own in any case."""
    words = [str(word) for word in command]
    if not fresh and _forks is not None and _forks.can(words, environment):
        return _forks.start(words, folder, environment, stderr)
    return subprocess.Popen(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stderr=stderr
    )


@contextlib.contextmanager
def forks() -> Iterator[None]:
    """While inside, what may be is forked, by one process, from the first start on."""
    global _forks  # noqa: PLW0603 - one for this process
    if sys.platform != "linux":  # elsewhere a fork may find libraries in a state that they left
        yield
        return
    _forks = _Forks()
    try:
        yield
    finally:
        _forks.close()
        _forks = None


class _Forks:
    """The process that forks, seen from here. It ends with this one, even where that is killed."""

    def __init__(self) -> None:
        self._environment = dict(os.environ)
        self._asking = threading.Lock()
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes]

    def can(self, words: Sequence[str], environment: Mapping[str, str]) -> bool:
        """Whether a child is what an interpreter of its own would be."""
        differ = {name for name, _ in self._environment.items() ^ environment.items()}
        return tuple(words[:3]) == MODULE and all(name.startswith(OURS) for name in differ)

    def start(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], err: IO[str] | int
    ) -> Started:
        """`can` has said that it may."""
        asked = forking.Start(list(words[3:]), str(folder.absolute()), dict(environment))
        pid = self.ask(asked.encode(), [1, err if isinstance(err, int) else err.fileno()])
        assert pid is not None
        return _Forked(pid, self)

    def ask(self, request: bytes, files: Sequence[int] = ()) -> int | None:
        """The answer to a request, with which `files` go."""
        with self._asking:
            channel = self._begin()
            socket.send_fds(channel, [request], files)
            answer = channel.recv(forking.LARGEST)
        assert answer, "the process that forks has ended"
        told: int | None = json.loads(answer)
        return told

    def _begin(self) -> socket.socket:
        if self._channel is None:
            self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, forking.__file__, str(theirs.fileno())],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
        return self._channel

    def close(self) -> None:
        """End it, and whatever of its children is left."""
        if self._channel is not None:
            self._channel.close()
            self._process.wait(DEADLINE_S)


_forks: _Forks | None = None


class _Forked:
    """A child of the process that forks."""

    def __init__(self, pid: int, forks: _Forks) -> None:
        self.pid = pid
        self._forks = forks
        self._code: int | None = None
        self._looking = threading.Lock()

    def poll(self) -> int | None:
        with self._looking:
            if self._code is None:
                self._code = self._forks.ask(json.dumps(self.pid).encode())
            return self._code

    def wait(self, timeout: float) -> int:
        eventually(lambda: self.poll() is not None, "the end of a process", deadline_s=timeout)
        assert self._code is not None
        return self._code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
