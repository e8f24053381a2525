"""A TCP connection to the server, of which nothing is done that the test does not do itself."""

import contextlib
import select
import socket
import time
from typing import Self

from tests.waiting import DEADLINE_S

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)
"""What makes a request the handshake of a socket."""


class Bare:
    """One connection; `small` keeps as little as can be of what it has not taken."""

    def __init__(self, port: int, *, small: bool = False) -> None:
        self.port = port
        self._socket = socket.socket()
        if small:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(("127.0.0.1", port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def head(self, method: str, path: str, *lines: str, host: str | None = None) -> bytes:
        """A request up to its body."""
        host = f"127.0.0.1:{self.port}" if host is None else host
        return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, "", "")).encode(
            "latin-1"
        )

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, method: str, path: str, *lines: str, host: str | None = None) -> None:
        self.send(self.head(method, path, *lines, host=host))

    def answer(self, *, bodiless: bool = False) -> tuple[int, dict[str, str], bytes]:
        """The next answer: its status, headers and body, as long as those say that is."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self._socket.recv(1)
            assert byte, head
            head += byte
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        body, length = b"", 0 if bodiless else int(headers.get("content-length", 0))
        while len(body) < length:
            piece = self._socket.recv(length - len(body))
            assert piece, body
            body += piece
        return int(first.split()[1]), headers, body

    def until_closed(self, dribble: bytes = b"") -> bytes:
        """All that comes until the server closes, while `dribble` is sent now and then."""
        came, end = b"", time.monotonic() + DEADLINE_S
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < end:
                if select.select([self._socket], [], [], 0.02)[0]:
                    piece = self._socket.recv(65536)
                    if not piece:
                        return came
                    came += piece
                elif dribble:
                    self.send(dribble)
            raise AssertionError("the server does not close")
        return came
