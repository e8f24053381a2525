import json
import math
from itertools import product

import numpy as np
import pytest

from reluscope.errors import ForbiddenMove
from reluscope.runs.run import Run
from reluscope.runs.states import MOVES
from reluscope.runs.trace import Trace
from reluscope.runs.turn import RateMeter

from .making import spec

ENDED = {"finished", "stopped", "diverged", "failed"}


def run_in(status: str) -> Run:
    run = Run(spec(), 1)
    run.status = status
    return run


def test_a_new_run_is_queued_and_has_nothing_to_show():
    view = Run(spec(name="a"), 1).view()
    assert (view.status, view.iteration, view.spec.name) == ("queued", 0, "a")
    nothing = (view.loss, view.min_loss, view.rate, view.started_at, view.ended_at, view.reason)
    assert set(nothing) == {None}
    assert view.created_at > 0


def test_two_runs_of_one_spec_have_two_ids():
    assert Run(spec(), 1).id != Run(spec(), 2).id


ENDS_ANY_TIME = {"stopped", "failed", "interrupted"}

ALLOWED = {
    "queued": {"running", "paused", *ENDS_ANY_TIME},
    "running": {"paused", "finished", "diverged", *ENDS_ANY_TIME},
    "paused": {"queued", "running", "stopped"},
    "interrupted": {"queued", "stopped"},
}


@pytest.mark.parametrize(("status", "following"), list(product(MOVES, MOVES)), ids=str)
def test_a_move_is_made_or_refused(status, following):
    run = run_in(status)
    if following in ALLOWED.get(status, ()):
        run.move(following, "why")
        assert (run.status, run.reason) == (following, "why")
        return
    with pytest.raises(ForbiddenMove) as refusal:
        run.move(following)
    assert run.status == status
    assert refusal.value.status == status
    assert set(refusal.value.allowed) == ALLOWED.get(status, set())
    assert f"it is {status}" in str(refusal.value)
    assert ("which is an end" in str(refusal.value)) == (not refusal.value.allowed)


def test_a_refusal_tells_what_may_be_asked_for_instead():
    with pytest.raises(ForbiddenMove, match="is interrupted; from there it may be resumed or stop"):
        run_in("interrupted").move("paused")
    with pytest.raises(ForbiddenMove, match="is paused; from there it may be resumed or stopped"):
        run_in("paused").move("finished")


@pytest.mark.parametrize("status", MOVES)
def test_what_has_ended_allows_nothing_more(status):
    run = run_in(status)
    assert run.ended == (status in ENDED) == (not MOVES[status])
    assert run.in_round == (status in {"queued", "running"})


def test_it_notes_when_it_started_first_and_when_it_ended():
    run = Run(spec(), 1)
    run.move("running")
    started_at = run.started_at
    assert started_at is not None
    run.move("paused")
    run.move("running")
    assert run.started_at == started_at
    assert run.ended_at is None
    run.move("finished")
    assert run.ended_at >= started_at


def test_it_records_losses_in_order_and_the_smallest():
    run = Run(spec(), 1)
    run.record(np.array([5.0, 3.0, 4.0]))
    run.record(np.array([6.0]))
    view = run.view()
    assert run.trace[:].tolist() == [5, 3, 4, 6]
    assert (view.iteration, view.loss, view.min_loss) == (4, 6, 3)


def test_the_smallest_loss_passes_over_nan():
    run = Run(spec(), 1)
    run.record(np.array([math.nan]))
    assert run.min_loss is None
    run.record(np.array([math.nan, 2.0, math.inf]))
    run.record(np.array([math.nan]))
    assert run.min_loss == 2.0
    assert math.isnan(run.view().loss)


@pytest.mark.parametrize(
    ("loss", "told"),
    [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (0.1, 0.1)],
)
def test_a_view_tells_its_losses_in_valid_json(loss, told):
    run = Run(spec(), 1)
    run.record(np.array([loss]))
    text = run.view().model_dump_json()
    view = json.loads(text, parse_constant=pytest.fail)
    assert view["loss"] == told


class FinishesMeanwhile(Trace):
    """A trace whose run trains to its end while somebody looks at it."""

    def watch(self, run: Run) -> None:
        self._run: Run | None = run

    def __len__(self) -> int:
        length = super().__len__()
        run, self._run = self._run, None
        if run is not None:
            run.record(np.zeros(run.spec.iterations - length))
            run.move("finished")
        return length


def test_a_view_never_says_finished_before_the_last_iteration():
    run = Run(spec(iterations=5), 1)
    run.move("running")
    run._trace = FinishesMeanwhile(5)
    run.trace.watch(None)
    run.record(np.ones(2))
    run.trace.watch(run)
    view = run.view()
    assert view.status == "running" or view.iteration == 5
    assert run.view().model_dump(include={"status", "iteration"}) == {
        "status": "finished",
        "iteration": 5,
    }


def test_a_rate_is_iterations_a_second():
    meter = RateMeter()
    meter.sample(10.0, 100)
    assert meter.sample(10.5, 150) == pytest.approx(100)


def test_a_rate_is_of_the_last_seconds_alone():
    meter = RateMeter()
    for second in range(100):
        meter.sample(float(second), second * 1000)
    for second in range(100, 105):
        rate = meter.sample(float(second), 99_000 + (second - 99) * 10)
    assert rate == pytest.approx(10)


def test_a_slow_pace_is_told_from_its_second_iteration_on():
    meter = RateMeter()
    rates = [meter.sample(2.0 * iteration, iteration) for iteration in range(1, 6)]
    assert rates == [None, 0.5, 0.5, 0.5, 0.5]


def test_a_pause_does_not_slow_the_rate_down():
    meter = RateMeter()
    meter.sample(0.0, 0)
    meter.sample(1.0, 100)
    meter.stop()
    meter.sample(1000.0, 100)
    assert meter.sample(1001.0, 200) == pytest.approx(100)


def test_a_rate_is_not_known_without_time():
    meter = RateMeter()
    assert meter.sample(2.0, 1) is None
    assert meter.sample(2.0, 5) is None


class Interrupted(Run):
    """Looked at by another thread between any two of its fields."""

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, "turn"):
            self.seen.append(self.view())
        super().__setattr__(name, value)


def test_a_view_that_tells_an_end_tells_when_and_why():
    Interrupted.seen = []
    run = Interrupted(spec(iterations=5), 1)
    run.move("running")
    run.move("diverged", "the loss is NaN")
    ends = [view for view in (*Interrupted.seen, run.view()) if view.status == "diverged"]
    assert len(Interrupted.seen) > 4
    assert all(view.reason and view.ended_at and view.started_at for view in ends)


def test_a_run_needs_room_where_its_network_is_and_for_its_curve_on_the_cpu():
    told = spec(device="cuda")
    assert Run(told, 1).needs() == {"cpu": told.trace_bytes(), "cuda:0": told.training_bytes()}
    assert Run(spec(), 1).needs() == {"cpu": spec().trace_bytes() + spec().training_bytes()}
