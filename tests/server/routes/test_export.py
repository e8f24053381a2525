"""Runs go out of one server and into another."""

import contextlib
import http.client
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reluscope.runs import archive
from reluscope.server.door import guard
from tests.runs.making import curve, spec
from tests.runs.test_archive import retold
from tests.waiting import eventually

from ..serving import TINY, Server, in_thread, problem

ZIP = {"content-type": "application/zip"}


@pytest.fixture(scope="module")
def elsewhere():
    """Another server."""
    with in_thread() as made:
        yield made
        assert made.errors == []


@pytest.fixture
def other(elsewhere: Server):
    """Its REST API, with every run deleted when the test is over."""
    yield elsewhere.api
    for run in list(elsewhere.book.newest_first()):
        elsewhere.book.delete(run.id)


def exported(api, *run_ids, **query) -> bytes:
    answer = api.http.get("/api/export", params={"id": run_ids, **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return answer.content


def imported(api, content: bytes) -> list[dict]:
    answer = api.http.post("/api/import", content=content, headers=ZIP)
    assert answer.status_code == 201, answer.text
    return answer.json()["runs"]


def everything(api, run_id) -> dict:
    """All that the API tells of a run."""
    rooms = ("losses", "diagnostics", "events", "script")
    return {
        "run": api.show(run_id),
        **{room: api.http.get(f"/api/runs/{run_id}/{room}").text for room in rooms},
    }


def test_what_was_exported_and_imported_is_equal(api, other):
    """By `GET /api/compare` where it came to, with the same run trained there."""
    ids = [api.start(**TINY, name=f"run {seed}", seed=seed, tags=["x"]) for seed in range(3)]
    api.until_ended(*ids)
    came = imported(other, exported(api, *ids))
    assert [run["id"] for run in came] == ids
    for seed, run_id in enumerate(ids):
        assert everything(other, run_id) == everything(api, run_id)
        own = other.start(**TINY, seed=seed)
        other.until_ended(own)
        compared = other.http.get("/api/compare", params={"a": run_id, "b": own}).json()
        assert (compared["equal"], compared["compared"]) == (True, 500)


def test_a_run_that_was_imported_twice_is_there_twice(api, other):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    content = exported(api, run_id)
    (first,), (second,) = imported(other, content), imported(other, content)
    assert first["id"] == run_id != second["id"]
    assert other.losses(second["id"]) == api.losses(run_id)


def test_what_was_imported_is_seen_like_any_run(api, other):
    run_id = api.start(**TINY, name="from elsewhere")
    api.until_ended(run_id)
    imported(other, exported(api, run_id))
    (listed,) = other.http.get("/api/runs", params={"q": "elsewhere"}).json()["runs"]
    assert listed == api.show(run_id)
    assert other.http.delete(f"/api/runs/{run_id}").status_code == 204


@pytest.mark.parametrize("status", ["running", "paused"])
def test_a_run_that_had_not_ended_finishes_elsewhere_as_if_it_had_never_moved(
    api, server, other, status
):
    run_id = api.start(**{**TINY, "iterations": 4000}, pace=500)
    api.until_at(run_id, 10)
    if status == "paused":
        api.verb(run_id, "pause")
        eventually(lambda: server.book.kept(run_id).checkpoint, "a checkpoint")
    content = exported(api, run_id)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        has_checkpoint = f"{run_id}/checkpoint.safetensors" in opened.namelist()
    assert has_checkpoint or status == "running"
    (came,) = imported(other, content)
    assert came["status"] == "interrupted"
    assert 10 <= came["iteration"] < 4000
    other.http.patch(f"/api/runs/{run_id}", json={"pace": None})
    assert other.verb(run_id, "resume").status_code == 200
    (ended,) = other.until_ended(run_id)
    assert ended["status"] == "finished"
    assert other.losses(run_id) == curve(spec(iterations=4000))


def test_a_run_that_was_changed_by_hand_finishes_elsewhere_as_here(api, other):
    run_id = api.start(**{**TINY, "iterations": 3000}, pace=1000)
    api.until_at(run_id, 10)
    api.http.patch(f"/api/runs/{run_id}", json={"update": {"lr": 3e-4}})
    api.until_at(run_id, 30)
    (came,) = imported(other, exported(api, run_id))
    assert came["spec"]["update"]["lr"] == 3e-4
    other.verb(run_id, "resume")
    for side in (api, other):
        side.http.patch(f"/api/runs/{run_id}", json={"pace": None})
        side.until_ended(run_id)
    assert other.losses(run_id) == api.losses(run_id)


def test_what_was_imported_is_kept(api, server, tmp_path):
    """It is there when that server has ended and another one has begun."""
    finished = api.start(**TINY, diagnostics_every=7)
    api.until_ended(finished)
    paused = api.start(**{**TINY, "iterations": 4000}, pace=500)
    api.until_at(paused, 10)
    api.verb(paused, "pause")
    eventually(lambda: server.book.kept(paused).checkpoint, "a checkpoint")
    with in_thread(data=tmp_path, resume="never") as first:
        imported(first.api, exported(api, finished, paused))
        checkpoint = first.book.kept(paused).checkpoint
    with in_thread(data=tmp_path, resume="never") as second:
        assert everything(second.api, finished) == everything(api, finished)
        assert second.book.kept(paused).checkpoint == checkpoint
        second.api.http.patch(f"/api/runs/{paused}", json={"pace": None})
        second.api.verb(paused, "resume")
        second.api.until_ended(paused)
        assert second.api.losses(paused) == curve(spec(iterations=4000))


def test_what_was_imported_unfinished_waits_to_be_resumed_though_the_server_is_started_anew(
    api, tmp_path
):
    run_id = api.start(**{**TINY, "iterations": 4000}, pace=500)
    api.until_at(run_id, 10)
    with in_thread(data=tmp_path) as first:
        (came,) = imported(first.api, exported(api, run_id))
    with in_thread(data=tmp_path) as second:
        (again,) = second.api.http.get("/api/runs").json()["runs"]
        for field in ("status", "reason", "iteration"):
            assert again[field] == came[field]
        second.api.http.patch(f"/api/runs/{run_id}", json={"pace": None})
        assert second.api.verb(run_id, "resume").status_code == 200
        second.api.until_ended(run_id)
        assert second.api.losses(run_id) == curve(spec(iterations=4000))


def test_a_file_is_named_for_what_it_holds(api):
    ids = [api.start(**TINY, name=name) for name in ("Ünï / x", None)]
    api.until_ended(*ids)
    for chosen, query, name in (
        (ids[:1], {}, f"reluscope-Uni-x-{ids[0][:8]}.zip"),
        (ids, {}, "reluscope-2-runs.zip"),
        (ids * 2, {}, "reluscope-2-runs.zip"),
        (ids, {"format": "tensorboard"}, "reluscope-2-runs-tensorboard.zip"),
        (ids[1:], {"format": "tensorboard"}, f"reluscope-clamp-sgd-{ids[1][:8]}-tensorboard.zip"),
    ):
        answer = api.http.get("/api/export", params={"id": chosen, **query})
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert int(answer.headers["content-length"]) == len(answer.content)


def test_tensorboard_gets_a_folder_for_each_run(api):
    ids = [api.start(**TINY, name="one") for _ in range(2)]
    api.until_ended(*ids)
    with zipfile.ZipFile(io.BytesIO(exported(api, *ids, format="tensorboard"))) as opened:
        folders = [name.split("/")[0] for name in opened.namelist()]
    assert folders == [f"one-{run_id[:8]}" for run_id in ids]


def test_a_run_that_is_not_there_is_named(api):
    run_id = api.start(**TINY)
    answer = api.http.get("/api/export", params={"id": [run_id, "nobody"]})
    assert "nobody" in problem(answer, 404)["detail"]


def test_one_to_a_thousand_runs_are_exported(api):
    run_id = api.start(**{**TINY, "iterations": 1})
    api.until_ended(run_id)
    most = [run_id] * 1000
    assert len(list(archive.read(io.BytesIO(exported(api, *most))))) == 1
    for ids in ([], [*most, run_id]):
        answer = api.http.get("/api/export", params={"id": ids})
        (error,) = problem(answer, 422)["errors"]
        assert error["field"] == "id"


def test_another_format_is_told_what_there_is(api):
    answer = api.http.get("/api/export", params={"id": "x", "format": "pickle"})
    (error,) = problem(answer, 422)["errors"]
    assert (error["field"], error["allowed"]) == ("format", ["archive", "tensorboard"])


@pytest.mark.parametrize(
    "fields",
    [
        {"relu": "of_elsewhere"},
        {"update": {"rule": "of_elsewhere", "strength": {"of": [1, None]}}},
        {"update": {"rule": "sgd", "of_elsewhere": 1}},
        {"device": "cuda:7"},
    ],
)
def test_a_run_that_cannot_be_trained_here_is_shown_here(api, other, fields):
    run_id = api.start(**TINY)
    api.until_ended(run_id)
    told = api.show(run_id)["spec"] | fields
    elsewhere = retold(exported(api, run_id), f"{run_id}/run.json", spec=told, status="paused")
    (came,) = imported(other, elsewhere)
    assert came["spec"] == told
    assert other.show(run_id) == came
    for path in (
        "/api/runs",
        f"/api/export?id={run_id}",
        *(f"/api/runs/{run_id}/{room}" for room in ("events", "losses?format=parquet")),
        f"/api/compare?a={run_id}&b={run_id}",
    ):
        assert other.http.get(path).status_code == 200
    problem(other.verb(run_id, "resume"), 422)
    assert other.losses(run_id) == api.losses(run_id)


# --- what is refused


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", None])
def test_only_a_zip_is_taken(api, kind):
    headers = {"content-type": kind} if kind else {}
    document = problem(api.http.post("/api/import", content=b"PK", headers=headers), 415)
    assert "application/zip" in document["detail"]


def test_the_type_of_a_zip_may_have_parameters(api):
    headers = {"content-type": "Application/ZIP; name=x"}
    problem(api.http.post("/api/import", content=b"PK", headers=headers), 422)


def test_a_page_from_elsewhere_can_import_nothing(api):
    headers = {**ZIP, "origin": "https://evil.example"}
    problem(api.http.post("/api/import", content=b"PK", headers=headers), 403)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 100_000])
def test_what_is_no_archive_is_refused(api, content):
    document = problem(api.http.post("/api/import", content=content, headers=ZIP), 422)
    assert document["type"] == "urn:reluscope:problem:bad-archive"


def test_of_an_archive_of_which_one_run_is_damaged_none_is_taken(api, other):
    ids = [api.start(**TINY) for _ in range(2)]
    api.until_ended(*ids)
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(exported(api, *ids))) as good,
        zipfile.ZipFile(file, "w") as bad,
    ):
        for name in good.namelist():
            cut = -8 if name == f"{ids[1]}/losses.npy" else None
            bad.writestr(name, good.read(name)[:cut])
    document = problem(other.http.post("/api/import", content=file.getvalue(), headers=ZIP), 422)
    assert ids[1] in document["detail"]
    assert other.http.get("/api/runs").json()["runs"] == []


def test_where_there_is_no_room_for_all_none_is_taken(api):
    ids = [api.start(**{**TINY, "iterations": 2}) for _ in range(3)]
    api.until_ended(*ids)
    content = exported(api, *ids)
    with in_thread(max_runs=2, store=False) as small:
        answer = small.api.http.post("/api/import", content=content, headers=ZIP)
        problem(answer, 409)
        assert small.api.http.get("/api/runs").json()["runs"] == []


def test_more_than_may_come_is_refused_whether_it_was_announced_or_not(api, monkeypatch):
    monkeypatch.setitem(guard.LARGER, "/api/import", ("import_bytes", 200_000))
    problem(api.http.post("/api/import", content=bytes(200_000), headers=ZIP), 422)
    problem(api.http.post("/api/import", content=bytes(200_001), headers=ZIP), 413)
    pieces = (bytes(1000) for _ in range(201))
    problem(api.http.post("/api/import", content=pieces, headers=ZIP), 413)


def test_other_bodies_stay_as_small_as_they_were(api):
    for path in ("/api/runs", "/api/runs/x/step", "/api/import/"):
        answer = api.http.post(path, content=bytes(guard.MAX_BODY_BYTES + 1), headers=ZIP)
        problem(answer, 413)


def test_a_client_that_leaves_in_the_middle_is_no_error(api, server):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", api.port)) as connection:
        connection.putrequest("POST", "/api/import")
        connection.putheader("Content-Type", "application/zip")
        connection.putheader("Content-Length", "1000000")
        connection.endheaders(b"PK\x03\x04")
    assert api.http.get("/healthz").status_code == 200
    assert server.errors == []


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.binary(max_size=200))
def test_no_body_is_the_servers_fault(api, body):
    problem(api.http.post("/api/import", content=body, headers=ZIP), 422)
