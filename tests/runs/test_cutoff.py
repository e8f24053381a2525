import numpy as np
import pytest

from reluscope.runs.cutoff import LOST, LOST_S, CutOff
from reluscope.runs.trace import Trace

STORED = 100


@pytest.fixture
def cut_off():
    trace = Trace(STORED)
    trace.extend(np.zeros(STORED), 1.0)
    return CutOff(trace)


def test_what_was_seen_before_comes_again(cut_off):
    for cursor in (0, STORED, STORED + 50, STORED + 20):
        assert cut_off.see(cursor) == cursor
    assert cut_off.seen_to == STORED + 50


def test_who_had_seen_more_than_is_true_any_more_is_told_how_much_is(cut_off):
    cut_off.change(STORED + 30)
    cut_off.change(STORED + 60)  # the first of them decides
    assert cut_off.see(STORED + 30) == STORED + 30
    assert cut_off.see(STORED + 31) == STORED + 30
    assert cut_off.seen_to == STORED + 30


def test_nobody_has_seen_more_than_can_have_been(cut_off):
    assert cut_off.lost_to == STORED + LOST
    for cursor in (cut_off.lost_to + 1, 2**53):
        assert cut_off.see(cursor) == cursor
    assert cut_off.seen_to == 0
    cut_off.change(cut_off.lost_to)
    assert cut_off.see(cut_off.lost_to) == cut_off.lost_to


def test_a_fast_run_may_have_been_further():
    trace, seconds, each = Trace(10**7), 20, 20_000
    for second in range(seconds):
        trace.extend(np.zeros(each), float(second))
    lost = CutOff(trace).lost_to - len(trace)
    assert LOST_S * each <= lost <= (LOST_S + 1) * each


def test_of_one_that_had_not_begun_little_is_known():
    assert CutOff(Trace(10)).lost_to == LOST
