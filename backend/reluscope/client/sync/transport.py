"""HTTP and the socket, waited for: carries out what plans ask for."""

import time
from collections.abc import Generator
from typing import TypeVar

import httpx

from .. import rim
from ..address import Address
from ..asking import Answer, Lost, Plan, Request, Tries
from ..following import Following, Update
from .live import follow

T = TypeVar("T")


class Transport:
    """One server, as any number of threads may ask it."""

    def __init__(self, address: Address, settings: rim.Settings) -> None:
        self.address = address
        self.settings = settings
        self._http = httpx.Client(**rim.http_options(address, settings, httpx.HTTPTransport))

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def do(self, plan: Plan[T]) -> T:
        """What a plan returns once all is done that it asks for."""
        reply: Answer | None = None
        while True:
            try:
                step = plan.send(reply)
            except StopIteration as done:
                value: T = done.value
                return value
            if isinstance(step, Request):
                reply = self._sent(step)
            else:
                reply = None
                time.sleep(step.seconds)

    def _sent(self, request: Request) -> Answer:
        settings = self.settings
        tries = Tries(request, self.address.place, settings.retries, settings.patience)
        while True:
            step = tries.take(self._send(request))
            if isinstance(step, Answer):
                return step
            time.sleep(step.seconds)

    def _send(self, request: Request) -> Answer | Lost:
        parts = rim.parts(request, self.settings)
        try:
            if request.source is None:
                with self._http.stream(**parts, content=request.body) as response:
                    return self._received(request, response)
            with (
                request.source.open("rb") as file,
                self._http.stream(**parts, content=file) as response,
            ):
                return self._received(request, response)
        except httpx.TransportError as error:
            return rim.lost(error)
        except httpx.InvalidURL as error:
            raise rim.too_long(error) from None

    def _received(self, request: Request, response: httpx.Response) -> Answer:
        if request.target is None or not response.is_success:
            return rim.answer(response, response.read())
        with rim.written(request.target) as part, part.open("wb") as file:
            for piece in response.iter_bytes():
                file.write(piece)
        return rim.answer(response)

    def follow(self, following: Following) -> Generator[Update, None, None]:
        """What is told of runs until all of them have ended, over as many connections as it takes."""
        return follow(self.address, self.settings, following)
