"""Nothing that a sweep may ask for is the server's fault. The rest is in test_schemathesis."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..serving import TINY, problem

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
