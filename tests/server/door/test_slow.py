"""Whoever comes to no end is let go, and nobody waits for them."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from starlette.exceptions import HTTPException
from uvicorn.server import ServerState
from websockets.sync.client import connect

from reluscope.server.door import guard, protocol
from reluscope.server.door.protocol import MAX_PIECES, Protocol, SocketProtocol
from tests.waiting import DEADLINE_S, eventually

from ..serving import Api, Server
from ..socket.stalled import StalledViewer
from .bare import UPGRADE, Bare

SOON_S = 0.2
JSON = "Content-Type: application/json"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in (
        (protocol, "HEAD_S"),
        (protocol, "TAKE_S"),
        (protocol, "LIVE_TAKE_S"),
        (guard, "BODY_S"),
    ):
        monkeypatch.setattr(room, name, SOON_S)
    monkeypatch.setattr(guard, "MIN_BYTES_PER_S", 2**30)


@pytest.fixture
def slow(api: Api) -> Iterator[Bare]:
    """A connection; others are served meanwhile, and after."""
    with Bare(api.port) as made:
        yield made
        assert api.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("dribble", [b"", b"a"])
@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost",
        "\r\n".join(("GET /api/live HTTP/1.1", *UPGRADE)).encode(),
    ],
)
def test_a_head_that_does_not_end_is_not_waited_for(
    api: Api, slow: Bare, begin: bytes, dribble: bytes
) -> None:
    slow.send(begin)
    assert api.http.get("/healthz").status_code == 200
    assert slow.until_closed(dribble) == b""


@pytest.mark.parametrize("rest", [b"", b"GET /healthz HTTP/1.1\r\n"])
def test_nor_is_a_second_one(slow: Bare, rest: bytes) -> None:
    slow.send(slow.head("GET", "/healthz") + rest)
    assert slow.answer()[0] == 200
    assert slow.until_closed(b"a") == b""


@pytest.mark.parametrize("length", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_not_waited_for(slow: Bare, length: str) -> None:
    slow.ask("POST", "/api/runs", JSON, length)
    status, headers, _ = slow.answer()
    assert (status, headers["connection"]) == (408, "close")
    assert slow.until_closed() == b""


def test_nor_is_an_archive(slow: Bare) -> None:
    slow.ask("POST", "/api/import", "Content-Type: application/zip", "Content-Length: 1000000")
    slow.send(b"PK")
    assert slow.answer()[0] == 408


@pytest.mark.parametrize(("after_s", "status"), [(0, None), (119, None), (121, 408)])
def test_a_long_body_may_take_longer(
    monkeypatch: pytest.MonkeyPatch, after_s: float, status: int | None
) -> None:
    """20 s, and then one for each 8 KiB that have come."""
    monkeypatch.undo()
    now = 0.0

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": bytes(100 * 8 * 1024), "more_body": True}

    async def read() -> int | None:
        nonlocal now
        reading = guard._patient(receive, ("import_bytes", 2**30), lambda: now)
        await reading()
        now = after_s
        try:
            await reading()
        except HTTPException as error:
            return error.status_code
        return None

    assert asyncio.run(read()) == status


def test_a_body_that_goes_on_after_its_answer_is_not_taken_for_ever(slow: Bare) -> None:
    slow.ask("POST", "/api/runs", "Content-Type: text/plain", "Transfer-Encoding: chunked")
    assert slow.answer()[0] == 415
    assert slow.until_closed(b"5\r\naaaaa\r\n") == b""


def test_what_is_no_body_after_its_answer_has_no_other_answer(slow: Bare) -> None:
    slow.ask("POST", "/api/runs", "Content-Type: text/plain", "Transfer-Encoding: chunked")
    assert slow.answer()[0] == 415
    slow.send(b"none\r\n")
    assert slow.until_closed() == b""


def test_requests_that_are_sent_together_are_answered_one_by_one(slow: Bare) -> None:
    slow.send(b"".join(slow.head("GET", path) for path in ("/healthz", "/none", "/readyz")))
    assert [slow.answer()[0] for _ in range(3)] == [200, 404, 200]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((*UPGRADE, "X: " + 9000 * "a"), 431),
        ((*UPGRADE, *(f"X{i}: 1" for i in range(200))), 431),
        ((*UPGRADE, "Content-Length: 3"), 400),
        ((*UPGRADE, "Transfer-Encoding: chunked"), 400),
        (UPGRADE[:3], 400),
    ],
)
def test_a_handshake_that_is_none_is_answered_and_ended(
    slow: Bare, lines: tuple[str, ...], status: int
) -> None:
    slow.ask("GET", "/api/live", *lines)
    assert slow.answer()[0] == status
    assert slow.until_closed() == b""


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections that the server has ended."""
    ended: list[object] = []
    for kind in (Protocol, SocketProtocol):

        def losing(self: Any, exc: Exception | None, lose: Any = kind.connection_lost) -> None:
            ended.append(self)
            lose(self, exc)

        monkeypatch.setattr(kind, "connection_lost", losing)
    return ended


def test_an_answer_that_nobody_takes_is_not_kept(api: Api, lost: list[object]) -> None:
    with Bare(api.port, small=True) as idle:
        idle.send(4 * idle.head("GET", "/vendor/plotly.js"))
        eventually(lambda: lost, "the connection's end")
        assert api.http.get("/healthz").status_code == 200


def test_a_socket_that_takes_nothing_keeps_no_file(
    monkeypatch: pytest.MonkeyPatch, server: Server, api: Api, lost: list[object]
) -> None:
    """Closing is no end while something waits to be taken."""
    monkeypatch.setattr(protocol, "LIVE_TAKE_S", SOON_S / 2)
    run_id, start = server.paused_with([])
    with StalledViewer(api.port) as viewer:
        viewer.send({"type": "watch", "runs": {run_id: start}})
        server.extend(run_id, [1.0] * 1_000_000)
        eventually(lambda: lost, "the connection's end")


def test_a_socket_that_answers_no_pings_is_let_go(
    monkeypatch: pytest.MonkeyPatch, live_url: str, server: Server
) -> None:
    begin = SocketProtocol.start_keepalive

    def soon(self: SocketProtocol) -> None:
        self.ping_interval = self.ping_timeout = SOON_S
        begin(self)

    monkeypatch.setattr(SocketProtocol, "start_keepalive", soon)
    viewers = server.hub.clients
    with connect(live_url) as answers, StalledViewer(server.api.port):
        eventually(lambda: server.hub.clients == viewers + 2)
        eventually(lambda: server.hub.clients == viewers + 1)
        answers.ping().wait()


class Transport(asyncio.Transport):
    """Of a connection whose other end does what the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.high: int | None = None
        self.written = b""
        self.done: list[str] = []

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:  # noqa: ARG002
        self.high = high

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return "close" in self.done

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def __getattribute__(self, name: str) -> Any:
        if name in ("abort", "close", "pause_reading", "resume_reading"):
            return lambda: self.done.append(name)
        return super().__getattribute__(name)


def frame(opcode: int, payload: bytes = b"", *, end: bool = True) -> bytes:
    """As a client sends one; masked by zeros."""
    return bytes([0x80 * end | opcode, 0x80 | len(payload)]) + bytes(4) + payload


def in_loop(kind: Any, play: Any) -> Transport:
    """What is done to a connection while `play` has it."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    async def run() -> Transport:
        config = uvicorn.Config(
            app, ws=SocketProtocol, lifespan="off", log_config=None, access_log=False
        )
        state = ServerState()
        made = kind(config=config, server_state=state, app_state={})
        transport = Transport()
        transport.set_protocol(made)
        made.connection_made(transport)
        await play(made, transport)
        made.connection_lost(None)
        await asyncio.gather(*state.tasks)
        return transport

    return asyncio.run(run())


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not look():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


@pytest.mark.parametrize("kind", [Protocol, SocketProtocol])
def test_whoever_takes_a_little_is_waited_for(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    for name in ("TAKE_S", "LIVE_TAKE_S"):
        monkeypatch.setattr(protocol, name, 0.001)
    monkeypatch.setattr(protocol, "HEAD_S", 1e6)

    async def play(made: Any, transport: Transport) -> None:
        assert kind is SocketProtocol or transport.high == 0, (
            "a little that waits would not be told"
        )
        transport.waiting = 50
        made.pause_writing()
        while transport.waiting > 3:
            assert "abort" not in transport.done
            before, transport.waiting = made._looking, transport.waiting - 1
            await until(lambda: made._looking is not before)  # noqa: B023
        await until(lambda: "abort" in transport.done)

    assert in_loop(kind, play).waiting == 3


def test_answers_that_wait_together_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits longest is given up; what is taken is not, nor what is small."""
    monkeypatch.setattr(protocol, "MAX_WAITING_BYTES", 3 * protocol.LARGE_BYTES)

    async def play(made: Any, transport: Transport) -> None:
        transports = [transport]
        connections = [made]
        for _ in range(3):
            other = Protocol(made.config, made.server_state, {})
            transports.append(Transport())
            other.connection_made(transports[-1])
            connections.append(other)
        for connection, waiting in zip(connections, transports, strict=True):
            waiting.waiting = protocol.LARGE_BYTES + 1
            connection.pause_writing()
            if connection is made:
                connection.resume_writing()
                waiting.waiting = 0
        assert ["abort" in each.done for each in transports] == [False, True, False, False]
        for connection in connections[1:]:
            connection.connection_lost(None)

    in_loop(Protocol, play)


def test_whoever_takes_an_answer_still_makes_no_room() -> None:
    """Though all of it has been written."""

    async def play(made: Protocol, transport: Transport) -> None:
        made.pause_writing()
        for is_refused in (True, False):
            other = Protocol(made.config, made.server_state, {})
            other.limit_concurrency = 2
            newest = Transport()
            other.connection_made(newest)
            assert ("abort" in newest.done) is is_refused
            assert ("abort" in transport.done) is not is_refused
            stays = made if is_refused else other
            assert made.server_state.connections == {stays}, "others are refused answers by that"
            other.connection_lost(None)
            made.resume_writing()

    in_loop(Protocol, play)


def test_an_answer_before_a_socket_waits_as_that_does() -> None:
    """Else it would be under no bound: the connection is the socket's from then on."""

    async def play(made: Protocol, transport: Transport) -> None:
        transport.waiting = 50
        made.pause_writing()
        made.data_received("\r\n".join(("GET / HTTP/1.1", "Host: a", *UPGRADE, "", "")).encode())
        socket = transport.get_protocol()
        assert isinstance(socket, SocketProtocol)
        assert (made.waits_since, made._looking) == (None, None)
        assert socket.waits_since is not None
        assert not socket.writable.is_set()
        await until(lambda: "abort" in transport.done)
        socket.connection_lost(None)

    in_loop(Protocol, play)


async def opened(made: SocketProtocol) -> None:
    made.data_received("\r\n".join(("GET / HTTP/1.1", "Host: a", *UPGRADE, "", "")).encode())
    await until(lambda: made.handshake_complete)


def test_whoever_pings_and_takes_nothing_is_heard_no_more() -> None:
    async def play(made: SocketProtocol, transport: Transport) -> None:
        await opened(made)
        made.data_received(frame(0x9, b"1"))
        assert transport.done == []
        made.pause_writing()
        made.data_received(frame(0x9, b"2"))
        assert transport.done == ["pause_reading"]
        made.resume_writing()
        assert transport.done == ["pause_reading", "resume_reading"]
        assert transport.written.endswith(b"\x8a\x011\x8a\x012")

    in_loop(SocketProtocol, play)


def test_a_message_of_endless_pieces_is_none() -> None:
    async def play(made: SocketProtocol, transport: Transport) -> None:
        await opened(made)
        made.data_received(frame(0x1, end=False) + MAX_PIECES * frame(0x0, end=False))
        assert transport.is_closing()
        assert len(made.frames) == MAX_PIECES
        assert (1009).to_bytes(2, "big") in transport.written

    in_loop(SocketProtocol, play)
