"""A product with a constant matrix, by the fastest way that gives torch.mm's own bits."""

import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]
"""right -> left right, for one left of shape (rows, inner) and any right (inner, columns)."""

LEAST = 2**20
"""Multiplications in a product from which on another way is worth looking for. For each shape oneDNN
makes code and keeps it, half a megabyte; below this torch.mm is the fastest anyway."""

TRIALS = 9
"""Calls of each way; the fastest of them counts."""


def product_with(left: Tensor, columns: int) -> Product:
    """The product of `left`, (rows, inner), with matrices of shape (inner, columns).

    torch.mm asks MKL, which on some processors leaves half of the vector unit unused; oneDNN, which
    torch brings too, uses all of it. And MKL itself may like left^T for a right factor better.
    Where another way adds in the same order it gives the same bits; then the fastest is taken.
    """
    if left.dtype != torch.float32 or left.device.type != "cpu":
        return left.mm
    if left.numel() * columns < LEAST:
        return left.mm
    return _WAYS[_fastest_way(*left.shape, columns, left.is_contiguous())](left)


def _by_mm(left: Tensor) -> Product:
    return left.mm


def _by_onednn(left: Tensor) -> Product:
    packed = left.contiguous()
    linear = torch.ops.mkldnn._linear_pointwise.default  # noqa: SLF001
    return lambda right: linear(packed, right.t(), None, "none", [], "")


def _swapped(left: Tensor) -> Product:
    transposed = left.t().contiguous()
    return lambda right: right.t().mm(transposed).t().contiguous()


_WAYS: tuple[Callable[[Tensor], Product], ...] = (_by_mm, _by_onednn, _swapped)


@cache
def _fastest_way(rows: int, inner: int, columns: int, contiguous: bool) -> int:  # noqa: FBT001
    """Which of the ways is the fastest of those with torch.mm's bits, for matrices of this shape.

    The order of a product's sums depends on the shape alone; numbers drawn at random tell two
    orders apart in nearly every element.
    """
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(rows, inner, generator=generator)
    if not contiguous:
        left = left.t().contiguous().t()
    right = torch.randn(inner, columns, generator=generator)
    expected, times = left.mm(right), {}
    for number, way in enumerate(_WAYS):
        try:
            product = way(left)
            if torch.equal(product(right), expected):
                times[number] = min(_time(product, right) for _ in range(TRIALS))
        except (AttributeError, RuntimeError):  # a torch without oneDNN
            continue
    return min(times, key=times.__getitem__)


def _time(product: Product, right: Tensor) -> float:
    began = time.perf_counter()
    product(right)
    return time.perf_counter() - began
