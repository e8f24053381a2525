"""HTTP and the socket, awaited: carries out what plans ask for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import httpx
from websockets.asyncio.client import connect

from .. import rim
from ..address import Address
from ..asking import Answer, Lost, Plan, Request, Tries
from ..following import Following, Update

T = TypeVar("T")

PIECE_BYTES = 2**20
"""Of a file, what is read at a time."""


class Transport:
    """One server, as the tasks of one event loop may ask it."""

    def __init__(self, address: Address, settings: rim.Settings) -> None:
        self.address = address
        self.settings = settings
        self._http = httpx.AsyncClient(
            **rim.http_options(address, settings, httpx.AsyncHTTPTransport)
        )

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def do(self, plan: Plan[T]) -> T:
        """What a plan returns once all is done that it asks for."""
        reply: Answer | None = None
        while True:
            try:
                step = plan.send(reply)
            except StopIteration as done:
                value: T = done.value
                return value
            if isinstance(step, Request):
                reply = await self._sent(step)
            else:
                reply = None
                await asyncio.sleep(step.seconds)

    async def _sent(self, request: Request) -> Answer:
        settings = self.settings
        tries = Tries(request, self.address.place, settings.retries, settings.patience)
        while True:
            step = tries.take(await self._send(request))
            if isinstance(step, Answer):
                return step
            await asyncio.sleep(step.seconds)

    async def _send(self, request: Request) -> Answer | Lost:
        parts = rim.parts(request, self.settings)
        try:
            if request.source is None:
                async with self._http.stream(**parts, content=request.body) as response:
                    return await self._received(request, response)
            length = await asyncio.to_thread(lambda path: path.stat().st_size, request.source)
            parts["headers"]["Content-Length"] = str(length)
            async with (
                aclosing(_pieces(request.source)) as pieces,
                self._http.stream(**parts, content=pieces) as response,
            ):
                return await self._received(request, response)
        except httpx.TransportError as error:
            return rim.lost(error)
        except httpx.InvalidURL as error:
            raise rim.too_long(error) from None

    async def _received(self, request: Request, response: httpx.Response) -> Answer:
        if request.target is None or not response.is_success:
            return rim.answer(response, await response.aread())
        with rim.written(request.target) as part:
            file = await asyncio.to_thread(part.open, "wb")
            try:
                async for piece in response.aiter_bytes():
                    await asyncio.to_thread(file.write, piece)
            finally:
                await asyncio.to_thread(file.close)
        return rim.answer(response)

    async def follow(self, following: Following) -> AsyncGenerator[Update, None]:
        """What is told of runs until all of them have ended, over as many connections as it takes."""
        options = rim.socket_options(self.address, self.settings)
        again = rim.Reconnecting(self.address, self.settings)
        while not following.is_over:
            try:
                async with connect(self.address.live_url, **options) as socket:
                    for message in following.begin():
                        await socket.send(message)
                    while not following.is_over:
                        received = await socket.recv()
                        again.heard()
                        for update in following.take(received):
                            yield update
            except rim.SOCKET_ERRORS as error:
                await asyncio.sleep(again.wait_s(error))


async def _pieces(source: Path) -> AsyncGenerator[bytes, None]:
    file = await asyncio.to_thread(source.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)
