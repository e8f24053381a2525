"""Every ReLU implementation: one function, or one `autograd.Function`, each.

To add one, write it here under `@implementation`: the catalog, the form on the page, the checks
and the tests over all implementations read `RELUS` and nothing else names them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Relu:
    """One implementation of ReLU, with what the page tells about it."""

    name: str
    apply: Callable[[Tensor], Tensor]
    """Maps h of shape (n, hidden) to a tensor of the same shape and dtype, differentiably."""
    title: str
    formula: str
    code: str
    help: str


RELUS: dict[str, Relu] = {}


def implementation(
    title: str, *, formula: str, code: str
) -> Callable[[Callable[[Tensor], Tensor]], Callable[[Tensor], Tensor]]:
    """Enter the function below into `RELUS` under its own name; its docstring is its help."""

    def enter(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        name = function.__name__
        RELUS[name] = Relu(name, function, title, formula, code, (function.__doc__ or "").strip())
        return function

    return enter


@implementation("clamp(min=0)", formula="max(h, 0)", code="h.clamp(min=0)")
def clamp(h: Tensor) -> Tensor:
    """The first tutorial's: cut off below 0, with the gradient that torch defines for clamp."""
    return h.clamp(min=0)


class MyReLU(torch.autograd.Function):
    """The second tutorial's own autograd function, word for word in what it does."""

    @staticmethod
    def forward(ctx: Any, h: Tensor) -> Tensor:
        ctx.save_for_backward(h)
        return h.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        (h,) = ctx.saved_tensors
        grad_h = grad_output.clone()
        grad_h[h < 0] = 0
        return grad_h


@implementation("custom autograd.Function", formula="max(h, 0)", code="MyReLU.apply(h)")
def my_relu(h: Tensor) -> Tensor:
    """The second tutorial's: forward and backward by hand; the gradient is cut where h < 0."""
    result: Tensor = MyReLU.apply(h)  # type: ignore[no-untyped-call]
    return result


@implementation("torch.relu", formula="max(h, 0)", code="torch.relu(h)")
def relu(h: Tensor) -> Tensor:
    """PyTorch's own ReLU, a kernel for exactly this."""
    return torch.relu(h)
