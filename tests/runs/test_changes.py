"""Hyperparameters that change while a run trains: between two iterations, and told as an event."""

import threading

import pytest
from pydantic import ValidationError

from reluscope.errors import ForbiddenMove, InvalidFields
from reluscope.training.rules import Sgd
from reluscope.training.spec import GRADIENTS
from reluscope.training.trainer import Trainer
from tests.waiting import eventually

from .making import LONG, losses, spec, until_at, until_ended, until_paused


def changes(run) -> list:
    return [event for event in run.events if event.kind == "changed"]


def by_hand(run, asked) -> list[float]:
    """What a trainer gives that is changed at the iterations that the run's events tell."""
    trainer, found = Trainer(asked), []
    for event in changes(run):
        found += trainer.advance(event.iteration - len(found)).losses.tolist()
        changed = {name.removeprefix("update."): new for name, (_, new) in event.changes.items()}
        trainer.change(asked.model_copy(update={"update": asked.update.changed(changed)}))
    return found + trainer.advance(len(run.trace) - len(found)).losses.tolist()


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_a_paused_run_changes_at_once_and_trains_on_with_it(book, gradients):
    asked = spec(**LONG, gradients=gradients, update={"lr": 1e-4, "momentum": 0.9})
    run = book.open(asked)
    until_at(run, 5)
    book.pause(run.id)
    paused_at = len(run.trace)
    book.change(run.id, update={"lr": 5e-5, "momentum": 0.5})
    assert (run.spec.update.lr, run.spec.update.momentum) == (5e-5, 0.5)
    [event] = changes(run)
    assert event.iteration == paused_at
    assert event.changes == {"update.lr": [1e-4, 5e-5], "update.momentum": [0.9, 0.5]}
    book.step(run.id, 30)
    until_paused(run)
    assert losses(run) == by_hand(run, asked)


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_a_run_that_trains_changes_between_two_iterations(book, gradients):
    asked = spec(**LONG, gradients=gradients)
    run = book.open(asked)
    for number in (1, 2, 3):
        until_at(run, len(run.trace) + 1)
        book.change(run.id, update={"lr": 1e-4 / (1 + number)})
        assert run.spec.update.lr == 1e-4 / (1 + number)
    until_at(run, len(run.trace) + 20)
    book.pause(run.id)
    assert len(changes(run)) == 3
    assert losses(run) == by_hand(run, asked)


def test_a_run_that_waits_for_its_first_turn_begins_with_it(book):
    run = book.open(spec(pace=0.001, iterations=5))
    book.pause(run.id)
    book.change(run.id, update={"lr": 0.0})
    assert changes(run)[0].iteration == len(run.trace)


def test_a_change_is_answered_when_it_has_come_about(narrow, gate):
    run = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    asking = threading.Thread(target=narrow.change, args=(run.id,), kwargs={"update": {"lr": 0.5}})
    asking.start()
    eventually(lambda: run.turn.update, "the change that is asked")
    assert run.spec.update.lr == 1e-4
    narrow.change(run.id, update={"lr_w2": 0.25}, wait_s=0)
    gate.open()
    asking.join()
    assert (run.spec.update.lr, run.spec.update.lr_w2) == (0.5, 0.25)
    [event] = changes(run)
    assert event.changes == {"update.lr": [1e-4, 0.5], "update.lr_w2": [None, 0.25]}


def test_a_change_and_a_pause_asked_in_one_turn_both_come_about(narrow, gate):
    run = narrow.open(spec(relu="gated", **LONG))
    gate.wait_until_reached()
    narrow.change(run.id, update={"lr": 0.0}, wait_s=0)
    narrow.pause(run.id, wait_s=0)
    narrow.resume(run.id)
    narrow.pause(run.id, wait_s=0)
    gate.open()
    until_paused(run)
    assert run.spec.update.lr == 0.0
    assert [event.kind for event in run.events] == ["running", "changed", "paused"]


@pytest.mark.parametrize(
    "update", [{"lr": -1}, {"lr": "fast"}, {"beta": 1}, {"nesterov": True}, {"rule": "adam"}]
)
def test_what_the_rule_does_not_take_changes_nothing(book, update):
    run = book.open(spec(**LONG))
    with pytest.raises(ValidationError):
        book.change(run.id, name="new", update=update)
    assert run.spec.name is None
    assert changes(run) == []


@pytest.mark.parametrize("status", ["finished", "stopped"])
def test_a_run_that_has_ended_keeps_its_hyperparameters(book, status):
    run = book.open(spec(**(LONG if status == "stopped" else {"iterations": 3})))
    if status == "stopped":
        book.stop(run.id)
    until_ended(run)
    with pytest.raises(ForbiddenMove, match=f"cannot change the hyperparameters .* it is {status}"):
        book.change(run.id, update={"lr": 0.5})


def test_a_pace_that_changes_is_an_event_and_a_name_is_not(book):
    run = book.open(spec(**LONG))
    book.change(run.id, name="new", pace=50.0)
    book.change(run.id, pace=50.0)
    [event] = changes(run)
    assert event.changes == {"pace": [None, 50.0]}


def test_events_tell_a_runs_life_in_order(book):
    run = book.open(spec(**LONG))
    until_at(run, 1)
    book.pause(run.id)
    paused_at = len(run.trace)
    book.step(run.id, 7)
    until_paused(run)
    book.stop(run.id)
    told = [(event.kind, event.iteration) for event in run.events]
    assert told == [
        ("running", 0),
        ("paused", paused_at),
        ("running", paused_at),
        ("paused", paused_at + 7),
        ("stopped", paused_at + 7),
    ]
    times = [event.at for event in run.events]
    assert times == sorted(times)


def test_the_gram_form_refuses_a_change_that_leaves_the_step_no_longer_linear(book, monkeypatch):
    linear = Sgd.linear
    monkeypatch.setattr(Sgd, "linear", lambda rule: linear(rule) if rule.lr < 1 else None)
    gram, plain = (book.open(spec(**LONG, gradients=g)) for g in ("gram", "autograd"))
    for run in (gram, plain):
        until_at(run, 1)
    with pytest.raises(InvalidFields, match="gram needs a rule whose step is linear"):
        book.change(gram.id, update={"lr": 2.0})
    book.change(plain.id, update={"lr": 2.0})
    assert (gram.spec.update.lr, plain.spec.update.lr) == (1e-4, 2.0)
    until_at(gram, len(gram.trace) + 10)
