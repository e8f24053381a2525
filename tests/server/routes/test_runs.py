"""Runs by REST: listed, shown, changed, deleted, and told in valid JSON whatever their losses."""

import json
import math

import pytest

from reluscope.training.relus import RELUS, Relu

from ..serving import LONG, TINY, problem

# --- list


def pages(api, **query):
    """The ids of every run, page by page."""
    found, after = [], None
    while True:
        page = api.http.get("/api/runs", params={**query, **({"after": after} if after else {})})
        assert page.status_code == 200, page.text
        found += [run["id"] for run in page.json()["runs"]]
        after = page.json()["next"]
        if after is None:
            return found


def test_runs_are_listed_newest_first(api):
    ids = [api.start(**TINY) for _ in range(5)]
    assert pages(api) == ids[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_hold_every_run_once(api, limit):
    ids = [api.start(**TINY, pace=0.01) for _ in range(7)]
    assert pages(api, limit=limit) == ids[::-1]


def test_pages_miss_and_double_nothing_while_runs_come_and_go(api):
    ids = [api.start(**TINY, pace=0.01) for _ in range(12)]
    first = api.http.get("/api/runs", params={"limit": 4}).json()
    assert [run["id"] for run in first["runs"]] == ids[:-5:-1]
    api.start(**TINY)
    for gone in (ids[8], ids[7], ids[3]):
        api.http.delete(f"/api/runs/{gone}")
    rest = pages(api, limit=3, after=first["next"])
    assert rest == [run_id for run_id in ids[7::-1] if run_id not in (ids[7], ids[3])]


def test_runs_are_found_by_each_filter(api):
    clamp = api.start(**LONG, name="The Clamp", tags=["a", "b"])
    mine = api.start(**{**TINY, "relu": "my_relu", "update": {"rule": "manual"}, "tags": ["b"]})
    api.until_ended(mine)
    for query, expected in (
        ({"relu": "my_relu"}, [mine]),
        ({"relu": ["my_relu", "clamp"]}, [mine, clamp]),
        ({"relu": "nothing"}, []),
        ({"rule": "sgd"}, [clamp]),
        ({"tag": "b"}, [mine, clamp]),
        ({"tag": "a"}, [clamp]),
        ({"tag": ["a", "zzz"]}, [clamp]),
        ({"q": "clamp"}, [clamp]),
        ({"q": mine[:8].upper()}, [mine]),
        ({"status": "finished"}, [mine]),
        ({"status": ["finished", "running", "queued"]}, [mine, clamp]),
        ({"rule": "sgd", "tag": "b", "q": "the"}, [clamp]),
        ({"rule": "manual", "q": "the"}, []),
        ({}, [mine, clamp]),
    ):
        assert pages(api, **query) == expected, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("after=-1", "after"),
        ("after=x", "after"),
        ("after=" + "9" * 5000, "after"),
        ("status=asleep", "status.0"),
        ("status=running&status=asleep", "status.1"),
        ("q=" + "a" * 201, "q"),
    ],
)
def test_a_wrong_query_is_named(api, query, field):
    document = problem(api.http.get(f"/api/runs?{query}"), 422)
    assert [error["field"] for error in document["errors"]] == [field]


# --- show, change, delete


def test_an_unknown_run_is_not_found_by_any_call(api):
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/losses"),
        ("GET", "/script"),
        *(("POST", f"/{verb}") for verb in ("pause", "resume", "step", "stop")),
    ):
        body = {"json": {}} if method == "PATCH" else {}
        document = problem(api.http.request(method, f"/api/runs/nobody{path}", **body), 404)
        assert "nobody" in document["detail"]


def test_name_tags_and_pace_can_be_changed_one_by_one(api):
    run_id = api.start(**LONG, name="old", tags=["a"], pace=5.0)
    for change, expected in (
        ({"name": "new"}, ("new", ["a"], 5.0)),
        ({"tags": ["b", "c"]}, ("new", ["b", "c"], 5.0)),
        ({"pace": 7.5}, ("new", ["b", "c"], 7.5)),
        ({"pace": None}, ("new", ["b", "c"], None)),
        ({"name": None}, (None, ["b", "c"], None)),
        ({}, (None, ["b", "c"], None)),
    ):
        spec = api.http.patch(f"/api/runs/{run_id}", json=change).json()["spec"]
        assert (spec["name"], spec["tags"], spec["pace"]) == expected
    assert api.show(run_id)["spec"]["name"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pace": 0}, "pace"),
        ({"pace": "1"}, "pace"),
        ({"name": 5}, "name"),
        ({"tags": None}, "tags"),
        ({"iterations": 5}, "iterations"),
        ({"relu": "relu"}, "relu"),
        ({"status": "finished"}, "status"),
    ],
)
def test_a_wrong_change_is_named_and_changes_nothing(api, change, field):
    run_id = api.start(**TINY, name="kept", pace=0.01)
    document = problem(api.http.patch(f"/api/runs/{run_id}", json={"name": "no", **change}), 422)
    assert [error["field"] for error in document["errors"]] == [field]
    assert api.show(run_id)["spec"]["name"] == "kept"


def test_a_deleted_run_is_gone_even_while_it_trains(api):
    run_id = api.start(**LONG)
    api.until_at(run_id, 10)
    answer = api.http.delete(f"/api/runs/{run_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    problem(api.http.get(f"/api/runs/{run_id}"), 404)
    problem(api.http.delete(f"/api/runs/{run_id}"), 404)
    assert pages(api) == []


# --- numbers that are not finite


def test_a_run_that_diverges_says_so_in_valid_json(api):
    run_id = api.start(**{**TINY, "update": {"lr": 1.0}})
    answer = api.until_ended(run_id)[0]
    assert answer["status"] == "diverged"
    assert answer["loss"] in ("Infinity", "NaN")
    assert math.isfinite(answer["min_loss"])
    told = f"the loss of iteration {answer['iteration'] - 1} is {answer['loss']}; the last finite"
    assert answer["reason"].startswith(told)
    for path in (f"/api/runs/{run_id}", "/api/runs", f"/api/runs/{run_id}/losses"):
        json.loads(api.http.get(path).text, parse_constant=pytest.fail)


def test_a_run_that_goes_on_through_nan_finishes(api):
    run_id = api.start(**{**TINY, "update": {"lr": 1.0}, "on_nonfinite": "continue"})
    (view,) = api.until_ended(run_id)
    assert (view["status"], view["iteration"], view["loss"]) == ("finished", 500, "NaN")
    body = api.http.get(f"/api/runs/{run_id}/losses").text
    losses = json.loads(body, parse_constant=pytest.fail)["losses"]
    assert len(losses) == 500
    assert {loss for loss in losses if isinstance(loss, str)} <= {"NaN", "Infinity", "-Infinity"}
    assert losses[-1] == "NaN"


def test_a_failed_run_is_told_with_its_reason(api, monkeypatch):
    def breaking(_h):
        raise RuntimeError("no such kernel")

    monkeypatch.setitem(RELUS, "breaking", Relu("breaking", breaking, "b", "b", "b", "b"))
    monkeypatch.setattr("reluscope.runs.rounds.logger.warning", lambda *_, **__: None)
    failed, sound = api.start(**{**TINY, "relu": "breaking"}), api.start(**TINY)
    views = api.until_ended(failed, sound)
    assert [view["status"] for view in views] == ["failed", "finished"]
    assert views[0]["reason"] == "RuntimeError: no such kernel"


def test_sixty_four_runs_at_once_finish_with_the_curves_that_they_have_alone(api):
    ids = [api.start(**{**TINY, "seed": number % 8, "iterations": 50}) for number in range(64)]
    api.until_ended(*ids)
    curves = [api.losses(run_id) for run_id in ids]
    assert all(len(curve) == 50 for curve in curves)
    assert all(curves[number] == curves[number % 8] for number in range(64))
    assert len({tuple(curve) for curve in curves}) == 8
