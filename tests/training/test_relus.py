import pytest
import torch
from torch import Tensor

from reluscope.training.relus import RELUS, Relu

EVERY_RELU = pytest.mark.parametrize("relu", RELUS.values(), ids=lambda relu: relu.name)

INF = float("inf")


def slopes(relu: Relu, h: Tensor) -> list[float]:
    """The derivative at each element of h."""
    h = h.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(relu.apply(h).sum(), h)
    return gradient.tolist()


def test_the_tutorials_and_torchs_own_are_there():
    assert {"clamp", "my_relu", "relu"} <= RELUS.keys()


@EVERY_RELU
def test_it_is_the_larger_of_h_and_0(relu):
    h = torch.tensor([-2.5, -1e-45, 0.0, 1e-45, 0.5, 1e38, INF])
    assert relu.apply(h).tolist() == torch.maximum(h, torch.zeros(())).tolist()


@EVERY_RELU
def test_where_arithmetic_leaves_the_range_it_is_said(relu):
    """Not all are max(h, 0) to the last number: the two that calculate cannot take them all."""
    told = relu.apply(torch.tensor([-INF, 3e38])).tolist()
    odd = {"mask": ["nan", "3e+38"], "half_abs": ["nan", "inf"]}
    assert [f"{value:.3g}" for value in told] == odd.get(relu.name, ["0", "3e+38"])


@EVERY_RELU
def test_its_slope_is_0_below_and_1_above_0(relu):
    assert slopes(relu, torch.tensor([-3.0, -1e-30, 1e-30, 7.0])) == [0, 0, 1, 1]


@EVERY_RELU
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_it_keeps_shape_and_dtype(relu, dtype):
    result = relu.apply(torch.randn(6, 3, dtype=dtype))
    assert (result.shape, result.dtype) == ((6, 3), dtype)


@EVERY_RELU
def test_it_leaves_its_input_and_the_gradient_that_comes_in_as_they_are(relu):
    h = torch.tensor([[-1.0, 2.0]])
    kept = h.clone()
    h.requires_grad_()
    incoming = torch.tensor([[5.0, 5.0]])
    result = relu.apply(h)
    torch.autograd.grad(result, h, incoming)
    assert torch.equal(h, kept)
    assert incoming.tolist() == [[5.0, 5.0]]


@EVERY_RELU
def test_its_gradient_is_that_of_finite_differences(relu):
    h = torch.tensor([[-2.0, -0.3, 0.4, 1.5]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(relu.apply, h)


@EVERY_RELU
def test_the_page_has_something_to_tell_of_it(relu):
    assert RELUS[relu.name] is relu
    assert all((relu.title, relu.formula, relu.help))
    compile(relu.code, relu.name, "eval")


def test_the_tutorials_own_function_cuts_the_gradient_below_0_and_not_at_0():
    assert slopes(RELUS["my_relu"], torch.tensor([-0.0, 0.0])) == [1, 1]


def test_torchs_own_has_slope_0_at_0():
    assert slopes(RELUS["relu"], torch.tensor([0.0])) == [0]
