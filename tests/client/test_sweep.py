import numpy as np
import pytest

from reluscope.client import InvalidRequest, NotFound, TimedOut
from tests.server.serving import LONG, TINY


def test_a_grid_is_waited_for_and_its_results_are_read(scope):
    lrs = np.logspace(-5, -4, 2)
    sweep = scope.create_sweep(
        grid={"update.lr": lrs, "relu": ["clamp", "half_abs"]},
        name="both",
        **{**TINY, "update": {"rule": "sgd"}},
        iterations=50,
    )
    assert (len(sweep), sweep.name, sweep.fields) == (4, "both", ["update.lr", "relu"])
    assert sweep.wait(30).statuses == {"finished": 4}
    assert sweep.has_ended
    runs = sweep.runs()
    assert [run.id for run in runs] == sweep.view.runs
    assert [run.point["update.lr"] for run in runs] == [lrs[0], lrs[0], lrs[1], lrs[1]]
    results = sweep.results()
    assert [row["loss"] for row in results.records] == [run.losses()[-1] for run in runs]
    frame = sweep.to_pandas()
    assert frame.index.tolist() == sweep.view.runs
    assert frame.relu.tolist() == [run.spec["relu"] for run in runs]
    assert frame.min_loss.dtype == np.float64
    came = dict.fromkeys(sweep.view.runs, 0)
    for block in sweep.watch():
        came[block.run_id] += len(block.losses)
    assert came == dict.fromkeys(sweep.view.runs, 50)
    assert scope.sweep(sweep.id) == sweep
    assert list(scope.sweeps()) == [sweep]


def test_points_are_drawn_or_listed(scope):
    drawn = scope.create_sweep(
        random={"count": 3, "seed": 1, "fields": {"update.lr": {"low": 1e-6, "high": 1e-4}}},
        **TINY,
        iterations=5,
    )
    assert len({run.point["update.lr"] for run in drawn.runs()}) == 3
    listed = scope.create_sweep(list=[{"seed": 4}, {"seed": 9, "relu": "mask"}], **TINY)
    assert [run.spec["seed"] for run in listed.runs()] == [4, 9]
    assert list(scope.runs(sweep=listed.id)) == listed.runs()[::-1]


def test_it_is_steered_as_one(scope):
    sweep = scope.create_sweep(grid={"seed": range(3)}, **LONG, pace=100)
    assert sweep.pause().statuses == {"paused": 3}
    with pytest.raises(TimedOut, match="'paused': 3"):
        sweep.wait(0)
    assert sweep.resume().refresh().statuses.get("paused") is None
    assert sweep.stop().wait(30).statuses == {"stopped": 3}
    sweep.delete()
    with pytest.raises(NotFound):
        sweep.refresh()


def test_a_key_makes_it_once(scope):
    made = [scope.create_sweep(grid={"seed": [1, 2]}, key="mine", **TINY) for _ in range(2)]
    assert made[0] == made[1]
    runs = [scope.create(**TINY, key="its own") for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(list(scope.runs())) == 3


def test_what_is_wrong_in_it_is_named(scope):
    with pytest.raises(InvalidRequest) as caught:
        scope.create_sweep(grid={"relu": ["clamp", "nope"]})
    assert "grid.relu.1" in caught.value.fields
    assert list(scope.runs()) == []


def test_it_goes_out_as_a_whole(scope, tmp_path):
    sweep = scope.create_sweep(grid={"seed": [1, 2]}, **TINY, iterations=5).wait(30)
    came = scope.import_runs(scope.export(sweep, tmp_path / "sweep.zip"))
    assert [run.spec["seed"] for run in came] == [1, 2]
