"""The loss, and its gradient by autograd: what the tutorials write, in fewer calls into torch.

Beside an iteration's two large products all else is small; but each call from Python into torch
gives up the GIL and takes it again, and where two workers train, they wait for each other there.
"""

import torch
from torch import Tensor

_ENGINE = torch.autograd.Variable._execution_engine  # noqa: SLF001 - see backpropagate

_SUM = 2
"""aten's number for the reduction by a sum."""


def squared_error(y_pred: Tensor, y: Tensor) -> Tensor:
    """sum((y_pred - y)^2) as a 0-d tensor; both of shape (n, d_out) and of one dtype.

    In value and gradient the same bits as `(y_pred - y).pow(2).sum()`, by one function where that
    is three. `torch.nn.functional.mse_loss` broadcasts first, which costs again what this saves.
    """
    return torch._C._nn.mse_loss(y_pred, y, _SUM)  # type: ignore[arg-type]  # noqa: SLF001


def backpropagate(loss: Tensor, one: Tensor) -> None:
    """Add the gradient of a 0-d `loss` to each leaf's `.grad`, as `loss.backward(one)` does.

    `one` is a 1 of the loss's dtype and on its device. This is the call that `backward()` ends in;
    what comes before it there, for hooks, subclasses and losses of any shape, costs two workers
    5 % of their iterations.
    """
    _ENGINE.run_backward(
        tensors=(loss,),
        grad_tensors=(one,),
        keep_graph=False,
        create_graph=False,
        inputs=(),
        allow_unreachable=True,
        accumulate_grad=True,
    )
