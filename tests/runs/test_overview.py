import math
import tracemalloc
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.numbers import tell
from reluscope.runs import overview as room
from reluscope.runs.compare import Distance
from reluscope.runs.overview import MAX_SPANS, not_finite, overview

INF, NAN = math.inf, math.nan

LOSS = st.floats() | st.floats(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, NAN, INF, -INF, 1.7e308])
LOSSES = st.lists(LOSS, max_size=60)
START = st.integers(0, 70) | st.just(10**9)


def array(losses) -> np.ndarray:
    return np.array(losses, dtype=np.float64)


# A slow definition, from bucket to bucket, to hold the fast one against.


def size(count: int, points: int) -> int:
    return next(4**power for power in range(20) if 2 * count / 4**power <= points)


def buckets(losses, start, every):
    """Of each bucket, its iterations and their losses."""
    iterations = enumerate(losses, start)
    return [list(bucket) for _, bucket in groupby(iterations, lambda pair: pair[0] // every)]


def chosen(losses, start, every) -> list[int]:
    found = {start, start + len(losses) - 1} if losses else set()
    for bucket in buckets(losses, start, every):
        finite = [pair for pair in bucket if math.isfinite(pair[1])]
        odd = [pair for pair in bucket if not math.isfinite(pair[1])]
        if finite:
            found.add(min(finite, key=lambda pair: pair[1])[0])
            found.add(max(finite, key=lambda pair: pair[1])[0])
        found |= {iteration for iteration, _ in odd[:1]}
    return sorted(found)


def mean(bucket) -> float:
    finite = [loss for _, loss in bucket if math.isfinite(loss)]
    return math.fsum(loss / len(finite) for loss in finite) if finite else NAN


def stretches(losses, start):
    told = [tell(loss) for loss in losses]
    found, at = [], start
    for kind, group in groupby(value if isinstance(value, str) else "" for value in told):
        stop = at + len(list(group))
        found += [(at, stop, kind)] if kind else []
        at = stop
    return found


@given(LOSSES, START, st.integers(2, 130), st.integers(1, 70))
def test_it_is_what_the_slow_definition_says(losses, start, points, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "PIECE", piece)
        found = overview(array(losses), start, points)
    every = size(len(losses), points)
    assert found.every == every
    iterations = chosen(losses, start, every)
    assert found.iterations.tolist() == iterations
    assert found.losses.tobytes() == array([losses[at - start] for at in iterations]).tobytes()
    assert found.not_positive == sum(math.isfinite(loss) and loss <= 0 for loss in losses)
    parts = buckets(losses, start, every)
    assert len(found.means) == len(parts)
    for average, bucket in zip(found.means.tolist(), parts, strict=True):
        sizes = mean([(at, abs(loss)) for at, loss in bucket])
        true = mean(bucket)
        close = abs(average - true) <= 1e-12 * sizes + 1e-320
        assert close or (math.isnan(average) and math.isnan(true))


@given(LOSSES, START, st.integers(1, 70))
def test_what_is_not_finite_is_told_by_stretches_and_counted(losses, start, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "PIECE", piece)
        found = not_finite(array(losses), start)
    assert found.spans == stretches(losses, start)
    kinds = [value for value in map(tell, losses) if isinstance(value, str)]
    assert found.counts == {kind: kinds.count(kind) for kind in set(kinds)}


@given(st.lists(st.sampled_from([1.0, NAN, INF]), min_size=300, max_size=600), st.integers(1, 70))
def test_of_many_stretches_the_first_are_told(losses, piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "PIECE", piece)
        found = not_finite(array(losses), 5)
    assert found.spans == stretches(losses, 5)[:MAX_SPANS]
    assert sum(found.counts.values()) == sum(not math.isfinite(loss) for loss in losses)


def test_a_stretch_of_many_pieces_is_one(monkeypatch):
    monkeypatch.setattr(room, "PIECE", 10)
    losses = np.full(100, NAN)
    losses[[0, 99]] = 1.0, INF
    found = not_finite(losses, 1000)
    assert found.spans == [(1001, 1099, "NaN"), (1099, 1100, "Infinity")]
    assert found.counts == {"NaN": 98, "Infinity": 1}


@pytest.mark.parametrize(
    ("count", "points", "every"),
    [
        (0, 2, 1),
        (1, 2, 1),
        (2, 2, 4),
        (50, 100, 1),
        (51, 100, 4),
        (10_000, 1250, 16),
        (800, 100, 16),
    ],
)
def test_a_bucket_is_the_smallest_power_of_4_that_leaves_so_few(count, points, every):
    assert overview(np.zeros(count), 0, points).every == every


def test_where_there_is_room_for_all_it_is_all():
    losses = array([3, NAN, 1, INF, -INF, 2])
    found = overview(losses, 40, 12)
    assert found.every == 1
    assert found.iterations.tolist() == list(range(40, 46))
    assert found.losses.tobytes() == losses.tobytes()
    assert np.isnan(found.means).tolist() == [False, True, False, True, True, False]


def test_a_span_that_moves_keeps_the_points_of_its_whole_buckets():
    losses = np.random.default_rng(0).normal(size=20_000)
    one, other = (overview(losses[at : at + 10_000], at, 1300) for at in (3, 2500))
    assert one.every == other.every == 16
    shared = range(2512, 10_000)
    within = [[at for at in found.iterations.tolist() if at in shared] for found in (one, other)]
    assert within[0] == within[1]


def test_the_extremes_are_those_of_the_curve():
    losses = np.random.default_rng(1).normal(size=1_000_000)
    found = overview(losses, 0, 2000)
    assert (found.losses.min(), found.losses.max()) == (losses.min(), losses.max())
    assert len(found.iterations) <= 2000


def test_a_mean_is_between_the_extremes_where_the_sum_is_beyond_float64():
    for value in (1.7976931348623157e308, -1.7976931348623157e308, 0.1):
        assert overview(np.full(100, value), 0, 2).means.tolist() == [value]
    assert overview(array([1.7e308, 1.7e308, -1.7e308, -1.7e308] * 2), 0, 2).means.tolist() == [0.0]


def test_a_difference_is_made_piece_by_piece(monkeypatch):
    monkeypatch.setattr(room, "PIECE", 50_000)
    a = np.random.default_rng(0).normal(size=2_000_000)
    b = a[::-1]
    tracemalloc.start()
    try:
        found = overview(Distance(a, b), 0, 1000)
        odd = not_finite(Distance(a, b), 0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.losses.max() == np.abs(a - b).max()
    assert odd.spans == []
    assert peak < a.nbytes / 2
