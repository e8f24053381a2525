"""A viewer that opens the live socket and never reads from it."""

import json
import os
import socket
from typing import Self

from tests.waiting import DEADLINE_S

SMALL_BUFFER = 4096


class StalledViewer:
    """A TCP connection with small buffers, after its handshake."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(
            f"GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
            + b"Upgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._socket.recv(1)
        assert answer.startswith(b"HTTP/1.1 101 ")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def send(self, message: object) -> None:
        """Send JSON as one masked text frame."""
        payload = json.dumps(message).encode()
        assert len(payload) < 126  # longer ones would need a longer header
        length = bytes([0x80 | len(payload)])
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self._socket.sendall(b"\x81" + length + mask + masked)
