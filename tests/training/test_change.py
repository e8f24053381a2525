"""A trainer goes on by another spec exactly as plain loops do, one after the other."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from reluscope.errors import InvalidFields
from reluscope.training.change import KEPT, SWITCHABLE, check_change
from reluscope.training.gram import GramRun
from reluscope.training.relus import RELUS, Relu
from reluscope.training.rules import RULES
from reluscope.training.spec import GRADIENTS, RunSpec
from reluscope.training.trainer import Trainer, advance

from .changing import SMALL, plain_story, stages, stories
from .plain import gentle


def spec_of(rule: str = "sgd", gradients: str = "autograd", **fields) -> RunSpec:
    update = gentle(rule, **fields.pop("update", {}))
    return RunSpec.model_validate({**SMALL, "update": update, "gradients": gradients, **fields})


def other(spec: RunSpec, **fields) -> RunSpec:
    """The spec with some fields changed, by its own checks."""
    return RunSpec.model_validate({**spec.model_dump(), **fields})


def trained(spec: RunSpec, changes) -> list[float]:
    trainer, losses = Trainer(spec), []
    for now, start, stop in stages(spec, changes):
        if trainer.spec is not now:
            trainer.change(now)
        if stop > start:
            losses += trainer.advance(stop - start).losses.tolist()
    return losses


# --- what may change


def test_what_decides_a_curve_may_change_or_poses_the_problem():
    named = {*SWITCHABLE, *KEPT, "name", "tags", "iterations", "pace", "on_nonfinite"}
    assert named == set(RunSpec.model_fields)


def test_every_field_that_cannot_change_is_named():
    before = spec_of()
    fields = {"n": 8, "d_in": 13, "hidden": 11, "d_out": 5, "seed": 1, "dtype": "float64"}
    fields |= {"device": "cuda:0", "diagnostics_every": 3}
    with pytest.raises(InvalidFields) as raised:
        check_change(before, other(before, **fields, relu="relu", iterations=9))
    assert {error.field: error.given for error in raised.value.errors} == fields
    assert [error.allowed for error in raised.value.errors][:2] == [[9], [12]]
    assert str(raised.value).startswith("n: this cannot change on the way: expected 9; d_in: ")


def test_what_may_change_is_let_through():
    before = spec_of()
    free = {"name": "b", "tags": ["x"], "pace": 1.0, "iterations": 9, "on_nonfinite": "continue"}
    check_change(before, other(before, **free, relu="relu", gradients="gram"))


def test_what_is_refused_changes_nothing():
    spec, trainer = spec_of(), Trainer(spec_of())
    first = trainer.advance(4).losses
    with pytest.raises(InvalidFields, match="seed"):
        trainer.change(other(spec, seed=1, gradients="gram", relu="relu"))
    assert trainer.spec == spec
    assert [*first, *trainer.advance(8).losses] == plain_story(spec)


@pytest.mark.parametrize("gradients", GRADIENTS)
def test_a_relu_that_does_not_do_what_one_must_is_refused_and_changes_nothing(
    gradients, monkeypatch
):
    monkeypatch.setitem(RELUS, "flat", Relu("flat", lambda h: h.sum(), "", "", "", ""))
    spec = spec_of(gradients=gradients)
    trainer = Trainer(spec)
    first = trainer.advance(4).losses
    with pytest.raises(ValueError, match="flat returned shape"):
        trainer.change(other(spec, relu="flat"))
    assert trainer.spec == spec
    assert [*first, *trainer.advance(8).losses] == plain_story(spec)


# --- the same bits


@settings(max_examples=250)
@given(stories())
def test_any_story_is_that_of_plain_loops(story):
    np.testing.assert_array_equal(trained(*story), plain_story(*story))


@pytest.mark.parametrize("gradients", ["autograd", "closed_form"])
@pytest.mark.parametrize("rule", RULES)
def test_from_and_to_every_rule(rule, gradients):
    first = spec_of("sgd", gradients, update={"momentum": 0.9})
    changes = [(3, spec_of(rule, gradients)), (6, spec_of("adam", gradients))]
    changes += [(9, spec_of(rule, gradients))]
    assert trained(first, changes) == plain_story(first, changes)


@pytest.mark.parametrize("relu", RELUS)
def test_another_relu_leaves_what_the_rule_remembers(relu):
    for gradients in GRADIENTS:
        first = spec_of("sgd", gradients, update={"momentum": 0.9}, relu="my_relu")
        changes = [(4, other(first, relu=relu)), (8, other(first, relu="half_abs"))]
        losses = trained(first, changes)
        assert losses == plain_story(first, changes)
        forgetful = [(3, other(first, update=gentle("manual"))), (4, first), *changes]
        assert losses[5:] != plain_story(first, forgetful)[5:]


def test_a_fixed_hyperparameter_that_changes_makes_the_rule_begin_anew():
    first = spec_of("adam")
    changed = other(first, update=gentle("adam", amsgrad=True))
    trainer = Trainer(first)
    trainer.advance(4)
    trainer.change(changed)
    assert trainer.network.state == [{}, {}]
    assert trained(first, [(4, changed)]) == plain_story(first, [(4, changed)])


@pytest.mark.parametrize("update", [{}, {"momentum": 0.9, "weight_decay": 1.0}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_to_gram_and_back_the_weights_are_carried_over(update, dtype):
    plain, gram = (spec_of("sgd", g, update=update, dtype=dtype) for g in ("closed_form", "gram"))
    trainer = Trainer(plain)
    trainer.advance(5)
    before = [weight.clone() for weight in trainer.weights()]
    trainer.change(gram)
    for weight, expected in zip(trainer.weights(), before, strict=True):
        assert torch.equal(weight, expected)
    trainer.advance(5)
    before = [weight.clone() for weight in trainer.weights()]
    trainer.change(plain)
    for weight, expected in zip(trainer.weights(), before, strict=True):
        assert torch.equal(weight, expected)


def test_how_far_it_was_stays():
    spec = spec_of(diagnostics_every=4)
    trainer = Trainer(spec)
    rows = [len(trainer.advance(3).diagnostics)]
    trainer.change(other(spec, relu="relu", gradients="gram"))
    assert trainer.iteration == 3
    rows += [len(trainer.advance(count).diagnostics) for count in (1, 1, 7)]
    assert rows == [1, 0, 1, 1]


# --- what is not finite


def test_on_nonfinite_may_change_and_is_watched_anew():
    spec = spec_of(update={"lr": 1.0}, iterations=30, on_nonfinite="continue")
    trainer = Trainer(spec)
    assert trainer.advance(10).nonfinite is not None
    assert trainer.advance(10).nonfinite is None
    trainer.change(other(spec, on_nonfinite="stop"))
    found = trainer.advance(10)
    assert (len(found.losses), found.nonfinite.iteration) == (1, 20)


@pytest.mark.parametrize("after", GRADIENTS)
@pytest.mark.parametrize("before", GRADIENTS)
def test_the_last_finite_loss_is_that_before_a_change(before, after):
    spec = spec_of(gradients=before)
    trainer = Trainer(spec)
    losses = trainer.advance(6).losses
    norm = trainer.last.gradient_norm()
    trainer.change(other(spec, gradients=after))
    assert (trainer.last.loss, trainer.last.gradient_norm()) == (losses[-1], norm)


# --- company


SIZES = {"n": 16, "d_in": 60, "hidden": 30, "d_out": 4}
"""At which company keeps the bits of each."""


def gram_runs(count: int = 3) -> list[Trainer]:
    update = {"momentum": 0.9, "dampening": 0.25}
    specs = [spec_of("sgd", "gram", update=update, seed=seed, **SIZES) for seed in range(count)]
    trainers = [Trainer(spec) for spec in specs]
    assert trainers[0].company is not None
    return trainers


@pytest.mark.parametrize("fields", [{"relu": "mask"}, {"update": gentle("manual")}])
def test_in_gram_a_change_in_company_is_a_change_alone(fields):
    alone, together = gram_runs(), gram_runs()
    for trainer in alone:
        trainer.advance(5)
    advance(together, 5)
    for trainers in (alone, together):
        trainers[1].change(other(trainers[1].spec, **fields))
    assert together[1].company == alone[1].company != together[0].company
    rest = advance([together[0], together[2]], 5)
    found = [rest[0], together[1].advance(5), rest[1]]
    for result, trainer in zip(found, alone, strict=True):
        assert result.losses.tolist() == trainer.advance(5).losses.tolist()


def test_who_goes_on_another_way_leaves_the_company_as_it_was():
    alone, together = gram_runs(), gram_runs()
    for trainer in alone:
        trainer.advance(5)
    advance(together, 5)
    for trainers in (alone, together):
        trainers[1].change(other(trainers[1].spec, gradients="autograd"))
    assert together[1].company is None
    found = advance([together[0], together[2]], 5)
    found.insert(1, together[1].advance(5))
    for result, trainer in zip(found, alone, strict=True):
        assert result.losses.tolist() == trainer.advance(5).losses.tolist()


def test_who_comes_to_gram_may_keep_company():
    comers = [Trainer(spec_of("sgd", "autograd", seed=seed, **SIZES)) for seed in range(2)]
    alone = [Trainer(spec_of("sgd", "autograd", seed=seed, **SIZES)) for seed in range(2)]
    for trainer in (*comers, *alone):
        trainer.advance(3)
        trainer.change(other(trainer.spec, gradients="gram"))
    always = Trainer(spec_of("sgd", "gram", seed=5, **SIZES))
    assert comers[0].company == comers[1].company == always.company
    found = advance([*comers, always], 6)
    for result, trainer in zip(found, alone, strict=False):
        assert result.losses.tolist() == trainer.advance(6).losses.tolist()
    assert isinstance(comers[0].network, GramRun)
