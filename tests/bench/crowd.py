"""A crowd: many viewers of the same runs on raw sockets, in a process of their own.

Each is a real WebSocket that watches all of the runs. What it gets is looked at block by block: that no
loss is missing, and how old the newest was when it came. It is done with as little work as can be, so
that the server, which has the same cores, is what is measured.
"""

import argparse
import base64
import json
import os
import resource
import select
import socket
import statistics
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from reluscope.blocks import HEADER, LOSSES, PAIR_BYTES, VALUE_BYTES

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

LONG = 2**20
"""Bytes that are read at once; no message is longer."""

LOOK_S = 0.05
"""How often it is looked whether to measure, and whether there is enough of it."""

ANSWER_S = 30.0
"""In which a handshake is to be answered."""


@dataclass
class Seen:
    """What the crowd saw within a window."""

    viewers: int
    """Those that were there to its end."""
    missed: int
    """Losses that did not come in order."""
    frames_per_s: tuple[float, float, float]
    """Messages of values that a viewer got: the least of all, the median, the most."""
    delay_ms: tuple[float, float, float]
    """From a loss to who holds it, of each block: p50, p99, the most."""
    losses: int
    """Those that came, to all of them together."""
    cores: float
    """What the crowd itself took."""


class Viewer:
    """One of them."""

    def __init__(self, url: str, cursors: Mapping[str, int]) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(
            (
                f"GET /api/live?list=watched HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
            ).encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode())
        watch = {"type": "watch", "runs": cursors, "channels": []}
        self._tell(TEXT, json.dumps(watch).encode())
        self.socket.settimeout(0)
        self._cursors = {uuid.UUID(run_id).bytes: at for run_id, at in cursors.items()}
        self.rest = b""
        self.frames = 0
        self.missed = 0
        self.losses = 0

    def read(self, delays: list[float]) -> bool:
        """Take what is there, and note how old each block was; False where it was the end."""
        try:
            came = self.socket.recv(LONG)
        except BlockingIOError:
            return True
        if not came:
            return False
        now = time.time()
        data, at = self.rest + came if self.rest else came, 0
        end = len(data)
        while end - at >= 2:
            code, size, start = data[at] & 15, data[at + 1], at + 2
            if size == 126:
                start = at + 4
                size = int.from_bytes(data[at + 2 : start], "big")
            elif size == 127:
                start = at + 10
                size = int.from_bytes(data[at + 2 : start], "big")
            if end < start + size or end < start:
                break
            if code == BINARY:
                self.frames += 1
                self._look(data, start, start + size, now, delays)
            elif code == PING:
                self._tell(PONG, data[start : start + size])
            elif code == CLOSE:
                return False
            at = start + size
        self.rest = data[at:]
        return True

    def _look(self, data: bytes, at: int, stop: int, now: float, delays: list[float]) -> None:
        while at < stop:
            _, kind, _, count, first, run_id, produced_at = HEADER.unpack_from(data, at)
            at += HEADER.size + count * (VALUE_BYTES if kind == LOSSES else PAIR_BYTES)
            if kind == LOSSES:
                self.missed += first != self._cursors[run_id]
                self._cursors[run_id] = first + count
                self.losses += count
                delays.append(now - produced_at)

    def _tell(self, code: int, data: bytes) -> None:
        mask = b"\0\0\0\0"  # which leaves the bytes as they are
        size = (
            struct.pack("!B", 128 | len(data))
            if len(data) < 126
            else b"\xfe" + struct.pack("!H", len(data))
        )
        self.socket.sendall(bytes([128 | code]) + size + mask + data)


class Gathered:
    """All of them, in this process."""

    def __init__(self, url: str, cursors: Mapping[str, int], count: int) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self._poll = select.epoll()
        self._viewers: dict[int, Viewer] = {}
        self._delays: list[float] = []
        for _ in range(count):
            viewer = Viewer(url, cursors)
            self._viewers[viewer.socket.fileno()] = viewer
            self._poll.register(viewer.socket, select.EPOLLIN)

    def read(self, for_s: float) -> None:
        """Take what comes, for a while."""
        end = time.monotonic() + for_s
        while (left := end - time.monotonic()) > 0:
            for file, _ in self._poll.poll(left):
                if not self._viewers[file].read(self._delays):
                    self._poll.unregister(file)
                    del self._viewers[file]

    def measure(self, window_s: float) -> Seen:
        """What is seen from now on, in so long; or in longer, until each has seen something."""
        viewers = self._viewers.values()
        self._delays.clear()
        for viewer in viewers:
            viewer.frames = viewer.losses = 0
        began, cpu = time.monotonic(), time.process_time()
        self.read(window_s)
        while any(viewer.frames < 2 for viewer in viewers):
            self.read(LOOK_S)
        took, cpu = time.monotonic() - began, time.process_time() - cpu
        frames = sorted(viewer.frames / took for viewer in viewers)
        cuts = statistics.quantiles(self._delays, n=100)
        return Seen(
            len(viewers),
            sum(viewer.missed for viewer in viewers),
            (frames[0], statistics.median(frames), frames[-1]),
            (1000 * cuts[49], 1000 * cuts[98], 1000 * max(self._delays)),
            sum(viewer.losses for viewer in viewers),
            cpu / took,
        )


def watch(url: str, cursors: Mapping[str, int], count: int) -> None:
    """Watch runs from these iterations on with `count` viewers; for each line that comes in, seconds
    to warm and to measure, say what was seen, as JSON."""
    gathered = Gathered(url, cursors, count)
    print("there", flush=True)
    while True:
        while not select.select([sys.stdin], [], [], 0)[0]:
            gathered.read(LOOK_S)
        line = sys.stdin.readline()
        if not line:
            return
        warm_s, window_s = map(float, line.split())
        gathered.read(warm_s)
        print(json.dumps(asdict(gathered.measure(window_s))), flush=True)


class Crowd:
    """A crowd, seen from where it was called."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def begin(self, warm_s: float, window_s: float) -> None:
        """Let it measure for a while, after a while."""
        assert self._process.stdin
        print(warm_s, window_s, file=self._process.stdin, flush=True)

    def seen(self) -> Seen:
        """What it saw, once that is over."""
        assert self._process.stdout
        return Seen(**json.loads(self._process.stdout.readline()))


@contextmanager
def crowd(url: str, cursors: Mapping[str, int], count: int) -> Iterator[Crowd]:
    """While inside, so many viewers watch these runs, each from the given iteration on."""
    told = json.dumps(dict(cursors))
    command = [sys.executable, "-m", "tests.bench.crowd", url, str(count), told]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            assert process.stdout
            if process.stdout.readline() != "there\n":
                raise ConnectionError(f"{count} viewers did not come together")
            yield Crowd(process)
        finally:
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("count", type=int)
    parser.add_argument("cursors", type=json.loads, help="of each run, by its id, as JSON")
    options = parser.parse_args()
    watch(options.url, options.cursors, options.count)


if __name__ == "__main__":
    main()
