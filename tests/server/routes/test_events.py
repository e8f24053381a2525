import json
import math
import time

import pytest

from ..serving import LONG, TINY, problem


def events_of(api, run_id):
    answer = api.http.get(f"/api/runs/{run_id}/events")
    assert answer.status_code == 200, answer.text
    body = json.loads(answer.text, parse_constant=pytest.fail)
    assert set(body) == {"id", "events"}
    assert body["id"] == run_id
    return body["events"]


def test_a_run_tells_of_its_start_and_its_end(api):
    before = time.time()
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    events = events_of(api, run_id)
    assert [(event["kind"], event["iteration"]) for event in events] == [
        ("running", 0),
        ("finished", 500),
    ]
    for event in events:
        assert set(event) == {"iteration", "at", "kind", "reason", "changes"}
        assert before < event["at"] <= time.time()


def test_events_are_told_in_order_with_what_was_changed(api):
    run_id = api.start(**LONG)
    api.until_at(run_id, 10)
    api.verb(run_id, "pause")
    paused_at = api.until_status(run_id, "paused")["iteration"]
    api.http.patch(f"/api/runs/{run_id}", json={"pace": 5.5, "name": "of no matter to the curve"})
    api.verb(run_id, "stop")
    events = events_of(api, run_id)
    assert [event["kind"] for event in events] == ["running", "paused", "changed", "stopped"]
    assert [event["iteration"] for event in events[1:]] == [paused_at] * 3
    assert events[2]["changes"] == {"pace": [None, 5.5]}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


def test_where_it_first_was_not_finite_is_told_with_the_reason(api):
    run_id = api.start(**{**TINY, "update": {"lr": 1.0}, "on_nonfinite": "continue"})
    api.until_ended(run_id)
    first_at = [math.isfinite(loss) for loss in api.losses(run_id)].index(False)
    found = [event for event in events_of(api, run_id) if event["kind"] == "nonfinite"]
    assert [event["iteration"] for event in found] == [first_at]
    assert f"iteration {first_at}" in found[0]["reason"]


def test_a_run_that_diverges_tells_why(api):
    run_id = api.start(**{**TINY, "update": {"lr": 1.0}})
    (view,) = api.until_ended(run_id)
    last = events_of(api, run_id)[-1]
    assert (last["kind"], last["iteration"]) == ("diverged", view["iteration"])
    assert last["reason"] == view["reason"]
    assert last["reason"]


def test_numbers_that_are_not_finite_are_told_by_name(api, server):
    run_id, start = server.paused_with([])
    values = {"deep": [[-math.inf, {"er": math.nan}]], "n": 3, "on": True, "word": "NaN"}
    server.book.find(run_id).tell("changed", changes={"update.lr": [math.inf, 0.5], **values})
    event = events_of(api, run_id)[-1]
    assert event["iteration"] == start
    assert event["changes"] == {
        "update.lr": ["Infinity", 0.5],
        "deep": [["-Infinity", {"er": "NaN"}]],
        "n": 3,
        "on": True,
        "word": "NaN",
    }


def test_a_run_that_is_not_there_has_none(api):
    problem(api.http.get("/api/runs/nobody/events"), 404)
