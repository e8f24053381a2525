"""Line: the way to one viewer, past what ASGI asks for each message, and how messages look on it.

A message from a server is the same bytes for whoever gets it, so that one for many is made once.
"""

from collections.abc import Callable
from typing import Protocol

LINE = "reluscope.line"
"""Under this name a socket's scope has its line, among the extensions."""

TEXT, BINARY = 0x81, 0x82
"""The first byte of a WebSocket frame that is a whole message."""

SHORT, MIDDLE = 125, 2**16 - 1
"""Bytes up to which a frame's length is told in one byte, and in two more."""


class Line(Protocol):
    """What the door offers of a connection."""

    freed: Callable[[], None]
    """Called when all that waited has been taken, or never will be."""

    @property
    def is_free(self) -> bool:
        """Whether nothing waits to be taken: what is written is on its way at once, or nowhere."""

    def write(self, frames: bytes) -> None:
        """Send whole frames. Nothing is done where the connection is at its end."""

    def abort(self) -> None:
        """End the connection, whatever waits."""


def text(message: str) -> bytes:
    """A text message as a frame. It must be ASCII."""
    return _frame(TEXT, message.encode("ascii"))


def binary(message: bytes) -> bytes:
    """A binary message as a frame."""
    return _frame(BINARY, message)


def _frame(kind: int, payload: bytes) -> bytes:
    """RFC 6455, 5.2: what a server sends is not masked."""
    size = len(payload)
    if size <= SHORT:
        return bytes((kind, size)) + payload
    if size <= MIDDLE:
        return bytes((kind, 126)) + size.to_bytes(2, "big") + payload
    return bytes((kind, 127)) + size.to_bytes(8, "big") + payload
