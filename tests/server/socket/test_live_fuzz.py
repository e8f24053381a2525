"""Ten thousand wrong messages: each is answered, and nobody else notices."""

import asyncio
import contextlib
import json
import os
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from reluscope.errors import InvalidFields
from reluscope.server.socket.messages import MAX_MESSAGE_BYTES, parse
from tests.waiting import DEADLINE_S

from ..description.test_asyncapi import INCOMING, MESSAGES, VALIDATORS
from ..serving import LONG
from ..watching import Curves, Viewer

WRONG = 10_000

SOCKETS = 4

SEED = int(os.environ.get("RELUSCOPE_SEED", "1"))
"""The same each time, as a failure has to be seen again; another one by the environment."""

ODD: tuple[Any, ...] = (
    *(None, True, -1, 0.5, 10**30, -(2**63), 1e308, float("nan"), float("inf"), "", "\ud800"),
    *("\0", "x" * 5000, [], {}, [[]], {"": {}}, [None] * 50, {"runs": 1}, {"\udfff": "\ud800"}),
)

RAW = (
    "",
    "{",
    "nul",
    "[" * 30_000,
    '{"type":' * 8_000,
    '{"type": "ping", "t": ' + "9" * 20_000 + "}",
    '{"type": "ping", "t": 1e999}',
    '{"type": "ping", "t": 1, "t": "2"}',
    "\ufeff{}",
    '"\\ud800"',
    "0",
)


def messages(chance: random.Random) -> Iterator[str | bytes]:
    """Messages of which most are wrong, each in one of a few ways."""
    examples = [example["payload"] for name in INCOMING for example in MESSAGES[name]["examples"]]
    while True:
        message = dict(chance.choice(examples))
        way = chance.randrange(5)
        if way == 0:
            yield chance.choice(RAW)
        elif way == 1:
            yield chance.randbytes(chance.randrange(100))
        elif way == 2:
            yield broken(chance, json.dumps(message))
        else:
            field = chance.choice([*message, "runs", "sweeps", "view", "x"])
            message[field] = chance.choice(ODD)
            if way == 4:
                message.pop(chance.choice([*message]))
            yield json.dumps(message)


def broken(chance: random.Random, text: str) -> str:
    """A text with a few characters that are another, or none."""
    letters = list(text)
    for _ in range(chance.randint(1, 4)):
        letters[chance.randrange(len(letters))] = chance.choice(["", '"', "{", "]", "0", "é", "\n"])
    return "".join(letters)


def is_wrong(message: str | bytes) -> bool:
    try:
        parse(message if isinstance(message, str) else None)
    except InvalidFields:
        return True
    return False


async def send_wrong(url: str, chance: random.Random, count: int) -> None:
    """Send so many wrong messages on one socket, with what is right by chance among them."""
    async with connect(url, max_size=None) as socket:
        refused = asyncio.create_task(errors_until_pong(socket))
        sent = 0
        for message in messages(chance):
            await socket.send(message)
            sent += is_wrong(message)
            if sent == count:
                break
        await socket.send(json.dumps({"type": "ping", "t": 0.125}))
        assert await refused >= count


async def errors_until_pong(socket: ClientConnection) -> int:
    """How many messages are refused before the answer to the last."""
    count = 0
    while True:
        told = json.loads(await socket.recv())
        if count % 50 == 0:
            VALIDATORS[told["type"]].validate(told)
        if told["type"] == "error":
            count += 1
        elif told["type"] == "pong" and told["t"] == 0.125:
            return count


async def break_off(url: str, frame: Frame) -> int:
    """The code with which a socket is closed after a frame that no socket survives."""
    async with connect(url, max_size=None) as socket:
        socket.transport.write(frame.serialize(mask=True))
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
        code = socket.close_code
        assert code is not None
        return code


async def attack(url: str) -> None:
    async with asyncio.timeout(3 * DEADLINE_S), asyncio.TaskGroup() as group:
        for place in range(SOCKETS):
            chance = random.Random(SEED * SOCKETS + place)
            group.create_task(send_wrong(url, chance, WRONG // SOCKETS))
    large, no_text = b"x" * (MAX_MESSAGE_BYTES + 1), b'"\xff"'
    assert await break_off(url, Frame(Opcode.TEXT, large)) == 1009
    assert await break_off(url, Frame(Opcode.TEXT, no_text)) == 1007


@pytest.mark.timeout(240)
def test_nobody_suffers_from_the_messages_of_others(server, api):
    run_id = api.start(**LONG, pace=300)
    failures: list[BaseException] = []

    def attacking() -> None:
        try:
            asyncio.run(attack(f"{server.live_url}?encoding=json"))
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    with Viewer(server.live_url) as viewer:
        curves = Curves({run_id: 0}, LONG.get("diagnostics_every", 50))
        viewer.watch(curves.cursors())
        attacker = threading.Thread(target=attacking)
        attacker.start()
        while attacker.is_alive():
            curves.take(viewer.receive())
        assert failures == []
        api.verb(run_id, "pause")
        done = api.until_status(run_id, "paused")["iteration"]
        viewer.read(curves, {run_id: done})
        assert curves.losses[run_id] == api.losses(run_id)
    with Viewer(server.live_url) as another:
        another.until_sync()
