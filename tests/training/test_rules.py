import math
from typing import get_args

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from reluscope.training.rules import RULES, Rule

from .plain import plain_update

EVERY_RULE = pytest.mark.parametrize("name", RULES)

OF_TORCH = ["Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam"]
OF_TORCH += ["Rprop", "ASGD", "Muon", "Adafactor"]

OTHERS = {
    "sgd": [
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.25},
        {"momentum": 0.9, "nesterov": True},
        {"weight_decay": 0.1},
        {"momentum": 0.5, "weight_decay": 0.1, "lr_w1": 0.3, "lr_w2": 0.2},
        {"lr_w2": 0.0},
    ],
    "adam": [{"beta1": 0.5, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1, "amsgrad": True}],
    "adamw": [{"beta1": 0.5, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.3, "amsgrad": True}],
    "rmsprop": [
        {"alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.9, "centered": True}
    ],
    "adagrad": [
        {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 2.0, "eps": 1e-3}
    ],
    "adadelta": [{"rho": 0.5, "eps": 1e-3, "weight_decay": 0.1}],
    "adamax": [{"beta1": 0.5, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1}],
    "nadam": [
        {"beta1": 0.5, "momentum_decay": 0.1, "weight_decay": 0.1},
        {"beta2": 0.5, "eps": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "radam": [
        {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.1},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "rprop": [{"eta_minus": 0.3, "eta_plus": 1.5, "step_min": 1e-3, "step_max": 0.2}],
    "asgd": [{"lambd": 0.1, "alpha": 0.5, "t0": 3.0, "weight_decay": 0.1}],
    "muon": [{"weight_decay": 0.2, "momentum": 0.5, "nesterov": False, "eps": 1e-3, "ns_steps": 3}],
    "adafactor": [{"beta2_decay": -0.5, "eps1": 0.1, "eps2": 0.5, "d": 2.0, "weight_decay": 0.1}],
}
"""Hyperparameters that are not the defaults."""

CASES = [(name, given) for name in RULES for given in ({}, *OTHERS.get(name, []))]

OUT_OF_RANGE = [
    ("sgd", "momentum", -0.1),
    ("sgd", "momentum", 1.1),
    ("sgd", "dampening", 2),
    ("sgd", "weight_decay", -1),
    ("sgd", "lr_w1", -1),
    ("sgd", "lr_w2", math.inf),
    ("sgd", "nesterov", True),
    ("sgd", "nesterov", 1),
    ("manual", "momentum", 0.9),
    ("manual_data", "weight_decay", 0.1),
    ("adam", "beta1", 1.0),
    ("adam", "beta2", -0.1),
    ("adam", "eps", -1e-8),
    ("adam", "amsgrad", None),
    ("rmsprop", "alpha", 1.5),
    ("rprop", "eta_minus", 1.0),
    ("rprop", "eta_plus", 1.0),
    ("muon", "ns_steps", 100),
    ("adafactor", "beta2_decay", 0.1),
    ("asgd", "t0", -1),
]


def weights() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(4, 3, generator=generator), torch.randn(3, 2, generator=generator)]


def gradients(count: int) -> list[list[Tensor]]:
    generator = torch.Generator().manual_seed(1)
    return [[torch.randn(w.shape, generator=generator) for w in weights()] for _ in range(count)]


def make(name: str, **fields: object) -> Rule:
    return RULES[name].model_validate(fields)


def moved(rule: Rule, count: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """The weights after so many steps."""
    found = [weight.to(dtype) for weight in weights()]
    step = rule.begin(found, [{}, {}])
    for given in gradients(count):
        with torch.no_grad():
            step([gradient.to(dtype) for gradient in given])
    return found


def plainly_moved(rule: Rule, count: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """The same by the tutorials' lines, or by torch's optimizer of that name."""
    found = [weight.to(dtype).requires_grad_() for weight in weights()]
    update = plain_update(rule, found)
    for given in gradients(count):
        for weight, gradient in zip(found, given, strict=True):
            weight.grad = gradient.to(dtype)
        update()
    return [weight.detach() for weight in found]


def test_the_ways_of_the_tutorials_and_of_torch_are_there():
    there = [name.lower() for name in OF_TORCH if hasattr(torch.optim, name)]
    assert list(RULES) == ["sgd", "manual", "manual_data", *there]


@pytest.mark.parametrize(("name", "given"), CASES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_a_rule_is_the_arithmetic_that_it_is_named_after(name, given, dtype):
    rule = make(name, lr=0.1, **given)
    found, expected = moved(rule, 12, dtype), plainly_moved(rule, 12, dtype)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", OTHERS)
def test_every_hyperparameter_tells(name):
    """Else the bits above would say nothing about it."""
    told = {field for given in OTHERS[name] for field in given}
    assert told == make(name).model_dump().keys() - {"rule", "lr"}
    plain = moved(make(name, lr=0.1), 12)
    for given in OTHERS[name]:
        found = moved(make(name, lr=0.1, **given), 12)
        assert not all(torch.equal(a, b) for a, b in zip(found, plain, strict=True))


@EVERY_RULE
def test_a_step_happens_in_place(name):
    found = weights()
    places = [weight.data_ptr() for weight in found]
    make(name, lr=0.1).begin(found, [{}, {}])(gradients(1)[0])
    assert [weight.data_ptr() for weight in found] == places
    assert not any(torch.equal(a, b) for a, b in zip(found, weights(), strict=True))


@EVERY_RULE
def test_a_step_leaves_the_gradients_as_they_are(name):
    [given] = gradients(1)
    kept = [gradient.clone() for gradient in given]
    make(name, lr=0.1).begin(weights(), [{}, {}])(given)
    assert all(torch.equal(a, b) for a, b in zip(given, kept, strict=True))


@EVERY_RULE
def test_what_it_remembers_is_all_that_it_remembers(name):
    """Begun anew from weights and state, it goes on as if nothing had been."""
    rule = make(name, lr=0.1, **OTHERS.get(name, [{}])[0])
    found, state = weights(), [{}, {}]
    for given in gradients(6):
        rule.begin(found, state)(given)
    assert all(torch.equal(a, b) for a, b in zip(found, moved(rule, 6), strict=True))
    assert all(isinstance(value, Tensor) for own in state for value in own.values())


@EVERY_RULE
@pytest.mark.parametrize("lr", [-1e-9, float("nan"), float("inf"), "1", None, True, 1e39])
def test_a_learning_rate_is_a_finite_number_not_below_0(name, lr):
    with pytest.raises(ValidationError):
        make(name, lr=lr)


@pytest.mark.parametrize(("name", "field", "value"), OUT_OF_RANGE)
def test_a_hyperparameter_out_of_range_is_refused_by_its_name(name, field, value):
    with pytest.raises(ValidationError) as refusal:
        make(name, **{field: value})
    assert [error["loc"] for error in refusal.value.errors()] == [(field,)]


def test_nesterov_needs_momentum_and_no_dampening():
    assert make("sgd", momentum=0.9, nesterov=True).nesterov
    with pytest.raises(ValidationError, match="nesterov needs a momentum, and no dampening"):
        make("sgd", momentum=0.9, dampening=0.1, nesterov=True)


@EVERY_RULE
def test_a_rule_is_known_by_its_name_and_has_no_other_fields(name):
    assert make(name).rule == name
    with pytest.raises(ValidationError):
        make(name, other=0.9)
    with pytest.raises(ValidationError):
        make(name, rule="other")


@EVERY_RULE
def test_a_rule_does_not_change_but_another_can_be_made_of_it(name):
    rule = make(name)
    with pytest.raises(ValidationError):
        rule.lr = 1.0
    assert rule.changed({"lr": 0.5}) == make(name, lr=0.5)
    with pytest.raises(ValidationError):
        rule.changed({"lr": -0.5})


@pytest.mark.parametrize(("name", "given"), [(n, g) for n, gs in OTHERS.items() for g in gs])
def test_every_change_while_it_trains_is_made_or_refused(name, given):
    """What a rule remembers is enough for what it is changed to."""
    rule, found, state = make(name, lr=0.1), weights(), [{}, {}]
    first, *later = gradients(4)
    rule.begin(found, state)(first)
    for field, value in given.items():
        if field in rule.fixed:
            with pytest.raises(
                ValidationError, match="cannot change while a run trains"
            ) as refusal:
                rule.changed({field: value})
            assert refusal.value.errors()[0]["loc"] == (field,)
    allowed = {field: value for field, value in given.items() if field not in rule.fixed}
    step = rule.changed(allowed).begin(found, state)
    for gradient in later:
        step(gradient)
    assert all(weight.isfinite().all() for weight in found)


@EVERY_RULE
def test_every_hyperparameter_has_a_name_and_a_line_of_help(name):
    assert RULES[name].__doc__
    for field, told in RULES[name].model_json_schema()["properties"].items():
        if field != "rule":
            assert told["title"], field
            assert told["description"].endswith("."), field


@EVERY_RULE
def test_a_rule_that_torch_has_begins_with_torchs_own_defaults(name):
    optimizer = {c.lower(): c for c in OF_TORCH}.get(name)
    if optimizer is None:
        assert make(name).lr == 1e-6
        return
    defaults = getattr(torch.optim, optimizer)([torch.zeros(2, 2)]).defaults
    arguments = make(name).arguments()
    assert arguments == {argument: defaults[argument] for argument in arguments}


def test_the_linear_ones_say_so():
    assert [name for name in RULES if make(name).linear()] == ["sgd", "manual", "manual_data"]
    assert len(get_args(RULES["sgd"].model_fields["rule"].annotation)) == 1
