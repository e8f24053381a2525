import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.runs import growing as room
from reluscope.runs.growing import FIRST_BYTES, Growing


@pytest.mark.parametrize("large", [0, 10**9])
@given(st.lists(st.integers(0, 900), max_size=8), st.integers(0, 5000))
def test_what_was_read_stays_true_whatever_is_written(large, counts, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "LARGE_BYTES", large)
        array, there, held = Growing(limit, 2), 0, []
        for count in counts:
            values = np.arange(2.0 * there, 2.0 * (there + count)).reshape(-1, 2)
            held.append(array.write(there, values)[: there + count])
            there += count
    for view in held:
        assert view.ravel().tolist() == list(range(2 * len(view)))


def test_it_grows_by_twice_until_it_is_large_and_then_at_once(monkeypatch):
    monkeypatch.setattr(room, "LARGE_BYTES", 4 * FIRST_BYTES)
    array, limit = Growing(FIRST_BYTES), FIRST_BYTES
    sizes, there = [], 0
    while there < limit:
        sizes.append(len(array.write(there, np.zeros(64))))
        there += 64
        assert array.nbytes <= max(4 * FIRST_BYTES, 8 * there)
    steps = sorted(set(sizes))
    first = FIRST_BYTES // 8
    assert steps == [first, 2 * first, 4 * first, limit]
    assert array.nbytes == 8 * limit


def test_what_it_takes_is_not_copied_nor_written_to():
    array, mine = Growing(10), np.arange(5.0)
    assert array.take(mine) is mine
    assert array.nbytes == mine.nbytes
    assert np.shares_memory(array.write(5, mine[:0]), mine)
    grown = array.write(5, np.array([5.0]))
    assert grown[:6].tolist() == [0, 1, 2, 3, 4, 5]
    assert mine.tolist() == [0, 1, 2, 3, 4]
    assert not np.shares_memory(grown, mine)
