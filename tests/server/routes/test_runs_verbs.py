"""Pause, resume, step and stop by REST."""

import threading
from functools import partial

import httpx
import pytest

from tests.waiting import DEADLINE_S

from ..serving import LONG, TINY, problem


def test_pause_resume_step_and_stop(api):
    run_id = api.start(**LONG)
    api.until_at(run_id, 10)
    paused = api.verb(run_id, "pause").json()
    assert paused["status"] == "paused"
    at = paused["iteration"]
    assert api.show(run_id)["iteration"] == at
    api.verb(run_id, "step", iterations=25)
    assert api.until_status(run_id, "paused")["iteration"] == at + 25
    api.verb(run_id, "step")
    assert api.until_status(run_id, "paused")["iteration"] == at + 26
    assert api.verb(run_id, "resume").json()["status"] == "running"
    api.until_at(run_id, at + 30)
    stopped = api.verb(run_id, "stop").json()
    assert stopped["status"] == "stopped"
    assert api.show(run_id)["iteration"] == stopped["iteration"]
    assert len(api.losses(run_id)) == stopped["iteration"]


def test_a_verb_twice_is_the_verb_once(api):
    run_id = api.start(**LONG)
    for verb, status in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        api.until_at(run_id, 1)
        for _ in range(2):
            answer = api.verb(run_id, verb)
            assert (answer.status_code, answer.json()["status"]) == (200, status)


HEAVY = {"n": 2000, "d_in": 2000, "hidden": 2000, "d_out": 10, "relu": "my_relu"}
"""A network whose iteration takes most of a second."""


@pytest.mark.parametrize(("verb", "status"), [("pause", "paused"), ("stop", "stopped")])
def test_a_verb_in_a_long_iteration_is_accepted_and_comes_when_that_is_over(
    api, monkeypatch, verb, status
):
    monkeypatch.setattr("reluscope.server.routes.runs.VERB_TIMEOUT_S", 0.01)
    run_id = api.start(**HEAVY)
    api.until_status(run_id, "running")
    answer = api.verb(run_id, verb)
    assert (answer.status_code, answer.json()["status"]) == (202, "running")
    api.until_status(run_id, status)
    assert api.show(run_id)["iteration"] >= 1


def test_any_number_of_verbs_that_wait_leave_the_server_free(api):
    run_id = api.start(**HEAVY)
    api.until_status(run_id, "running")
    pause = partial(httpx.post, f"{api.url}/api/runs/{run_id}/pause", timeout=DEADLINE_S)
    verbs = [threading.Thread(target=pause) for _ in range(50)]
    for thread in verbs:
        thread.start()
    api.start(**TINY)
    assert api.show(run_id)["status"] == "running"
    for thread in verbs:
        thread.join()
    assert api.show(run_id)["status"] == "paused"


@pytest.mark.parametrize("verb", ["pause", "resume", "step"])
@pytest.mark.parametrize(
    ("fields", "status"), [({"iterations": 5}, "finished"), ({"update": {"lr": 1.0}}, "diverged")]
)
def test_a_forbidden_verb_names_the_state_and_what_it_allows(api, verb, fields, status):
    run_id = api.start(**{**TINY, **fields})
    (before,) = api.until_ended(run_id)
    document = problem(api.verb(run_id, verb), 409)
    for word in (verb, run_id, status, "an end"):
        assert word in document["detail"]
    assert api.show(run_id) == before
    assert api.verb(run_id, "stop").json() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"iterations": 0}, "iterations"),
        ({"iterations": -5}, "iterations"),
        ({"iterations": 1.5}, "iterations"),
        ({"iterations": "5"}, "iterations"),
        ({"iterations": 10**9}, "iterations"),
        ({"count": 5}, "count"),
        ([], ""),
        ("5", ""),
    ],
    ids=str,
)
def test_a_wrong_step_is_named(api, body, field):
    run_id = api.start(**TINY, pace=0.01)
    document = problem(api.http.post(f"/api/runs/{run_id}/step", json=body), 422)
    assert [error["field"] for error in document["errors"]] == [field]


def test_a_field_that_a_step_does_not_have_is_told_with_those_that_it_has(api):
    run_id = api.start(**TINY, pace=0.01)
    document = problem(api.http.post(f"/api/runs/{run_id}/step", json={"n": 5}), 422)
    (error,) = document["errors"]
    assert (error["message"], error["allowed"]) == (
        "expected one of ['iterations']",
        ["iterations"],
    )


def test_runs_beyond_the_limit_are_refused_until_one_ends(server, api, monkeypatch):
    monkeypatch.setattr(server.book._register, "_max_live", 2)
    first, _second = api.start(**LONG), api.start(**LONG)
    document = problem(api.http.post("/api/runs", json=LONG), 409)
    assert "2 runs are live" in document["detail"]
    api.verb(first, "stop")
    api.start(**LONG)


def test_many_clients_at_once_get_answers_that_agree(api):
    run_id = api.start(**LONG)
    codes, lock = set(), threading.Lock()

    def ask(verb: str) -> None:
        for _ in range(10):
            answer = api.verb(run_id, verb)
            with lock:
                codes.add(answer.status_code)

    threads = [threading.Thread(target=ask, args=(verb,)) for verb in ("pause", "resume") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == {200}
    at = api.verb(run_id, "pause").json()["iteration"]
    api.verb(run_id, "step", iterations=3)
    assert api.until_status(run_id, "paused")["iteration"] == at + 3
