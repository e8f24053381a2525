import logging
import math
import threading
from collections import Counter

import numpy as np
import pytest
import torch
from torch import Tensor

from reluscope.numbers import tell
from reluscope.runs import rounds, trainers
from reluscope.training.presets import PRESETS
from reluscope.training.relus import RELUS
from reluscope.training.spec import RunSpec
from tests.waiting import eventually

from .making import curve, losses, spec, until_at, until_ended, until_paused


class Clock:
    """The round's clock, which goes on only while runs train: an iteration takes as many
    milliseconds as its hidden layer has units. Counts them until the time is up."""

    def __init__(self) -> None:
        self.now = 0.0
        self.until = math.inf
        self.pauses: dict[int, float] = {}
        """By width: how long somebody else has the core at its next iteration, in seconds."""
        self.turns: list[int] = []
        self.iterations: Counter[int] = Counter()

    def __call__(self, h: Tensor) -> Tensor:
        width = h.shape[1]
        if self.now < self.until:
            self.iterations[width] += 1
            if self.turns[-1:] != [width]:
                self.turns.append(width)
        self.now += width / 1000 + self.pauses.pop(width, 0.0)
        return torch.relu(h)

    def monotonic(self) -> float:
        return self.now

    perf_counter = monotonic


@pytest.fixture
def clock(monkeypatch, enter_relu):
    made = Clock()
    enter_relu("timed", made)
    for room in (rounds, trainers):
        monkeypatch.setattr(room, "time", made)
    yield made
    monkeypatch.undo()


def train(book, gate, clock, seconds, *specs):
    """Open runs that all begin at once, and let them train for so long by the clock."""
    book.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    runs = [book.open(spec(relu="timed", iterations=1_000_000, **fields)) for fields in specs]
    clock.until = seconds
    gate.open()
    eventually(lambda: clock.now >= seconds, f"{seconds} s")
    for run in runs:
        book.delete(run.id)


def test_runs_on_one_worker_take_turns_in_order(narrow, gate, clock):
    """Each run is known by the width of its hidden layer."""
    train(narrow, gate, clock, 0.2, {"hidden": 1, "seed": 1}, {"hidden": 2}, {"hidden": 3})
    first, *rest = [clock.turns[i : i + 3] for i in range(0, 12, 3)]
    assert first == [1, 2, 3]
    assert all(sorted(turns) == [1, 2, 3] for turns in rest)


def test_a_run_with_long_iterations_leaves_the_others_their_share(narrow, gate, clock):
    train(narrow, gate, clock, 20.0, {"hidden": 400}, {"hidden": 1}, {"hidden": 2}, {"hidden": 5})
    # The look at its ReLU, and its first turn, are free.
    shares = {width: width / 1000 * (count - 2) for width, count in clock.iterations.items()}
    assert shares == pytest.approx(dict.fromkeys((400, 1, 2, 5), 4.8), abs=0.45)


@pytest.mark.parametrize(
    ("widths", "iterations"), [((12, 13), 4), ((60, 61), 1), (range(12, 36), 1)]
)
def test_a_turn_has_some_iterations_though_they_are_long_unless_many_wait(
    narrow, gate, clock, widths, iterations
):
    train(narrow, gate, clock, 10.0, *({"hidden": width} for width in widths))
    each = clock.iterations[widths[0]] / clock.turns.count(widths[0])
    assert each == pytest.approx(iterations, rel=0.1)


def test_a_run_that_lost_the_core_for_a_while_goes_on_with_the_others(narrow, gate, clock):
    narrow.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    runs = [narrow.open(spec(relu="timed", hidden=n, iterations=1_000_000)) for n in (1, 2, 5)]
    gate.open()
    eventually(lambda: clock.now >= 1.0, "some turns of each")
    clock.pauses[5] = 3.0
    eventually(lambda: clock.now >= 4.0, "the core was lost")
    clock.iterations.clear()
    clock.until = clock.now + 1.0
    eventually(lambda: clock.now >= clock.until, "1 s more")
    for run in runs:
        narrow.delete(run.id)
    assert clock.iterations[5] >= 50  # of 67 that are its share


def test_a_new_run_and_one_that_was_away_get_no_more_than_their_share(narrow, gate, clock):
    narrow.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    old = narrow.open(spec(relu="timed", hidden=1, iterations=1_000_000))
    away = narrow.open(spec(relu="timed", hidden=2, iterations=1_000_000))
    narrow.pause(away.id)
    gate.open()
    eventually(lambda: clock.now >= 5.0, "5 s for the one alone")
    narrow.pause(old.id)
    narrow.resume(away.id)
    new = narrow.open(spec(relu="timed", hidden=5, iterations=1_000_000))
    narrow.resume(old.id)
    clock.iterations.clear()
    clock.until = clock.now + 6.0
    eventually(lambda: clock.now >= clock.until, "6 s for the three")
    shares = {width: width / 1000 * count for width, count in clock.iterations.items()}
    for run in (old, away, new):
        narrow.delete(run.id)
    assert shares == pytest.approx({1: 2.0, 2: 2.0, 5: 2.0}, abs=0.5)


def test_a_paced_run_keeps_its_pace_beside_many_that_have_none(narrow, gate, clock):
    others = [{"hidden": width} for width in range(2, 25)]
    train(narrow, gate, clock, 10.0, {"hidden": 1, "pace": 25.0}, *others)
    assert clock.iterations[1] == pytest.approx(250, abs=10)


def test_a_pace_that_cannot_be_had_takes_no_more_than_its_share(narrow, gate, clock):
    train(narrow, gate, clock, 10.0, {"hidden": 1, "pace": 1e6}, {"hidden": 2})
    assert clock.iterations[1] == pytest.approx(5000, rel=0.1)
    assert clock.iterations[2] == pytest.approx(2500, rel=0.1)


def test_a_pace_that_is_nearly_too_much_is_no_slower_than_none(narrow, gate, clock):
    train(narrow, gate, clock, 8.0, {"hidden": 8, "pace": 1000.0})
    assert clock.iterations[8] == pytest.approx(1000, rel=0.02)


def test_runs_side_by_side_have_the_curves_that_they_have_alone(book):
    specs = [spec(seed=seed, relu=relu, iterations=200) for seed in range(3) for relu in RELUS]
    runs = [book.open(asked) for asked in [*specs, *specs]]
    until_ended(*runs)
    for run in runs:
        assert run.status == "finished"
        assert losses(run) == curve(run.spec)


def test_the_tutorials_side_by_side_are_the_tutorials(book, tutorial_losses):
    runs = [(preset, book.open(RunSpec.model_validate(preset.spec))) for preset in PRESETS * 4]
    until_ended(*(run for _, run in runs))
    for preset, run in runs:
        assert losses(run) == tutorial_losses[preset.name]


def test_a_paced_run_goes_no_faster_than_its_pace(book):
    slow = book.open(spec(pace=1.0, iterations=100))
    fast = book.open(spec(iterations=2000))
    until_ended(fast)
    eventually(lambda: len(slow.trace) >= 1)
    elapsed = fast.ended_at - slow.created_at
    assert len(slow.trace) <= elapsed + 2
    assert slow.status == "running"


def test_a_paced_run_comes_to_its_end_and_not_too_early(book):
    run = book.open(spec(pace=200.0, iterations=101))
    until_ended(run)
    assert losses(run) == curve(run.spec)
    assert run.ended_at - run.started_at > 0.2  # 0.5, less what a late start may catch up


def test_pace_does_not_change_the_curve(book):
    paced = [book.open(spec(pace=pace, iterations=60)) for pace in (90.0, 350.0, 1e6)]
    until_ended(*paced)
    assert all(losses(run) == curve(run.spec) for run in paced)


@pytest.mark.parametrize("pace", [1e-3, 1e-12, 5e-324])
def test_a_pace_however_slow_leaves_the_workers_to_the_others(book, pace):
    try:
        slow = [book.open(spec(pace=pace)) for _ in range(3)]
    except ValueError:  # a spec may refuse what nobody could watch
        return
    for run in slow:
        until_at(run, 1)
    other = book.open(spec())
    until_ended(other)
    assert other.status == "finished"
    assert [len(run.trace) for run in slow] == [1, 1, 1]
    assert [book.stop(run.id).status for run in slow] == ["stopped"] * 3


def test_a_run_that_fails_says_why_and_the_others_go_on(book, enter_relu, caplog):
    calls = iter(range(1_000_000))

    def breaking(h):
        if next(calls) == 25:
            raise ValueError("no more ReLU today\nand a second line")
        return torch.relu(h)

    enter_relu("breaking", breaking)
    with caplog.at_level(logging.CRITICAL):
        broken = book.open(spec(relu="breaking"))
        others = [book.open(spec(seed=seed)) for seed in range(4)]
        until_ended(broken, *others)
        after = book.open(spec(seed=9))
        until_ended(after)
    assert broken.status == "failed"
    assert broken.reason == "ValueError: no more ReLU today"
    assert broken.ended_at is not None
    assert len(broken.trace) <= 25
    assert losses(broken) == curve(spec(relu="relu"))[: len(broken.trace)]
    assert {run.status for run in (*others, after)} == {"finished"}
    assert all(losses(run) == curve(run.spec) for run in others)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError(), "RuntimeError: no more is known"),
        (MemoryError("out of it"), "MemoryError: out of it"),
        (RuntimeError("  \n first \n second"), "RuntimeError: first"),
        (KeyboardInterrupt(), "KeyboardInterrupt: no more is known"),
    ],
    ids=str,
)
def test_any_error_is_a_reason_of_one_line(book, enter_relu, error, reason):
    def breaking(_h):
        raise error

    enter_relu("breaking", breaking)
    run = book.open(spec(relu="breaking"))
    until_ended(run)
    assert run.status == "failed"
    assert run.reason.strip() == reason
    assert len(run.trace) == 0


def test_a_run_that_goes_to_infinity_stops_with_that_loss_and_says_which(book):
    run = book.open(spec(update={"lr": 1.0}))
    until_ended(run)
    full = np.array(curve(spec(update={"lr": 1.0}, on_nonfinite="continue")))
    first = int(np.flatnonzero(~np.isfinite(full))[0])
    assert run.status == "diverged"
    assert run.trace[:].tobytes() == full[: first + 1].tobytes()
    assert run.reason.startswith(
        f"the loss of iteration {first} is {tell(full[first])}; the last finite loss was "
        f"{full[first - 1]:.6g}, with a gradient of norm "
    )
    assert np.isfinite(run.min_loss)
    last = run.events[-1]
    assert (last.kind, last.iteration, last.reason) == ("diverged", first + 1, run.reason)


def test_a_run_that_is_to_pause_pauses_there_and_may_go_on(book):
    asked = spec(update={"lr": 1.0}, on_nonfinite="pause")
    run = book.open(asked)
    until_paused(run)
    full = np.array(curve(spec(update={"lr": 1.0}, on_nonfinite="continue")))
    first = int(np.flatnonzero(~np.isfinite(full))[0])
    assert len(run.trace) == first + 1
    assert run.reason.startswith(f"the loss of iteration {first} is ")
    book.resume(run.id)
    until_ended(run)
    assert (run.status, run.reason) == ("finished", None)
    assert run.trace[:].tobytes() == full.tobytes()


def test_a_run_asked_to_pause_says_what_it_met_in_that_turn(book, gate):
    run = book.open(spec(relu="gated", update={"lr": 3e38}, on_nonfinite="pause"))
    gate.wait_until_reached()
    book.pause(run.id, wait_s=0)
    gate.open()
    until_paused(run)
    assert run.reason.startswith("a weight is not finite after the update of iteration 0")


def test_what_the_last_iteration_meets_is_told_of_a_run_that_is_finished(book):
    full = np.array(curve(spec(update={"lr": 1.0}, on_nonfinite="continue")))
    first = int(np.flatnonzero(~np.isfinite(full))[0])
    run = book.open(spec(update={"lr": 1.0}, on_nonfinite="pause", iterations=first + 1))
    until_ended(run)
    assert run.status == "finished"
    assert run.reason.startswith(f"the loss of iteration {first} is ")


def test_a_run_asked_to_stop_stops_though_it_was_to_pause_there(book, gate):
    run = book.open(spec(relu="gated", update={"lr": 3e38}, on_nonfinite="pause"))
    gate.wait_until_reached()
    stopping = threading.Thread(target=book.stop, args=(run.id,))
    stopping.start()
    eventually(lambda: run.turn.asked, "the stop that is asked")
    gate.open()
    stopping.join()
    assert run.status == "stopped"


def test_a_run_that_may_continue_goes_on_through_nan_to_its_end(book):
    asked = spec(update={"lr": 1.0}, on_nonfinite="continue", iterations=300)
    run = book.open(asked)
    until_ended(run)
    assert run.status == "finished"
    assert run.trace[:].tobytes() == np.array(curve(asked)).tobytes()
    assert np.isnan(run.trace[299:300]).all()
    first = int(np.flatnonzero(~np.isfinite(run.trace[:]))[0])
    [told] = [event for event in run.events if event.kind == "nonfinite"]
    assert told.iteration == first
    assert told.reason.startswith(f"the loss of iteration {first} is ")


def test_a_run_that_has_trained_knows_its_worker_rate_and_environment(book):
    run = book.open(spec())
    until_ended(run)
    view = run.view()
    assert view.worker in {"cpu#0", "cpu#1"}
    assert view.rate > 0
    assert view.environment["torch"] == torch.__version__
    assert view.environment["threads"] == 1
    assert view.created_at <= view.started_at <= view.ended_at


def test_a_worker_uses_one_thread_whatever_others_do(narrow, enter_relu):
    """Else the bits of a loss could depend on what else this process has done with torch."""
    threads = []

    def noting(h):
        threads.append(torch.get_num_threads())
        return torch.relu(h)

    enter_relu("noting", noting)
    torch.set_num_threads(2)
    try:
        until_ended(narrow.open(spec(relu="noting", iterations=3)))
    finally:
        torch.set_num_threads(1)
    assert threads == [1] * 4  # one to see that it does what a ReLU must


@pytest.mark.cuda
def test_cuda_runs_take_turns_beside_cpu_runs(book):
    runs = [book.open(spec(device=device, iterations=200)) for device in ("cpu", "cuda", "cuda:0")]
    until_ended(*runs)
    assert [run.status for run in runs] == ["finished"] * 3
    assert losses(runs[1]) == losses(runs[2]) == curve(runs[1].spec)
    assert runs[1].worker.startswith("cuda:0#")
