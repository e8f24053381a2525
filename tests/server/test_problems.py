import pytest

from reluscope.errors import FieldError
from reluscope.server.problems import describe, from_pydantic


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/nothing.js", 404),
        ("GET", "/api/runs/x/nothing", 404),
        ("PUT", "/api/runs", 405),
        ("DELETE", "/api/runs", 405),
        ("POST", "/healthz", 405),
        ("POST", "/api/runs/x", 405),
        ("GET", "/api/runs/x/pause", 405),
    ],
)
def test_what_is_not_there_is_a_problem_document_too(api, method, path, status):
    answer = api.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (5, 5),
        (0.5, 0.5),
        (True, True),
        (None, None),
        ("word", "word"),
        ([1, 2], "[1, 2]"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_what_was_given_is_told_as_json_can_hold_it(given, told):
    assert describe(FieldError("f", "m", given)).given == told


@pytest.mark.parametrize("given", ["a" * 10_000, list(range(10_000)), 10**4000])
def test_what_was_given_is_told_in_short(given):
    assert len(str(describe(FieldError("f", "m", given)).given)) < 300


@pytest.mark.parametrize(
    ("location", "body", "field"),
    [
        (("body", "n"), {"n": 0}, "n"),
        (("body", "update", "sgd", "lr"), {"update": {"lr": -1}}, "update.lr"),
        (("body", "update", "sgd", "x"), {"update": {"x": -1}}, "update.x"),
        (("body", "tags", 1), {"tags": ["a", 5]}, "tags.1"),
        (("body",), [], ""),
        (("query", "limit"), None, "limit"),
        (("query", "status", 0), None, "status.0"),
        (("watch", "runs", "x"), {"type": "watch", "runs": {"x": -1}}, "runs.x"),
    ],
    ids=str,
)
def test_a_field_is_called_as_its_sender_wrote_it(location, body, field):
    (error,) = from_pydantic([{"loc": location, "msg": "m", "type": "t", "input": 0}], body)
    assert error.field == field
