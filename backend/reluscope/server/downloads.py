"""Answers that are files, or are made of them while they are sent."""

from collections.abc import Iterable, Iterator, Mapping
from typing import IO

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

PIECE_BYTES = 2**18
"""What is sent at a stretch."""


def attachment(name: str) -> dict[str, str]:
    """The header by which a browser saves what comes under that name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


class OfFile(StreamingResponse):
    """An answer that is made of a file while it is sent; the file is closed then."""

    def __init__(
        self,
        file: IO[bytes],
        content: Iterable[str | bytes],
        media_type: str,
        headers: Mapping[str, str] | None = None,
        status_code: int = 200,
    ) -> None:
        super().__init__(content, status_code, headers, media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


class Download(OfFile):
    """A file that is sent as it is, to be saved."""

    def __init__(self, file: IO[bytes], name: str, media_type: str, status_code: int = 200) -> None:
        size = file.seek(0, 2)
        file.seek(0)
        headers = {**attachment(name), "Content-Length": str(size)}
        super().__init__(file, _pieces(file), media_type, headers, status_code)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece
