"""Long curves as a page asks for them: in few points, and smoothed."""

import json
import math

import numpy as np
import pytest

from reluscope.numbers import tell
from reluscope.runs.overview import not_finite, overview
from reluscope.runs.smooth import smooth
from reluscope.server.curves import MAX_POINTS
from reluscope.server.routes import losses as losses_room

from ..serving import TINY, problem

FIELDS = ["start", "stop", "every", "iterations", "losses", "means", "spans"]
FIELDS += ["not_finite", "not_positive"]


def told(values) -> list[float | str]:
    return [tell(value) for value in values.tolist()]


def curve(count: int) -> np.ndarray:
    """Losses with all that may be among them."""
    losses = np.exp(np.random.default_rng(0).normal(size=count))
    losses[70:130] = math.nan
    losses[130:140] = math.inf
    losses[[200, 201]] = 0.0, -1.0
    return losses


@pytest.fixture(scope="module")
def long(server):
    """A paused run and its losses."""
    run_id, start = server.paused_with(curve(5000))
    trace = server.book.find(run_id).trace
    assert len(trace) == start + 5000
    return run_id, trace[:].copy()


@pytest.fixture
def ask(server, long):
    """What is answered about that run."""

    def asked(**query):
        answer = server.api.http.get(f"/api/runs/{long[0]}/losses", params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["vary"] == "Accept"
        body = json.loads(answer.text, parse_constant=pytest.fail)
        assert body.pop("id") == long[0]
        return body

    return asked


SPANS = [(0, None), (100, None), (0, 5000), (37, 4321), (80, 90), (4000, 10**9)]


@pytest.mark.parametrize(("start", "stop"), SPANS)
@pytest.mark.parametrize("points", [2, 500, MAX_POINTS])
def test_an_overview_is_that_of_the_span(ask, long, start, stop, points):
    span = {"start": start} | ({} if stop is None else {"stop": stop})
    values = long[1][start:stop]
    body = ask(points=points, **span)
    assert list(body) == FIELDS
    found, odd = overview(values, start, points), not_finite(values, start)
    assert (body["start"], body["stop"]) == (start, start + len(values))
    assert body["every"] == found.every
    assert body["iterations"] == found.iterations.tolist()
    assert body["losses"] == told(found.losses)
    means = pytest.approx(found.means.tolist(), rel=1e-12, nan_ok=True)  # of means of parts
    assert list(map(float, body["means"])) == means
    assert body["spans"] == [list(stretch) for stretch in odd.spans]
    assert body["not_finite"] == odd.counts
    assert body["not_positive"] == found.not_positive


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (20, 10), (10**6, None), (10**30, 10**31)])
@pytest.mark.parametrize("smoothing", [0, 0.9])
def test_of_an_empty_span_it_is_empty(ask, start, stop, smoothing):
    span = {"start": start} | ({} if stop is None else {"stop": stop})
    body = ask(points=100, smoothing=smoothing, **span)
    assert (body["start"], body["stop"], body["every"]) == (start, start, 1)
    assert [body[field] for field in FIELDS[3:]] == [[], [], [], [], {}, 0]


@pytest.mark.parametrize(("start", "stop"), SPANS)
@pytest.mark.parametrize("weight", [0.5, 0.99])
def test_smoothed_it_is_of_the_average_from_the_first_iteration_on(ask, long, start, stop, weight):
    span = {"start": start} | ({} if stop is None else {"stop": stop})
    values, last = smooth(long[1][:stop], weight, start)
    body = ask(points=300, smoothing=weight, **span)
    assert list(body) == [*FIELDS, "last"]
    found, odd = overview(values, start, 300), not_finite(long[1][start:stop], start)
    assert (body["iterations"], body["losses"]) == (found.iterations.tolist(), told(found.losses))
    assert (body["means"], body["not_positive"]) == (told(found.means), found.not_positive)
    assert body["spans"] == [list(stretch) for stretch in odd.spans]
    assert body["not_finite"] == odd.counts
    assert body["last"] == {"value": tell(last.value), "finite": last.finite}
    plain = ask(smoothing=weight, **span)
    assert plain == {"start": start, "losses": told(values)}


def test_no_smoothing_is_none(ask):
    assert ask(smoothing=0) == ask()
    assert ask(smoothing=0, points=40) == ask(points=40)


def test_of_no_finite_loss_the_last_average_is_not_a_number(server):
    run_id, start = server.paused_with([math.nan, math.inf])
    query = {"points": 10, "smoothing": 0.5, "stop": 0}
    body = server.api.http.get(f"/api/runs/{run_id}/losses", params=query).json()
    assert body["last"] == {"value": "NaN", "finite": 0}
    del query["stop"]
    body = server.api.http.get(f"/api/runs/{run_id}/losses", params=query).json()
    assert body["last"]["finite"] == start
    assert body["losses"][-2:] == ["NaN", "NaN"]
    assert body["spans"][-1] == [start + 1, start + 2, "Infinity"]


def test_an_overview_is_of_any_number_of_losses(ask, monkeypatch):
    monkeypatch.setattr(losses_room, "MAX_LOSSES", 200)
    assert ask(points=50)["stop"] > 5000
    assert len(ask(smoothing=0.5, start=4800, stop=5000)["losses"]) == 200


def test_a_smoothed_span_holds_no_more_than_another(server, long, monkeypatch):
    monkeypatch.setattr(losses_room, "MAX_LOSSES", 200)
    query = {"smoothing": 0.5, "start": 100}
    answer = server.api.http.get(f"/api/runs/{long[0]}/losses", params=query)
    (error,) = problem(answer, 422)["errors"]
    assert (error["field"], error["allowed"]) == ("stop", {"maximum": 300})


@pytest.mark.parametrize("format", ["csv", "npy", "parquet"])
@pytest.mark.parametrize("query", ["points=20", "smoothing=0.5", "points=20&smoothing=0.5"])
def test_files_are_of_every_loss_as_it_is(server, long, format, query):
    wrong = [field for field in ("points", "smoothing") if field in query]
    path = f"/api/runs/{long[0]}/losses?{query}"
    accepted = {"accept": losses_room.MEDIA_TYPES[format]}
    for answer in (
        server.api.http.get(f"{path}&format={format}"),
        server.api.http.get(path, headers=accepted),
    ):
        errors = problem(answer, 422)["errors"]
        assert [error["field"] for error in errors] == wrong
        assert all("json" in error["message"] for error in errors)
    assert server.api.http.get(f"{path}&format=json", headers=accepted).status_code == 200


@pytest.mark.parametrize("query", ["points=1", "points=100001", "points=x", "points="])
def test_points_out_of_range_are_told_with_the_range(server, long, query):
    answer = server.api.http.get(f"/api/runs/{long[0]}/losses?{query}")
    (error,) = problem(answer, 422)["errors"]
    assert error["field"] == "points"
    assert (error["allowed"]["minimum"], error["allowed"]["maximum"]) == (2, MAX_POINTS)


@pytest.mark.parametrize("weight", ["-0.1", "1", "nan", "inf", "x"])
def test_a_weight_out_of_range_is_told_with_the_range(server, long, weight):
    answer = server.api.http.get(f"/api/runs/{long[0]}/losses?smoothing={weight}")
    (error,) = problem(answer, 422)["errors"]
    assert error["field"] == "smoothing"
    assert (error["allowed"]["minimum"], error["allowed"]["exclusiveMaximum"]) == (0, 1)


def test_the_catalog_says_how_many_points_there_may_be(server):
    assert server.api.http.get("/api/catalog").json()["limits"]["points_per_answer"] == MAX_POINTS


def test_a_run_that_trains_has_an_overview_of_what_is_there(server):
    run_id = server.api.start(**{**TINY, "iterations": 20_000})
    server.api.until_at(run_id, 50)
    body = server.api.http.get(f"/api/runs/{run_id}/losses", params={"points": 100}).json()
    assert body["stop"] >= 50
    assert body["iterations"][-1] == body["stop"] - 1
    whole = server.api.losses(run_id)
    assert body["losses"] == [whole[iteration] for iteration in body["iterations"]]


def test_the_document_describes_each_form(server, ask):
    document = server.api.http.get("/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    content = document["paths"]["/api/runs/{id}/losses"]["get"]["responses"]["200"]["content"]
    refs = [form["$ref"] for form in content["application/json"]["schema"]["anyOf"]]
    names = [ref.rpartition("/")[2] for ref in refs]
    assert names == ["Losses", "LossesOverview", "SmoothedOverview"]
    answers = [ask(), ask(points=10), ask(points=10, smoothing=0.5)]
    for name, body in zip(names, answers, strict=True):
        assert {"id", *body} == set(schemas[name]["properties"]) == set(schemas[name]["required"])
