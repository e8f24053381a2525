"""What a run began with and what was changed since, from its spec and its events."""

import numpy as np

from reluscope.runs.book import Book
from reluscope.runs.run import Run
from reluscope.training.change import Change
from reluscope.training.script import script
from tests.training.scripted import printed

from .making import losses, spec, until_at, until_ended, until_paused


def test_a_run_that_nobody_changed_has_its_spec_and_no_changes():
    run = Run(spec(), 1)
    assert run.history() == (run.spec, [])


def test_changes_are_undone_to_the_rule_that_it_began_with():
    began = spec(update={"lr": 1e-4, "momentum": 0.5})
    run = Run(began, 1)
    rules = [
        began.update.changed({"lr": 1e-5}),
        began.update.changed({"lr": 1e-5, "momentum": 0.0}),
        began.update.changed({"lr": 3e-5, "momentum": 0.9, "nesterov": True}),
    ]
    for rule in rules:
        run.change(update=rule, pace=5.0)
        run.record(np.array([1.0, 1.0]))
    assert run.spec.update == rules[-1]
    first, changes = run.history()
    assert first == began.model_copy(update={"pace": 5.0})
    assert changes == [
        Change(2 * place, first.model_copy(update={"update": rule}))
        for place, rule in enumerate(rules)
    ]


def test_a_name_or_a_pace_is_no_change_of_how_it_trains():
    run = Run(spec(name="a"), 1)
    run.change(name="b", pace=3.0)
    run.change(pace=None)
    assert run.history() == (run.spec, [])
    assert run.history()[0].name == "b"


def test_what_was_changed_back_is_told_as_well():
    began = spec()
    run = Run(began, 1)
    run.change(update=began.update.changed({"lr": 0.5}))
    run.change(update=began.update)
    first, changes = run.history()
    assert first == began
    assert [change.spec.update.lr for change in changes] == [0.5, began.update.lr]


def test_the_script_of_a_run_that_was_changed_twice_prints_its_losses(book: Book):
    for update in ({"lr": 1e-4}, {"rule": "adam", "lr": 1e-2}, {"rule": "manual_data", "lr": 1e-4}):
        run = book.open(spec(update=update, iterations=60, pace=0.01))
        until_at(run, 1)
        book.pause(run.id)
        book.change(run.id, update={"lr": update["lr"] / 2}, pace=None)
        done = len(run.trace)
        book.step(run.id, 20)
        until_paused(run)
        book.change(run.id, update={"lr": update["lr"] / 5})
        book.resume(run.id)
        until_ended(run)
        began, changes = run.history()
        assert [change.iteration for change in changes] == [done, done + 20]
        assert printed(script(began, changes)) == losses(run)
        assert printed(script(began)) != losses(run)
