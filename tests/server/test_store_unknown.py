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


def rewrite(place, change):
    """As if another version had written all specs."""
    with place.connected() as connection:
        for number, told in connection.execute(select(RUNS.c.number, RUNS.c.view)).all():
            view = json.loads(told)
            view["spec"] |= change
            written = json.dumps(view)
            connection.execute(update(RUNS).where(RUNS.c.number == number).values(view=written))


@pytest.mark.parametrize("other", OTHER)
def test_such_runs_are_shown_and_what_they_cannot_do_is_told(place, other):
    change, word = OTHER[other]
    with in_thread(**place.options(), resume="never") as server:
        api = server.api
        ended, paused, cut_off = (
            api.start(**TINY, iterations=60),
            api.start(**{**LONG, "pace": 100}),
            api.start(**{**LONG, "pace": 100}),
        )
        api.until_ended(ended)
        api.until_at(paused, 3)
        api.verb(paused, "pause")
        api.until_at(cut_off, 3)
        known = {run_id: api.losses(run_id) for run_id in (ended, paused)}
    rewrite(place, change)
    with in_thread(**place.options()) as server:
        api = server.api
        listed = {run["id"]: run for run in api.http.get("/api/runs").json()["runs"]}
        assert listed.keys() == {ended, paused, cut_off}
        for run_id, view in listed.items():
            assert api.show(run_id) == view
            spec = {name: view["spec"].get(name) for name in change if name != "layers"}
            assert spec == {name: value for name, value in change.items() if name != "layers"}
            for room in ("events", "losses", "diagnostics"):
                assert api.http.get(f"/api/runs/{run_id}/{room}").status_code == 200
        assert {run_id: api.losses(run_id) for run_id in known} == known
        with Viewer(server.live_url) as viewer:
            viewer.until(lambda _: viewer.runs.keys() == listed.keys())
            assert viewer.runs[ended] == listed[ended]
            curves = Curves({ended: 0})
            viewer.watch({ended: 0})
            viewer.read(curves, {ended: 60})
            assert curves.losses[ended] == known[ended]
        assert listed[paused]["status"] == "paused"
        assert listed[cut_off]["status"] == "interrupted"
        assert "it does not go on: " in listed[cut_off]["reason"]
        assert word in listed[cut_off]["reason"]
        for run_id in (paused, cut_off):
            for verb in ("resume", "step", "replay"):
                assert word in problem(api.verb(run_id, verb), 422)["detail"]
            assert api.show(run_id) == listed[run_id]
        problem(api.verb(ended, "fork"), 422)
        assert word in problem(api.http.get(f"/api/runs/{ended}/script"), 409)["detail"]
        compared = api.http.get("/api/compare", params={"a": ended, "b": paused})
        assert compared.status_code == 200
        renamed = api.http.patch(f"/api/runs/{ended}", json={"name": "known"})
        assert renamed.json()["spec"]["name"] == "known"
        for run_id in (paused, cut_off):
            assert api.verb(run_id, "stop").json()["status"] == "stopped"
        assert api.http.delete(f"/api/runs/{paused}").status_code == 204
        assert server.errors == []
    with in_thread(**place.options()) as server:
        assert server.api.show(ended)["spec"]["name"] == "known"
        assert server.api.losses(ended) == known[ended]
