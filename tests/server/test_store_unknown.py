"""Runs that were made where more was known, or other things were allowed, are shown and not trained."""

import json

import pytest
from sqlalchemy import select, update

from reluscope.runs.store.tables import RUNS

from .serving import LONG, TINY, in_thread, problem
from .watching import Curves, Viewer

OTHER = {
    "relu": ({"relu": "gone"}, "relu: there is no such ReLU here"),
    "rule": ({"update": {"rule": "gone", "a": [1, {"b": None}]}}, "update.rule: there is no such"),
    "hyperparameter": ({"update": {"rule": "sgd", "lr": 1e-4, "new": 2}}, "update.sgd.new"),
    "fields": ({"dtype": "float8", "layers": 3, "iterations": 20_000_000}, "dtype"),
    "device": ({"device": "tpu:7"}, "device"),
    "gradients": ({"gradients": "quantum", "on_nonfinite": "skip"}, "gradients"),
}


def rewrite(place):
    """As if another version had written the specs."""
    with place.connected() as connection:
        for number, told in connection.execute(select(RUNS.c.number, RUNS.c.view)).all():
            view = json.loads(told)
            view["spec"] |= OTHER[view["spec"]["tags"][0]][0]
            written = json.dumps(view)
            connection.execute(update(RUNS).where(RUNS.c.number == number).values(view=written))


@pytest.fixture
def made(place):
    """Of each kind a run that has ended, one that is paused and one that was cut off, written by
    another version; their ids, and the losses of the first two."""
    with in_thread(**place.options(), resume="never") as server:
        api = server.api
        ids = {
            kind: [
                api.start(**TINY, tags=[kind], iterations=60),
                *(api.start(**{**LONG, "pace": 100}, tags=[kind]) for _ in range(2)),
            ]
            for kind in OTHER
        }
        for ended, paused, cut_off in ids.values():
            api.until_ended(ended)
            api.until_at(paused, 3)
            api.verb(paused, "pause")
            api.until_at(cut_off, 3)
        known = {run_id: api.losses(run_id) for three in ids.values() for run_id in three[:2]}
    rewrite(place)
    return ids, known


def test_such_runs_are_shown(place, made):
    ids, known = made
    with in_thread(**place.options()) as server:
        api = server.api
        listed = {run["id"]: run for run in api.http.get("/api/runs").json()["runs"]}
        assert listed.keys() == {run_id for three in ids.values() for run_id in three}
        for kind, three in ids.items():
            change, word = OTHER[kind]
            for run_id, status in zip(three, ("finished", "paused", "interrupted"), strict=True):
                view = api.show(run_id)
                assert view == listed[run_id]
                assert view["status"] == status
                told = {name: view["spec"].get(name) for name in change}
                assert told == {**change, **({"layers": None} if "layers" in change else {})}
                for room in ("events", "losses", "diagnostics"):
                    assert api.http.get(f"/api/runs/{run_id}/{room}").status_code == 200
            assert "it does not go on: " in view["reason"]
            assert word in view["reason"]
        assert {run_id: api.losses(run_id) for run_id in known} == known
        with Viewer(server.live_url) as viewer:
            viewer.until(lambda _: viewer.runs.keys() == listed.keys())
            assert viewer.runs == listed
            curves = Curves(dict.fromkeys(known, 0))
            viewer.watch(dict.fromkeys(known, 0))
            viewer.read(curves, {run_id: len(losses) for run_id, losses in known.items()})
            assert curves.losses == known
        assert server.errors == []


def test_what_such_runs_cannot_do_is_told_and_the_rest_is_done(place, made):
    ids, known = made
    with in_thread(**place.options()) as server:
        api = server.api
        for kind, (ended, paused, cut_off) in ids.items():
            word = OTHER[kind][1]
            for run_id in (paused, cut_off):
                before = api.show(run_id)
                for verb in ("resume", "step", "replay"):
                    assert word in problem(api.verb(run_id, verb), 422)["detail"]
                assert api.show(run_id) == before
            problem(api.verb(ended, "fork"), 422)
            assert word in problem(api.http.get(f"/api/runs/{ended}/script"), 409)["detail"]
            asked = {"a": ended, "b": paused}
            assert api.http.get("/api/compare", params=asked).status_code == 200
            renamed = api.http.patch(f"/api/runs/{ended}", json={"name": "known"})
            assert renamed.json()["spec"]["name"] == "known"
            for run_id in (paused, cut_off):
                assert api.verb(run_id, "stop").json()["status"] == "stopped"
            assert api.http.delete(f"/api/runs/{paused}").status_code == 204
        assert server.errors == []
    with in_thread(**place.options()) as server:
        for ended, _, _ in ids.values():
            assert server.api.show(ended)["spec"]["name"] == "known"
            assert server.api.losses(ended) == known[ended]
