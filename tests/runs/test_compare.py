import math
import struct
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reluscope.runs import compare as room
from reluscope.runs.compare import COARSEST_FIRST, Comparison, Difference, Distance, compare
from reluscope.runs.trace import Trace
from reluscope.training.spec import DTYPES

INF, NAN = math.inf, math.nan

ODD = [0.0, -0.0, NAN, INF, -INF, 5e-324, 1e-40, -1e-40, 1.0, -1.0, 1e39, 1.7e308, -1.7e308]
NEARLY_1 = st.integers(-3, 3).map(lambda steps: 1 + steps * 2**-9)
LOSS = st.floats() | st.floats(width=32) | st.sampled_from(ODD) | NEARLY_1
PAIRS = st.lists(st.tuples(LOSS, LOSS) | LOSS.map(lambda loss: (loss, loss)), max_size=12)


def array(*losses):
    return np.array(losses, dtype=np.float64)


def no_difference(compared):
    return Comparison(compared, *(True, None, None, None, None))


# A slow definition, from numbers to numbers, to hold the fast one against.


def same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)  # noqa: PLR0124 - NaN alone is not itself


def rounded(loss: float, dtype: str) -> float:
    """What torch makes of it."""
    return torch.tensor(loss, dtype=torch.float64).to(getattr(torch, dtype)).item()


def place(loss: float, dtype: str) -> int:
    """How many numbers of `dtype` lie between 0 and `loss`, with its sign."""
    value = rounded(abs(loss), dtype)
    if dtype == "float64":
        (bits,) = struct.unpack("<q", struct.pack("<d", value))
    else:
        (bits,) = struct.unpack("<i", struct.pack("<f", value))
        bits >>= 16 if dtype == "bfloat16" else 0
    return -bits if loss < 0 else bits


def absolute(a: float, b: float, _dtype: str) -> float:
    return abs(a - b) if math.isfinite(a) and math.isfinite(b) else INF


def relative(a: float, b: float, dtype: str) -> float:
    return absolute(a, b, dtype) / max(abs(a), abs(b)) if absolute(a, b, dtype) < INF else INF


def ulps(a: float, b: float, dtype: str) -> float:
    if not (math.isfinite(a) and math.isfinite(b)):
        return INF
    near = rounded(a, dtype), rounded(b, dtype)
    if near[0] == near[1]:
        return 0
    return abs(place(a, dtype) - place(b, dtype)) if all(map(math.isfinite, near)) else INF


def slowly(pairs: list[tuple[float, float]], dtype: str) -> Comparison:
    differing = [(at, a, b) for at, (a, b) in enumerate(pairs) if not same(a, b)]

    def largest(measure) -> Difference | None:
        found = [Difference(at, a, b, measure(a, b, dtype)) for at, a, b in differing]
        return max(found, key=lambda difference: difference.difference, default=None)

    first = differing[0][0] if differing else None
    kinds = map(largest, (absolute, relative, ulps))
    return Comparison(len(pairs), not differing, first, *kinds)


@given(PAIRS, st.sampled_from(COARSEST_FIRST), st.integers(1, 5))
def test_it_is_what_the_slow_definition_says(pairs, dtype, piece):
    a, b = (array(*(pair[side] for pair in pairs)) for side in (0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "PIECE", piece)
        found = compare(a, b, (dtype, dtype))
    assert repr(found) == repr(slowly(pairs, dtype))  # as text, NaN equals itself


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.integers(1, 1000))
def test_ulps_are_steps_from_a_number_to_the_next(start, steps):
    end = np.float32(start)
    with np.errstate(over="ignore"):
        for _ in range(steps):
            end = np.nextafter(end, np.float32(INF))
    found = compare(array(start), array(end)).largest_ulp
    assert found.difference == (steps if np.isfinite(end) else INF)


@given(st.lists(LOSS, max_size=20))
def test_a_trace_equals_itself(losses):
    found = compare(array(*losses), array(*losses))
    assert found == no_difference(len(losses))


@given(PAIRS)
def test_both_ways_it_is_as_far(pairs):
    a, b = (array(*(pair[side] for pair in pairs)) for side in (0, 1))
    there, back = compare(a, b), compare(b, a)
    assert there.first_difference == back.first_difference
    for kind in ("largest_absolute", "largest_relative", "largest_ulp"):
        mine, its = getattr(there, kind), getattr(back, kind)
        assert (mine and mine.difference) == (its and its.difference)


@pytest.mark.parametrize(
    ("a", "b"), [(0.0, -0.0), (NAN, NAN), (NAN, -NAN), (INF, INF), (-INF, -INF)]
)
def test_what_counts_as_equal(a, b):
    assert compare(array(a), array(b)).equal


@pytest.mark.parametrize(
    ("a", "b"), [(NAN, 1.0), (1.0, INF), (INF, -INF), (NAN, INF), (-INF, NAN), (0.0, NAN)]
)
@pytest.mark.parametrize("dtype", COARSEST_FIRST)
def test_what_is_infinitely_far_apart(a, b, dtype):
    found = compare(array(a), array(b), (dtype, dtype))
    for largest in (found.largest_absolute, found.largest_relative, found.largest_ulp):
        assert largest.difference == INF


def test_each_largest_difference_is_told_with_its_place_and_both_losses():
    found = compare(array(1, 1e6, 5, 1e-9), array(1, 1e6 + 8, 5.5, 2e-9))
    assert (found.compared, found.equal, found.first_difference) == (4, False, 1)
    assert found.largest_absolute == Difference(1, 1e6, 1e6 + 8, 8.0)
    assert found.largest_relative == Difference(3, 1e-9, 2e-9, 0.5)
    assert found.largest_ulp == Difference(3, 1e-9, 2e-9, 2**23)


def test_of_differences_that_are_equally_large_the_first_is_told(monkeypatch):
    monkeypatch.setattr(room, "PIECE", 2)
    found = compare(array(0, 0, 0, 0, 0, 0), array(0, 1, 0, 1, 1, 1))
    assert found.largest_absolute.iteration == found.largest_ulp.iteration == 1


def test_an_absolute_difference_of_any_finite_size_is_finite():
    for power in range(60, 70):
        assert compare(array(2.0**power), array(0)).largest_absolute.difference == 2.0**power


def test_ulps_are_those_of_the_coarser_dtype():
    a, b = array(1.0), array(1 + 2**-20)
    counted = {
        pair: compare(a, b, pair).largest_ulp.difference
        for pair in [("float64", "float64"), ("float64", "float32"), ("float32", "bfloat16")]
    }
    assert list(counted.values()) == [2**32, 8, 0]


def test_the_ulps_of_float64_are_exact_however_many():
    largest = np.finfo(float).max
    found = compare(array(largest), array(-largest), ("float64", "float64")).largest_ulp
    assert found.difference == 2 * 0x7FEF_FFFF_FFFF_FFFF


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_ulp_at_1_is_the_dtypes_epsilon(dtype):
    beside = 1 + float(np.finfo(dtype).eps)
    found = compare(array(1), array(beside), (dtype, dtype))
    assert found.largest_ulp.difference == 1
    assert Fraction(found.largest_absolute.difference) == Fraction(beside) - 1


def test_only_what_both_have_is_compared():
    found = compare(array(1, 2, 3), array(1, 2))
    assert found == no_difference(2)
    assert compare(array(), array(1)) == no_difference(0)


def test_every_dtype_of_a_spec_can_be_compared():
    assert set(DTYPES) <= set(COARSEST_FIRST)


def test_traces_are_compared_as_they_are_and_left_so():
    a, b = Trace(3), Trace(3)
    a.extend(array(1, 2, -3), 0.0)
    b.extend(array(1, 2, -4), 0.0)
    found = compare(a, b)
    assert (found.first_difference, found.largest_absolute.difference) == (2, 1)
    assert a[:].tolist() == [1, 2, -3]


def test_long_traces_take_no_more_memory_than_a_piece():
    a = np.zeros(3_000_000)
    b = a + 1
    tracemalloc.start()
    try:
        found = compare(a, b)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found.compared, found.first_difference) == (3_000_000, 0)
    assert peak < a.nbytes


@given(PAIRS, st.integers(0, 14), st.integers(0, 14))
def test_a_distance_is_what_the_arithmetic_says_and_0_where_they_are_equal(pairs, start, stop):
    a, b = (array(*(pair[side] for pair in pairs)) for side in (0, 1))
    distance = Distance(a, np.append(b, 1.0))
    expected = [0.0 if same(x, y) else abs(x - y) for x, y in pairs]
    assert len(distance) == len(pairs)
    assert list(map(repr, distance[start:stop].tolist())) == list(map(repr, expected[start:stop]))


def test_a_distance_from_what_is_not_finite_is_not_finite():
    a, b = array(INF, NAN, INF, NAN, -INF, INF, NAN), array(1, -1, -INF, NAN, -INF, NAN, INF)
    assert list(map(repr, Distance(a, b)[:].tolist())) == [
        "inf",
        "nan",
        "inf",
        "0.0",
        "0.0",
        "nan",
        "nan",
    ]
