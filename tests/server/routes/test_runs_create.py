"""A run is asked for: what is made of it, and what is refused."""

import re

import pytest

from ..serving import LONG, TINY, problem

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
    ({"update": {"rule": "manual", "momentum": 0.9}}, "update.momentum", "lr"),
    ({"update": {"rule": "sgd", "momentum": -1}}, "update.momentum", "0"),
    ({"update": {"rule": "sgd", "nesterov": True}}, "update.nesterov", "boolean"),
    ({"update": {"rule": "adam", "beta1": 1}}, "update.beta1", "1"),
    ({"update": {"rule": "lbfgs"}}, "update.rule", "adam"),
    ({"update": {"rule": "adam"}, "gradients": "gram"}, "gradients", "gram"),
    ({"dtype": "bfloat16", "gradients": "gram"}, "dtype", "float64"),
    ({"diagnostics_every": -1}, "diagnostics_every", "0"),
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
        *("started_at", "ended_at", "reason", "worker", "environment", "pinned"),
        *("forked_from", "sweep"),
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
