import logging

import numpy as np
import pytest
import torch

from reluscope.numbers import tell
from reluscope.training.presets import PRESETS
from reluscope.training.relus import RELUS
from reluscope.training.spec import RunSpec
from tests.waiting import eventually

from .making import curve, losses, spec, until_at, until_ended


def test_runs_on_one_worker_take_turns_in_order(narrow, gate, enter_relu):
    """Each run is known by the width of its hidden layer, so the ReLU sees whose turn it is."""
    turns: list[int] = []

    def noting(h):
        if turns[-1:] != [h.shape[1]]:
            turns.append(h.shape[1])
        return torch.relu(h)

    enter_relu("noting", noting)
    narrow.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    for width in (2, 3, 4):
        narrow.open(spec(relu="noting", hidden=width, iterations=1_000_000))
    gate.open()
    eventually(lambda: len(turns) >= 12, "twelve turns")
    assert turns[:12] == [2, 3, 4] * 4


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


def test_sixty_four_runs_at_once_all_finish_with_their_own_curves(book):
    runs = [book.open(spec(seed=seed, iterations=60)) for seed in range(64)]
    until_ended(*runs)
    assert {run.status for run in runs} == {"finished"}
    assert all(losses(run) == curve(run.spec) for run in runs)
    assert len({run.trace[59:60].tobytes() for run in runs}) == 64


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
    assert run.ended_at - run.started_at > 0.3  # 0.5, less what a late start may catch up


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
    assert run.reason == f"the loss of iteration {first} is {tell(full[first])}"
    assert np.isfinite(run.min_loss)


def test_a_run_that_may_continue_goes_on_through_nan_to_its_end(book):
    asked = spec(update={"lr": 1.0}, on_nonfinite="continue", iterations=300)
    run = book.open(asked)
    until_ended(run)
    assert run.status == "finished"
    assert run.trace[:].tobytes() == np.array(curve(asked)).tobytes()
    assert np.isnan(run.trace[299:300]).all()


def test_a_run_that_has_trained_knows_its_worker_rate_and_environment(book):
    run = book.open(spec())
    until_ended(run)
    view = run.view()
    assert view.worker in {"cpu#0", "cpu#1"}
    assert view.rate > 0
    assert view.environment["torch"] == torch.__version__
    assert view.environment["threads"] == 1
    assert view.created_at <= view.started_at <= view.ended_at


@pytest.mark.cuda
def test_cuda_runs_take_turns_beside_cpu_runs(book):
    runs = [book.open(spec(device=device, iterations=200)) for device in ("cpu", "cuda", "cuda:0")]
    until_ended(*runs)
    assert [run.status for run in runs] == ["finished"] * 3
    assert losses(runs[1]) == losses(runs[2]) == curve(runs[1].spec)
    assert runs[1].worker.startswith("cuda:0#")
