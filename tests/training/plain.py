"""Training in the tutorials' plain manner, for any choice: what the Trainer must equal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, optim

from reluscope.training.relus import RELUS
from reluscope.training.rules import Rule
from reluscope.training.spec import RunSpec

Update = Callable[..., None]

GENTLE = {
    "sgd": 1e-4,
    "manual": 1e-4,
    "manual_data": 1e-4,
    "radam": 1e-4,
    "asgd": 1e-4,
    "adadelta": 1.0,
}
"""Learning rates at which small networks train; for all other rules 0.01 does."""


def gentle(rule: str, **hyperparameters: object) -> dict[str, object]:
    """The `update` of a spec, with a learning rate at which the loss of a small network falls."""
    return {"rule": rule, "lr": GENTLE.get(rule, 1e-2), **hyperparameters}


def by_rule(spec: RunSpec, rule: Rule) -> RunSpec:
    """The spec with another rule."""
    return spec.model_copy(update={"update": rule})


class MyReLU(torch.autograd.Function):
    """The second tutorial's function, written once more."""

    @staticmethod
    def forward(ctx: Any, input: Tensor) -> Tensor:
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


def plain_relu(name: str) -> Callable[[Tensor], Tensor]:
    """The code that the page shows for a ReLU, as code."""
    code = compile(RELUS[name].code, name, "eval")
    return lambda h: eval(code, {"torch": torch, "MyReLU": MyReLU, "h": h})


def plain_update(rule: Rule, weights: Sequence[Tensor]) -> Update:
    """An update by hand where the rule is one; else by the optimizer that has the rule's name."""
    if rule.rule == "manual":
        return lambda **_: _by_hand(weights, rule.lr)
    if rule.rule == "manual_data":
        return lambda **_: _through_data(weights, rule.lr)
    optimizer = plain_optimizer(rule, weights)

    def step(**changed: float) -> None:
        for group in optimizer.param_groups:
            group.update(changed)
        optimizer.step()
        optimizer.zero_grad()

    return step


def plain_optimizer(rule: Rule, weights: Sequence[Tensor]) -> optim.Optimizer:
    """The one that has the rule's name."""
    optimizers = {name.lower(): cls for name, cls in vars(optim).items() if isinstance(cls, type)}
    return optimizers[rule.rule](_groups(rule, weights), **arguments(rule))


def _groups(rule: Rule, weights: Sequence[Tensor]) -> list[dict[str, Any]]:
    """w1 and w2 as two parameter groups, each with the learning rate that is its own."""
    rates = [getattr(rule, name, None) for name in ("lr_w1", "lr_w2")]
    return [
        {"params": weight} if rate is None else {"params": weight, "lr": rate}
        for weight, rate in zip(weights, rates, strict=True)
    ]


def arguments(rule: Rule) -> dict[str, Any]:
    """What torch's optimizer is given; some of its arguments are pairs of our hyperparameters."""
    given = rule.model_dump(exclude={"rule", "lr_w1", "lr_w2"})
    pairs = [("betas", "beta1", "beta2"), ("etas", "eta_minus", "eta_plus")]
    pairs += [("step_sizes", "step_min", "step_max"), ("eps", "eps1", "eps2")]
    for name, first, second in pairs:
        if first in given:
            given[name] = (given.pop(first), given.pop(second))
    return given


def _by_hand(weights: Sequence[Tensor], lr: float) -> None:
    with torch.no_grad():
        for w in weights:
            w -= lr * w.grad
            w.grad.zero_()


def _through_data(weights: Sequence[Tensor], lr: float) -> None:
    for w in weights:
        w.data -= lr * w.grad.data
        w.grad.data.zero_()


def plain_losses(
    spec: RunSpec, changes: Mapping[int, Mapping[str, float]] | None = None
) -> list[float]:
    """The losses of a plain loop with the spec's choices; from the iterations in `changes` on, with
    these arguments of the optimizer."""
    torch.manual_seed(spec.seed)
    dtype = getattr(torch, spec.dtype)
    relu = plain_relu(spec.relu)
    x = torch.randn(spec.n, spec.d_in, dtype=dtype).to(spec.device)
    y = torch.randn(spec.n, spec.d_out, dtype=dtype).to(spec.device)
    w1 = torch.randn(spec.d_in, spec.hidden, dtype=dtype).to(spec.device).requires_grad_()
    w2 = torch.randn(spec.hidden, spec.d_out, dtype=dtype).to(spec.device).requires_grad_()
    update = plain_update(spec.update, (w1, w2))
    losses = []
    changed: dict[str, float] = {}
    for iteration in range(spec.iterations):
        changed.update((changes or {}).get(iteration, {}))
        loss = (relu(x.mm(w1)).mm(w2) - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        update(**changed)
    return losses
