import math

import pytest
import torch

from reluscope.training import stopwatch
from reluscope.training.stopwatch import time_beside


class Ticks:
    """A clock that moves with what is computed: a ReLU of its own moves it by what it costs."""

    def __init__(self) -> None:
        self.now = 0.0

    def costing(self, forward, backward):
        """A ReLU; what its calls cost, forward and backward, comes out of two iterators."""
        ticks = self

        class Costly(torch.autograd.Function):
            @staticmethod
            def forward(_ctx, h):
                ticks.now += next(forward)
                return h.clamp(min=0)

            @staticmethod
            def backward(_ctx, incoming):
                ticks.now += next(backward)
                return incoming

        return Costly.apply


def always(cost):
    return iter(lambda: cost, None)


@pytest.fixture
def ticks(monkeypatch):
    made = Ticks()
    monkeypatch.setattr(stopwatch, "CLOCK", lambda: made.now)
    return made


@pytest.fixture
def h():
    return torch.ones(2, 3, requires_grad=True)


def test_the_cost_of_a_call_and_its_ratio_to_the_others(ticks, h):
    mine, its = ticks.costing(always(3.0), always(8.0)), ticks.costing(always(1.0), always(2.0))
    timing = time_beside(mine, its, h, 5)
    assert (timing.forward.call_s, timing.forward.ratio) == (3, 3)
    assert (timing.backward.call_s, timing.backward.ratio) == (8, 4)


def test_a_disturbed_round_is_in_the_spread_and_not_in_the_ratio(ticks, h, monkeypatch):
    monkeypatch.setattr(stopwatch, "MAX_CALLS", 1)
    monkeypatch.setattr(stopwatch, "BUDGET_S", math.inf)
    before = [1.0] * 3  # the one whose gradient is taken, and two to see how long a call takes
    mine = ticks.costing(iter([*before, 2.0, 2.0, 50.0, 2.0, 1.0]), always(1.0))
    forward = time_beside(mine, ticks.costing(always(1.0), always(1.0)), h, 5).forward
    assert (forward.call_s, forward.ratio, forward.lowest, forward.highest) == (2, 2, 1, 50)


@pytest.mark.parametrize(("asked", "made"), [(7, 7), (1, 1), (0, 1), (-3, 1)])
def test_as_many_rounds_as_asked_but_at_least_one(h, monkeypatch, asked, made):
    monkeypatch.setattr(stopwatch, "BUDGET_S", math.inf)
    assert time_beside(torch.relu, torch.relu, h, asked).rounds == made


def test_no_round_begins_after_the_budget_is_spent(h, monkeypatch):
    monkeypatch.setattr(stopwatch, "BUDGET_S", -1.0)
    assert time_beside(torch.relu, torch.relu, h, 1000).rounds == 1


def test_where_the_threads_own_time_is_coarse_the_wall_is_looked_at(monkeypatch):
    monkeypatch.setattr(stopwatch, "FINE_S", 0.0)
    assert stopwatch._clock() is stopwatch.time.perf_counter
