import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from reluscope.training.rules import RULES, Rule

EVERY_RULE = pytest.mark.parametrize("name", RULES)


def weights() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    made = [torch.randn(4, 3, generator=generator), torch.randn(3, 2, generator=generator)]
    for weight in made:
        weight.requires_grad_()
        weight.grad = torch.randn(weight.shape, generator=generator)
    return made


def make(name: str, **fields: float) -> Rule:
    return RULES[name](**fields)


def test_the_three_ways_of_the_tutorials_are_there():
    assert {"sgd", "manual", "manual_data"} <= RULES.keys()


@EVERY_RULE
def test_a_step_goes_along_the_negative_gradient(name):
    before, after = weights(), weights()
    make(name, lr=0.1).step(after)
    for old, new in zip(before, after, strict=True):
        assert torch.allclose(new, old - 0.1 * old.grad)


@EVERY_RULE
def test_a_step_leaves_the_gradients_cleared(name):
    moved = weights()
    make(name).step(moved)
    assert all(weight.grad is None or not weight.grad.any() for weight in moved)


@EVERY_RULE
def test_a_step_happens_in_place_and_untracked(name):
    moved = weights()
    places = [weight.data_ptr() for weight in moved]
    make(name, lr=0.1).step(moved)
    assert [weight.data_ptr() for weight in moved] == places
    assert all(weight.is_leaf and weight.requires_grad for weight in moved)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_sgd_is_the_arithmetic_of_optim_sgd(dtype):
    mine = [weight.detach().to(dtype).requires_grad_() for weight in weights()]
    theirs = [weight.detach().clone().requires_grad_() for weight in mine]
    optimizer = torch.optim.SGD([{"params": weight} for weight in theirs], lr=0.3)
    rule = make("sgd", lr=0.3)
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        for a, b in zip(mine, theirs, strict=True):
            a.grad = torch.randn(a.shape, generator=generator, dtype=dtype)
            b.grad = a.grad.clone()
        rule.step(mine)
        optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))


@EVERY_RULE
@pytest.mark.parametrize("lr", [-1e-9, float("nan"), float("inf"), "1", None, True])
def test_a_learning_rate_is_a_finite_number_not_below_0(name, lr):
    with pytest.raises(ValidationError):
        make(name, lr=lr)


@EVERY_RULE
def test_a_rule_is_known_by_its_name_and_has_no_other_fields(name):
    assert make(name).rule == name
    with pytest.raises(ValidationError):
        make(name, momentum=0.9)
    with pytest.raises(ValidationError):
        make(name, rule="other")


@EVERY_RULE
def test_a_rule_does_not_change(name):
    with pytest.raises(ValidationError):
        make(name).lr = 1.0
