"""The loss and its gradient: by autograd, as the tutorials write it, or derived by hand.

Both are written in few calls into torch. Beside an iteration's two large products all else is
small; but each call from Python into torch gives up the GIL and takes it again, and where two
workers train, they wait for each other there.
"""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from .problem import Problem
from .products import Product, product_with
from .relus import Relu

_ENGINE = torch.autograd.Variable._execution_engine  # noqa: SLF001 - see differentiate

_SUM = 2
"""aten's number for the reduction by a sum."""


class Pass(NamedTuple):
    """One pass, forward and backward."""

    loss: Tensor
    """0-d"""
    h: Tensor
    """What goes into the ReLU, (n, hidden)."""
    gradients: tuple[Tensor, Tensor]
    """Of the loss by w1 (d_in, hidden) and by w2 (hidden, d_out)."""


def squared_error(y_pred: Tensor, y: Tensor) -> Tensor:
    """sum((y_pred - y)^2) as a 0-d tensor; both of shape (n, d_out) and of one dtype.

    In value and gradient the same bits as `(y_pred - y).pow(2).sum()`, by one function where that
    is three. `torch.nn.functional.mse_loss` broadcasts first, which costs again what this saves.
    """
    return torch._C._nn.mse_loss(y_pred, y, _SUM)  # type: ignore[arg-type]  # noqa: SLF001


def differentiate(of: Tensor, by: tuple[Tensor, ...], times: Tensor) -> tuple[Tensor, ...]:
    """The vector-Jacobian products of `of` by each of `by` with `times`, which is of its shape.

    This is the call that `torch.autograd.grad` and `backward()` end in; what comes before it there,
    for hooks, subclasses and batches, costs two workers 5 % of their iterations.

    Raises RuntimeError where `of` does not depend on one of `by`.
    """
    products: tuple[Tensor, ...] = _ENGINE.run_backward(
        tensors=(of,),
        grad_tensors=(times,),
        keep_graph=False,
        create_graph=False,
        inputs=by,
        allow_unreachable=False,
        accumulate_grad=False,
    )
    return products


class Bent:
    """relu(h), and the ReLU's own vector-Jacobian product there: whatever torch does at the kink."""

    def __init__(self, relu: Relu, h: Tensor) -> None:
        """`h` is of shape (n, hidden), or of any where the ReLU is elementwise."""
        self._h = h.requires_grad_()
        with torch.enable_grad():
            self._result = relu.apply(h)
        self.value = self._result.detach()

    def pull(self, gradient: Tensor) -> Tensor:
        """The gradient by h, of h's shape, from that by relu(h)."""
        node = self._result.grad_fn
        if callable(node) and not self._has_hooks():  # a node in Python is not
            inputs = [source for source, _ in node.next_functions]
            others = [source for source in inputs if source is not None]
            if len(others) == 1 and not others[0].next_functions and self._result.output_nr == 0:
                # One function and h: its backward is all that the engine would call.
                pulled = node(gradient)
                found: Tensor = (
                    pulled[inputs.index(others[0])] if isinstance(pulled, tuple) else pulled
                )
                return found
        return differentiate(self._result, (self._h,), gradient)[0]

    def _has_hooks(self) -> bool:
        """Whether the ReLU has hung something of its own on a gradient, which the engine calls."""
        return bool(self._h._backward_hooks or self._result._backward_hooks)  # noqa: SLF001


class Cut:
    """As `Bent`, for a ReLU whose slope is 0 up to a number and 1 above it: one call each, where
    torch's own backward of some takes three. Only at NaN may it be another than the ReLU's own."""

    def __init__(self, relu: Relu, h: Tensor, at: float) -> None:
        """`at`: as `cut_of` gives it."""
        self._h, self._at = h, at
        self.value = relu.apply(h)

    def pull(self, gradient: Tensor) -> Tensor:
        """The gradient by h, of h's shape, from that by relu(h)."""
        pulled: Tensor = torch.ops.aten.threshold_backward(gradient, self._h, self._at)
        return pulled


@cache
def cut_of(relu: Relu, dtype: torch.dtype) -> float | None:
    """Where the slope of `relu` goes from 0 to 1 on this torch: at 0, or just below it where the
    slope at 0 is 1; None where that is not all there is to it."""
    if not relu.bends_at_zero:
        return None
    h = torch.tensor([-1.0, -0.0, 0.0, 1.0], dtype=dtype).requires_grad_()
    with torch.enable_grad():
        result = relu.apply(h)
    slopes = differentiate(result, (h,), torch.ones_like(result))[0].tolist()
    just_below = torch.nextafter(torch.zeros((), dtype=dtype), -torch.ones((), dtype=dtype))
    known = {(0.0, 0.0, 0.0, 1.0): 0.0, (0.0, 1.0, 1.0, 1.0): just_below.item()}
    return known.get(tuple(slopes))


class Autograd:
    """loss.backward(): autograd records the forward pass and goes back through it."""

    def __init__(self, problem: Problem, relu: Relu) -> None:
        self._x, self._y = problem.x, problem.y
        self._weights = (problem.w1.requires_grad_(), problem.w2.requires_grad_())
        self._relu = relu.apply
        self._one = torch.ones((), dtype=self._y.dtype, device=self._y.device)

    @torch.enable_grad()
    def __call__(self) -> Pass:
        w1, w2 = self._weights
        h = self._x.mm(w1)
        loss = squared_error(self._relu(h).mm(w2), self._y)
        g1, g2 = differentiate(loss, self._weights, self._one)
        return Pass(loss.detach(), h.detach(), (g1, g2))


class ClosedForm:
    """The gradient derived by hand, for the products and the loss; called with gradients off.

        h = x w1,   a = relu(h),   y_pred = a w2,   loss = sum((y_pred - y)^2)
        dloss/dy_pred = 2 (y_pred - y)
        dloss/dw2 = a^T dloss/dy_pred
        dloss/dh = relu'(h) * (dloss/dy_pred w2^T)
        dloss/dw1 = x^T dloss/dh

    with the ReLU's own vector-Jacobian product for relu'. The same products in the same order as
    autograd's, and so on the CPU the same bits.
    """

    def __init__(self, problem: Problem, relu: Relu) -> None:
        self._y, self._w1, self._w2 = problem.y, problem.w1, problem.w2
        self._relu = relu
        hidden = problem.w1.shape[1]
        self._x_times: Product = product_with(problem.x, hidden)
        self._x_transposed_times: Product = product_with(problem.x.t(), hidden)

    def __call__(self) -> Pass:
        h = self._x_times(self._w1)
        bent = Bent(self._relu, h)
        a, w2 = bent.value, self._w2
        y_pred = a.mm(w2)
        loss = squared_error(y_pred, self._y)
        error = y_pred.sub_(self._y)
        by_y = error.add_(error)
        by_h = bent.pull(by_y.mm(w2.t()))
        return Pass(loss, h, (self._x_transposed_times(by_h), a.t().mm(by_y)))
