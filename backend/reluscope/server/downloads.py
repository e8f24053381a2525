"""Answers that are files to be saved."""

from collections.abc import Iterator
from typing import IO

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

PIECE_BYTES = 2**18
"""What is sent at a stretch."""


def attachment(name: str) -> dict[str, str]:
    """The header by which a browser saves what comes under that name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


class Download(StreamingResponse):
    """A file that is sent piece by piece, and then closed."""

    def __init__(self, file: IO[bytes], name: str, media_type: str, status_code: int = 200) -> None:
        size = file.seek(0, 2)
        file.seek(0)
        headers = {**attachment(name), "Content-Length": str(size)}
        super().__init__(_pieces(file), status_code, headers, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece
