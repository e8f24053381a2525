"""The book of all runs: what changes in it, who hears of it, and how it is closed."""

import contextlib
import gc
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

from reluscope.errors import ForbiddenMove, UnknownRun
from reluscope.runs.book import Book
from reluscope.training.trainer import Trainer
from tests.waiting import eventually

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
    assert paused.status == "paused"
    for run in running:
        assert (run.status, run.reason) == ("interrupted", "the server was shut down")
        assert run.ended_at is None  # it may go on
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
