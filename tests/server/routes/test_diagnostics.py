import json
import math

import numpy as np
import pytest

from reluscope.server.routes import diagnostics as diagnostics_room
from reluscope.training.spec import RunSpec
from reluscope.training.trainer import Trainer

from ..serving import TINY, problem
from ..watching import ALL


@pytest.fixture
def finished(api):
    run_id = api.start(**TINY, diagnostics_every=20)
    api.until_ended(run_id)
    return run_id


def test_the_answer_says_of_which_iterations_its_values_are(api, finished):
    answer = api.http.get(f"/api/runs/{finished}/diagnostics", params={"start": 95, "stop": 141})
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"id", "start", "every", "iterations", "channels"}
    assert (body["id"], body["start"], body["every"]) == (finished, 95, 20)
    assert body["iterations"] == [100, 120, 140]
    assert list(body["channels"]) == list(ALL)
    assert {len(values) for values in body["channels"].values()} == {3}


@pytest.mark.parametrize("gradients", ["autograd", "gram"])
def test_the_values_are_those_of_the_trainer(api, gradients):
    spec = {**TINY, "diagnostics_every": 7, "gradients": gradients}
    run_id = api.start(**spec)
    api.until_ended(run_id)
    body = api.diagnostics(run_id)
    alone = Trainer(RunSpec.model_validate(spec)).advance(500).diagnostics
    assert body["iterations"] == list(range(0, 500, 7))
    assert np.array_equal(np.array(list(body["channels"].values())).T, alone)


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        *[(0, 500), (0, 1), (1, 20), (1, 21), (480, 481), (481, 500), (0, 0), (300, 100)],
        *[(470, 10**9), (500, 600), (10**30, 10**31), (0, 10**31)],
    ],
)
def test_a_span_is_that_part_of_the_whole(api, finished, start, stop):
    whole, part = api.rows(finished), api.rows(finished, start=start, stop=stop)
    assert len(whole["dead"]) == 25
    for name in ALL:
        assert part[name] == [pair for pair in whole[name] if start <= pair[0] < stop]


def test_a_span_without_an_end_goes_as_far_as_there_is(api, finished):
    assert api.diagnostics(finished, start=441)["iterations"] == [460, 480]


def test_a_run_that_is_not_measured_has_no_values(api):
    run_id = api.start(**TINY, diagnostics_every=0)
    api.until_ended(run_id)
    body = api.diagnostics(run_id)
    assert (body["every"], body["iterations"]) == (0, [])
    assert body["channels"] == {name: [] for name in ALL}


def test_polling_with_a_cursor_gets_every_value_once(api):
    run_id = api.start(**{**TINY, "iterations": 3000, "diagnostics_every": 3})
    seen, iterations = [], []
    while len(seen) < 1000:
        start = iterations[-1] + 1 if iterations else 0
        body = api.diagnostics(run_id, start=start)
        iterations += body["iterations"]
        seen += body["channels"]["weight_norm_w1"]
    assert iterations == list(range(0, 3000, 3))
    assert seen == api.diagnostics(run_id)["channels"]["weight_norm_w1"]


def test_what_is_not_finite_is_told_by_name(api):
    run_id = api.start(
        **{**TINY, "update": {"lr": 1.0}, "on_nonfinite": "continue", "diagnostics_every": 1}
    )
    api.until_ended(run_id)
    told = api.diagnostics(run_id)["channels"]["weight_norm_w1"]
    assert all(isinstance(value, float) and math.isfinite(value) for value in told[:2])
    assert {value for value in told if isinstance(value, str)} <= {"NaN", "Infinity"}
    assert told[-1] == "NaN"


def test_any_float64_is_read_back_to_its_last_bit(api, server):
    run_id, start = server.paused_with([], diagnostics_every=1)
    bits = np.random.default_rng(0).integers(0, 2**64, (1000, 7), dtype=np.uint64)
    values = bits.view(np.float64)
    values[0] = [0.0, -0.0, 5e-324, np.nan, np.inf, -np.inf, 1.0]
    server.book.find(run_id).trace.extend(np.zeros(1000), 0.0, values)
    answer = api.http.get(f"/api/runs/{run_id}/diagnostics", params={"start": start})
    told = json.loads(answer.text, parse_constant=pytest.fail)["channels"]
    found = np.array([[float(value) for value in column] for column in told.values()]).T
    finite = np.isfinite(values)
    assert found[finite].tobytes() == values[finite].tobytes()
    assert np.array_equal(found, values, equal_nan=True)


@pytest.mark.parametrize("every", [1, 3])
def test_more_than_an_answer_holds_is_to_be_asked_for_in_pieces(api, monkeypatch, every):
    monkeypatch.setattr(diagnostics_room, "MAX_ROWS", 100)
    run_id = api.start(**TINY, diagnostics_every=every)
    api.until_ended(run_id)
    iterations, start = [], 0
    while start < 500:
        answer = api.http.get(f"/api/runs/{run_id}/diagnostics", params={"start": start})
        stop = 500
        if answer.status_code != 200:
            (error,) = problem(answer, 422)["errors"]
            assert error["field"] == "stop"
            stop = error["allowed"]["maximum"]
            assert problem(
                api.http.get(
                    f"/api/runs/{run_id}/diagnostics", params={"start": start, "stop": stop + 1}
                ),
                422,
            )
        iterations += api.diagnostics(run_id, start=start, stop=stop)["iterations"]
        start = stop
    assert iterations == list(range(0, 500, every))


@pytest.mark.parametrize("query", ["start=-1", "stop=-1", "start=x", "stop=1.5", "start="])
def test_a_wrong_span_is_named(api, finished, query):
    answer = api.http.get(f"/api/runs/{finished}/diagnostics?{query}")
    assert [error["field"] for error in problem(answer, 422)["errors"]] == [query.split("=")[0]]


def test_a_run_that_is_not_there_has_none(api):
    problem(api.http.get("/api/runs/nobody/diagnostics"), 404)
