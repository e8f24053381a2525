"""The live socket, waited for."""

import time
from collections.abc import Callable, Generator

from websockets.sync.client import ClientConnection, connect

from .. import rim
from ..address import Address
from ..following import Following, Update

LOOK_S = 0.5
"""How soon it is noticed that no more is wanted."""


def follow(
    address: Address,
    settings: rim.Settings,
    following: Following,
    is_stopped: Callable[[], bool] | None = None,
) -> Generator[Update, None, None]:
    """What is told of runs until all of them have ended, or until it `is_stopped`, over as many
    connections as it takes."""
    options = rim.socket_options(address, settings)
    again = rim.Reconnecting(address, settings)

    def is_over() -> bool:
        return following.is_over or (is_stopped is not None and is_stopped())

    while not is_over():
        try:
            with connect(address.live_url, **options) as socket:
                for message in following.begin():
                    socket.send(message)
                while not is_over():
                    received = _received(socket, LOOK_S if is_stopped else None)
                    if received is not None:
                        again.heard()
                        yield from following.take(received)
        except rim.SOCKET_ERRORS as error:
            time.sleep(again.wait_s(error))


def _received(socket: ClientConnection, timeout_s: float | None) -> str | bytes | None:
    """The next message; None where none has come in time."""
    try:
        return socket.recv(timeout_s)
    except TimeoutError:
        return None
