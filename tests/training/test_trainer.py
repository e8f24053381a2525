from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reluscope.training.presets import PRESETS
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES
from reluscope.training.spec import DTYPES, RunSpec
from reluscope.training.trainer import Trainer

from .plain import GENTLE, by_rule, gentle, plain_losses

SMALL = {"n": 16, "d_in": 60, "hidden": 30, "d_out": 5, "iterations": 30}


def curve(spec: RunSpec) -> list[float]:
    return Trainer(spec).advance(spec.iterations).losses.tolist()


def spec_of(rule: str = "sgd", **fields) -> RunSpec:
    names = {"lr", "momentum"} & fields.keys()
    hyperparameters = {name: fields.pop(name) for name in names}
    return RunSpec.model_validate({**SMALL, "update": gentle(rule, **hyperparameters), **fields})


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_gives_its_tutorials_losses_bit_for_bit(preset, tutorial_losses):
    expected = tutorial_losses[preset.name]
    assert len(expected) == 500
    assert expected[-1] < expected[0] / 1000
    assert curve(RunSpec.model_validate(preset.spec)) == expected


@pytest.mark.parametrize(
    ("relu", "rule", "dtype"), list(product(RELUS, RULES, DTYPES)), ids=lambda name: name
)
def test_every_choice_equals_a_plain_loop_bit_for_bit(relu, rule, dtype):
    spec = spec_of(rule, relu=relu, dtype=dtype, seed=7)
    expected = plain_losses(spec)
    assert min(expected) < expected[0]
    assert curve(spec) == expected
    assert curve(spec_of(rule, relu=relu, dtype=dtype, seed=7, gradients="closed_form")) == expected


@pytest.mark.parametrize(
    ("relu", "rule"), [(r, "sgd") for r in RELUS] + [("clamp", r) for r in RULES]
)
@pytest.mark.parametrize("gradients", ["autograd", "closed_form"])
def test_every_choice_equals_a_plain_loop_at_the_tutorials_shapes(relu, rule, gradients):
    lr = 1e-6 if GENTLE.get(rule) == 1e-4 else gentle(rule)["lr"]
    update = {"rule": rule, "lr": lr}
    spec = RunSpec.model_validate(
        {"relu": relu, "update": update, "seed": 3, "iterations": 40, "gradients": gradients}
    )
    assert curve(spec) == plain_losses(spec)


@given(
    shape=st.tuples(*[st.integers(1, 40)] * 4),
    seed=st.integers(0, 2**53 - 1),
    rule=st.sampled_from(sorted(RULES)),
    relu=st.sampled_from(sorted(RELUS)),
    gradients=st.sampled_from(["autograd", "closed_form"]),
)
def test_any_shape_and_seed_equals_a_plain_loop(shape, seed, rule, relu, gradients):
    sizes = dict(zip(("n", "d_in", "hidden", "d_out"), shape, strict=True))
    spec = spec_of(rule, relu=relu, seed=seed, iterations=5, gradients=gradients, **sizes)
    assert curve(spec) == plain_losses(spec)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 25), min_size=1, max_size=6))
def test_advancing_in_pieces_is_advancing_at_once(pieces):
    spec = spec_of("manual", relu="my_relu")
    pieced = Trainer(spec)
    losses = np.concatenate([pieced.advance(count).losses for count in pieces])
    assert losses.tolist() == Trainer(spec).advance(sum(pieces)).losses.tolist()
    assert pieced.iteration == sum(pieces)


@pytest.mark.parametrize("rule", RULES)
def test_the_same_spec_twice_gives_the_same_bits(rule):
    assert curve(spec_of(rule)) == curve(spec_of(rule))


def test_trainers_that_take_turns_do_not_disturb_each_other():
    specs = [spec_of(seed=seed, relu=relu) for seed, relu in product((0, 1), RELUS)]
    trainers = [Trainer(spec) for spec in specs]
    turns = [[trainer.advance(10).losses for trainer in trainers] for _ in range(3)]
    for position, spec in enumerate(specs):
        assert np.concatenate([turn[position] for turn in turns]).tolist() == curve(spec)


def test_another_seed_is_another_curve():
    assert curve(spec_of(seed=0)) != curve(spec_of(seed=1))


def test_the_first_loss_is_the_squared_error_before_any_update():
    torch.manual_seed(5)
    x, y = torch.randn(16, 60), torch.randn(16, 5)
    w1, w2 = torch.randn(60, 30), torch.randn(30, 5)
    expected = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum().item()
    assert Trainer(spec_of(seed=5)).advance(1).losses.tolist() == [expected]


def test_a_learning_rate_of_zero_stands_still():
    losses = curve(spec_of(lr=0.0))
    assert losses == losses[:1] * len(losses)


def test_losses_come_as_float64_one_for_each_iteration():
    losses = Trainer(spec_of()).advance(17).losses
    assert (losses.dtype, losses.shape) == (np.float64, (17,))


def test_a_float32_loss_is_told_exactly():
    losses = Trainer(spec_of()).advance(20).losses
    assert (losses == losses.astype(np.float32)).all()


def test_float64_is_trained_in_float64():
    losses = Trainer(spec_of(dtype="float64")).advance(20).losses
    assert (losses != losses.astype(np.float32)).any()


def test_the_two_manual_rules_are_the_same_arithmetic():
    assert curve(spec_of("manual")) == curve(spec_of("manual_data"))


@pytest.mark.parametrize(("dtype", "rel"), [("float32", 1e-3), ("float64", 1e-9)])
def test_sgd_and_manual_part_in_bits_and_stay_close(dtype, rel):
    """optim.SGD multiplies and adds in one rounding, `w -= lr * grad` in two."""
    fields = {"dtype": dtype, "iterations": 100}
    sgd = curve(RunSpec.model_validate(fields))
    manual = curve(RunSpec.model_validate({**fields, "update": {"rule": "manual"}}))
    assert sgd != manual
    assert sgd == pytest.approx(manual, rel=rel)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_curve_goes_to_infinity_and_to_nan_without_a_stop(dtype):
    losses = Trainer(spec_of(lr=1.0, dtype=dtype, on_nonfinite="continue")).advance(60).losses
    assert np.isfinite(losses[0])
    assert not np.isfinite(losses[-1])


def test_it_goes_on_with_other_hyperparameters_and_keeps_what_the_rule_remembers():
    spec = spec_of("sgd", momentum=0.9)
    changed = Trainer(spec)
    first = changed.advance(10).losses
    changed.change(by_rule(spec, spec.update.changed({"lr": 5e-5})))
    losses = [*first, *changed.advance(10).losses]
    assert losses == plain_losses(spec, changes={10: {"lr": 5e-5}})[:20]


@pytest.mark.cuda
def test_cuda_poses_the_cpus_problem():
    on_cpu, on_cuda = spec_of(iterations=5), spec_of(iterations=5, device="cuda:0")
    assert curve(on_cuda) == pytest.approx(curve(on_cpu), rel=1e-4)
