"""The same losses in each form, to their last bit."""

import builtins
import csv
import io
import json

import numpy as np
import pyarrow.parquet
import pytest

from reluscope.server import columns, scratch
from reluscope.server.routes import losses
from reluscope.server.routes import losses as losses_room

from ..serving import TINY, problem

TYPES = losses_room.MEDIA_TYPES
ODD = [1 / 3, -0.0, 5e-324, 1.7976931348623157e308, np.nan, np.inf, -np.inf, 1e22, 123456789.0]


@pytest.fixture
def odd(server):
    """A run with losses of all kinds, and where they start."""
    return server.paused_with(ODD)


def read(answer) -> tuple[list[int], np.ndarray]:
    """Iterations, where the form tells them, and losses, as others read them."""
    kind = answer.headers["content-type"].split(";")[0]
    if kind == TYPES["json"]:
        body = json.loads(answer.text, parse_constant=pytest.fail)
        values = np.array([float(loss) for loss in body["losses"]])
        return list(range(body["start"], body["start"] + len(values))), values
    if kind == TYPES["csv"]:
        header, *rows = csv.reader(io.StringIO(answer.text, newline=""))
        assert header == ["iteration", "loss"]
        return [int(row[0]) for row in rows], np.array([float(row[1]) for row in rows])
    if kind == TYPES["npy"]:
        return [], np.load(io.BytesIO(answer.content), allow_pickle=False)
    table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    assert [str(field.type) for field in table.schema] == ["int64", "double"]
    return table["iteration"].to_pylist(), table["loss"].to_numpy()


@pytest.mark.parametrize("format", TYPES)
def test_every_loss_comes_to_its_last_bit(api, odd, format):
    run_id, start = odd
    query = {"format": format, "start": start}
    iterations, values = read(api.http.get(f"/api/runs/{run_id}/losses", params=query))
    expected = np.array(ODD)
    assert values.dtype == np.float64
    assert np.array_equal(values, expected, equal_nan=True)
    finite = np.isfinite(expected)
    assert values[finite].tobytes() == expected[finite].tobytes()
    assert iterations == ([] if format == "npy" else list(range(start, start + len(ODD))))


@pytest.mark.parametrize("format", ["npy", "parquet"])
def test_the_payload_of_a_nan_comes_too_where_there_is_a_place_for_it(server, api, format):
    payload = np.array([0x7FF80000DEADBEEF], np.uint64).view(np.float64)
    run_id, start = server.paused_with(payload)
    query = {"format": format, "start": start}
    _, values = read(api.http.get(f"/api/runs/{run_id}/losses", params=query))
    assert values.tobytes() == payload.tobytes()


@pytest.mark.parametrize("format", TYPES)
@pytest.mark.parametrize(("start", "stop"), [(0, None), (3, 5), (5, 3), (2, 10**9), (10**30, None)])
def test_a_span_is_that_part_in_every_form(api, format, start, stop):
    run_id = api.start(**{**TINY, "iterations": 8})
    api.until_ended(run_id)
    query = {"format": format, "start": start} | ({} if stop is None else {"stop": stop})
    iterations, values = read(api.http.get(f"/api/runs/{run_id}/losses", params=query))
    assert values.tolist() == api.losses(run_id)[start:stop]
    if format != "npy":
        assert iterations == list(range(8))[start:stop]


def test_csv_tells_what_is_not_finite_as_json_does(api, odd):
    run_id, start = odd
    query = {"format": "csv", "start": start}
    lines = api.http.get(f"/api/runs/{run_id}/losses", params=query).text.splitlines()
    assert lines[0] == "iteration,loss"
    told = [line.split(",")[1] for line in lines[1:]]
    assert told[4:7] == ["NaN", "Infinity", "-Infinity"]
    assert told[0] == "0.3333333333333333"


def test_parquet_tells_whose_losses_they_are(api, odd):
    answer = api.http.get(f"/api/runs/{odd[0]}/losses", params={"format": "parquet"})
    metadata = pyarrow.parquet.read_table(io.BytesIO(answer.content)).schema.metadata
    assert metadata[b"id"].decode() == odd[0]
    assert json.loads(metadata[b"spec"]) == api.show(odd[0])["spec"]


@pytest.mark.parametrize("format", TYPES)
def test_the_form_is_that_which_is_accepted(api, odd, format):
    path = f"/api/runs/{odd[0]}/losses"
    accepted = api.http.get(path, headers={"accept": TYPES[format]})
    asked = api.http.get(path, params={"format": format}, headers={"accept": "image/png"})
    for answer in (accepted, asked):
        assert answer.headers["content-type"].split(";")[0] == TYPES[format]
        assert answer.headers["vary"] == "Accept"
        name = f'attachment; filename="reluscope-of-{odd[1] + len(ODD)}-{odd[0][:8]}.{format}"'
        assert answer.headers.get("content-disposition") == (None if format == "json" else name)
    assert accepted.content == asked.content


def test_where_nothing_is_said_it_is_json(api, odd):
    path = f"/api/runs/{odd[0]}/losses"
    for accept in ("*/*", "text/html,*/*;q=0.8", ""):
        answer = api.http.get(path, headers={"accept": accept})
        assert answer.headers["content-type"] == "application/json"


def test_what_is_not_offered_is_answered_with_what_is(api, odd):
    answer = api.http.get(f"/api/runs/{odd[0]}/losses", headers={"accept": "image/png"})
    detail = problem(answer, 406)["detail"]
    assert all(media_type in detail for media_type in TYPES.values())
    wrong = api.http.get(f"/api/runs/{odd[0]}/losses", params={"format": "xlsx"})
    (error,) = problem(wrong, 422)["errors"]
    assert (error["field"], error["allowed"]) == ("format", list(TYPES))


@pytest.mark.parametrize("format", TYPES)
def test_an_unknown_run_is_a_problem_in_every_form(api, format):
    problem(api.http.get("/api/runs/none/losses", params={"format": format}), 404)


def test_the_limit_of_an_answer_is_for_json_alone(api, monkeypatch):
    monkeypatch.setattr(losses_room, "MAX_LOSSES", 200)
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    for format in TYPES:
        answer = api.http.get(f"/api/runs/{run_id}/losses", params={"format": format})
        if format == "json":
            problem(answer, 422)
        else:
            assert len(read(answer)[1]) == 500


@pytest.mark.parametrize(
    ("format", "few"), [("json", 0), ("json", 10**6), ("csv", 0), ("npy", 0), ("parquet", 0)]
)
def test_a_curve_of_many_pieces_is_whole(server, api, monkeypatch, format, few):
    monkeypatch.setattr(scratch, "PIECE", 100)
    monkeypatch.setattr(losses, "FEW", few)
    monkeypatch.setattr(columns, "ROWS", 100)
    values = np.random.default_rng(0).normal(size=2501)
    run_id, start = server.paused_with(values)
    query = {"format": format, "start": start}
    _, found = read(api.http.get(f"/api/runs/{run_id}/losses", params=query))
    assert found.tobytes() == values.tobytes()


def test_parquet_without_its_package_says_how_to_get_it(api, odd, monkeypatch):
    real = builtins.__import__

    def absent(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    answer = api.http.get(f"/api/runs/{odd[0]}/losses", params={"format": "parquet"})
    document = problem(answer, 501)
    assert document["type"] == "urn:reluscope:problem:not-installed"
    assert "pip install 'reluscope[parquet]'" in document["detail"]
