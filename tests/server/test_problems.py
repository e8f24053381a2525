import asyncio

import httpx
import pytest
from fastapi import FastAPI

from reluscope.errors import FieldError
from reluscope.server import problems
from reluscope.server.problems import describe, install

from .serving import problem


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/nothing.js", 404),
        ("GET", "/api/runs/x/nothing", 404),
        ("PUT", "/api/runs", 405),
        ("DELETE", "/api/runs", 405),
        ("POST", "/healthz", 405),
        ("POST", "/api/runs/x", 405),
        ("GET", "/api/runs/x/pause", 405),
    ],
)
def test_what_is_not_there_is_a_problem_document_too(api, method, path, status):
    answer = api.http.request(method, path)
    problem(answer, status)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/runs", {"GET", "POST"}),
        ("/api/runs/x", {"GET", "PATCH", "DELETE"}),
        ("/api/runs/x/pause", {"POST"}),
        ("/healthz", {"GET"}),
        ("/main.js", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(api, path, allowed):
    answer = api.http.put(path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    assert answer.headers["allow"] in answer.json()["detail"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (5, 5),
        (0.5, 0.5),
        (True, True),
        (None, None),
        ("word", "word"),
        ([1, 2], "[1, 2]"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_what_was_given_is_told_as_json_can_hold_it(given, told):
    assert describe(FieldError("f", "m", given))["given"] == told


@pytest.mark.parametrize("given", ["a" * 10_000, list(range(10_000)), 10**4000])
def test_what_was_given_is_told_in_short(given):
    assert len(str(describe(FieldError("f", "m", given))["given"])) < 300


def test_what_was_not_given_is_not_told():
    assert "given" not in describe(FieldError("f", "m"))
    assert describe(FieldError("f", "m", None))["given"] is None


def test_an_error_of_the_servers_is_logged_and_told_without_its_insides(monkeypatch):
    logged = []
    monkeypatch.setattr(problems.logger, "error", lambda *_, exc_info: logged.append(str(exc_info)))
    app = FastAPI()
    install(app)

    @app.get("/")
    def broken() -> None:
        raise ValueError("the secret word")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/")

    answer = asyncio.run(ask())
    problem(answer, 500)
    assert "secret" not in answer.text
    assert logged == ["the secret word"]
