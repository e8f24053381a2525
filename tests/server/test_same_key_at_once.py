"""Requests that come at the same time with the same Idempotency-Key."""

import asyncio
import uuid

import httpx
import pytest

from .serving import TINY, problem

AT_ONCE = 50
SHORT = {**TINY, "iterations": 3}
RUNS = 200
SWEEP = {"base": SHORT, "grid": {"seed": list(range(RUNS))}}
"""Which is made for long enough that others come meanwhile."""


async def sent(url, path, bodies):
    """The answers to requests with one key, each on a connection of its own."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as http:
        await asyncio.gather(*(http.get("/api/runs") for _ in bodies))  # they are connected then
        calls = [http.post(path, json=body, headers=headers) for body in bodies]
        return await asyncio.gather(*calls)


@pytest.mark.parametrize(
    ("path", "body", "runs"), [("/api/runs", SHORT, 1), ("/api/sweeps", SWEEP, RUNS)]
)
def test_fifty_make_one(api, server, path, body, runs):
    answers = asyncio.run(sent(api.url, path, [body] * AT_ONCE))
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(list(server.book.newest_first())) == runs


def test_of_those_that_ask_for_something_else_each_is_refused(api, server):
    bodies = [SWEEP, {"base": SHORT, "list": [{}]}] * (AT_ONCE // 2)
    answers = asyncio.run(sent(api.url, "/api/sweeps", bodies))
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(refused) == AT_ONCE / 2
    for answer in refused:
        assert problem(answer, 422)["type"].endswith("idempotency-key-reused")
    assert len(list(server.book.newest_first())) in (1, RUNS)


def test_where_the_first_makes_nothing_the_next_may(api, server):
    wrong = {"base": {**SHORT, "n": 0}, "list": [{}]}
    bodies = [wrong, {"base": SHORT, "list": [{}]}] * (AT_ONCE // 2)
    answers = asyncio.run(sent(api.url, "/api/sweeps", bodies))
    assert {answer.status_code for answer in answers[1::2]} == {201}
    assert {answer.status_code for answer in answers[::2]} == {422}
    assert len(list(server.book.newest_first())) == 1
