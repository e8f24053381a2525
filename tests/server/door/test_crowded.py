"""Many at once: what would take too much memory, disk or files together waits, or is refused."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reluscope.server import scratch
from reluscope.server.door import protocol
from reluscope.server.routes import archive, losses
from reluscope.server.routes.shared import AT_ONCE
from tests.waiting import DEADLINE_S, eventually

from ..serving import TINY, in_thread, problem

ZIP = {"Content-Type": "application/zip"}


def test_large_answers_are_made_a_few_at_once_and_others_are_not_held_up(api, monkeypatch):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    made, most, free, real = [], [], threading.Event(), losses.overview

    def overview(*asked):
        made.append(asked)
        most.append(len(made))
        free.wait(DEADLINE_S)
        made.pop()
        return real(*asked)

    monkeypatch.setattr(losses, "overview", overview)
    with ThreadPoolExecutor(2 * AT_ONCE) as clients:
        asked = [
            clients.submit(api.http.get, f"/api/runs/{run_id}/losses?points=5")
            for _ in range(2 * AT_ONCE)
        ]
        eventually(lambda: len(made) == AT_ONCE, "as many as are made at once")
        assert api.show(run_id)["status"] == "finished"
        free.set()
        assert [answer.result().status_code for answer in asked] == [200] * 2 * AT_ONCE
    assert max(most) == AT_ONCE


def test_archives_that_come_at_once_have_a_bound_together(server, api, monkeypatch):
    monkeypatch.setattr(scratch, "MAX_BYTES", 1000)
    monkeypatch.setattr(archive, "PIECE_BYTES", 100)

    def sent():
        return api.http.post("/api/import", content=b"\0" * 600, headers=ZIP)

    assert sent().status_code == 422  # it is none
    with socket.create_connection(("127.0.0.1", api.port)) as slow:
        slow.sendall(
            f"POST /api/import HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\n".encode()
            + b"Content-Type: application/zip\r\nContent-Length: 800\r\n\r\n"
            + b"\0" * 700
        )
        eventually(lambda: server.state.scratch.size_bytes == 700, "the slow one's beginning")
        assert problem(sent(), 503)["limit"] == {"name": "temporary_bytes", "maximum": 1000}
    eventually(lambda: sent().status_code == 422, "room again")


def is_closed(connection):
    """Whether it is, by and by; else this ends in TimeoutError."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(2**16):
            pass
    return True


@pytest.fixture
def small(monkeypatch):
    """A server for three connections at once."""
    monkeypatch.setattr(protocol, "OTHERS", 3)
    with in_thread(max_sockets=1) as server:
        yield server


@pytest.fixture
def few(small):
    """What opens a connection to it, and asks on one."""
    with contextlib.ExitStack() as open_ones:

        def come():
            connection = socket.create_connection(("127.0.0.1", small.api.port), DEADLINE_S)
            return open_ones.enter_context(connection)

        def ask(connection, asked="GET /healthz"):
            host = f"127.0.0.1:{small.api.port}"
            connection.sendall(f"{asked} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            with contextlib.suppress(ConnectionError):
                return connection.recv(2**16)
            return b""

        yield come, ask


def test_there_is_an_end_to_connections(few):
    come, ask = few
    length = "Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue"
    there = [come() for _ in range(3)]
    for each in there:
        assert ask(each, f"POST /api/runs HTTP/1.1\r\n{length}\r\nX:").startswith(b"HTTP/1.1 100")
    assert ask(come()) == b""
    there[0].close()
    eventually(lambda: ask(come()).startswith(b"HTTP/1.1 200"), "room for another")


def test_whoever_has_been_idle_longest_makes_room(few):
    come, ask = few
    first, *others = [come() for _ in range(3)]
    assert all(ask(each).startswith(b"HTTP/1.1 200") for each in (*others, first))
    silent = come()  # who has said nothing yet is idle, too
    assert is_closed(others[0])
    assert ask(come()).startswith(b"HTTP/1.1 200")
    assert is_closed(others[1])
    assert ask(silent).startswith(b"HTTP/1.1 200")


def is_open(connection):
    """Whether it is now."""
    connection.settimeout(0)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_those_who_come_together_make_room_for_each_other(small, few):
    come, ask = few
    go_on = threading.Event()
    small.hub._loop.call_soon_threadsafe(go_on.wait, DEADLINE_S)
    many = [come() for _ in range(20)]
    go_on.set()
    eventually(lambda: sum(map(is_open, many)) <= 3, "the end of the others")
    assert all(is_open(each) for each in many[-2:])
    assert ask(come()).startswith(b"HTTP/1.1 200")
