import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.runs import smooth as room
from reluscope.runs.pyramid import summarised
from reluscope.runs.smooth import Last, beginning, smooth

INF, NAN = math.inf, math.nan
LARGEST = 1.7976931348623157e308

WEIGHT = st.floats(0, 0.9999) | st.sampled_from([0.0, 1e-320, 0.5, 0.6, 0.9, 0.99, 0.999, 0.9999])
LOSS = st.floats(-1e300, 1e300) | st.floats(0, 10) | st.sampled_from([0.0, NAN, INF, -INF, 5e-324])
LOSSES = st.lists(LOSS, max_size=40)


# A slow definition, from one loss to the next, to hold the fast one against.


def slowly(losses: list[float], weight: float) -> list[float]:
    averages, state, count = [], 0.0, 0
    for loss in losses:
        if math.isfinite(loss):
            count += 1
            state = weight * state + (1 - weight) * loss
            averages.append(state / (1 - weight**count))
        else:
            averages.append(NAN)
    return averages


def check(losses: list[float], weight: float, start: int = 0) -> None:
    """Averages of losses of either sign are as exact as those of their sizes can be."""
    found, last = smooth(np.array(losses, np.float64), weight, start)
    expected = slowly(losses, weight)
    sizes = slowly([abs(loss) for loss in losses], weight)
    assert len(found) == max(0, len(losses) - start)
    for average, true, size in zip(found, expected[start:], sizes[start:], strict=True):
        near = abs(average - true) <= 1e-12 * size + 1e-315
        assert near or (math.isnan(average) and math.isnan(true))
    finite = [average for average in expected if not math.isnan(average)]
    assert last.finite == len(finite)
    if start == 0:
        assert repr(last.value) == repr(next((v for v in found[::-1].tolist() if v == v), NAN))  # noqa: PLR0124


@given(LOSSES, WEIGHT, st.integers(0, 50), st.integers(1, 5), st.integers(1, 20))
def test_it_is_what_the_slow_definition_says(losses, weight, start, width, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "WIDTH", width + 1)
        patch.setattr(room, "PIECE", piece)
        check(losses, weight, start)


@pytest.mark.parametrize("weight", [0.3, 0.9, 0.99, 0.9999])
@pytest.mark.parametrize("odd", [False, True])
def test_a_long_curve_is_what_the_slow_definition_says(weight, odd):
    losses = np.exp(np.random.default_rng(0).normal(scale=4, size=room.PIECE + 5000))
    if odd:
        losses[::7] = NAN
        losses[100:3000] = INF
    check(losses.tolist(), weight)


@given(LOSSES, WEIGHT, st.integers(0, 50))
def test_where_it_starts_changes_none_of_the_averages(losses, weight, start):
    whole, of_whole = smooth(np.array(losses, np.float64), weight)
    part, of_part = smooth(np.array(losses, np.float64), weight, start)
    assert part.tobytes() == whole[start:].tobytes()
    assert repr(of_part) == repr(of_whole)


@given(
    st.lists(st.floats(1e-3, 1e6) | st.floats(0.9, 1.1), min_size=1, max_size=300),
    st.sampled_from([1e-320, 0.1, 0.3, 0.5, 0.6]),
    st.integers(0, 300),
    st.integers(1, 20),
)
def test_what_comes_before_the_beginning_changes_no_bit(losses, weight, start, piece):
    values = np.array(losses)
    (known,) = summarised(values[None], 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "PIECE", piece)
        patch.setattr(room, "WIDTH", 3)
        begin = beginning(known, weight, start)
        assert begin <= start
        whole, of_whole = smooth(values, weight, start)
        part, of_part = smooth(values, weight, start, begin)
    assert part.tobytes() == whole.tobytes()
    assert repr(of_part) == repr(of_whole)


@pytest.mark.parametrize("odd", [0.0, -1.0, NAN, INF])
def test_a_part_of_a_long_curve_begins_shortly_before_it(odd):
    losses = np.linspace(2, 1, 20 * room.PIECE)
    start = 15 * room.PIECE + 5
    (known,) = summarised(losses[None], 0)
    assert beginning(known, 0.9, start) == 14 * room.PIECE
    assert beginning(known, 0.9, 500) == 0
    losses[7] = odd
    (known,) = summarised(losses[None], 0)
    assert beginning(known, 0.9, start) == 0


@given(st.lists(st.floats(0, 1e6) | st.just(NAN), min_size=2, max_size=40), WEIGHT, st.data())
def test_with_the_last_one_can_go_on(losses, weight, data):
    at = data.draw(st.integers(1, len(losses)))
    _, last = smooth(np.array(losses[:at]), weight)
    count = last.finite
    state = last.value * (1 - weight**count) if count else 0.0
    for loss in losses[at:]:
        if math.isfinite(loss):
            count += 1
            state = weight * state + (1 - weight) * loss
    _, true = smooth(np.array(losses), weight)
    assert count == true.finite
    if count:
        assert state / (1 - weight**count) == pytest.approx(true.value, rel=1e-10, abs=1e-300)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.floats(0, 1 - 2**-53)
)
def test_an_average_lies_between_the_losses_however_large_they_are(losses, weight):
    found, _ = smooth(np.array([*losses, LARGEST, LARGEST, -LARGEST]), weight)
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(losses[0], rel=1e-15, abs=1e-300 if weight < 0.9 else 1e-290)


def test_the_largest_losses_have_an_average():
    found, last = smooth(np.full(1000, LARGEST), 0.99)
    assert found == pytest.approx(np.full(1000, LARGEST), rel=1e-14)
    assert math.isfinite(last.value)


def test_nothing_is_smoothed_by_no_weight():
    losses = np.array([3.0, NAN, 1e308, -0.0])
    found, last = smooth(losses, 0.0)
    assert found.tobytes() == losses.tobytes()
    assert last == Last(0.0, 3)


def test_of_nothing_finite_there_is_no_average():
    for losses in ([], [NAN, INF, -INF]):
        found, last = smooth(np.array(losses, np.float64), 0.9)
        assert np.isnan(found).all()
        assert len(found) == len(losses)
        assert (math.isnan(last.value), last.finite) == (True, 0)


def test_what_is_smoothed_is_left_as_it_was():
    losses = np.array([1.0, INF, 3.0])
    losses.flags.writeable = False
    smooth(losses, 0.5)
    assert losses.tolist() == [1.0, INF, 3.0]
