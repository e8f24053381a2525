import json
import math
import re
import threading
from functools import partial

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reluscope.training.relus import RELUS, Relu
from tests.waiting import DEADLINE_S

from .serving import LONG, TINY

PROBLEM = "application/problem+json"

WRONG = [
    ({"relu": "swish"}, "relu", "clamp"),
    ({"relu": 5}, "relu", "clamp"),
    ({"gradients": "guess"}, "gradients", "autograd"),
    ({"dtype": "float16"}, "dtype", "float64"),
    ({"device": "tpu"}, "device", "cpu"),
    ({"device": "cuda:99"}, "device", "cpu"),
    ({"device": None}, "device", "string"),
    ({"n": 0}, "n", "1"),
    ({"n": -1}, "n", "1"),
    ({"n": 1.5}, "n", "integer"),
    ({"n": "64"}, "n", "integer"),
    ({"n": True}, "n", "integer"),
    ({"n": None}, "n", "integer"),
    ({"n": 10**40}, "n", "1000000"),
    ({"hidden": 1_000_001}, "hidden", "1000000"),
    ({"iterations": 0}, "iterations", "1"),
    ({"iterations": 10**9}, "iterations", "10000000"),
    ({"seed": -1}, "seed", "0"),
    ({"seed": 2**53}, "seed", str(2**53 - 1)),
    ({"pace": 0}, "pace", "0"),
    ({"pace": -5}, "pace", "0"),
    ({"pace": "fast"}, "pace", "number"),
    ({"name": ""}, "name", "1"),
    ({"name": "a" * 201}, "name", "200"),
    ({"name": 5}, "name", "string"),
    ({"tags": "a"}, "tags", "list"),
    ({"tags": ["a"] * 21}, "tags", "20"),
    ({"tags": ["a", 5]}, "tags.1", "string"),
    ({"on_nonfinite": "ignore"}, "on_nonfinite", "continue"),
    ({"unknown": 1}, "unknown", "iterations"),
    ({"relu": None}, "relu", "clamp"),
    ({"dtype": 32}, "dtype", "float64"),
    ({"on_nonfinite": None}, "on_nonfinite", "continue"),
    ({"update": {"lr": 1e39}}, "update.lr", "e+38"),
    ({"update": {"rule": "sgd", "sgd": {}}}, "update.sgd", "lr"),
    ({"update": "sgd"}, "update", "object"),
    ({"update": {"rule": "guess"}}, "update.rule", "manual_data"),
    ({"update": {"rule": 5}}, "update.rule", "manual_data"),
    ({"update": {"lr": -1e-6}}, "update.lr", "0"),
    ({"update": {"rule": "manual", "lr": "1"}}, "update.lr", "number"),
    ({"update": {"rule": "sgd", "momentum": 0.9}}, "update.momentum", "lr"),
    ({"n": 1_000_000, "d_in": 999_999}, "n", "bytes"),
    ({"hidden": 1_000_000, "d_in": 999_999}, "hidden", "bytes"),
]

NOT_A_SPEC = [
    (b"", "application/json", 422),
    (b"[]", "application/json", 422),
    (b"null", "application/json", 422),
    (b'"clamp"', "application/json", 422),
    (b'{"n":', "application/json", 422),
    (b"{'n': 1}", "application/json", 422),
    (b"\xff\xfe\x00", "application/json", 400),
    (b'{"update": {"lr": NaN}}', "application/json", 422),
    (b'{"update": {"lr": 1e999}}', "application/json", 422),
    (b'{"pace": -Infinity}', "application/json", 422),
    (b'{"name": "\\ud800"}', "application/json", 422),
    (b'{"\\udfff": 1}', "application/json", 422),
    (b'{"relu": "\\ud800"}', "application/json", 422),
    (b'{"n": ' + b"9" * 5000 + b"}", "application/json", 400),
    (b"{}", "text/plain", 415),
    (b"n=1", "application/x-www-form-urlencoded", 415),
    (b"{}", "", 415),
    (b"a" * 70_000, "application/json", 413),
    (b'{"name": "' + b"a" * 70_000 + b'"}', "application/json", 413),
    (b"a" * 70_000, "text/plain", 413),
]


def problem(answer, status):
    """The problem document that an answer must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    document = json.loads(answer.text, parse_constant=pytest.fail)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["type"].startswith("urn:reluscope:problem:")
    return document


# --- create


def test_a_run_is_created_where_its_location_says(api):
    answer = api.http.post("/api/runs", json={**TINY, "name": "first", "tags": ["a"]})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"/api/runs/{made['id']}"
    assert (made["spec"]["name"], made["spec"]["tags"]) == ("first", ["a"])
    found = api.http.get(answer.headers["location"]).json()
    assert (found["id"], found["spec"]) == (made["id"], made["spec"])


def test_a_run_has_every_field_that_is_documented(api):
    (view,) = api.until_ended(api.start(**TINY))
    assert set(view) == {
        *("id", "spec", "status", "iteration", "loss", "min_loss", "rate", "created_at"),
        *("started_at", "ended_at", "reason", "worker", "environment"),
    }
    assert (view["status"], view["iteration"], view["reason"]) == ("finished", 500, None)
    assert view["created_at"] <= view["started_at"] <= view["ended_at"]
    assert view["loss"] == api.losses(view["id"])[-1]
    assert view["min_loss"] == min(api.losses(view["id"]))


def test_an_empty_object_is_the_first_tutorial(api, tutorial_losses):
    run_id = api.http.post("/api/runs", json={}).json()["id"]
    api.until_ended(run_id)
    assert api.losses(run_id) == tutorial_losses["autograd"]


@pytest.mark.parametrize(("fields", "field", "allowed"), WRONG, ids=str)
def test_a_wrong_field_is_named_with_what_is_allowed(api, fields, field, allowed):
    document = problem(api.http.post("/api/runs", json=fields), 422)
    (error,) = document["errors"]
    assert error["field"] == field
    assert allowed in f"{error['message']} {error['allowed']}".replace(",", "")
    assert field in document["detail"]
    assert api.http.get("/api/runs").json()["runs"] == []


def test_every_wrong_field_is_named_at_once(api):
    body = {"relu": "x", "n": 0, "update": {"rule": "sgd", "lr": -1}, "tags": [""], "zzz": 1}
    document = problem(api.http.post("/api/runs", json=body), 422)
    found = {error["field"] for error in document["errors"]}
    assert found == {"relu", "n", "update.lr", "tags.0", "zzz"}


def test_what_was_given_comes_back_shortened(api):
    document = problem(api.http.post("/api/runs", json={"relu": "a" * 5000}), 422)
    given = document["errors"][0]["given"]
    assert given.startswith("aaa")
    assert len(given) < 300


@pytest.mark.parametrize(
    ("body", "content_type", "status"), NOT_A_SPEC, ids=lambda part: str(part)[:30]
)
def test_a_body_that_is_no_spec_is_refused(api, body, content_type, status):
    headers = {"content-type": content_type} if content_type else {}
    answer = api.http.post("/api/runs", content=body, headers=headers)
    problem(answer, status)
    assert api.http.get("/api/runs").json()["runs"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "a JSON body is required"),
        (b'{"n": 1,}', "not JSON: .* at character 8"),
        (b"\xff", "not UTF-8"),
        (b'{"n": ' + b"9" * 5000 + b"}", "numbers too long"),
        (b"[" * 30_000, "nested too deeply"),
    ],
    ids=lambda part: str(part)[:20],
)
def test_why_a_body_cannot_be_read_is_said(api, body, words):
    headers = {"content-type": "application/json"}
    answer = api.http.post("/api/runs", content=body, headers=headers)
    assert re.search(words, problem(answer, answer.status_code)["detail"])


def test_a_body_in_pieces_may_not_be_too_large_either(api):
    answer = api.http.post(
        "/api/runs",
        content=(b" " * 10_000 for _ in range(10)),
        headers={"content-type": "application/json"},
    )
    problem(answer, 413)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"update":', "[[{"])
def test_a_deeply_nested_body_is_refused_at_any_depth(api, opening):
    for depth in [*range(900, 1010, 10), 5000, 10_000]:
        body = '{"name":' + opening * depth
        answer = api.http.post(
            "/api/runs", content=body[:60_000], headers={"content-type": "application/json"}
        )
        problem(answer, answer.status_code)
        assert 400 <= answer.status_code < 500


def test_a_closed_deep_nest_is_refused_at_any_depth(api):
    for depth in [*range(800, 1010, 3), 5000]:
        body = '{"name":' + "[" * depth + "]" * depth + "}"
        answer = api.http.post(
            "/api/runs", content=body, headers={"content-type": "application/json"}
        )
        assert 400 <= answer.status_code < 500, (depth, answer.text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["sgd", "clamp", "cpu", "float64", "stop", "cuda:1"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = ["name", "tags", "relu", "update", "gradients", "n", "d_in", "hidden", "d_out"]
FIELDS += ["iterations", "seed", "dtype", "device", "pace", "on_nonfinite", "other"]
SURROGATES = st.text(st.characters(categories=["Cs", "Lu"]), max_size=3)


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.dictionaries(st.sampled_from(FIELDS) | SURROGATES, JSON | SURROGATES, max_size=4) | JSON)
def test_no_body_is_the_servers_fault(api, body):
    if isinstance(body, dict):  # what is valid should be small
        body = {**TINY, "iterations": 3, **body}
    content = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    answer = api.http.post("/api/runs", content=content, headers=headers)
    if answer.status_code == 201:
        api.http.delete(answer.headers["location"])
    else:
        assert answer.status_code < 500
        problem(answer, answer.status_code)


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(["step", ""]),
    JSON | st.dictionaries(st.sampled_from(["iterations", "name", "tags", "pace"]), JSON),
)
def test_no_wish_for_a_run_is_the_servers_fault(api, verb, body):
    run_id = api.start(**TINY, pace=1e-3)
    method, path = ("POST", "/step") if verb else ("PATCH", "")
    answer = api.http.request(
        method,
        f"/api/runs/{run_id}{path}",
        content=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    api.http.delete(f"/api/runs/{run_id}")
    if answer.status_code != 200:
        problem(answer, 422)


# --- Idempotency-Key


def test_the_same_key_and_body_make_one_run(api):
    headers = {"Idempotency-Key": "once"}
    first, again = (api.http.post("/api/runs", json=LONG, headers=headers) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["location"] == first.headers["location"]
    assert again.status_code in (200, 201)
    assert len(api.http.get("/api/runs").json()["runs"]) == 1


def test_the_same_key_with_another_body_is_refused(api):
    headers = {"Idempotency-Key": "twice"}
    api.http.post("/api/runs", json=LONG, headers=headers)
    problem(api.http.post("/api/runs", json={**LONG, "seed": 1}, headers=headers), 422)
    assert len(api.http.get("/api/runs").json()["runs"]) == 1


def test_other_keys_and_no_key_make_other_runs(api):
    for headers in ({"Idempotency-Key": "a1"}, {"Idempotency-Key": "a2"}, {}, {}):
        api.http.post("/api/runs", json=LONG, headers=headers)
    assert len(api.http.get("/api/runs").json()["runs"]) == 4


def test_a_key_that_was_refused_may_be_used_again(api):
    headers = {"Idempotency-Key": "corrected"}
    problem(api.http.post("/api/runs", json={"n": 0}, headers=headers), 422)
    assert api.http.post("/api/runs", json=TINY, headers=headers).status_code == 201


def test_a_key_whose_run_was_deleted_is_spent(api):
    headers = {"Idempotency-Key": "spent"}
    location = api.http.post("/api/runs", json=TINY, headers=headers).headers["location"]
    api.http.delete(location)
    document = problem(api.http.post("/api/runs", json=TINY, headers=headers), 410)
    assert location.rpartition("/")[2] in document["detail"]
    assert api.http.get("/api/runs").json()["runs"] == []


def test_a_key_may_not_be_empty_or_endless(api):
    for key in ("", "a" * 201):
        document = problem(
            api.http.post("/api/runs", json=TINY, headers={"Idempotency-Key": key}), 422
        )
        assert document["errors"][0]["field"].lower() == "idempotency-key"


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


QUERY = st.lists(
    st.tuples(
        st.sampled_from(["limit", "after", "status", "relu", "q", "start", "stop", "tag", "x"]),
        st.integers(-(10**25), 10**25).map(str) | st.text(max_size=10) | st.just("running"),
    ),
    max_size=4,
)


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(QUERY)
def test_no_query_is_the_servers_fault(api, query):
    run_id = api.start(**TINY, pace=0.01)
    for path in ("/api/runs", f"/api/runs/{run_id}/losses"):
        answer = api.http.get(path, params=query)
        assert answer.status_code < 500
        if answer.status_code != 200:
            problem(answer, 422)
    api.http.delete(f"/api/runs/{run_id}")


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.binary(max_size=30))
def test_no_path_is_the_servers_fault(api, raw):
    escaped = "".join(f"%{byte:02x}" for byte in raw)
    for path in (f"/api/runs/x{escaped}", f"/api/runs/{escaped}/losses", f"/{escaped}"):
        assert api.http.get(path).status_code < 500


# --- show, change, delete


def test_an_unknown_run_is_not_found_by_any_call(api):
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/losses"),
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


# --- the verbs


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


def test_runs_beyond_the_limit_are_refused_until_one_ends(server, api, monkeypatch):
    monkeypatch.setattr(server.book, "_max_live", 2)
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


# --- numbers that are not finite


def test_a_run_that_diverges_says_so_in_valid_json(api):
    run_id = api.start(**{**TINY, "update": {"lr": 1.0}})
    answer = api.until_ended(run_id)[0]
    assert answer["status"] == "diverged"
    assert answer["loss"] in ("Infinity", "NaN")
    assert math.isfinite(answer["min_loss"])
    assert (
        answer["reason"] == f"the loss of iteration {answer['iteration'] - 1} is {answer['loss']}"
    )
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
