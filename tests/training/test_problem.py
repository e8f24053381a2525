import pytest
import torch

from reluscope.training.problem import draw
from reluscope.training.spec import RunSpec

SPEC = RunSpec(n=3, d_in=5, hidden=4, d_out=2, seed=11)


def test_the_draws_are_the_tutorials_after_a_manual_seed():
    problem = draw(SPEC)
    torch.manual_seed(11)
    for drawn, shape in (
        (problem.x, (3, 5)),
        (problem.y, (3, 2)),
        (problem.w1, (5, 4)),
        (problem.w2, (4, 2)),
    ):
        assert torch.equal(drawn, torch.randn(*shape))


def test_nothing_wants_a_gradient_yet():
    problem = draw(SPEC)
    assert not any(t.requires_grad for t in (problem.x, problem.y, problem.w1, problem.w2))


def test_torchs_own_generator_is_neither_read_nor_moved():
    torch.manual_seed(0)
    first = draw(SPEC)
    after = torch.randn(4)
    torch.manual_seed(0)
    assert torch.equal(torch.randn(4), after)
    torch.manual_seed(1)
    assert torch.equal(draw(SPEC).w1, first.w1)


@pytest.mark.parametrize(
    ("name", "dtype"), [("float32", torch.float32), ("float64", torch.float64)]
)
def test_everything_is_in_the_specs_dtype(name, dtype):
    problem = draw(SPEC.model_copy(update={"dtype": name}))
    assert {t.dtype for t in (problem.x, problem.y, problem.w1, problem.w2)} == {dtype}


@pytest.mark.cuda
def test_a_cuda_problem_is_the_cpus_moved():
    on_cuda = draw(SPEC.model_copy(update={"device": "cuda"}))
    assert on_cuda.w1.is_leaf
    assert on_cuda.w1.device.type == "cuda"
    assert torch.equal(on_cuda.w1.cpu(), draw(SPEC).w1)
