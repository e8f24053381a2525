"""The loss and its gradient are those of the tutorials' words, bit for bit, by either way."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from reluscope.training.gradients import (
    Autograd,
    Bent,
    ClosedForm,
    Cut,
    cut_of,
    differentiate,
    squared_error,
)
from reluscope.training.problem import Problem
from reluscope.training.relus import RELUS, Relu
from reluscope.training.spec import DTYPES

few = settings(max_examples=40)
"""For each of many choices."""

EVERY_RELU = pytest.mark.parametrize("relu", RELUS.values(), ids=lambda relu: relu.name)

ONE = torch.ones(())

AT_THE_EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, 1e-40, float("inf"), float("-inf"), float("nan")]


def bits(tensor: Tensor) -> bytes:
    """Of its values; a NaN is a NaN."""
    told = tensor.detach()
    return torch.where(told.isnan(), torch.nan, told).double().numpy().tobytes()


@st.composite
def matrices(draw: st.DrawFn, rows: int, columns: int, **range_of: float) -> Tensor:
    """A few numbers, each in places of a seed's choice: to draw one for each place takes long."""
    numbers = st.floats(width=32, **range_of) | st.sampled_from(AT_THE_EDGES)
    drawn = torch.tensor(draw(st.lists(numbers, min_size=1, max_size=6)))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32 - 1)))
    return drawn[torch.randint(len(drawn), (rows, columns), generator=generator)]


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
@given(data=st.data(), rows=st.integers(1, 9), columns=st.integers(1, 9))
def test_any_numbers_give_the_loss_of_the_tutorials_words(dtype, data, rows, columns):
    y_pred, y = (data.draw(matrices(rows, columns)).to(dtype) for _ in range(2))
    words, ours = (y_pred.clone().requires_grad_() for _ in range(2))
    expected = (words - y).pow(2).sum()
    expected.backward()
    loss = squared_error(ours, y)
    (gradient,) = differentiate(loss, (ours,), ONE.to(dtype))
    assert loss.shape == ()
    assert bits(loss) == bits(expected)
    assert bits(gradient) == bits(words.grad)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_many_numbers_are_summed_in_the_same_order(dtype):
    generator = torch.Generator().manual_seed(0)
    y_pred, y = torch.randn(2, 640, 100, generator=generator).to(dtype)
    assert bits(squared_error(y_pred, y)) == bits((y_pred - y).pow(2).sum())


def test_what_does_not_depend_has_no_gradient():
    w, other = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError):
        differentiate(w.sum(), (other,), ONE)


def words(problem: Problem, relu: Relu) -> list[Tensor]:
    """Loss and gradients as the tutorials write them."""
    w1, w2 = (w.clone().requires_grad_() for w in (problem.w1, problem.w2))
    loss = (relu.apply(problem.x.mm(w1)).mm(w2) - problem.y).pow(2).sum()
    loss.backward()
    return [loss, w1.grad, w2.grad]


@EVERY_RELU
@pytest.mark.parametrize("way", [Autograd, ClosedForm])
@few
@given(data=st.data(), n=st.integers(1, 6), d_in=st.integers(1, 6), hidden=st.integers(1, 6))
def test_any_numbers_give_the_gradients_of_the_tutorials_words(way, relu, data, n, d_in, hidden):
    """Also where h is 0, infinite or no number: there each ReLU has its own slope."""
    shapes = [(n, d_in), (n, 3), (d_in, hidden), (hidden, 3)]
    problem = Problem(*(data.draw(matrices(*shape, min_value=-9, max_value=9)) for shape in shapes))
    expected = words(problem, relu)
    found = way(problem, relu)()
    assert [bits(t) for t in (found.loss, *found.gradients)] == [bits(t) for t in expected]
    assert bits(found.h) == bits(problem.x.mm(problem.w1))


@EVERY_RELU
def test_at_exact_zeros_the_closed_form_has_the_relus_own_slope(relu):
    """With x of zeros each h is 0: the gradient by h is all that tells the slopes apart."""
    h = torch.zeros(4, 3)
    gradient = torch.full((4, 3), 5.0)
    leaf = h.clone().requires_grad_()
    (expected,) = torch.autograd.grad(relu.apply(leaf), leaf, gradient)
    assert bits(Bent(relu, h.clone()).pull(gradient)) == bits(expected)


@pytest.mark.parametrize("way", [Autograd, ClosedForm])
def test_what_a_pass_gives_is_detached(way):
    generator = torch.Generator().manual_seed(0)
    shapes = [(4, 5), (4, 2), (5, 3), (3, 2)]
    problem = Problem(*(torch.randn(shape, generator=generator) for shape in shapes))
    found = way(problem, RELUS["half_abs"])()
    assert not any(t.grad_fn for t in (found.loss, found.h, *found.gradients))


def test_a_relu_of_two_steps_and_one_in_python_are_pulled_through_by_the_engine():
    chained = Relu("chained", lambda h: h.abs().clamp(min=1), "", "", "", "")
    h = torch.tensor([[-3.0, 0.5, 2.0]])
    assert Bent(chained, h.clone()).pull(torch.ones(1, 3)).tolist() == [[-1.0, 0.0, 1.0]]
    assert Bent(RELUS["my_relu"], h.clone()).pull(torch.ones(1, 3)).tolist() == [[0.0, 1.0, 1.0]]


@EVERY_RELU
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@few
@given(data=st.data())
def test_a_cut_has_the_bits_of_the_relus_own_gradient_but_at_nan(relu, dtype, data):
    at = cut_of(relu, dtype)
    if at is None:
        return
    h, gradient = (data.draw(matrices(3, 4)).to(dtype) for _ in range(2))
    h = h.nan_to_num(nan=0.0)
    cut, bent = Cut(relu, h, at), Bent(relu, h.clone())
    assert bits(cut.value) == bits(bent.value)
    ours, own = cut.pull(gradient), bent.pull(gradient)
    # Multiplied by 0, an infinity is NaN: those that multiply cannot cut off an infinite gradient.
    plain = gradient.isfinite()
    assert bits(ours[plain].abs()) == bits(own[plain].abs())


def test_a_cut_is_measured_and_only_where_that_is_all_there_is():
    cuts = {name: cut_of(relu, torch.float32) for name, relu in RELUS.items()}
    assert cuts["relu"] == cuts["threshold"] == 0.0
    assert cuts["maximum"] is cuts["half_abs"] is None
    assert cuts["my_relu"] < 0.0
    own = Relu("own", lambda h: h.clamp(min=0, max=1), "", "", "", "")
    assert cut_of(own, torch.float32) is None


def hooked(h: Tensor) -> Tensor:
    result = h.clamp(min=0)
    if result.requires_grad:
        result.register_hook(lambda gradient: gradient.clamp(-1, 1))
    return result


@pytest.mark.parametrize(
    "apply",
    [
        lambda h: (h > 0) * h,
        lambda h: torch.where(h <= 0, 0.0, h),
        lambda h: torch.maximum(h.new_zeros(()), h),
        lambda h: h.unbind()[1].expand_as(h),
        lambda h: h.t().clamp(min=0).t(),
        lambda h: h,
        hooked,
    ],
    ids=["mask", "where", "maximum", "second output", "transposed", "identity", "hooked"],
)
def test_a_relu_of_ones_own_is_pulled_through_however_it_is_written(apply):
    """h need not be the first thing that its one function takes, nor its result the only one."""
    own = Relu("own", apply, "", "", "", "")
    leaf = torch.tensor([[-3.0, 0.5], [2.0, -1.0]], requires_grad=True)
    gradient = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    (expected,) = torch.autograd.grad(own.apply(leaf), leaf, gradient)
    assert bits(Bent(own, leaf.detach().clone()).pull(gradient)) == bits(expected)
