import time

import pytest

from ..serving import TINY, problem


@pytest.fixture
def marked(server):
    """A run with three marks after those that it came with, and where these begin."""
    run_id, start = server.paused_with([])
    for turn in range(3):
        server.extend(run_id, [1.0] * 10, at=2e9 + turn)
    return run_id, start


def times(api, run_id, **query):
    answer = api.http.get(f"/api/runs/{run_id}/times", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == ["id", "start", "iterations", "at"]
    assert (body["id"], body["start"]) == (run_id, query.get("start", 0))
    return list(zip(body["iterations"], body["at"], strict=True))


def test_a_pair_is_a_number_of_iterations_and_when_they_were_done(api, marked):
    run_id, start = marked
    told = [(start + 10, 2e9), (start + 20, 2e9 + 1), (start + 30, 2e9 + 2)]
    assert times(api, run_id)[-3:] == told
    assert times(api, run_id, start=start) == told
    assert times(api, run_id, start=start + 10) == told[1:]
    assert times(api, run_id, start=start + 12, stop=start + 18) == [(start + 18, 2e9 + 1)]


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (20, 10), (500, 600), (10**30, 10**31)])
def test_of_an_empty_span_there_are_none(api, marked, start, stop):
    assert times(api, marked[0], start=start, stop=stop) == []


def test_the_last_is_that_of_the_newest_iteration(api):
    began = time.time()
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    told = times(api, run_id)
    iterations, at = zip(*told, strict=True)
    assert iterations[-1] == 500
    assert sorted(set(iterations)) == list(iterations)
    assert sorted(at) == list(at)
    assert began - 1 <= at[0] <= at[-1] <= time.time() + 1
    assert times(api, run_id, stop=10**30) == told


@pytest.mark.parametrize("query", ["start=-1", "stop=-1", "start=x", "stop=1.5"])
def test_a_wrong_span_is_named(api, query):
    answer = api.http.get(f"/api/runs/{api.start(**TINY)}/times?{query}")
    assert [error["field"] for error in problem(answer, 422)["errors"]] == [query.split("=")[0]]


def test_an_unknown_run_is_a_problem(api):
    problem(api.http.get("/api/runs/none/times"), 404)
