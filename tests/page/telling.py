"""What the server tells the page, changed on its way: so that the page is seen to show what this
server seldom or never says."""

import struct
from collections.abc import Callable

from playwright.sync_api import WebSocketRoute

from tests.page.visit import Visit

HEAD = struct.Struct("<BBHIQ16sd")
LOSSES = 1


def changed(
    visit: Visit,
    text: Callable[[str], str] = lambda text: text,
    values: Callable[[bytes], bytes] = lambda values: values,
) -> None:
    """From the next connection on, each message comes through one of these."""

    def route(page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(server.send)
        server.on_message(
            lambda told: page.send(text(told) if isinstance(told, str) else values(told))
        )

    visit.route_sockets(route)


def with_losses(losses: dict[int, float]) -> Callable[[bytes], bytes]:
    """Other losses at some iterations of every run."""

    def change(message: bytes) -> bytes:
        told, at = bytearray(message), 0
        while at < len(told):
            _, kind, _, count, first, _, _ = HEAD.unpack_from(told, at)
            at += HEAD.size
            for iteration, loss in losses.items():
                if kind == LOSSES and first <= iteration < first + count:
                    struct.pack_into("<d", told, at + 8 * (iteration - first), loss)
            at += 8 * count * (1 if kind == LOSSES else 2)
        return bytes(told)

    return change
