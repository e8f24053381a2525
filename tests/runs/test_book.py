import contextlib
import gc
import logging
import threading
import weakref

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)

from reluscope.errors import ForbiddenMove, InvalidFields, NoRoom, UnknownRun
from reluscope.runs.book import Book
from reluscope.training.trainer import Trainer
from tests.waiting import DEADLINE_S, eventually

from .making import curve, losses, spec, until_at, until_ended

LONG = {"iterations": 1_000_000}


def until_paused(run):
    eventually(lambda: run.status == "paused", f"a pause of {run.id}, {run.status}")


def others_have_had_turns(book):
    """Lets another run train from start to end, so that a run that could move would have."""
    other = book.open(spec(iterations=300))
    until_ended(other)


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


# --- change


def test_name_and_tags_can_be_changed_at_any_time(book):
    run = book.open(spec(iterations=5))
    until_ended(run)
    book.change(run.id, name="new", tags=["a"])
    assert (run.spec.name, run.spec.tags) == ("new", ["a"])
    assert losses(run) == curve(run.spec)


def test_a_new_pace_holds_from_now_on(book):
    run = book.open(spec(pace=1e-3, iterations=300))
    until_at(run, 1)
    others_have_had_turns(book)
    assert len(run.trace) == 1
    book.change(run.id, pace=None)
    until_ended(run)
    assert losses(run) == curve(run.spec)


def test_a_fast_run_can_be_slowed_down(book):
    run = book.open(spec(**LONG))
    until_at(run, 10)
    book.change(run.id, pace=1e-3)
    book.pause(run.id)
    length = len(run.trace)
    book.resume(run.id)
    others_have_had_turns(book)
    assert len(run.trace) <= length + 1


def test_a_new_name_does_not_hurry_a_paced_run(book):
    run = book.open(spec(pace=1e-3))
    until_at(run, 1)
    for number in range(5):
        book.change(run.id, name=f"name {number}")
        others_have_had_turns(book)
    assert len(run.trace) == 1


# --- delete


def test_a_deleted_run_is_gone_whatever_it_was_doing(narrow, gate):
    inside = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    waiting = narrow.open(spec(**LONG))
    paused = narrow.open(spec(**LONG))
    narrow.pause(paused.id)
    for run in (inside, waiting, paused):
        narrow.delete(run.id)
        with pytest.raises(UnknownRun):
            narrow.find(run.id)
    gate.open()
    others_have_had_turns(narrow)
    assert (len(waiting.trace), len(paused.trace)) == (0, 0)
    assert len(inside.trace) <= 1


def test_what_has_ended_or_gone_gives_its_network_back(book):
    def trainers() -> int:
        gc.collect()
        return sum(type(thing) is Trainer for thing in gc.get_objects())

    before = trainers()
    runs = [book.open(spec(**LONG)) for _ in range(3)]
    runs.append(book.open(spec(iterations=5)))
    for run in runs:
        until_at(run, 5) if run.spec.iterations > 5 else until_ended(run)
    eventually(lambda: trainers() == before + 3, "the end of the one that has finished")
    book.stop(runs[0].id)
    book.delete(runs[1].id)
    book.pause(runs[2].id)
    book.delete(runs[2].id)
    eventually(lambda: trainers() == before, "the end of the networks")


def test_a_curve_that_was_deleted_is_no_longer_in_memory(book):
    """Not in a queue of runs that wait for their pace, nor with a worker that waits for work."""
    busy = [book.open(spec(**LONG)) for _ in range(3)]
    slow = [book.open(spec(pace=1e-3)) for _ in range(20)]
    for run in slow:
        until_at(run, 1)
    traces = [weakref.ref(run.trace) for run in (*busy, *slow)]
    for run in slow:
        book.delete(run.id)
    del run, slow
    eventually(lambda: gc.collect() * 0 == 0 and not any(ref() for ref in traces[3:]), "their end")
    for run in busy:
        book.delete(run.id)
    del run, busy
    eventually(lambda: gc.collect() * 0 == 0 and not any(ref() for ref in traces), "their end")


# --- room


def test_a_device_that_is_not_there_is_refused_with_those_that_are(book):
    with pytest.raises(InvalidFields) as refusal:
        book.open(spec(device="cuda:99"))
    (error,) = refusal.value.errors
    assert (error.field, error.given) == ("device", "cuda:99")
    assert "cpu" in error.allowed


def test_a_network_that_could_never_fit_is_refused_by_its_largest_size():
    book = Book(cpu_workers=1, memory_bytes=10_000_000)
    with pytest.raises(InvalidFields) as refusal:
        book.open(spec(hidden=1_000_000))
    (error,) = refusal.value.errors
    assert error.field == "hidden"
    assert error.allowed == {"memory_bytes": 10_000_000}
    assert list(book.newest_first()) == []
    book.close()


def test_there_is_room_for_as_many_as_fit():
    need = spec(**LONG).training_bytes() + spec(**LONG).trace_bytes()
    book = Book(cpu_workers=1, memory_bytes=int(2.5 * need))
    first, _second = book.open(spec(**LONG)), book.open(spec(**LONG))
    with pytest.raises(NoRoom, match=r"delete some"):
        book.open(spec(**LONG))
    book.stop(first.id)
    third = book.open(spec(**LONG))
    book.delete(third.id)
    book.open(spec(**LONG))
    book.close()


def test_a_run_that_is_deleted_in_a_turn_takes_room_until_that_is_over(gate):
    need = spec(**LONG).training_bytes() + spec(**LONG).trace_bytes()
    book = Book(cpu_workers=1, memory_bytes=int(1.5 * need))
    run = book.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    book.delete(run.id)
    with pytest.raises(NoRoom):
        book.open(spec(**LONG))
    gate.open()

    def opened() -> bool:
        with contextlib.suppress(NoRoom):
            return bool(book.open(spec(**LONG)))
        return False

    eventually(opened, "room for the next")
    book.close()


def test_the_curves_of_runs_that_have_ended_take_room_too():
    book = Book(cpu_workers=1, memory_bytes=100_000)
    opened = []
    with contextlib.suppress(NoRoom):
        while len(opened) < 100:
            opened.append(book.open(spec(iterations=1000)))
            until_ended(opened[-1])
    assert 1 <= len(opened) < 100
    for run in opened:
        book.delete(run.id)
    book.open(spec(iterations=1000))
    book.close()


def test_a_curve_that_is_too_long_is_the_length_s_fault():
    book = Book(cpu_workers=1, memory_bytes=1_000_000)
    with pytest.raises(InvalidFields) as refusal:
        book.open(spec(iterations=100_000))
    assert [error.field for error in refusal.value.errors] == ["iterations"]
    book.close()


def test_only_so_many_runs_may_be_live():
    book = Book(cpu_workers=1, max_live=2)
    first, _second = book.open(spec(**LONG)), book.open(spec(**LONG))
    with pytest.raises(NoRoom, match="2 runs are live"):
        book.open(spec())
    book.stop(first.id)
    book.open(spec())
    book.close()


def test_only_so_many_runs_may_be_kept():
    book = Book(cpu_workers=1, max_runs=2)
    first, second = book.open(spec(iterations=1)), book.open(spec(iterations=1))
    until_ended(first, second)
    with pytest.raises(NoRoom, match="2 runs are kept"):
        book.open(spec())
    book.delete(first.id)
    book.open(spec())
    book.close()


# --- the list, and who listens


def test_runs_are_listed_newest_first(book):
    runs = [book.open(spec(iterations=1)) for _ in range(5)]
    book.delete(runs[2].id)
    assert list(book.newest_first()) == [runs[4], runs[3], runs[1], runs[0]]
    assert [run.number for run in runs] == sorted(run.number for run in runs)


def test_a_listener_hears_of_everything_that_happens_to_a_run(book):
    woken = threading.Event()
    signal = book.listen(woken.set)

    def heard(run) -> bool:
        return run.id in signal.take()

    run = book.open(spec(**LONG))
    assert heard(run)
    eventually(lambda: heard(run), "its turns")
    book.pause(run.id)
    assert heard(run)
    assert not heard(run)
    book.change(run.id, name="new")
    assert heard(run)
    book.step(run.id, 1)
    assert heard(run)
    until_paused(run)
    signal.take()
    book.stop(run.id)
    assert heard(run)
    book.delete(run.id)
    assert heard(run)
    assert woken.is_set()


# --- close


def test_closing_interrupts_what_is_live_and_leaves_the_rest():
    book = Book(cpu_workers=2)
    finished = book.open(spec(iterations=5))
    until_ended(finished)
    running = [book.open(spec(**LONG)) for _ in range(3)]
    until_at(running[0], 5)
    paused = book.open(spec(**LONG))
    book.pause(paused.id)
    book.close()
    assert finished.status == "finished"
    for run in (*running, paused):
        assert (run.status, run.reason) == ("interrupted", "the server was shut down")
        assert run.ended_at is not None
    assert losses(running[0])[:5] == curve(spec(iterations=5))


def test_closing_ends_the_workers():
    before = set(threading.enumerate())
    made = Book(cpu_workers=3)
    until_ended(made.open(spec(iterations=1)))
    workers = set(threading.enumerate()) - before
    assert len(workers) == 3
    made.close()
    assert not any(worker.is_alive() for worker in workers)


def test_closing_does_not_wait_for_a_turn_that_does_not_end(narrow, gate):
    run = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    narrow.close()
    gate.open()
    eventually(lambda: run.status == "interrupted")


def test_a_book_that_never_ran_anything_can_be_closed():
    Book(cpu_workers=1).close()


# --- everything at once


class AnyVerbAtAnyTime(RuleBasedStateMachine):
    """Whatever is asked of runs in whatever order, each has the beginning of its own curve."""

    runs = Bundle("runs")
    iterations = 400

    def __init__(self):
        super().__init__()
        self.book = Book(cpu_workers=2)
        self.live = []

    @rule(target=runs, seed=st.integers(0, 3), pace=st.sampled_from([None, None, 2000.0]))
    def open(self, seed, pace):
        run = self.book.open(spec(seed=seed, pace=pace, iterations=self.iterations))
        self.live.append(run)
        return run

    @contextlib.contextmanager
    def unless_ended(self):
        try:
            yield
        except ForbiddenMove as refusal:
            if refusal.status not in ("finished", "stopped"):
                raise  # a live run refuses nothing

    @rule(run=runs)
    def pause(self, run):
        with self.unless_ended():
            self.book.pause(run.id)
            length = len(run.trace)
            assert run.status in ("paused", "finished")
            others_have_had_turns(self.book)
            assert len(run.trace) == length

    @rule(run=runs)
    def resume(self, run):
        with self.unless_ended():
            assert self.book.resume(run.id).status in ("queued", "running", "finished")

    @rule(run=runs, count=st.integers(1, 150))
    def step_a_paused_run(self, run, count):
        with self.unless_ended():
            self.book.pause(run.id)
            goal = min(len(run.trace) + count, self.iterations)
            self.book.step(run.id, count)
            eventually(lambda: run.status in ("paused", "finished"))
            assert len(run.trace) == goal

    @rule(run=runs, pace=st.sampled_from([None, 500.0, 5000.0]))
    def change(self, run, pace):
        self.book.change(run.id, pace=pace, name=f"at {pace}")

    @rule(run=runs)
    def stop(self, run):
        assert self.book.stop(run.id).status in ("stopped", "finished")

    @rule(run=consumes(runs))
    def delete(self, run):
        self.live.remove(run)
        self.book.delete(run.id)

    @invariant()
    def every_trace_is_a_beginning_of_its_curve(self):
        for run in self.live:
            found = losses(run)
            assert found == curve(run.spec)[: len(found)]

    def teardown(self):
        for run in self.live:
            with self.unless_ended():
                self.book.change(run.id, pace=None)
                self.book.resume(run.id)
        until_ended(*self.live)
        for run in self.live:
            assert run.status == "stopped" or losses(run) == curve(run.spec)
        self.book.close()


AnyVerbAtAnyTime.TestCase.settings = settings(
    max_examples=10, stateful_step_count=20, deadline=None
)
test_any_verb_at_any_time = AnyVerbAtAnyTime.TestCase
