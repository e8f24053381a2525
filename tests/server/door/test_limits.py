"""Whatever refuses because of a limit names it as the catalog does."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from reluscope.server.door import guard
from reluscope.server.routes import diagnostics, losses
from reluscope.server.socket import live
from tests.waiting import eventually

from ..serving import TINY, Server, in_thread, problem

SOCKETS, OF_ONE = 3, 2
VIA = "X-Forwarded-For"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One whose limits are near, and that believes who is said to ask."""
    with in_thread(
        max_live=2,
        max_runs=3,
        max_sockets=SOCKETS,
        max_sockets_per_address=OF_ONE,
        max_writes=1,
        memory=2**27,
        token=16 * "t",
        trust_proxy=["127.0.0.1"],
    ) as made:
        made.api.http.headers["Authorization"] = f"Bearer {16 * 't'}"
        spec = {**TINY, "iterations": 5, "diagnostics_every": 1}
        made.api.until_ended(*(made.api.start(**spec) for _ in range(2)))
        yield made
        assert made.errors == []


REFUSED: dict[str, Callable[[Server], httpx.Response]] = {
    "size": lambda s: s.api.http.post("/api/runs", json={"n": 10**9}),
    "iterations": lambda s: s.api.http.post("/api/runs", json={"iterations": 10**12}),
    "pace": lambda s: s.api.http.post("/api/runs", json={"pace": 1e9}),
    "memory_bytes": lambda s: s.api.http.post("/api/runs", json={"n": 10_000, "d_in": 10_000}),
    "live_runs": lambda s: s.api.http.post("/api/sweeps", json={"grid": {"seed": [1, 2, 3]}}),
    "runs": lambda s: s.api.http.post("/api/sweeps", json={"base": TINY, "grid": {"seed": [1, 2]}}),
    "body_bytes": lambda s: s.api.http.post("/api/runs", json={"name": 70_000 * "a"}),
    "sweep_bytes": lambda s: s.api.http.post("/api/sweeps", json={"name": 2**20 * "a"}),
    "import_bytes": lambda s: s.api.http.post(
        "/api/import", headers={"Content-Type": "application/zip"}, content=bytes(1000)
    ),
    "losses_per_answer": lambda s: s.api.http.get(f"/api/runs/{_kept(s)}/losses"),
    "rows_per_answer": lambda s: s.api.http.get(f"/api/runs/{_kept(s)}/diagnostics"),
    "forks": lambda s: s.api.http.post(f"/api/runs/{_kept(s)}/fork", json={"count": 10**4}),
    "exported_runs": lambda s: s.api.http.get("/api/export", params={"id": 1001 * ["a"]}),
    "points_per_answer": lambda s: s.api.http.get(
        f"/api/runs/{_kept(s)}/losses", params={"points": 10**6}
    ),
}
"""By each limit that refuses a request of its own, one that it refuses."""

ELSEWHERE = {
    *("sockets", "sockets_per_address", "writes_per_s", "watched_runs", "sent_message_bytes"),
    *("curve_bytes", "temporary_bytes"),
}
"""Those of a test of their own."""

TOLD = {"received_message_bytes"}
"""What the server itself keeps to."""


def _kept(server: Server) -> str:
    return next(iter(server.book.newest_first())).id


@pytest.fixture(autouse=True)
def _near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "MAX_LOSSES", 2)
    monkeypatch.setattr(diagnostics, "MAX_ROWS", 2)
    monkeypatch.setitem(guard.LARGER, "/api/import", ("import_bytes", 999))
    monkeypatch.setattr(live, "MAX_WATCHED", 5)


def test_each_limit_of_the_catalog_is_here(server: Server) -> None:
    limits = server.api.http.get("/api/catalog").json()["limits"]
    assert {*REFUSED, *ELSEWHERE, *TOLD} == {n for n in limits if not n.startswith("memory_bytes.")}


@pytest.mark.parametrize("name", REFUSED)
def test_the_limit_that_refuses_is_named(server: Server, name: str) -> None:
    server.api.http.headers[VIA] = f"198.51.100.{list(REFUSED).index(name)}"
    answer = REFUSED[name](server)
    document = problem(answer, answer.status_code)
    assert answer.status_code in (409, 413, 422)
    limits = server.api.http.get("/api/catalog").json()["limits"]
    near = {"losses_per_answer": 2, "rows_per_answer": 2, "import_bytes": 999}
    assert document["limit"] == {"name": name, "maximum": near.get(name, limits[name])}


def test_writes_are_slowed_down_for_one_address_alone(server: Server) -> None:
    def write(address: str) -> httpx.Response:
        return server.api.http.post("/api/session", headers={VIA: address})

    answer = next(a for a in iter(lambda: write("203.0.113.1"), None) if a.status_code != 200)
    assert problem(answer, 429)["limit"] == {"name": "writes_per_s", "maximum": 1}
    assert int(answer.headers["retry-after"]) == 1
    assert write("203.0.113.2").status_code == 200
    read = server.api.http.get("/api/runs", headers={VIA: "203.0.113.1"})
    assert read.status_code == 200
    eventually(lambda: write("203.0.113.1").status_code == 200, "its next write")


def socket_of(server: Server, address: str) -> Any:
    headers = {VIA: address, "Authorization": f"Bearer {16 * 't'}"}
    return connect(f"{server.live_url}?encoding=json", additional_headers=headers)


def refused(server: Server, address: str) -> dict[str, Any]:
    with pytest.raises(InvalidStatus) as refusal:
        socket_of(server, address)
    answer = refusal.value.response
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    limit: dict[str, Any] = json.loads(answer.body)["limit"]
    return limit


def test_sockets_have_room_again_once_one_closes(server: Server) -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(socket_of(server, "203.0.113.1"))
        stack.enter_context(socket_of(server, "203.0.113.1"))
        assert refused(server, "203.0.113.1") == {"name": "sockets_per_address", "maximum": OF_ONE}
        stack.enter_context(socket_of(server, "203.0.113.2"))
        assert refused(server, "203.0.113.3") == {"name": "sockets", "maximum": SOCKETS}
        first.close()

        def opened() -> bool:
            with contextlib.suppress(InvalidStatus), socket_of(server, "203.0.113.3"):
                return True
            return False

        eventually(opened, "room for another")
    eventually(lambda: not server.hub.clients)


def test_a_watch_list_has_an_end(server: Server) -> None:
    with socket_of(server, "203.0.113.9") as socket:
        for runs, maximum in ((6, 5), (1001, 1000)):
            watched = {f"r{i}": 0 for i in range(runs)}
            socket.send(json.dumps({"type": "watch", "runs": watched}))
            told = next(m for m in map(json.loads, socket) if m["type"] == "error")
            assert told["limit"] == {"name": "watched_runs", "maximum": maximum}
        socket.send(70_000 * " ")
        with pytest.raises(ConnectionClosed) as closed:
            for _ in iter(socket.recv, None):
                pass
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    eventually(lambda: not server.hub.clients)
