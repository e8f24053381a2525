"""PATCH: what may change in a run while it trains, and what is refused."""

import pytest

from ..serving import LONG, TINY, problem

WRONG = [
    ({"update": {"lr": -1}}, "update.lr"),
    ({"update": {"lr": "fast"}}, "update.lr"),
    ({"update": {"lr": None}}, "update.lr"),
    ({"update": {"beta1": 0.5}}, "update.beta1"),
    ({"update": {"momentum": 2}}, "update.momentum"),
    ({"update": {"nesterov": True}}, "update.nesterov"),
    ({"update": {"rule": "adam"}}, "update.rule"),
    ({"update": 5}, "update"),
    ({"pace": -1}, "pace"),
    ({"relu": "clamp"}, "relu"),
]


def test_hyperparameters_change_between_two_iterations(api):
    run_id = api.start(**{**TINY, **LONG})
    answer = api.http.patch(f"/api/runs/{run_id}", json={"update": {"lr": 5e-5, "momentum": 0.5}})
    assert answer.status_code == 200
    update = answer.json()["spec"]["update"]
    assert (update["rule"], update["lr"], update["momentum"]) == ("sgd", 5e-5, 0.5)
    assert api.http.get(f"/api/runs/{run_id}").json()["spec"]["update"] == update


def test_what_is_left_out_stays(api):
    run_id = api.start(**{**TINY, **LONG, "update": {"rule": "muon", "lr": 1e-4, "ns_steps": 3}})
    body = {"update": {"ns_steps": 4}, "name": "new"}
    spec = api.http.patch(f"/api/runs/{run_id}", json=body).json()["spec"]
    assert (spec["update"]["lr"], spec["update"]["ns_steps"], spec["name"]) == (1e-4, 4, "new")


@pytest.mark.parametrize(("body", "field"), WRONG, ids=str)
def test_what_cannot_be_is_refused_by_its_name_and_changes_nothing(api, body, field):
    run_id = api.start(**{**TINY, **LONG})
    before = api.http.get(f"/api/runs/{run_id}").json()["spec"]
    answer = problem(api.http.patch(f"/api/runs/{run_id}", json={"name": "new", **body}), 422)
    assert [error["field"] for error in answer["errors"]] == [field]
    assert api.http.get(f"/api/runs/{run_id}").json()["spec"] == before


def test_a_run_that_has_ended_takes_a_name_and_no_hyperparameters(api):
    run_id = api.start(**{**TINY, "iterations": 3})
    api.until_ended(run_id)
    answer = api.http.patch(f"/api/runs/{run_id}", json={"update": {"lr": 0.5}})
    assert "hyperparameters" in problem(answer, 409)["detail"]
    assert api.http.patch(f"/api/runs/{run_id}", json={"name": "a"}).json()["spec"]["name"] == "a"
