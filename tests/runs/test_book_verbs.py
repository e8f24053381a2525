"""What may be asked of a run, and when it comes: pause, resume, step, stop."""

import contextlib
import logging
import threading

import pytest

from reluscope.errors import ForbiddenMove, UnknownRun
from reluscope.runs.book import Book
from tests.waiting import DEADLINE_S, eventually

from .making import (
    LONG,
    curve,
    losses,
    others_have_had_turns,
    spec,
    until_at,
    until_ended,
    until_paused,
)

# --- pause, resume


def test_a_paused_run_does_not_move(book):
    run = book.open(spec(**LONG))
    until_at(run, 10)
    book.pause(run.id)
    assert run.status == "paused"
    length = len(run.trace)
    others_have_had_turns(book)
    assert len(run.trace) == length
    assert run.status == "paused"


def test_a_paused_run_goes_on_to_its_own_curve(book):
    run = book.open(spec(iterations=2000))
    for goal in range(20, 120, 20):
        until_at(run, goal)
        with contextlib.suppress(ForbiddenMove):  # it may have ended in between
            book.pause(run.id)
            book.resume(run.id)
    until_ended(run)
    assert losses(run) == curve(run.spec)


def test_a_run_can_be_paused_before_its_first_turn(narrow, gate):
    narrow.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    waiting = narrow.open(spec())
    assert narrow.pause(waiting.id).status == "paused"
    gate.open()
    others_have_had_turns(narrow)
    assert len(waiting.trace) == 0
    assert narrow.resume(waiting.id).status in ("queued", "running", "finished")
    until_ended(waiting)
    assert losses(waiting) == curve(waiting.spec)


def test_pausing_twice_is_pausing(book):
    run = book.open(spec(**LONG))
    book.pause(run.id)
    length = len(run.trace)
    assert book.pause(run.id).status == "paused"
    assert len(run.trace) == length


def test_resuming_what_runs_changes_nothing(book):
    run = book.open(spec(iterations=2000))
    for _ in range(3):
        with contextlib.suppress(ForbiddenMove):
            book.resume(run.id)
    until_ended(run)
    assert losses(run) == curve(run.spec)


def test_a_pause_in_a_long_turn_comes_when_the_turn_is_over(narrow, gate):
    run = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    assert narrow.pause(run.id, wait_s=0.01).status == "running"
    gate.open()
    until_paused(run)
    assert len(run.trace) == 1


def test_a_resume_takes_back_a_pause_that_has_not_come_yet(narrow, gate):
    run = narrow.open(spec(relu="gated"))
    gate.wait_until_reached()
    narrow.pause(run.id, wait_s=0)
    narrow.resume(run.id)
    gate.open()
    until_ended(run)
    assert run.status == "finished"


def test_a_pause_that_was_asked_in_the_last_turn_comes_too_late(narrow, gate):
    run = narrow.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    narrow.pause(run.id, wait_s=0)
    gate.open()
    eventually(lambda: not run.in_round)
    assert run.status == "finished"


def test_a_run_that_fails_in_the_turn_after_which_it_was_to_pause_has_failed(
    narrow, gate, enter_relu, caplog
):
    enter_relu("breaking", lambda h: gate(h)[:, :-1])
    with caplog.at_level(logging.CRITICAL):
        run = narrow.open(spec(relu="breaking"))
        gate.wait_until_reached()
        narrow.pause(run.id, wait_s=0)
        gate.open()
        eventually(lambda: not run.in_round)
    assert run.status == "failed"


def test_who_waits_for_a_pause_that_is_taken_back_waits_no_longer(narrow, gate):
    run = narrow.open(spec(relu="gated"))
    gate.wait_until_reached()
    waiting = threading.Thread(target=narrow.pause, args=(run.id,), kwargs={"wait_s": DEADLINE_S})
    waiting.start()
    eventually(lambda: run.turn.asked, "the wish to pause")
    narrow.resume(run.id)
    waiting.join(DEADLINE_S / 2)
    assert not waiting.is_alive()
    gate.open()


# --- step


@pytest.mark.parametrize("iterations", [1, 2, 7, 300])
def test_a_step_is_exactly_that_many_iterations(book, iterations):
    run = book.open(spec(**LONG))
    book.pause(run.id)
    before = len(run.trace)
    book.step(run.id, iterations)
    until_paused(run)
    assert len(run.trace) == before + iterations
    others_have_had_turns(book)
    assert len(run.trace) == before + iterations


def test_a_run_in_a_turn_ends_it_and_then_makes_its_step(narrow, gate):
    run = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    for iterations in (100, 1, 5):
        assert narrow.step(run.id, iterations).status == "running"
    gate.open()
    until_paused(run)
    assert len(run.trace) == 1 + 5


def test_a_step_takes_the_place_of_a_pause_and_a_pause_that_of_a_step(narrow, gate):
    run = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    narrow.pause(run.id, wait_s=0)
    narrow.step(run.id, 3)
    narrow.pause(run.id, wait_s=0)
    gate.open()
    until_paused(run)
    assert len(run.trace) == 1


def test_a_running_run_takes_any_number_of_steps_at_once(book):
    run = book.open(spec(**LONG))
    until_at(run, 1)
    stepping = [threading.Thread(target=book.step, args=(run.id, 2)) for _ in range(20)]
    for thread in stepping:
        thread.start()
    for thread in stepping:
        thread.join()
    until_paused(run)
    assert losses(run) == curve(spec(iterations=len(run.trace)))


def test_a_run_that_waits_for_its_first_turn_can_step(narrow, gate):
    narrow.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    run = narrow.open(spec())
    narrow.step(run.id, 3)
    gate.open()
    until_paused(run)
    assert losses(run) == curve(run.spec)[:3]


def test_a_step_past_the_end_finishes(book):
    run = book.open(spec(pace=1e-3, iterations=50))
    book.pause(run.id)
    book.change(run.id, pace=None)
    book.step(run.id, 1000)
    until_ended(run)
    assert run.status == "finished"
    assert losses(run) == curve(run.spec)


def test_steps_one_after_another_make_the_curve(narrow, gate):
    narrow.open(spec(relu="gated", iterations=1))
    gate.wait_until_reached()
    run = narrow.open(spec(iterations=60))
    narrow.pause(run.id)
    gate.open()
    for count in (1, 10, 4, 5, 40):
        narrow.step(run.id, count)
        eventually(lambda: run.status in ("paused", "finished"))
    assert run.status == "finished"
    assert losses(run) == curve(run.spec)


def test_a_step_of_a_paced_run_keeps_to_its_pace(book):
    run = book.open(spec(pace=1e-3, **LONG))
    until_at(run, 1)
    book.step(run.id, 3)
    others_have_had_turns(book)
    assert len(run.trace) <= 2
    book.change(run.id, pace=None)
    until_paused(run)
    assert len(run.trace) == 4


def test_a_resume_makes_a_step_a_run_to_the_end(book):
    run = book.open(spec(pace=1e-3, iterations=200))
    until_at(run, 1)
    book.step(run.id, 50)
    book.resume(run.id)
    book.change(run.id, pace=None)
    until_ended(run)
    assert losses(run) == curve(run.spec)


# --- stop


def test_a_stopped_run_has_ended_and_keeps_its_losses(book):
    run = book.open(spec(**LONG))
    until_at(run, 20)
    assert book.stop(run.id).status == "stopped"
    length = len(run.trace)
    others_have_had_turns(book)
    assert len(run.trace) == length >= 20
    assert run.ended_at is not None
    assert book.stop(run.id).status == "stopped"


@pytest.mark.parametrize("verb", ["pause", "resume", "step"])
def test_a_stop_holds_whatever_is_asked_after_it(narrow, gate, verb):
    run = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    narrow.stop(run.id, wait_s=0)
    with pytest.raises(ForbiddenMove, match=f"cannot {verb} run {run.id}: it is being stopped"):
        getattr(narrow, verb)(run.id, *([1] if verb == "step" else []))
    gate.open()
    eventually(lambda: run.status == "stopped", f"the stop, {run.status}")


def test_a_paused_run_can_be_stopped(book):
    run = book.open(spec(**LONG))
    book.pause(run.id)
    assert book.stop(run.id).status == "stopped"


# --- what is forbidden


def ended(book: Book, status: str):
    if status == "finished":
        run = book.open(spec(iterations=5))
    elif status == "stopped":
        run = book.open(spec(**LONG))
        book.stop(run.id)
    else:
        run = book.open(spec(update={"lr": 1.0}))
    until_ended(run)
    assert run.status == status
    return run


@pytest.mark.parametrize("status", ["finished", "stopped", "diverged"])
@pytest.mark.parametrize("verb", ["pause", "resume", "step"])
def test_what_has_ended_refuses_to_go_on(book, status, verb):
    run = ended(book, status)
    view = run.view()
    with pytest.raises(
        ForbiddenMove, match=f"cannot {verb} run {run.id}: it is {status}, which is an end"
    ):
        getattr(book, verb)(run.id, *([1] if verb == "step" else []))
    assert run.view() == view


@pytest.mark.parametrize("status", ["finished", "stopped", "diverged"])
def test_stopping_what_has_ended_leaves_it_as_it_is(book, status):
    run = ended(book, status)
    view = run.view()
    assert book.stop(run.id).view() == view


@pytest.mark.parametrize("verb", ["find", "pause", "resume", "stop", "delete", "change"])
def test_an_unknown_run_is_named(book, verb):
    with pytest.raises(UnknownRun, match="there is no run 'nobody'"):
        getattr(book, verb)("nobody")
