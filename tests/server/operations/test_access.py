"""Every request has an id, which its answer, its problem and its lines in the log bear."""

import contextlib
import json
import logging
import re
import signal
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from reluscope.server.operations import access
from tests.waiting import eventually

from ..serving import TINY, Api, Process, problem
from ..watching import Viewer

NAME = "x-request-id"

SECRETS = ("secret-of-a-query", "secret-of-a-token", "secret-of-a-cookie", "secret-of-a-body")


@pytest.fixture
def lines(caplog):
    """The lines of requests that are of a path, or have a field, once there are any: they are written
    after the answer."""
    caplog.set_level(logging.DEBUG, access.__name__)

    def found(path: str = "", field: str = "path") -> list[logging.LogRecord]:
        own = [r for r in list(caplog.records) if r.name == access.__name__]
        return [r for r in own if hasattr(r, field) and r.path.startswith(path)]

    return lambda *wanted: eventually(lambda: found(*wanted), "the line")


@pytest.mark.parametrize("asked", ["a", "A.b_c-9", "x" * 64])
def test_an_id_that_came_is_taken(api, asked):
    assert api.http.get("/healthz", headers={NAME: asked}).headers[NAME] == asked


@pytest.mark.parametrize("asked", ["", "x" * 65, "a b", "a/b", "ä".encode(), "a,b", "<b>"])
def test_one_that_is_none_is_not_repeated(api, asked):
    told = api.http.get("/healthz", headers={NAME: asked}).headers[NAME]
    assert re.fullmatch("[0-9a-f]{32}", told)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {}, 200),
        ("GET", "/metrics", {}, 200),
        ("GET", "/api/nothing", {}, 404),
        ("GET", "/api/runs/none", {}, 404),
        ("PUT", "/api/runs", {}, 405),
        ("POST", "/api/runs", {"content-type": "text/plain"}, 415),
        ("GET", "/api/runs", {"authorization": "Bearer"}, 200),
        ("GET", "/api/runs?limit=x", {}, 422),
        ("GET", "/api/catalog", {"host": "evil.example"}, 403),
    ],
)
def test_every_answer_has_one_and_its_problem_too(api, method, path, headers, status):
    answer = api.http.request(method, path, headers={**headers, NAME: "r1"})
    assert answer.headers.get_list(NAME) == ["r1"]
    if status == 200:
        assert answer.status_code == 200
    else:
        assert problem(answer, status)["instance"] == "urn:reluscope:request:r1"


def test_what_goes_wrong_unforeseen_has_one_too(server, api, monkeypatch):
    monkeypatch.setattr(server.book, "store", "no store")
    answer = api.http.get("/readyz", headers={NAME: "r1"})
    assert problem(answer, 500)["instance"] == "urn:reluscope:request:r1"
    assert answer.headers[NAME] == "r1"
    eventually(lambda: len(server.errors) == 2, "the handler's error, and uvicorn's")
    server.errors.clear()


def test_what_is_no_http_has_one_as_well(api):
    with socket.create_connection(("127.0.0.1", api.port)) as raw:
        raw.sendall(b"no http at all\r\n\r\n")
        head, _, body = raw.makefile("rb").read().partition(b"\r\n\r\n")
    (known,) = re.findall(rb"(?i)\r\nx-request-id: ([0-9a-f]{32})", head)
    assert json.loads(body)["instance"] == f"urn:reluscope:request:{known.decode()}"


def test_so_have_sockets_whether_they_are_let_in_or_not(live_url):
    with connect(live_url, additional_headers={NAME: "r1"}) as opened:
        assert opened.response.headers[NAME] == "r1"
    for refused, headers in ((f"{live_url}?encoding=x", {}), (live_url, {"Origin": "null"})):
        with pytest.raises(InvalidStatus) as ended:
            connect(refused, additional_headers={NAME: "r2", **headers})
        assert ended.value.response.headers[NAME] == "r2"
        assert b"urn:reluscope:request:r2" in ended.value.response.body


def test_a_request_is_a_line(api, lines):
    run_id = api.start(**TINY)
    api.http.get(f"/api/runs/{run_id}?x=secret", headers={NAME: "r1"})
    (line,) = lines(f"/api/runs/{run_id}")
    assert (line.method, line.status, line.client) == ("GET", 200, "127.0.0.1")
    assert line.role == "owner"
    assert line.path == f"/api/runs/{run_id}"
    assert 0 < line.duration_ms < 30_000
    assert line.levelno == logging.INFO
    assert "secret" not in line.getMessage()


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("/healthz", logging.DEBUG),
        ("/metrics", logging.DEBUG),
        ("/main.js", logging.DEBUG),
        ("/nothing.js", logging.INFO),
        ("/api/runs", logging.INFO),
    ],
)
def test_what_only_looks_after_the_server_is_a_quiet_one(api, lines, path, level):
    api.http.get(path)
    assert [line.levelno for line in lines(path)] == [level]


def test_a_long_path_is_cut(api, lines):
    api.http.get("/api/" + 500 * "x")
    (line,) = lines("/api/x")
    assert len(line.path) == access.SHOWN_CHARACTERS
    assert f" {line.path} 404 " in line.getMessage()


def test_a_socket_is_two_lines_with_what_it_was_sent(api, live_url, lines):
    run_id = api.start(**TINY, diagnostics_every=0)
    api.until_ended(run_id)
    with Viewer(live_url) as viewer:
        viewer.watch({run_id: 0})
        viewer.until(lambda message: isinstance(message, bytes))
    (closed,) = lines("/api/live", "points")
    assert (closed.points, closed.duration_ms > 0) == (500, True)
    opened, last = lines("/api/live")
    assert opened.getMessage() == "socket opened by 127.0.0.1, owner"
    assert last is closed


def test_the_log_of_a_server_as_json():
    """Whatever is at hand, at the level that tells most: no secret is in it, nor more than one thing
    in a line."""
    words = ("--port", "0", "--workers", "1", "--log-format", "json", "--log-level", "debug")
    process = Process(*words, RELUSCOPE_TOKEN=SECRETS[1])
    with contextlib.closing(process):
        port = process.until_listening()
        headers = {
            "Authorization": f"Bearer {SECRETS[1]}",
            "Cookie": f"reluscope={SECRETS[2]}",
            NAME: "r1",
        }
        with contextlib.closing(Api(port)) as api:
            api.http.headers["Authorization"] = headers["Authorization"]
            run_id = api.start(**TINY)
            api.until_ended(run_id)
            api.http.post("/api/runs", json={"name": SECRETS[3], "relu": SECRETS[3]})
            api.http.get(f"/api/runs?token={SECRETS[0]}", headers=headers)
            api.http.post("/api/session")
            api.http.get("/api/runs", headers={"Authorization": f"Bearer not-{SECRETS[1]}"})
            api.http.get("/api/a%0AERROR%20b%1b[31m", headers=headers)
            url = f"ws://127.0.0.1:{port}/api/live?token={SECRETS[0]}"
            with connect(url, additional_headers=headers) as opened:
                opened.send(json.dumps({"type": SECRETS[3]}))
                opened.recv()
            with pytest.raises(InvalidStatus):
                connect(f"{url}&encoding=x", additional_headers=headers)
            eventually(lambda: process.log.count('"/api/live"') == 3, "the lines of both sockets")
        process.send(signal.SIGTERM)
        process.wait()
        told = [json.loads(line) for line in process.log.splitlines()]
    assert not [secret for secret in SECRETS if secret in process.log]
    assert all(line["time"] and line["level"] and line["logger"] for line in told)
    assert "uvicorn.access" not in {line["logger"] for line in told}
    messages = [line["message"] for line in told]
    assert any(message.startswith("Uvicorn running on http://") for message in messages)
    assert f"run {run_id} began" in messages
    assert f"run {run_id} finished at iteration 500" in messages
    (injected,) = [line for line in told if line.get("path") == "/api/a\nERROR b\x1b[31m"]
    assert (injected["status"], injected["request_id"]) == (404, "r1")
    assert "Application shutdown complete." in messages
