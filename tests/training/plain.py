"""Training in the tutorials' plain manner, for any choice: what the Trainer must equal."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, optim

from reluscope.training.relus import RELUS
from reluscope.training.rules import Rule
from reluscope.training.spec import RunSpec

Update = Callable[[], None]


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
        return lambda: _by_hand(weights, rule.lr)
    if rule.rule == "manual_data":
        return lambda: _through_data(weights, rule.lr)
    optimizers = {name.lower(): cls for name, cls in vars(optim).items() if isinstance(cls, type)}
    hyperparameters = rule.model_dump(exclude={"rule"})
    optimizer = optimizers[rule.rule]([{"params": w} for w in weights], **hyperparameters)

    def step() -> None:
        optimizer.step()
        optimizer.zero_grad()

    return step


def _by_hand(weights: Sequence[Tensor], lr: float) -> None:
    with torch.no_grad():
        for w in weights:
            w -= lr * w.grad
            w.grad.zero_()


def _through_data(weights: Sequence[Tensor], lr: float) -> None:
    for w in weights:
        w.data -= lr * w.grad.data
        w.grad.data.zero_()


def plain_losses(spec: RunSpec) -> list[float]:
    """The losses of a plain loop with the spec's choices."""
    torch.manual_seed(spec.seed)
    dtype = {"float32": torch.float, "float64": torch.double}[spec.dtype]
    relu = plain_relu(spec.relu)
    x = torch.randn(spec.n, spec.d_in, dtype=dtype).to(spec.device)
    y = torch.randn(spec.n, spec.d_out, dtype=dtype).to(spec.device)
    w1 = torch.randn(spec.d_in, spec.hidden, dtype=dtype).to(spec.device).requires_grad_()
    w2 = torch.randn(spec.hidden, spec.d_out, dtype=dtype).to(spec.device).requires_grad_()
    update = plain_update(spec.update, (w1, w2))
    losses = []
    for _ in range(spec.iterations):
        loss = (relu(x.mm(w1)).mm(w2) - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        update()
    return losses
