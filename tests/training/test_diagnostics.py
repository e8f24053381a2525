"""The diagnostics are what their names say, of the iterations that are due."""

import numpy as np
import pytest
import torch

from reluscope.training.diagnostics import CHANNELS
from reluscope.training.problem import draw
from reluscope.training.relus import RELUS
from reluscope.training.spec import GRADIENTS, RunSpec
from reluscope.training.trainer import Trainer

from .plain import gentle

EVERY_WAY = pytest.mark.parametrize("gradients", GRADIENTS)


def spec_of(**fields) -> RunSpec:
    small = {"n": 16, "d_in": 60, "hidden": 30, "d_out": 5, "iterations": 60, "dtype": "float64"}
    return RunSpec.model_validate({**small, "update": gentle("sgd"), **fields})


def by_definition(spec: RunSpec, iteration: int) -> dict[str, float]:
    """Every channel, written out, of an iteration's pass."""
    trainer = Trainer(spec)
    if iteration:
        trainer.advance(iteration)
    w1, w2 = (weight.clone().requires_grad_() for weight in trainer.weights())
    problem = draw(spec)
    h = problem.x @ w1
    ((RELUS[spec.relu].apply(h) @ w2 - problem.y) ** 2).sum().backward()
    share_above = (h > 0).double().mean(dim=0)
    return {
        "dead": (share_above == 0).double().mean().item(),
        "active": share_above.mean().item(),
        "zeros": (h == 0).sum().item(),
        "gradient_norm_w1": w1.grad.pow(2).sum().sqrt().item(),
        "gradient_norm_w2": w2.grad.pow(2).sum().sqrt().item(),
        "weight_norm_w1": w1.detach().pow(2).sum().sqrt().item(),
        "weight_norm_w2": w2.detach().pow(2).sum().sqrt().item(),
    }


def named(row) -> dict[str, float]:
    return dict(zip((channel.name for channel in CHANNELS), row.tolist(), strict=True))


def test_channels_are_numbered_from_1_on():
    assert [channel.number for channel in CHANNELS] == list(range(1, len(CHANNELS) + 1))


@EVERY_WAY
@pytest.mark.parametrize("relu", ["clamp", "half_abs"])
def test_they_are_what_their_names_say(gradients, relu):
    spec = spec_of(gradients=gradients, relu=relu, diagnostics_every=10)
    rows = Trainer(spec).advance(60).diagnostics
    assert rows.shape == (6, len(CHANNELS))
    for number in (0, 3):
        expected = by_definition(spec, 10 * number)
        assert named(rows[number]) == pytest.approx(expected, rel=1e-9)


@EVERY_WAY
def test_dead_units_and_exact_zeros_are_counted(gradients, monkeypatch):
    """A unit whose weights are 0 has h = 0 for each of 16 samples: at the kink, and dead."""
    spec = spec_of(gradients=gradients, diagnostics_every=1)
    problem = draw(spec)
    problem.w1[:, [3, 7, 9]] = 0.0
    monkeypatch.setattr("reluscope.training.trainer.draw", lambda _: problem)
    row = named(Trainer(spec).advance(1).diagnostics[0])
    assert row["dead"] == pytest.approx(3 / 30)
    assert row["zeros"] == 3 * 16


@EVERY_WAY
def test_they_come_of_every_iteration_that_the_stride_divides(gradients):
    spec = spec_of(gradients=gradients, diagnostics_every=7)
    whole = Trainer(spec).advance(60).diagnostics
    pieced = Trainer(spec)
    pieces = [pieced.advance(count).diagnostics for count in (1, 6, 1, 20, 2, 30)]
    assert [len(piece) for piece in pieces] == [1, 0, 1, 2, 1, 4]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


@EVERY_WAY
def test_they_do_not_touch_the_training(gradients):
    often, never = (
        Trainer(spec_of(gradients=gradients, diagnostics_every=every)).advance(60)
        for every in (1, 0)
    )
    assert often.losses.tolist() == never.losses.tolist()
    assert (len(often.diagnostics), len(never.diagnostics)) == (60, 0)


def test_autograd_and_closed_form_have_the_same_bits():
    rows = [Trainer(spec_of(gradients=way)).advance(60).diagnostics for way in GRADIENTS][:2]
    np.testing.assert_array_equal(*rows)


def test_a_norm_that_float32_cannot_square_is_told_all_the_same():
    spec = spec_of(dtype="float32", update={"lr": 1e17}, diagnostics_every=1)
    rows = Trainer(spec.model_copy(update={"on_nonfinite": "continue"})).advance(2).diagnostics
    assert torch.finfo(torch.float32).max ** 0.5 < named(rows[1])["weight_norm_w1"] < np.inf
