"""The runs of a sweep are watched by its id."""

import json

import pytest

from ..serving import LONG, TINY
from ..watching import Curves, Viewer

SHORT = {**TINY, "iterations": 200}


def sweep_of(api, *seeds, **spec):
    body = {"base": {**SHORT, **spec}, "grid": {"seed": seeds}}
    answer = api.http.post("/api/sweeps", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_all_its_runs_come_from_the_start_but_those_that_are_named(api, live_url):
    sweep, other = sweep_of(api, 1, 2, 3), sweep_of(api, 4)
    ids = [*sweep["runs"], *other["runs"]]
    api.until_ended(*ids)
    cursors = {**dict.fromkeys(ids, 0), ids[1]: 150}
    curves = Curves(cursors)
    with Viewer(live_url) as viewer:
        viewer.send({"type": "watch", "sweeps": [sweep["id"], other["id"]], "runs": {ids[1]: 150}})
        viewer.read(curves, dict.fromkeys(ids, 200))
    for run_id in ids:
        assert curves.losses[run_id] == api.losses(run_id)[cursors[run_id] :]


def test_they_are_sent_until_nobody_wants_them_any_more(api, live_url):
    sweep = sweep_of(api, 1, 2, iterations=LONG["iterations"], pace=50.0)
    alone = api.start(**LONG, pace=50.0)
    with Viewer(live_url) as viewer:
        viewer.send({"type": "watch", "sweeps": [sweep["id"]], "runs": {alone: 0}})
        curves = Curves(dict.fromkeys([*sweep["runs"], alone], 0))
        viewer.read(curves, dict.fromkeys(curves.losses, 5))
        viewer.send({"type": "unwatch", "sweeps": [sweep["id"]]})
        for message in viewer.until_sync():
            curves.take(message)
        there = curves.cursors()
        viewer.read(curves, {alone: there[alone] + 20})
        assert {**curves.cursors(), alone: 0} == {**there, alone: 0}


def test_what_is_not_there_is_told_as_gone(api, live_url):
    sweep = sweep_of(api, 1, 2)
    with Viewer(live_url) as viewer:
        viewer.send({"type": "watch", "sweeps": ["nothing", sweep["id"]], "runs": {"nobody": 0}})
        while "sweeps" not in (said := viewer.until_said("gone")):
            pass  # runs of the test before, whose end is news
        assert said == {"type": "gone", "ids": ["nobody"], "sweeps": ["nothing"]}
        api.http.delete(f"/api/sweeps/{sweep['id']}")
        told: set[str] = set()
        while not told >= set(sweep["runs"]):
            told.update(viewer.until_said("gone")["ids"])


@pytest.mark.parametrize("sweeps", [3, ["a", 5], None, {"a": 0}])
def test_what_is_no_list_of_sweeps_is_told(live_url, sweeps):
    for type in ("watch", "unwatch"):
        with Viewer(live_url) as viewer:
            viewer.send({"type": type, "sweeps": sweeps})
            (error,) = viewer.until_said("error")["errors"]
            assert error["field"].startswith("sweeps")
            viewer.send(json.dumps({"type": type}))
            (error,) = viewer.until_said("error")["errors"]
            assert (error["field"], error["message"]) == ("runs", "required")


def test_more_runs_than_may_be_watched_are_refused(api, live_url):
    sweep = sweep_of(api, 1, 2)
    named = {str(number): 0 for number in range(999)}
    with Viewer(live_url) as viewer:
        viewer.send({"type": "watch", "sweeps": [sweep["id"]], "runs": named})
        (error,) = viewer.until_said("error")["errors"]
        assert (error["field"], error["given"]) == ("sweeps", 1001)


@pytest.mark.parametrize("type", ["watch", "unwatch"])
def test_a_sweep_that_is_named_often_is_looked_for_once(server, api, live_url, monkeypatch, type):
    """Else one message would hold up everybody for half a second."""
    asked = []
    look = server.hub.sweep
    monkeypatch.setattr(server.hub, "sweep", lambda each: asked.append(each) or look(each))
    sweep = sweep_of(api, 1)
    with Viewer(live_url) as viewer:
        viewer.send({"type": type, "sweeps": 1000 * [sweep["id"]]})
        viewer.until_sync()
    assert asked == [sweep["id"]]
