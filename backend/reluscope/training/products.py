"""A product with a constant matrix, by the fastest way that gives torch.mm's own bits."""

import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]
"""right -> left right, for one left of shape (rows, inner) and any right (inner, columns)."""

TRIALS = 7
"""Calls of each way; the fastest of them counts."""


def product_with(left: Tensor, columns: int) -> Product:
    """The product of `left`, (rows, inner), with matrices of shape (inner, columns).

    torch.mm asks MKL, which on some processors leaves half of the vector unit unused; oneDNN, which
    torch brings too, uses all of it. Where both add in the same order they give the same bits; then
    the faster is taken.
    """
    if (
        left.dtype == torch.float32
        and left.device.type == "cpu"
        and _onednn_is_better(*left.shape, columns)
    ):
        packed = left.contiguous()
        return lambda right: _by_onednn(packed, right)
    return left.mm


def _by_onednn(left: Tensor, right: Tensor) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right.t(), None, "none", [], "")  # noqa: SLF001
    return product


@cache
def _onednn_is_better(rows: int, inner: int, columns: int) -> bool:
    """Whether oneDNN multiplies matrices of this shape to torch.mm's bits, and faster.

    The order of a product's sums depends on its shape alone; numbers drawn at random tell two
    orders apart in nearly every element.
    """
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(inner, rows, generator=generator).t()
    right = torch.randn(inner, columns, generator=generator)
    packed = left.contiguous()
    try:
        if not torch.equal(_by_onednn(packed, right), left.mm(right)):
            return False
    except (AttributeError, RuntimeError):  # a torch without it
        return False
    return _fastest(lambda: _by_onednn(packed, right)) < _fastest(lambda: left.mm(right))


def _fastest(call: Callable[[], object]) -> float:
    times = []
    for _ in range(TRIALS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)
