from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reluscope.errors import InvalidFields
from reluscope.runs import forks
from reluscope.runs.compare import compare
from reluscope.runs.history import history
from reluscope.runs.run import Run
from reluscope.training.change import Change
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.spec import RunSpec

from .making import LONG, curve, losses, spec, until_at, until_ended, until_paused
from .stored import life, same, trained, twin

DIVERGING = {"update": {"lr": 0.1}, "iterations": 400}

CHANGES = [
    {"update": {"rule": "adam", "lr": 1e-2}},
    {"update": {"lr": 1e-5}},
    {"update": {"momentum": 0.9}},
    {"relu": "my_relu"},
    {"gradients": "closed_form"},
    {"gradients": "gram"},
    {"iterations": 280},
    {"pace": 5000.0},
    {"relu": "half_abs", "gradients": "closed_form", "update": {"rule": "rmsprop", "lr": 1e-3}},
    {},
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A book that keeps its runs."""
    with life(tmp_path_factory.mktemp("kept")) as book:
        yield book


def changed(asked, changes):
    """The spec with these changes, as a person reads them."""
    update = changes.get("update", {})
    fields = {**asked.model_dump(), **changes}
    if "rule" not in update:
        fields["update"] = {**asked.update.model_dump(), **update}
    return RunSpec.model_validate(fields)


def continues(fork, of, at):
    """Its past is that of the run to the last bit, and a plain trainer that is changed there goes on
    as it does."""
    assert fork.forked_from.id == of.id
    assert fork.forked_from.iteration == at
    assert same(losses(fork)[:at], losses(of)[:at])
    assert same(fork.trace.rows(), twin(fork.spec, fork.events, len(fork.trace))[1])
    assert same(losses(fork), twin(fork.spec, fork.events, len(fork.trace))[0])


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("at", [0, 1, 133, 200])
def test_a_fork_goes_on_as_a_trainer_that_is_changed_there(kept, changes, at):
    run = kept.open(spec(iterations=200, diagnostics_every=7))
    until_ended(run)
    (fork,) = kept.fork(run.id, {"iterations": 240, **changes}, at=at)
    until_ended(fork)
    after = changed(run.spec, {"iterations": 240, **changes})
    assert fork.spec == after
    plain = after.model_copy(update={"pace": None})
    expected, rows = trained(run.spec, [Change(at, plain)], after.iterations)
    assert same(losses(fork), expected)
    assert same(fork.trace.rows(), rows)
    continues(fork, run, at)


@settings(max_examples=15)
@given(
    at=st.lists(st.integers(0, 100), min_size=1, max_size=4),
    changes=st.lists(st.sampled_from(CHANGES), min_size=4, max_size=4),
)
def test_forks_of_forks_have_all_that_their_forebears_went_through(kept, at, changes):
    runs = [kept.open(spec(iterations=110))]
    until_ended(*runs)
    for place, change in zip(at, changes, strict=False):
        try:
            runs += kept.fork(runs[-1].id, {**change, "iterations": 110}, at=place)
        except (ValidationError, InvalidFields):
            continue  # the rule that it has by then does not take this
        until_ended(runs[-1])
        continues(runs[-1], runs[-2], place)


def test_a_run_that_trains_is_forked_where_it_is_and_goes_on(kept):
    run = kept.open(spec(**LONG))
    until_at(run, 100)
    (fork,) = kept.fork(run.id, {"update": {"lr": 1e-5}, "iterations": 3000})
    kept.stop(run.id)
    until_ended(fork)
    continues(fork, run, fork.forked_from.iteration)
    assert fork.forked_from.iteration >= 100


def test_a_paused_run_is_forked_from_its_checkpoint_or_before_it(kept):
    run = kept.open(spec(iterations=1000, update={"rule": "adam", "lr": 1e-2}))
    kept.step(run.id, 400)
    until_paused(run)
    kept.settled().result()
    done = len(run.trace)
    for at in (done, done - 1, 5):
        (fork,) = kept.fork(run.id, {"update": {"lr": 1e-3}}, at=at)
        until_ended(fork)
        continues(fork, run, at)
    assert (run.status, len(run.trace)) == ("paused", done)


def test_a_run_that_was_steered_is_forked_with_the_changes_before(kept):
    run = kept.open(spec(iterations=600, pace=2000.0))
    for at, lr in ((50, 5e-5), (150, 2e-5)):
        until_at(run, at)
        kept.change(run.id, update={"lr": lr})
    until_ended(run)
    first, second = (event.iteration for event in run.events if event.changes)
    for at, lr in ((first - 1, 1e-4), (first, 5e-5), (second, 2e-5)):
        (fork,) = kept.fork(run.id, {"pace": None}, at=at)
        until_ended(fork)
        assert fork.spec.update.lr == lr
        continues(fork, run, at)


def test_as_many_forks_as_were_asked_for_are_alike(kept):
    run = kept.open(spec())
    until_ended(run)
    forks = kept.fork(run.id, {"seed": 0, "name": "one of five", "iterations": 600}, count=5)
    until_ended(*forks)
    assert len({fork.id for fork in forks}) == 5
    for fork in forks:
        assert losses(fork) == curve(spec(iterations=600))


def test_a_fork_has_losses_of_its_own():
    """Those of the other may leave memory, be they many more."""
    run = Run(spec(iterations=1000, diagnostics_every=10), 1)
    run.record(np.ones(500), np.ones((50, len(CHANNELS))))
    forked = forks.fork(run, {}, 200).trace()
    assert len(forked) == 200
    assert not np.shares_memory(forked[:], run.trace[:])
    assert not np.shares_memory(forked.rows(), run.trace.rows())


def test_forks_of_one_instant_of_the_clock_are_as_many_runs(kept, monkeypatch):
    run = kept.open(spec())
    until_ended(run)
    monkeypatch.setattr(forks, "time", SimpleNamespace(time=lambda: run.created_at))
    made = kept.fork(run.id, {"iterations": 600}, count=2)
    assert len({run.number, *(fork.number for fork in made)}) == 3


@pytest.mark.parametrize("before", ["stop", "pause", "continue"])
@pytest.mark.parametrize("after", ["stop", "pause", "continue"])
def test_what_a_fork_does_at_what_is_not_finite_is_its_own(kept, before, after):
    run = kept.open(
        spec(**DIVERGING, on_nonfinite=before, pace=100)
    )  # else it may be there already
    kept.step(run.id, 3)
    until_paused(run)
    kept.settled().result()
    (fork,) = kept.fork(run.id, {"on_nonfinite": after, "pace": None})
    kept.resume(run.id)
    until_paused(fork) if after == "pause" else until_ended(fork)
    alone = kept.open(spec(**DIVERGING, on_nonfinite=after))
    until_paused(alone) if after == "pause" else until_ended(alone)
    assert (fork.status, fork.reason) == (alone.status, alone.reason)
    assert same(losses(fork), losses(alone))


@pytest.mark.parametrize("changes", [{}, {"relu": "where"}, {"update": {"lr": 1e-9}}], ids=str)
def test_a_fork_of_what_diverged_diverges_at_its_first_iteration_that_is_not_finite(kept, changes):
    run = kept.open(spec(**DIVERGING, on_nonfinite="stop"))
    until_ended(run)
    (fork,) = kept.fork(run.id, changes)
    until_ended(fork)
    (again,) = kept.fork(fork.id, {"iterations": 1000})
    until_ended(again)
    for one, of in ((fork, run), (again, fork)):
        assert (one.status, one.iteration) == ("diverged", of.iteration + 1)
        assert f"iteration {of.iteration} " in one.reason


def test_a_fork_that_is_not_to_go_on_after_what_was_not_finite_in_its_past_ends_at_once(kept):
    run = kept.open(spec(**DIVERGING, on_nonfinite="continue"))
    until_ended(run)
    (fork,) = kept.fork(run.id, {"on_nonfinite": "stop"}, at=300)
    until_ended(fork)
    assert (fork.status, len(fork.trace)) == ("diverged", 301)


@pytest.mark.parametrize(
    ("changes", "at", "field"),
    [
        ({}, 501, "at"),
        ({"iterations": 300}, 300, "iterations"),
        ({}, 500, "iterations"),
        ({"seed": 1}, 10, "seed"),
        ({"hidden": 6}, 10, "hidden"),
        ({"dtype": "float64"}, 10, "dtype"),
        ({"diagnostics_every": 3}, 10, "diagnostics_every"),
    ],
)
def test_what_cannot_be_forked_is_refused_with_what_is_allowed(kept, changes, at, field):
    run = kept.open(spec())
    until_ended(run)
    before = len(list(kept.newest_first()))
    with pytest.raises(InvalidFields) as refused:
        kept.fork(run.id, changes, at=at, count=3)
    (error,) = refused.value.errors
    assert error.field == field
    assert error.allowed
    assert len(list(kept.newest_first())) == before


def steered(book, **fields):
    """A run that a person changed, paused and stepped, and then let go on."""
    run = book.open(spec(iterations=800, **fields))
    book.step(run.id, 40)
    until_paused(run)
    book.change(run.id, update={"lr": 3e-5})
    book.step(run.id, 60)
    until_paused(run)
    book.change(run.id, update={"lr": 7e-5}, pace=4000.0)
    book.resume(run.id)
    until_at(run, 300)
    book.change(run.id, update={"lr": 1e-5})
    return run


def test_a_replay_of_a_run_that_was_steered_is_the_same_curve(kept):
    run = steered(kept, diagnostics_every=7)
    until_ended(run)
    replay = kept.replay(run.id)
    until_ended(replay)
    assert replay.spec.pace is None
    assert losses(replay) == losses(run)
    assert same(replay.trace.rows(), run.trace.rows())
    assert compare(replay.trace, run.trace).equal


def test_a_replay_of_a_run_that_was_stopped_ends_there(kept):
    run = steered(kept)
    kept.stop(run.id)
    replay = kept.replay(run.id)
    until_ended(replay)
    assert replay.status == "finished"
    assert losses(replay) == losses(run)


def test_a_replay_of_a_run_that_went_on_after_what_was_not_finite_goes_on_too(kept):
    run = kept.open(spec(**DIVERGING, on_nonfinite="pause"))
    until_paused(run)
    kept.change(run.id, update={"lr": 1e-3})
    kept.resume(run.id)
    until_ended(run)
    replay = kept.replay(run.id)
    until_ended(replay)
    assert (replay.status, run.status) == ("finished", "finished")
    assert same(losses(replay), losses(run))


@pytest.mark.parametrize("at", [200, 390])
def test_a_replay_of_a_fork_goes_through_what_the_fork_went_through(kept, at):
    run = steered(kept)
    until_ended(run)
    (fork,) = kept.fork(run.id, {"update": {"rule": "adam", "lr": 1e-3}, "relu": "mask"}, at=at)
    until_ended(fork)
    replay = kept.replay(fork.id)
    until_ended(replay)
    assert losses(replay) == losses(fork)


@pytest.mark.parametrize(("before", "after"), [("continue", "stop"), ("pause", "stop")])
def test_a_replay_of_a_fork_does_at_what_is_not_finite_what_the_fork_did(kept, before, after):
    run = kept.open(spec(**DIVERGING, on_nonfinite=before))
    if before == "pause":
        until_paused(run)
        kept.resume(run.id)
    until_ended(run)
    (fork,) = kept.fork(run.id, {"on_nonfinite": after}, at=300)
    until_ended(fork)
    replay = kept.replay(fork.id)
    until_ended(replay)
    assert (replay.status, len(replay.trace)) == (fork.status, len(fork.trace))
    assert same(losses(replay), losses(fork))


class Changing(list):
    """The events of a run, one more of which comes after they were looked at for the first time."""

    def __init__(self, run):
        super().__init__(run.events)
        self.run = run

    def __iter__(self):
        there = list.__iter__(self[:])
        run, self.run = self.run, None
        if run is not None:
            run.change(update=run.spec.update.model_copy(update={"lr": 1e-9}))
        return there


def test_a_change_in_the_midst_of_a_fork_is_in_all_of_it_or_in_none():
    run = Run(spec(), 1)
    run.move("running")
    run.events = Changing(run)
    kept = forks.fork(run, {})
    first, changes = history(kept.view.spec, kept.events)
    assert [first, *(change.spec for change in changes)][-1].update == kept.view.spec.update
