"""POST /api/runs/{id}/fork and /replay."""

import pytest

from reluscope.training.spec import RunSpec
from tests.runs.stored import same, twin
from tests.training.scripted import printed

from ..serving import LONG, TINY, problem

FEW = {**TINY, "iterations": 60}


def forked(api, run_id, **body):
    answer = api.verb(run_id, "fork", **body)
    assert answer.status_code == 201, answer.text
    return answer.json()["runs"]


def events(api, run_id):
    return api.http.get(f"/api/runs/{run_id}/events").json()["events"]


def finished(api, **spec):
    run_id = api.start(**{**FEW, **spec})
    api.until_ended(run_id)
    return run_id


def is_whole(api, run_id):
    view = api.show(run_id)
    spec = RunSpec.model_validate(view["spec"])
    assert same(api.losses(run_id), twin(spec, events(api, run_id), view["iteration"])[0])


def test_it_shares_the_past_and_goes_on_by_other_choices(api):
    of = finished(api, name="first", tags=["kept"])
    body = {"at": 20, "relu": "half_abs", "gradients": "closed_form", "iterations": 80}
    (view,) = forked(api, of, **body, update={"rule": "adam", "lr": 0.01})
    assert view["iteration"] >= 20
    assert view["forked_from"] == {"id": of, "iteration": 20}
    spec = view["spec"]
    assert (spec["name"], spec["tags"], spec["seed"]) == ("first", ["kept"], 0)
    assert (spec["relu"], spec["gradients"], spec["iterations"]) == (
        "half_abs",
        "closed_form",
        80,
    )
    assert spec["update"]["rule"] == "adam"
    api.until_ended(view["id"])
    assert api.losses(view["id"])[:20] == api.losses(of)[:20]
    is_whole(api, view["id"])
    told = events(api, view["id"])[0]
    assert (told["kind"], told["iteration"], told["reason"]) == ("forked", 20, f"from run {of}")
    assert told["changes"]["relu"] == ["clamp", "half_abs"]


def test_without_a_body_it_goes_on_from_where_the_run_is(api):
    of = api.start(**LONG)
    api.until_at(of, 10)
    stopped = api.verb(of, "pause").json()
    (view,) = forked(api, of)
    assert view["forked_from"]["iteration"] == stopped["iteration"]
    api.until_at(view["id"], stopped["iteration"] + 50)
    api.verb(view["id"], "stop")
    is_whole(api, view["id"])
    assert api.show(of)["iteration"] == stopped["iteration"]


def test_as_many_as_are_asked_for(api):
    of = finished(api)
    views = forked(api, of, at=30, count=4, name="many", tags=["a", "b"], pace=None)
    assert len({view["id"] for view in views}) == 4
    api.until_ended(*(view["id"] for view in views))
    for view in views:
        assert (view["spec"]["name"], view["spec"]["tags"]) == ("many", ["a", "b"])
        assert api.losses(view["id"]) == api.losses(of)


def test_a_fork_of_a_fork_is_forked_from_the_fork(api):
    first = finished(api)
    (second,) = forked(api, first, at=20, update={"lr": 1e-5})
    api.until_ended(second["id"])
    (third,) = forked(api, second["id"], at=40, update={"lr": 2e-5})
    api.until_ended(third["id"])
    assert third["forked_from"] == {"id": second["id"], "iteration": 40}
    assert api.losses(third["id"])[:40] == api.losses(second["id"])[:40]
    is_whole(api, third["id"])


def test_compare_says_where_they_part(api):
    of = finished(api)
    (view,) = forked(api, of, at=20, update={"lr": 2e-4})
    api.until_ended(view["id"])
    found = api.http.get("/api/compare", params={"a": of, "b": view["id"]}).json()
    assert (found["equal"], found["first_difference"]) == (False, 21)
    assert "20" in found["why"]


def test_its_script_prints_its_losses(api):
    of = finished(api)
    (view,) = forked(api, of, at=20, update={"rule": "adam", "lr": 0.01}, relu="mask")
    api.until_ended(view["id"])
    text = api.http.get(f"/api/runs/{view['id']}/script").text
    assert printed(text) == api.losses(view["id"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"at": 61}, "at"),
        ({"at": -1}, "at"),
        ({"at": "x"}, "at"),
        ({"at": 60}, "iterations"),
        ({"at": 40, "iterations": 40}, "iterations"),
        ({"iterations": 0}, "iterations"),
        ({"at": 3, "relu": "none such"}, "relu"),
        ({"at": 3, "gradients": "none such"}, "gradients"),
        ({"at": 3, "on_nonfinite": "none such"}, "on_nonfinite"),
        ({"at": 3, "update": {"rule": "none such"}}, "update.rule"),
        ({"at": 3, "update": {"lr": -1}}, "update.lr"),
        ({"at": 3, "update": {"rule": "adam", "momentum": 0.9}}, "update.momentum"),
        ({"at": 3, "gradients": "gram", "update": {"rule": "adam"}}, "gradients"),
        ({"at": 3, "pace": 0}, "pace"),
        ({"at": 3, "count": 0}, "count"),
        ({"at": 3, "count": 101}, "count"),
        ({"at": 3, "seed": 1}, "seed"),
        ({"at": 3, "dtype": "float64"}, "dtype"),
        ({"at": 3, "tags": ["x"] * 100}, "tags"),
    ],
    ids=str,
)
def test_a_field_that_is_wrong_is_named_with_what_is_allowed(api, body, field):
    of = finished(api)
    document = problem(api.verb(of, "fork", **body), 422)
    (error,) = document["errors"]
    assert error["field"] == field
    assert error["allowed"] or field in ("seed", "dtype")
    assert len(api.http.get("/api/runs").json()["runs"]) == 1


@pytest.mark.parametrize("field", ["relu", "gradients", "on_nonfinite"])
@pytest.mark.parametrize("value", [None, 5, "none"], ids=str)
def test_of_a_choice_all_that_may_come_is_told_whatever_came(api, field, value):
    of = finished(api)
    schemas = api.http.get("/api/openapi.json").json()["components"]["schemas"]
    (wrong,) = problem(api.verb(of, "fork", at=10, **{field: value}), 422)["errors"]
    choices = schemas["RunSpec"]["properties"][field]["enum"]
    assert (wrong["field"], wrong["allowed"]) == (field, choices)
    assert schemas["Fork"]["properties"][field]["enum"] == choices


def test_what_is_not_there_cannot_be_forked_or_replayed(api):
    problem(api.verb("none", "fork"), 404)
    problem(api.verb("none", "replay"), 404)


def test_a_replay_is_the_same_curve(api):
    of = api.start(**TINY, iterations=400, pace=400.0, diagnostics_every=5)
    api.until_at(of, 20)
    api.http.patch(f"/api/runs/{of}", json={"update": {"lr": 3e-5}})
    api.verb(of, "pause")
    api.verb(of, "step", iterations=50)
    api.until_status(of, "paused")
    api.http.patch(f"/api/runs/{of}", json={"update": {"lr": 1e-4, "momentum": 0.5}})
    api.verb(of, "resume")
    api.until_ended(of)
    answer = api.verb(of, "replay")
    assert answer.status_code == 201
    replay = answer.json()["id"]
    api.until_ended(replay)
    assert api.losses(replay) == api.losses(of)
    assert api.rows(replay) == api.rows(of)
    assert api.show(replay)["forked_from"] == {"id": of, "iteration": 0}
    found = api.http.get("/api/compare", params={"a": of, "b": replay}).json()
    assert found["equal"]
