"""A faster product is only taken where its bits are torch.mm's."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reluscope.training import products
from reluscope.training.products import product_with

SHAPES = [(1000, 64, 100), (100, 64, 10), (1, 1, 1), (7, 300, 5), (513, 130, 66)]


def matrices(rows: int, inner: int, columns: int, dtype=torch.float32, seed: int = 1):
    generator = torch.Generator().manual_seed(seed)
    left = torch.randn(inner, rows, generator=generator, dtype=dtype).t()
    return left, torch.randn(inner, columns, generator=generator, dtype=dtype)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_it_has_the_bits_of_mm(shape, dtype):
    left, right = matrices(*shape, dtype)
    assert torch.equal(product_with(left, shape[2])(right), left.mm(right))


@given(st.tuples(*[st.integers(1, 200)] * 3), st.integers(0, 2**31))
def test_it_has_the_bits_of_mm_at_any_shape(shape, seed):
    left, right = matrices(*shape, seed=seed)
    multiply = product_with(left, shape[2])
    assert torch.equal(multiply(right), left.mm(right))


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e-40, -0.0, 3e38])
def test_it_has_the_bits_of_mm_for_numbers_at_the_edges(value):
    left, right = matrices(1000, 64, 100)
    right[3, 5] = value
    right[:, 7] = value
    found, expected = product_with(left, 100)(right), left.mm(right)
    assert torch.equal(found.nan_to_num(7.0), expected.nan_to_num(7.0))
    assert torch.equal(found.isnan(), expected.isnan())


def test_for_small_ones_nothing_is_tried(monkeypatch):
    """What is tried leaves code behind, for each shape."""
    tried = []
    monkeypatch.setattr(products, "_fastest_way", lambda *shape: tried.append(shape) or 0)
    for shape in ((16, 32, 32), (64, 100, 10), (64, 128, 100)):
        left, right = matrices(*shape)
        assert torch.equal(product_with(left, shape[2])(right), left.mm(right))
    assert tried == []
    left, _ = matrices(1000, 64, 100)
    product_with(left, 100)
    assert tried == [(1000, 64, 100, False)]
