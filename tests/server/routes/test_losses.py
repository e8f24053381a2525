import json

import numpy as np
import pytest

from reluscope.server.routes import losses as losses_room

from ..serving import LONG, TINY, problem


@pytest.fixture
def finished(api):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    return run_id


def test_the_answer_says_whose_losses_and_from_where(api, finished):
    answer = api.http.get(f"/api/runs/{finished}/losses", params={"start": 100, "stop": 103})
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"id", "start", "losses"}
    assert (body["id"], body["start"], len(body["losses"])) == (finished, 100, 3)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 500), (10, 20), (499, 500), (0, 0), (20, 10), (490, 10**9), (500, 600), (10**30, 10**31)],
)
def test_a_span_is_that_part_of_the_whole(api, finished, start, stop):
    whole = api.losses(finished)
    assert len(whole) == 500
    assert api.losses(finished, start=start, stop=stop) == whole[start:stop]


def test_a_span_without_an_end_goes_as_far_as_there_is(api, finished):
    assert api.losses(finished, start=450) == api.losses(finished)[450:]


def test_the_losses_of_a_run_that_trains_are_a_beginning_of_its_curve(api):
    run_id = api.start(**{**TINY, "iterations": 20_000})
    early = api.until_at(run_id, 50)["iteration"]
    beginning = api.losses(run_id)
    assert len(beginning) >= early
    api.until_at(run_id, len(beginning) + 50)
    assert api.losses(run_id, stop=len(beginning)) == beginning


def test_polling_with_a_cursor_gets_every_iteration_once(api):
    run_id = api.start(**{**TINY, "iterations": 1500, "seed": 4})
    seen = []
    while len(seen) < 1500:
        body = api.http.get(f"/api/runs/{run_id}/losses", params={"start": len(seen)}).json()
        assert body["start"] == len(seen)
        seen += body["losses"]
    assert seen == api.losses(run_id)


def test_any_float64_is_read_back_to_its_last_bit(api, server):
    run_id = api.start(**LONG)
    api.verb(run_id, "pause")
    generator = np.random.default_rng(0)
    bits = generator.integers(0, 2**64, 5000, dtype=np.uint64)
    values = np.concatenate([bits.view(np.float64), [0.0, -0.0, 5e-324, np.nan, np.inf, -np.inf]])
    start = len(api.losses(run_id))
    server.book.find(run_id).trace.extend(values, 0.0)
    text = api.http.get(f"/api/runs/{run_id}/losses", params={"start": start}).text
    losses = json.loads(text, parse_constant=pytest.fail)["losses"]
    found = np.array([float(loss) for loss in losses])
    finite = np.isfinite(values)
    assert found[finite].tobytes() == values[finite].tobytes()
    assert np.array_equal(found, values, equal_nan=True)


def test_more_losses_than_an_answer_holds_are_to_be_asked_for_in_pieces(api, monkeypatch):
    monkeypatch.setattr(losses_room, "MAX_LOSSES", 200)
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    answer = api.http.get(f"/api/runs/{run_id}/losses", params={"start": 100})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["allowed"]) == ("stop", {"maximum": 300})
    pieces = [api.losses(run_id, start=at, stop=at + 200) for at in (0, 200, 400)]
    assert list(map(len, pieces)) == [200, 200, 100]


@pytest.mark.parametrize("query", ["start=-1", "stop=-1", "start=x", "stop=1.5", "start="])
def test_a_wrong_span_is_named(api, finished, query):
    answer = api.http.get(f"/api/runs/{finished}/losses?{query}")
    assert [error["field"] for error in problem(answer, 422)["errors"]] == [query.split("=")[0]]
