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
    """The expression in `h` that a script writes; its names are those of the function's module."""
    help: str
    elementwise: bool = True
    """Whether each value of the result depends on the value of h in its place alone; then h may
    have any shape, and be the h of many runs at once."""
    bends_at_zero: bool = False
    """Whether its slope is 0 for all below 0 and 1 for all above; what it is at 0 is torch's."""


RELUS: dict[str, Relu] = {}


def implementation(
    title: str, *, formula: str, code: str, elementwise: bool = True, bends_at_zero: bool = True
) -> Callable[[Callable[[Tensor], Tensor]], Callable[[Tensor], Tensor]]:
    """Enter the function below into `RELUS` under its own name; its docstring is its help."""

    def enter(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        name, help = function.__name__, (function.__doc__ or "").strip()
        RELUS[name] = Relu(name, function, title, formula, code, help, elementwise, bends_at_zero)
        return function

    return enter


def changes_of(h: Tensor) -> int:
    """How often h was changed in place."""
    count: int = h._version  # noqa: SLF001 - torch has no other name for it
    return count


@torch.enable_grad()
def check(relu: Relu, h: Tensor) -> None:
    """Raises ValueError where relu(h) is not of h's shape and dtype, does not depend on h, or has
    changed h, which is measured after it."""
    given = h.detach().requires_grad_().clone()  # no leaf, which torch itself keeps from changes
    before = changes_of(given)
    result: object = relu.apply(given)
    if changes_of(given) != before:
        raise ValueError(f"{relu.name} changes h in place: expected a tensor of its own")
    if not isinstance(result, Tensor):
        raise ValueError(f"{relu.name} returned {type(result).__name__}, not a tensor")  # noqa: TRY004
    for what in ("shape", "dtype", "device"):
        came, expected = getattr(result, what), getattr(h, what)
        if came != expected:
            told = tuple if what == "shape" else str
            raise ValueError(
                f"{relu.name} returned {what} {told(came)} for an h of {what} {told(expected)}"
            )
    if not result.requires_grad:
        raise ValueError(
            f"the result of {relu.name} does not depend on h: autograd has no gradient"
        )


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


@implementation("clamp_min(0)", formula="max(h, 0)", code="torch.clamp_min(h, 0)")
def clamp_min(h: Tensor) -> Tensor:
    """The same with a lower bound alone: a kernel of its own, with a gradient of its own."""
    return torch.clamp_min(h, 0)


@implementation(
    "threshold(0, 0)", formula="h if h > 0, else 0", code="torch.nn.functional.threshold(h, 0, 0)"
)
def threshold(h: Tensor) -> Tensor:
    """What is not above the threshold 0 becomes 0; torch.relu's gradient is this one's."""
    return torch.nn.functional.threshold(h, 0, 0)


@implementation("maximum(h, 0)", formula="max(h, 0)", code="torch.maximum(h, h.new_zeros(()))")
def maximum(h: Tensor) -> Tensor:
    """The larger of two tensors, which share the gradient where they are equal."""
    return torch.maximum(h, h.new_zeros(()))


@implementation("where(h > 0, h, 0)", formula="h if h > 0, else 0", code="torch.where(h > 0, h, 0)")
def where(h: Tensor) -> Tensor:
    """Chosen value by value: NaN is not above 0, so it becomes 0 and nothing tells of it."""
    return torch.where(h > 0, h, 0)


@implementation("mask: h * (h > 0)", formula="h * [h > 0]", code="h * (h > 0)")
def mask(h: Tensor) -> Tensor:
    """Multiplied by 1 or 0: below 0 that gives -0, and of minus infinity NaN."""
    return h * (h > 0)


@implementation("(h + |h|) / 2", formula="(h + |h|) / 2", code="(h + h.abs()) / 2")
def half_abs(h: Tensor) -> Tensor:
    """Half the sum of h and its absolute value; the sum overflows before h does."""
    return (h + h.abs()) / 2
