"""A viewer: a reader's socket, which stands still now and then, ends in one way or the other, and is
made anew."""

import asyncio
import contextlib
import json
import random
import socket
import struct
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.soak.ledger import Ledger, Wrong, about
from tests.soak.reader import Reader
from tests.waiting import DEADLINE_S

CHANNELS = ("dead", "weight_norm_w1")

SMALL_BUFFER = 4096
"""Of one that stands still, TCP itself would take all that there is."""

QUEUE = 2
"""Messages that are taken from TCP before they are read."""

BY_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER by which a socket is not ended but gone."""


class Viewer:
    """For one event loop."""

    def __init__(
        self, name: str, port: int, ledger: Ledger, chance: random.Random, *, told: bool
    ) -> None:
        self.name = name
        self._port = port
        lists_all = chance.random() < 0.6
        self._query = f"encoding={'json' if told else 'binary'}"
        self._query += "" if lists_all else "&list=watched"
        self._buffer = SMALL_BUFFER if chance.random() < 0.5 else None
        channels = [name for name in CHANNELS if chance.random() < 0.4]
        self.reader = Reader(ledger, told=told, lists_all=lists_all, channels=channels)
        self.lists_all = lists_all
        self._socket: ClientConnection | None = None
        self._stays = True
        self._is_ending = False
        """Whether this end of it has ended the connection."""
        self._stood_still = False
        """Whether it did on this connection, for which the server may have let it go."""
        self._reads = asyncio.Event()
        self._reads.set()
        self.let_go = 0
        """How often it was."""

    async def live(self) -> None:
        """Read until it leaves. Where the connection ends before, it comes back with its cursors."""
        with about(f"viewer {self.name} ({self._query})"):
            while self._stays:
                await self._connect()
                assert self._socket is not None
                try:
                    while True:
                        await self._reads.wait()
                        self.reader.take(await self._socket.recv())
                except ConnectionClosed as closed:
                    if not (self._is_ending or self._stood_still):
                        raise Wrong(f"the server has ended its connection: {closed}") from None
                    self.let_go += not self._is_ending
                finally:
                    self._socket.transport.abort()
                    self._socket = None

    async def _connect(self) -> None:
        made = socket.socket()
        if self._buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
        made.setblocking(False)  # noqa: FBT003 - as the socket has it
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self._port))
        opened = await connect(
            f"ws://127.0.0.1:{self._port}/api/live?{self._query}",
            sock=made,
            compression=None,
            max_size=None,
            max_queue=QUEUE,
            ping_interval=None,
            open_timeout=DEADLINE_S,
        )
        self._is_ending = False
        self._stood_still = not self._reads.is_set()
        self._socket = opened
        await self._send(self.reader.connect())
        if not self._stays:  # it has thought better of it
            await self.come_back(by_reset=False)

    async def _send(self, messages: list[dict[str, Any]]) -> None:
        """Where there is no connection, what counts is sent with the next."""
        for message in messages:
            if self._socket is not None:
                with contextlib.suppress(ConnectionClosed):
                    await self._socket.send(json.dumps(message))

    async def watch(self, cursors: dict[str, int]) -> None:
        """Read these from there on, but for those that it reads already."""
        new = {run_id: at for run_id, at in cursors.items() if run_id not in self.reader.cursors}
        await self._send(self.reader.watch(new))

    async def unwatch(self, run_ids: list[str]) -> None:
        """Read these no more."""
        await self._send(self.reader.unwatch(run_ids))

    async def stand_still(self, for_s: float) -> None:
        """Read nothing for so long, or until it is to go on."""
        self._stood_still = True
        self._reads.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self._reads.wait()
        self.go_on()

    def go_on(self) -> None:
        """Read."""
        self._reads.set()

    async def come_back(self, *, by_reset: bool) -> None:
        """End the connection, and make another."""
        self.go_on()
        if self._socket is None:
            return
        self._is_ending = True
        if by_reset:
            plain: socket.socket = self._socket.transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BY_RESET)
            self._socket.transport.abort()
        else:
            await self._socket.close()

    async def leave(self, *, by_reset: bool) -> None:
        """End the connection for good."""
        self._stays = False
        await self.come_back(by_reset=by_reset)

    # --- what must hold once all is at rest

    def lacks(self, iterations: dict[str, int]) -> str:
        """What it has yet to be sent where there are these runs and no others, of so many iterations:
        in words, and "" where that is nothing."""
        if self.reader.cursors != self.reader.staying:
            return "a pong"
        for run_id, cursor in self.reader.cursors.items():
            if run_id not in iterations:
                return f"that run {run_id} is gone"
            if cursor < iterations[run_id]:
                return f"run {run_id} from {cursor} to {iterations[run_id]}"
        told = self.reader.news
        if self.lists_all and told.keys() != iterations.keys():
            return f"the list: it has {len(told)} runs, and there are {len(iterations)}"
        for run_id, news in told.items():
            if run_id in self.reader.cursors and news["iteration"] != iterations[run_id]:
                return f"that run {run_id} is at {iterations[run_id]}, not {news['iteration']}"
        return ""
