import math
import subprocess
import sys

import numpy as np
import pytest

from reluscope.client import (
    ClientError,
    Conflict,
    InvalidRequest,
    NotFound,
    RunFailed,
    TimedOut,
)
from reluscope.errors import ReluscopeError
from tests.server.serving import LONG, TINY


def test_a_run_is_created_waited_for_and_read(scope, api):
    run = scope.create(**TINY, iterations=200, name="first")
    assert run.wait(timeout=30) is run
    assert (run.status, run.iteration, run.name, run.has_ended) == ("finished", 200, "first", True)
    losses = run.losses()
    assert losses.dtype == np.float64
    assert losses.tolist() == api.losses(run.id)
    assert run.losses(10, 20).tolist() == losses[10:20].tolist()
    assert run.losses(500).shape == run.losses(7, 3).shape == (0,)
    assert run.loss == losses[-1]


def test_a_spec_is_taken_from_another_run_and_from_numpy(scope):
    first = scope.create(**TINY, iterations=np.int64(5), tags=("a", "b"))
    other = scope.create(first.spec, seed=3, update={"lr": np.float64(1e-5)})
    assert other.spec == {
        **first.spec,
        "seed": 3,
        "update": {**first.spec["update"], "lr": 1e-5},
    }
    assert other.tags == ["a", "b"]


def test_runs_are_listed_over_pages_newest_first(scope, monkeypatch):
    monkeypatch.setattr("reluscope.client.calls.PAGE", 2)
    made = [scope.create(**TINY, iterations=1, tags=[tag]) for tag in "ababa"]
    assert [run.id for run in scope.runs()] == [run.id for run in reversed(made)]
    assert {run.id for run in scope.runs(tag="b")} == {made[1].id, made[3].id}
    assert len(list(scope.runs(tag=["a", "b"], relu="clamp"))) == 5
    assert list(scope.runs(q="nothing of that name")) == []
    with pytest.raises(TypeError, match="of status, relu, rule, tag, q, sweep; got tags"):
        next(scope.runs(tags="b"))


def test_verbs_steer_it(scope):
    run = scope.create(**LONG, pace=50)
    assert run.pause().status == "paused"
    at = run.iteration
    assert run.step(7).wait(30, until="paused").iteration == at + 7
    assert run.change(pace=None, pinned=True, update={"lr": 2e-4}).view.pinned
    assert run.spec["update"]["lr"] == 2e-4
    changed = next(event for event in run.events() if "update.lr" in (event.changes or {}))
    assert (changed.kind, changed.iteration) == ("changed", at + 7)
    assert changed.changes["update.lr"] == [1e-4, 2e-4]
    assert run.resume().status in ("queued", "running")
    assert run.stop().wait(30).status == "stopped"
    with pytest.raises(Conflict, match="which is an end") as caught:
        run.resume()
    assert (caught.value.kind, caught.value.status) == ("forbidden-move", 409)
    assert isinstance(caught.value, ReluscopeError)


def test_forks_and_replays_are_compared(scope):
    run = scope.create(**TINY, iterations=100).wait(30)
    forks = run.fork(40, count=2, relu="half_abs", name="other")
    assert [(fork.view.forked_from.id, fork.view.forked_from.iteration) for fork in forks] == [
        (run.id, 40)
    ] * 2
    replayed = run.replay()
    assert scope.wait([*forks, replayed], timeout=30) == [*forks, replayed]
    assert run.compare(replayed).equal
    other = scope.create(**TINY, iterations=100, seed=1).wait(30)
    found = scope.compare(run, other.id)
    assert (found.ids, found.first_difference, found.compared) == ((run.id, other.id), 0, 100)
    assert found.largest_absolute.difference > 0
    assert found.difference is None
    apart = scope.compare(run, other, points=1000, start=20).difference
    assert apart.losses.tolist() == abs(run.losses(20) - other.losses(20)).tolist()


def test_a_deleted_run_is_not_found(scope):
    run = scope.create(**TINY)
    run.delete()
    with pytest.raises(NotFound, match="there is no run"):
        run.refresh()
    with pytest.raises(NotFound):
        run.delete()


def test_numbers_that_are_not_finite_are_what_they_are(scope, server):
    odd = [1.5, math.nan, math.inf, -math.inf]
    run_id, start = server.paused_with(odd)
    run = scope.run(run_id)
    np.testing.assert_array_equal(run.losses(start), odd)
    assert run.loss == -math.inf
    overview = run.overview(points=10)
    assert overview.not_finite == {"NaN": 1, "Infinity": 1, "-Infinity": 1}
    assert np.isnan(overview.losses).any()


def test_long_curves_come_in_pieces(scope, server, monkeypatch):
    monkeypatch.setattr("reluscope.client.calls.PIECE", 100)
    monkeypatch.setattr("reluscope.client.calls.ROWS", 7)
    run_id, start = server.paused_with(np.arange(1000.0), diagnostics_every=9)
    run = scope.run(run_id)
    assert run.losses(start).tolist() == list(range(1000))
    assert run.losses(start + 50, start + 250).tolist() == list(range(50, 250))
    measured = run.diagnostics(start)
    assert measured.every == 9
    expected = [i for i in range(start, start + 1000) if i % 9 == 0]
    assert measured.iterations.tolist() == expected
    assert set(measured.channels) == {c["name"] for c in scope.catalog().channels}
    first = scope.catalog().channels[0]
    np.testing.assert_array_equal(
        measured[first["name"]], np.array(expected) + first["number"] / 16
    )
    assert run.diagnostics(start, start + 90).iterations.tolist() == expected[:10]


def test_where_nothing_is_measured_there_are_no_diagnostics(scope):
    run = scope.create(**TINY, iterations=30, diagnostics_every=0).wait(30)
    measured = run.diagnostics()
    assert (measured.every, len(measured.iterations)) == (0, 0)


def test_what_else_there_is_of_a_run(scope):
    run = scope.create(**TINY, iterations=30).wait(30)
    assert run.times().iterations[-1] == 30
    assert run.times().at.dtype == np.float64
    assert "import torch" in run.script()
    assert [event.kind for event in run.events()] == ["running", "finished"]


def test_the_server_tells_its_choices(scope):
    catalog = scope.catalog()
    assert "my_relu" in [relu["name"] for relu in catalog.relus]
    assert catalog.limits["iterations"] >= 1
    assert scope.check("half_abs").slope_at(0.0) == 0.5
    curve = scope.curve("half_abs")
    assert (curve.h[0], curve.value[0], curve.slope[-1]) == (-2, 0, 1)
    assert math.isnan(curve.value_at_nan)
    with pytest.raises(NotFound, match="there is no ReLU 'nope'"):
        scope.check("nope")
    assert scope.ready().status == "ready"
    assert not scope.session().needs_token


def test_runs_go_out_and_come_in(scope, tmp_path):
    run = scope.create(**TINY, iterations=30).wait(30)
    path = scope.export([run], tmp_path / "runs.zip")
    (came,) = scope.import_runs(path)
    assert came != run
    assert scope.compare(run, came).equal
    assert [file.name for file in tmp_path.iterdir()] == ["runs.zip"]
    with pytest.raises(NotFound):
        scope.export("no-such-run", tmp_path / "none.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["runs.zip"]
    with pytest.raises(ClientError, match="too much for one request"):
        scope.export([run.id] * 2000, tmp_path / "none.zip")
    (tmp_path / "no.zip").write_bytes(b"no zip")
    with pytest.raises(InvalidRequest) as caught:
        scope.import_runs(tmp_path / "no.zip")
    assert caught.value.kind == "bad-archive"


def test_a_refusal_names_each_field_and_what_is_allowed(scope):
    with pytest.raises(InvalidRequest) as caught:
        scope.create(relu="nope", update={"lr": math.inf}, n=0)
    error = caught.value
    assert error.type == "urn:reluscope:problem:invalid-fields"
    assert (error.status, error.kind) == (422, "invalid-fields")
    assert set(error.fields) == {"relu", "update.lr", "n"}
    by_field = {wrong.field: wrong for wrong in error.errors}
    assert "clamp" in by_field["relu"].allowed
    assert by_field["update.lr"].given == "Infinity"
    assert "relu" in str(error)


def test_waiting_raises_when_it_is_asked_to(scope):
    slow = scope.create(**LONG, pace=1)
    with pytest.raises(TimedOut, match="at iteration"):
        slow.wait(0)
    assert slow.pause().wait(30, until={"paused"}).status == "paused"
    with pytest.raises(ValueError, match=r"expected states of queued, .*; got \{'pausing'\}"):
        slow.wait(30, until="pausing")
    bad = scope.create(**{**TINY, "update": {"lr": 1e30}}, iterations=200).wait(30)
    assert bad.status == "diverged"
    with pytest.raises(RunFailed, match=f"run {bad.id} has diverged: "):
        bad.wait(check=True)
    with pytest.raises(TimeoutError):
        scope.wait([bad, slow], timeout=0)


def test_what_is_imported_stays_light():
    code = """
import sys
import reluscope
assert not {"httpx", "numpy", "pydantic"} & set(sys.modules)
reluscope.Client, reluscope.AsyncClient
heavy = {"torch", "fastapi", "plotly", "pandas", "reluscope.training", "reluscope.runs"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
