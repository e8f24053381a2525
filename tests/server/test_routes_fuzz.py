"""Nothing that a client may send is the server's fault."""

import json

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .serving import TINY, problem

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

QUERIED = ["limit", "after", "status", "relu", "q", "start", "stop", "tag", "x"]
QUERIED += ["points", "smoothing"]

QUERY = st.lists(
    st.tuples(
        st.sampled_from(QUERIED),
        st.integers(-(10**25), 10**25).map(str)
        | st.floats().map(str)
        | st.integers(0, 100).map(str)
        | st.text(max_size=10)
        | st.just("running"),
    ),
    max_size=4,
)


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


PATHS = st.sampled_from([*FIELDS, "update.lr", "update.rule", "update.", "n.x", ""]) | SURROGATES
SOME = JSON | SURROGATES | st.lists(JSON | SURROGATES, max_size=2)
RANGES = st.dictionaries(
    st.sampled_from(["low", "high", "log", "values", "x"]), JSON | st.floats(0)
)
DRAWN = st.fixed_dictionaries(
    {
        "count": st.integers(0, 5) | JSON,
        "fields": st.dictionaries(PATHS, SOME | RANGES, max_size=2),
    },
    optional={"seed": JSON, "x": JSON},
)
SWEEPS = st.fixed_dictionaries(
    {"base": st.dictionaries(PATHS, SOME, max_size=2) | JSON},
    optional={
        "grid": st.dictionaries(PATHS, SOME, max_size=2) | JSON,
        "random": DRAWN | JSON,
        "list": st.lists(st.dictionaries(PATHS, SOME, max_size=2), max_size=2) | JSON,
    },
)


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(SWEEPS)
def test_no_sweep_is_the_servers_fault(api, body):
    if isinstance(body["base"], dict):
        body["base"] = {**TINY, "iterations": 3, **body["base"]}
    content = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    answer = api.http.post("/api/sweeps", content=content, headers=headers)
    if answer.status_code != 201:
        problem(answer, answer.status_code)
        assert answer.status_code < 500
        return
    path = answer.headers["location"]
    assert api.http.get(f"{path}/results", params={"format": "csv"}).status_code == 200
    api.http.delete(path)


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


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(QUERY)
def test_no_query_is_the_servers_fault(api, query):
    run_id = api.start(**TINY, pace=0.01)
    run = f"/api/runs/{run_id}"
    rooms = [f"{run}/{room}" for room in ("losses", "times", "diagnostics", "events")]
    for path in ("/api/runs", *rooms, f"/api/compare?a={run_id}&b={run_id}"):
        answer = api.http.get(httpx.URL(path).copy_merge_params(query))
        assert answer.status_code < 500
        if answer.status_code != 200:
            problem(answer, 422)
    api.http.delete(f"/api/runs/{run_id}")


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "x"]), st.text(max_size=10)), max_size=4))
def test_no_two_runs_to_compare_are_the_servers_fault(api, query):
    answer = api.http.get("/api/compare", params=query)
    problem(answer, 404 if {"a", "b"} <= dict(query).keys() else 422)


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.binary(max_size=30))
def test_no_path_is_the_servers_fault(api, raw):
    escaped = "".join(f"%{byte:02x}" for byte in raw)
    places = (
        f"runs/x{escaped}",
        f"runs/{escaped}/losses",
        f"relus/{escaped}/check",
        f"relus/{escaped}/curve",
    )
    for path in (*(f"/api/{place}" for place in places), f"/{escaped}"):
        assert api.http.get(path).status_code < 500
