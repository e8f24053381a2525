"""The loss and its gradient are those of the tutorials' words, bit for bit."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reluscope.training.gradients import backpropagate, squared_error
from reluscope.training.spec import DTYPES


def bits(tensor: torch.Tensor) -> bytes:
    """Of its values; a NaN is a NaN."""
    return torch.where(tensor.isnan(), torch.nan, tensor.detach()).numpy().tobytes()


def matrices(dtype: str, rows: int, columns: int) -> st.SearchStrategy[torch.Tensor]:
    numbers = st.floats(width=int(dtype.removeprefix("float")))
    values = st.lists(numbers, min_size=rows * columns, max_size=rows * columns)
    return values.map(lambda v: torch.tensor(v, dtype=DTYPES[dtype]).reshape(rows, columns))


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), rows=st.integers(1, 9), columns=st.integers(1, 9))
def test_any_numbers_give_the_bits_of_the_tutorials_words(dtype, data, rows, columns):
    y_pred, y = (data.draw(matrices(dtype, rows, columns)) for _ in range(2))
    words, ours = (y_pred.clone().requires_grad_() for _ in range(2))

    expected = (words - y).pow(2).sum()
    expected.backward()
    loss = squared_error(ours, y)
    backpropagate(loss, torch.ones((), dtype=loss.dtype))

    assert loss.shape == ()
    assert bits(loss) == bits(expected)
    assert bits(ours.grad) == bits(words.grad)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_many_numbers_are_summed_in_the_same_order(dtype):
    y_pred, y = torch.randn(2, 640, 100, dtype=dtype, generator=torch.Generator().manual_seed(0))
    assert bits(squared_error(y_pred, y)) == bits((y_pred - y).pow(2).sum())


def test_a_gradient_is_added_to_what_is_there():
    y = torch.tensor([[1.0, 2.0]])
    w = torch.tensor([[3.0, 5.0]], requires_grad=True)
    for times in (1, 2):
        backpropagate(squared_error(w, y), torch.ones(()))
        assert w.grad.tolist() == [[4.0 * times, 6.0 * times]]
