import json
import math

import numpy as np
import pytest

from reluscope.runs.overview import overview

from ..serving import TINY, problem

FIELDS = {"ids", "compared", "equal", "first_difference", "why", "difference"}
LARGEST = ["largest_absolute", "largest_relative", "largest_ulp"]


def compared(api, a, b, **query):
    answer = api.http.get("/api/compare", params={"a": a, "b": b, **query})
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.text, parse_constant=pytest.fail)
    assert set(found) == FIELDS | set(LARGEST)
    assert found["ids"] == [a, b]
    return found


def finished(api, *specs):
    ids = [api.start(**{**TINY, **spec}) for spec in specs]
    api.until_ended(*ids)
    return ids


def test_the_same_spec_twice_is_the_same_curve(api):
    a, b = finished(api, {"name": "one"}, {"name": "two", "tags": ["x"], "pace": 1e6})
    found = compared(api, a, b)
    assert (found["compared"], found["equal"]) == (500, True)
    assert [found[kind] for kind in ("first_difference", *LARGEST)] == [None] * 4
    assert found["why"] == "The two specs decide the same curve."


def test_another_seed_is_another_curve(api):
    a, b = finished(api, {}, {"seed": 1})
    found = compared(api, a, b)
    assert (found["equal"], found["first_difference"]) == (False, 0)
    assert (
        found["why"]
        == "What differs: the seed is 0 in a and 1 in b (other data and start weights)."
    )
    losses = list(zip(api.losses(a), api.losses(b), strict=True))
    largest = found["largest_absolute"]
    assert largest["difference"] == max(abs(x - y) for x, y in losses)
    assert (largest["a"], largest["b"]) == losses[largest["iteration"]]
    assert isinstance(found["largest_ulp"]["difference"], int)
    assert 0 < found["largest_relative"]["difference"] < 1


def test_another_learning_rate_parts_them_after_the_first_update(api):
    a, b = finished(api, {}, {"update": {"lr": 2e-4}})
    found = compared(api, a, b)
    assert (found["equal"], found["first_difference"]) == (False, 1)
    assert found["why"] == "What differs: lr is 0.0001 in a and 0.0002 in b."


def test_another_relu_is_told_with_its_slope(api):
    a, b = finished(api, {"relu": "clamp"}, {"relu": "relu"})
    told = compared(api, a, b)["why"]
    assert "the ReLU is clamp in a and relu in b (" in told
    assert "slope" in told


def test_as_far_as_both_have_come(api):
    a, b = finished(api, {"iterations": 40}, {"iterations": 300})
    found = compared(api, a, b)
    assert (found["compared"], found["equal"]) == (40, True)


def test_a_run_that_has_hardly_begun_can_be_compared(api):
    (a,) = finished(api, {})
    b = api.start(**TINY, pace=1e-3)
    api.verb(b, "pause")
    found = compared(api, a, b)
    assert found["compared"] == api.show(b)["iteration"]
    assert found["equal"]


def test_what_is_not_finite_is_told_as_it_is(api, server):
    ids = []
    for last in (math.inf, 2.0):
        ids.append(api.start(**TINY, pace=1e-3))
        api.until_at(ids[-1], 1)  # and no further for a quarter of an hour
        trace = server.book.find(ids[-1]).trace
        trace.extend(np.array([1.0, math.nan, last]), 0.0)
    found = compared(api, *ids)
    assert (found["compared"], found["first_difference"]) == (4, 3)
    for kind in LARGEST:
        assert found[kind] == {
            "iteration": 3,
            "a": "Infinity",
            "b": 2.0,
            "difference": "Infinity",
        }


def test_a_run_is_equal_to_itself(api):
    (a,) = finished(api, {})
    assert compared(api, a, a)["equal"]


def test_an_unknown_run_is_named(api):
    (a,) = finished(api, {"iterations": 1})
    for query in ({"a": a, "b": "nobody"}, {"a": "nobody", "b": a}):
        document = problem(api.http.get("/api/compare", params=query), 404)
        assert document["type"] == "urn:reluscope:problem:unknown-run"
        assert "nobody" in document["detail"]


@pytest.mark.parametrize("left_out", ["a", "b"])
def test_both_are_required(api, left_out):
    query = {"a": "x", "b": "x"}
    del query[left_out]
    errors = problem(api.http.get("/api/compare", params=query), 422)["errors"]
    assert [(error["field"], error["message"]) for error in errors] == [(left_out, "required")]


def test_a_run_changed_by_hand_is_compared_as_it_began(api):
    """What it was changed to explains nothing before, and is told with its iteration after."""
    fields = {**TINY, "iterations": 400, "seed": 11}
    plain = api.start(**fields)
    changed = api.start(**{**fields, "pace": 1e-3})
    api.until_ended(plain)
    api.http.post(f"/api/runs/{changed}/pause")
    at = api.until_status(changed, "paused")["iteration"]
    api.http.patch(f"/api/runs/{changed}", json={"update": {"lr": 1e-5}, "pace": None})
    assert "changed" not in compared(api, plain, changed)["why"]
    api.http.post(f"/api/runs/{changed}/resume")
    api.until_ended(changed)
    found = compared(api, plain, changed)
    assert found["first_difference"] == at + 1
    assert found["why"] == f"What differs: the hyperparameters of b were changed at iteration {at}."


def test_where_no_points_are_asked_for_there_is_no_difference(api):
    (a,) = finished(api, {})
    assert compared(api, a, a, start=3, stop=5)["difference"] is None


@pytest.mark.parametrize(("start", "stop"), [(0, None), (17, 90), (50, 10**30), (10**30, None)])
@pytest.mark.parametrize("points", [2, 30, 100_000])
def test_with_points_it_is_an_overview_of_what_both_have(api, start, stop, points):
    a, b = finished(api, {"iterations": 100}, {"iterations": 300, "seed": 1})
    span = {"start": start} | ({} if stop is None else {"stop": stop})
    found = compared(api, a, b, points=points, **span)
    losses = np.array([api.losses(a), api.losses(b)[:100]])
    apart = np.abs(losses[0] - losses[1])[start:stop]
    expected = overview(apart, start, points)
    assert found["difference"] == {
        "start": start,
        "stop": start + len(apart),
        "every": expected.every,
        "iterations": expected.iterations.tolist(),
        "losses": expected.losses.tolist(),
        "means": expected.means.tolist(),
        "spans": [],
        "not_finite": {},
        "not_positive": 0,
    }
    found["difference"] = None
    assert found == compared(api, a, b)


def test_a_difference_of_what_is_not_finite_is_told_as_it_is(api, server):
    nan, inf = math.nan, math.inf
    (a, start), (b, other) = server.paused_with([]), server.paused_with([])
    first = max(start, other)
    for run_id, losses in (
        (a, [nan, inf, -inf, 1.0, nan, 5.0]),
        (b, [nan, inf, inf, inf, 1.0, 7.5]),
    ):
        there = len(server.book.find(run_id).trace)
        server.extend(run_id, [0.0] * (first - there) + losses)
    found = compared(api, a, b, points=100, start=first)["difference"]
    assert found["losses"] == [0.0, 0.0, "Infinity", "Infinity", "NaN", 2.5]
    assert found["means"] == [0.0, 0.0, "NaN", "NaN", "NaN", 2.5]
    assert found["spans"] == [[first + 2, first + 4, "Infinity"], [first + 4, first + 5, "NaN"]]
    assert found["not_finite"] == {"NaN": 1, "Infinity": 2}
    assert found["not_positive"] == 2


@pytest.mark.parametrize("query", ["points=1", "points=100001", "start=-1", "stop=x"])
def test_a_wrong_span_or_number_of_points_is_named(api, query):
    (a,) = finished(api, {"iterations": 1})
    answer = api.http.get(f"/api/compare?a={a}&b={a}&{query}")
    assert [error["field"] for error in problem(answer, 422)["errors"]] == [query.split("=")[0]]


def test_the_document_describes_it(api):
    (a,) = finished(api, {"iterations": 1})
    document = api.http.get("/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    content = document["paths"]["/api/compare"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["application/json"]
    schema = content["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/ComparedRuns"}
    found = compared(api, a, a, points=10)
    assert set(found) == set(schemas["ComparedRuns"]["required"])
    assert set(found["difference"]) == set(schemas["CurveOverview"]["required"])
