import random

import numpy as np
import pytest

from reluscope.errors import StoreDamaged
from reluscope.runs.run import Run
from reluscope.runs.store import Snapshot
from reluscope.runs.store.writing import Batch, Progress
from reluscope.runs.turn import Turn

from .making import (
    LONG,
    SHORT,
    curve,
    losses,
    others_have_had_turns,
    spec,
    until_at,
    until_ended,
    until_paused,
)
from .stored import (
    changing,
    cut_off,
    found,
    left_by_a_crash,
    life,
    same,
    set_loss,
    twin,
)

pytestmark = pytest.mark.usefixtures("short_chunks")

KINDS = [
    {"gradients": "autograd"},
    {"gradients": "closed_form", "update": {"rule": "sgd", "lr": 1e-4, "momentum": 0.9}},
    {"gradients": "gram"},
    {"update": {"rule": "adam", "lr": 1e-2}, "dtype": "bfloat16"},
    {"update": {"rule": "rmsprop", "lr": 1e-3}, "dtype": "float64", "diagnostics_every": 7},
]

DIVERGING = {"update": {"lr": 0.1}, "iterations": 3000}
"""Its loss is not finite after some iterations."""


def is_whole(run):
    """Its curve is that of a trainer which nobody stopped, and nothing in it differed."""
    expected, rows = twin(run.spec, run.events, len(run.trace))
    assert same(losses(run), expected)
    assert same(run.trace.rows(), rows)
    assert "differs" not in [event.kind for event in run.events]
    return True


@pytest.mark.parametrize("seed", range(2))
def test_whatever_moment_a_crash_comes_at_every_run_ends_with_the_same_curve(tmp_path, seed):
    moments = random.Random(seed)
    crashes = []
    with life(tmp_path / "first") as book:
        runs = [book.open(spec(iterations=1200, pace=1500, **kind)) for kind in KINDS]
        for number in range(4):
            steered = moments.choice(runs[:4])
            if steered.live:
                lr = steered.spec.update.lr * moments.choice([0.5, 0.9])
                book.change(steered.id, update={"lr": lr})
            until_at(steered, moments.randrange(300 * number, 300 * number + 300))
            crashes.append(left_by_a_crash(tmp_path / "first", tmp_path / f"crash {number}"))
    for folder in crashes:
        before = found(folder)
        for run in before.values():  # what is stored is explained by what is stored
            assert same(run.losses, twin(run.spec, run.events, len(run.losses))[0])
        with life(folder) as book:
            again = [book.find(run_id) for run_id in before]
            until_ended(*again)
            for run in again:
                assert run.status == "finished"
                kept = before[run.id].losses
                assert same(losses(book.read(run.id))[: len(kept)], kept)
                assert is_whole(run)


def test_a_curve_is_stored_no_further_than_the_changes_that_explain_it():
    run = Run(spec(), 1)
    run.move("running")
    run.record(np.ones(3))
    snapshot = Snapshot.of(run)
    run.change(update=run.spec.update.changed({"lr": 1e-5}))
    run.record(np.ones(2))
    assert Batch().add(snapshot, Progress()).losses == 3


def test_a_step_that_waits_for_the_turn_s_end_is_stored_when_it_is_answered(tmp_path, gate):
    with life(tmp_path / "first") as book:
        run = book.open(spec(relu="gated", iterations=100))
        gate.wait_until_reached()
        book.step(run.id, 7)
        book.settled().result()
        left_by_a_crash(tmp_path / "first", tmp_path / "left")
        gate.open()
    with life(tmp_path / "left") as book:
        until_paused(book.find(run.id))
        others_have_had_turns(book)
        assert len(book.find(run.id).trace) == 7


def test_a_step_that_was_asked_for_in_a_turn_ends_where_it_should_after_a_crash(tmp_path, gate):
    with life(tmp_path / "first") as book:
        run = book.open(spec(relu="gated", iterations=10_000))
        gate.wait_until_reached()
        book.step(run.id, 300)
        book.change(run.id, pace=300.0)
        gate.open()
        until_at(run, 20)
        book.settled().result()
        left_by_a_crash(tmp_path / "first", tmp_path / "left")
        until_paused(run)
    assert found(tmp_path / "left")[run.id].view["status"] != "paused"
    with life(tmp_path / "left") as book:
        again = book.find(run.id)
        until_paused(again)
        assert len(again.trace) == len(run.trace)
        assert is_whole(again)


def test_a_step_that_was_done_when_the_crash_came_goes_no_further(tmp_path):
    with life(tmp_path) as book:
        run = book.open(spec(**LONG, pace=100))
        book.pause(run.id)
        book.step(run.id, 20)
        until_paused(run)
        done = len(run.trace)
    with changing(tmp_path) as db:
        db.execute("UPDATE runs SET stop_at = ?", (done,))
    cut_off(tmp_path, run.id, 2)
    with life(tmp_path) as book:
        others_have_had_turns(book)
        again = book.find(run.id)
        assert (again.status, len(again.trace)) == ("paused", done)


@pytest.mark.parametrize("has_checkpoint", [True, False])
@pytest.mark.parametrize("policy", ["stop", "pause", "continue"])
def test_a_loss_that_is_not_finite_is_told_though_it_was_stored_before(
    tmp_path, policy, has_checkpoint
):
    with life(tmp_path) as book:
        run = book.open(spec(**DIVERGING, on_nonfinite=policy))
        if policy == "pause":
            until_paused(run)
        else:
            until_ended(run)
        kinds = [event.kind for event in run.events]
        reason = {event.kind: event.reason for event in run.events}
    cut_off(tmp_path, run.id, 1)
    if not has_checkpoint:
        with changing(tmp_path) as db:
            db.execute("DELETE FROM checkpoints")
    elif policy == "pause":
        return  # that checkpoint is made when the pause has been told
    with life(tmp_path) as book:
        again = book.find(run.id)
        if policy == "pause":
            until_paused(again)
        else:
            until_ended(again)
        told = [event.kind for event in again.events]
        assert told == ["running", "interrupted", *kinds]
        assert {event.kind: event.reason for event in again.events} | reason == {
            "interrupted": again.events[1].reason,
            **reason,
        }
        assert same(losses(again), losses(run))


def test_what_was_told_of_a_loss_that_is_not_finite_is_not_told_again(tmp_path):
    with life(tmp_path) as book:
        run = book.open(spec(**DIVERGING, on_nonfinite="pause"))
        until_paused(run)
        book.resume(run.id)
        until_ended(run)
        at = len(run.events) - 1
    cut_off(tmp_path, run.id, at)
    with life(tmp_path) as book:
        again = book.find(run.id)
        until_ended(again)
        assert [event.kind for event in again.events].count("paused") == 1
        assert same(losses(again), losses(run))


def test_what_never_began_is_interrupted_where_nothing_is_to_go_on(tmp_path, gate):
    with life(tmp_path / "first", cpu_workers=1) as book:
        first = book.open(spec(relu="gated"))
        gate.wait_until_reached()
        second = book.open(spec())
        book.settled().result()
        left_by_a_crash(tmp_path / "first", tmp_path / "left")
        gate.open()
    with life(tmp_path / "left", resume=False) as book:
        assert {book.find(run.id).status for run in (first, second)} == {"interrupted"}
        book.resume(second.id)
        until_ended(book.find(second.id))
        assert losses(book.read(second.id)) == curve(second.spec)
        book.stop(first.id)
        assert book.find(first.id).status == "stopped"
    with life(tmp_path / "left", resume=False) as book:
        assert [run.status for run in book.newest_first()] == ["finished", "stopped"]


def paused_at_some_iteration(folder, **fields):
    """A run that was paused, and saved, on its way."""
    with life(folder) as book:
        run = book.open(spec(**{"iterations": 8 * SHORT, **fields}))
        book.step(run.id, 2 * SHORT + 100)
        until_paused(run)
    return run


def test_a_checkpoint_is_there_of_all_that_was_paused_or_cut_off_by_a_graceful_end(tmp_path):
    for number in range(5):
        folder = tmp_path / str(number)
        with life(folder) as book:
            runs = [book.open(spec(**LONG, **kind)) for kind in KINDS]
            for run in runs:
                until_at(run, 1)
            book.pause(runs[0].id)
        for run in found(folder).values():
            assert run.checkpoint == len(run.losses)


@pytest.mark.parametrize("harm", ["absent", "damaged", "cut short"])
def test_without_a_sound_checkpoint_a_run_is_trained_from_the_start(tmp_path, harm):
    run = paused_at_some_iteration(tmp_path)
    with changing(tmp_path) as db:
        (data,) = db.execute("SELECT data FROM checkpoints").fetchone()
        if harm == "absent":
            db.execute("DELETE FROM checkpoints")
        else:
            at = 8 + int.from_bytes(data[:8], "little")  # where its tensors begin
            cut = data[:-10]
            flipped = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            changed = cut if harm == "cut short" else flipped
            db.execute("UPDATE checkpoints SET data = ?", (changed,))
    with life(tmp_path) as book:
        book.resume(run.id)
        again = book.find(run.id)
        until_ended(again)
        assert is_whole(again)


@pytest.mark.parametrize("chunk", range(3))
@pytest.mark.parametrize("has_checkpoint", [True, False])
def test_of_a_damaged_curve_what_comes_before_is_kept_and_the_rest_trained_again(
    tmp_path, chunk, has_checkpoint
):
    run = paused_at_some_iteration(tmp_path)
    with changing(tmp_path) as db:
        db.execute("UPDATE chunks SET crc = crc + 1 WHERE first = ?", (chunk * SHORT,))
        if not has_checkpoint:
            db.execute("DELETE FROM checkpoints")
    with life(tmp_path, resume=False) as book:
        again = book.find(run.id)
        assert losses(again) == losses(run)[: chunk * SHORT]
        book.step(run.id, 10)
        until_paused(again)
        assert losses(again) == losses(run)[: chunk * SHORT + 10]
    with life(tmp_path) as book:
        again = book.find(run.id)
        book.resume(run.id)
        until_ended(again)
        assert is_whole(again)
    assert same(found(tmp_path)[run.id].losses, curve(run.spec))  # mended in the file, too
    with life(tmp_path) as book:
        assert losses(book.read(run.id)) == curve(run.spec)


def test_of_a_run_that_has_ended_a_damaged_curve_is_not_shown_as_a_whole_one(tmp_path):
    with life(tmp_path) as book:
        run = book.open(spec(iterations=300))
        until_ended(run)
    with changing(tmp_path) as db:
        db.execute("UPDATE chunks SET crc = crc + 1")
    with life(tmp_path) as book, pytest.raises(StoreDamaged, match="from iteration 0 on"):
        book.read(run.id)


def test_losses_that_differ_when_they_are_trained_again_are_told_and_kept(tmp_path):
    run = paused_at_some_iteration(tmp_path)
    set_loss(tmp_path, run.id, 150, 1.5)
    with changing(tmp_path) as db:
        db.execute("DELETE FROM checkpoints")
    true = curve(run.spec)
    with life(tmp_path) as book:  # in a life of its own
        book.step(run.id, 10)
        until_paused(book.find(run.id))
    with life(tmp_path) as book:
        again = book.find(run.id)
        book.resume(run.id)
        until_ended(again)
        told = [event for event in again.events if event.kind == "differs"]
        assert [event.iteration for event in told] == [150]
        for word in ("iteration 150", str(true[150]), "1.5"):
            assert word in told[0].reason
        assert again.status == "finished"
        assert again.reason == told[0].reason
        assert losses(again) == [*true[:150], 1.5, *true[151:]]


def test_an_interruption_takes_back_no_pause_and_no_step():
    interrupted = ("interrupted", "the server was shut down")
    turn = Turn(active=True)
    turn.ask(("paused", None))
    turn.ask(interrupted)
    assert turn.asked == ("paused", None)
    turn = Turn(active=True, step=5)
    turn.ask(interrupted)
    assert (turn.asked, turn.step) == (interrupted, 5)
