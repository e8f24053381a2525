"""The first loss or weight that is not finite is found, told, and not trained past."""

import math

import numpy as np
import pytest
import torch

from reluscope.training.problem import draw
from reluscope.training.relus import RELUS, Relu
from reluscope.training.rules import Manual
from reluscope.training.spec import GRADIENTS, RunSpec
from reluscope.training.trainer import Nonfinite, Trainer

EVERY_WAY = pytest.mark.parametrize("gradients", GRADIENTS)


def spec_of(**fields) -> RunSpec:
    small = {"n": 16, "d_in": 60, "hidden": 30, "d_out": 5, "iterations": 60}
    return RunSpec.model_validate({**small, "update": {"lr": 0.01}, **fields})


def whole(spec: RunSpec) -> np.ndarray:
    return Trainer(spec.model_copy(update={"on_nonfinite": "continue"})).advance(60).losses


@EVERY_WAY
@pytest.mark.parametrize("pieces", [(60,), (1,) * 60, (2, 58), (7,) * 8])
def test_a_loss_that_is_not_finite_is_the_last(gradients, pieces):
    spec = spec_of(gradients=gradients)
    curve = whole(spec)
    first = int(np.flatnonzero(~np.isfinite(curve))[0])
    trainer, losses, found = Trainer(spec), [], None
    for count in pieces:
        result = trainer.advance(count)
        losses += result.losses.tolist()
        if found := result.nonfinite:
            break
    assert losses == curve[: first + 1].tolist()
    assert trainer.iteration == first + 1
    assert (found.iteration, found.what, found.loss) == (first, "loss", curve[first])
    assert found.last_loss == curve[first - 1]


@EVERY_WAY
def test_the_gradient_norm_is_that_of_the_last_finite_loss(gradients):
    spec = spec_of(gradients=gradients, diagnostics_every=1)
    result = Trainer(spec).advance(60)
    norms = result.diagnostics[result.nonfinite.iteration - 1, 3:5]
    assert result.nonfinite.gradient_norm == pytest.approx(math.hypot(*norms), rel=1e-6)


@EVERY_WAY
@pytest.mark.parametrize("relu", ["where", "clamp"])
def test_weights_that_are_not_finite_are_found_though_the_loss_is(gradients, relu):
    """One update throws w2 out of the range; the loss before it was fine."""
    spec = spec_of(gradients=gradients, relu=relu, update={"lr": 1e-4, "lr_w2": 3e38})
    result = Trainer(spec).advance(60)
    assert len(result.losses) == 1
    assert np.isfinite(result.losses).all()
    assert (result.nonfinite.iteration, result.nonfinite.what) == (0, "weights")
    assert result.nonfinite.last_loss == result.losses[0]
    assert str(result.nonfinite).startswith(
        "a weight is not finite after the update of iteration 0"
    )


def test_a_nan_that_the_relu_swallows_does_not_hide(monkeypatch):
    """relu by `where` makes 0 of NaN: with a dead NaN in w1 the losses stay finite for ever."""
    spec = spec_of(relu="where", update={"lr": 1e-4})
    problem = draw(spec)
    problem.w1[0, 0] = math.nan
    monkeypatch.setattr("reluscope.training.trainer.draw", lambda _: problem)
    result = Trainer(spec).advance(60)
    assert np.isfinite(result.losses).all()
    assert (result.nonfinite.iteration, result.nonfinite.what) == (0, "weights")


def test_a_first_loss_that_is_not_finite_has_none_before_it(monkeypatch):
    spec = spec_of()
    problem = draw(spec)
    problem.y[0, 0] = math.inf
    monkeypatch.setattr("reluscope.training.trainer.draw", lambda _: problem)
    found = Trainer(spec).advance(60).nonfinite
    assert found == Nonfinite(0, "loss", math.inf, None, None)
    assert str(found) == "the loss of iteration 0 is Infinity; no loss before it was finite"


@EVERY_WAY
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_after_it_was_told_training_goes_on_from_there(gradients, rule):
    """As it would have gone on in one piece: what was trained past it has left no trace."""
    update = {"rule": rule, "lr": 0.01 if rule == "sgd" else 1e37}
    if (gradients, rule) == ("gram", "adam"):
        return
    spec = spec_of(gradients=gradients, update=update, diagnostics_every=5)
    trainer = Trainer(spec)
    first, second = trainer.advance(30), trainer.advance(20)
    assert first.nonfinite is not None
    assert second.nonfinite is None
    curve = whole(spec)[: len(first.losses) + 20]
    np.testing.assert_array_equal([*first.losses, *second.losses], curve)


def test_a_rule_that_keeps_hold_of_its_state_begins_anew_where_it_is_rewound(monkeypatch):
    def begin(rule, weights, state):
        velocities = [
            own.setdefault("v", torch.zeros_like(w)) for w, own in zip(weights, state, strict=True)
        ]

        def step(gradients):
            for weight, gradient, velocity in zip(weights, gradients, velocities, strict=True):
                velocity.mul_(0.9).add_(gradient)
                weight.sub_(velocity, alpha=rule.lr)

        return step

    monkeypatch.setattr(Manual, "begin", begin)
    spec = spec_of(update={"rule": "manual", "lr": 0.01})
    unwatched = Trainer(spec)
    unwatched.watchful = False
    result = Trainer(spec).advance(60)
    expected = unwatched.advance(60).losses
    first = int(np.flatnonzero(~np.isfinite(expected))[0])
    np.testing.assert_array_equal(result.losses, expected[: first + 1])


@EVERY_WAY
def test_continue_tells_once_and_trains_all(gradients):
    spec = spec_of(gradients=gradients, on_nonfinite="continue", diagnostics_every=3)
    trainer = Trainer(spec)
    results = [trainer.advance(20) for _ in range(3)]
    assert [len(result.losses) for result in results] == [20, 20, 20]
    assert sum(len(result.diagnostics) for result in results) == 20
    assert [result.nonfinite is not None for result in results].count(True) == 1


@EVERY_WAY
def test_a_sum_that_overflows_is_no_weight_that_does(gradients, monkeypatch):
    spec = spec_of(gradients=gradients, update={"lr": 0.0})
    problem = draw(spec)
    problem.w2.fill_(3e36)
    problem.x.fill_(0.0)
    monkeypatch.setattr("reluscope.training.trainer.draw", lambda _: problem)
    assert not torch.isfinite(problem.w2.sum())
    assert Trainer(spec).advance(10).nonfinite is None


@EVERY_WAY
@pytest.mark.parametrize("pieces", [(60,), (2, 58), (1,) * 60])
def test_a_relu_that_raises_late_gives_all_iterations_before(gradients, pieces, monkeypatch):
    """Wherever its turns end; and a loss that is not finite before it comes first."""

    def picky(h):
        if not h.isfinite().all():
            raise ValueError("h is not finite")
        return torch.relu(h)

    monkeypatch.setitem(RELUS, "picky", Relu("picky", picky, "", "", "", ""))
    for on_nonfinite in ("stop", "continue"):
        asked = {"gradients": gradients, "on_nonfinite": on_nonfinite}
        full = Trainer(spec_of(**{**asked, "on_nonfinite": "continue"}, relu="relu"))
        curve = full.advance(60).losses.tolist()
        trainer, losses, told, raised = Trainer(spec_of(**asked, relu="picky")), [], [], None
        for count in (*pieces, 1):
            try:
                result = trainer.advance(count)
            except ValueError as error:  # before any iteration of this turn
                raised = error
                break
            losses += result.losses.tolist()
            told += [result.nonfinite] if result.nonfinite else []
            raised = result.error
            if raised or (told and on_nonfinite == "stop"):
                break
        assert isinstance(raised, ValueError) == (on_nonfinite == "continue")
        first = int(np.flatnonzero(~np.isfinite(curve))[0])
        assert [one.iteration for one in told] == [first]
        np.testing.assert_array_equal(losses, curve[: len(losses)])
        assert len(losses) >= first + 1


@pytest.mark.parametrize(
    ("norm", "told"),
    [(24035200000000.0, "2.40352e+13"), (6371570.4, "6.37157e+06"), (math.inf, "Infinity")],
)
def test_the_norm_is_told_as_the_loss_is(norm, told):
    said = str(Nonfinite(2, "loss", math.nan, 24035200000000.0, norm))
    assert said.endswith(f"the last finite loss was 2.40352e+13, with a gradient of norm {told}")
