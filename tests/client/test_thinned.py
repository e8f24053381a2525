import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.client.plotting.thinned import BUCKETS, Thinned

LOSS = st.floats(width=32)


def curve(*pieces):
    thinned = Thinned()
    for piece in pieces:
        thinned.extend(np.asarray(piece, np.float64))
    return thinned


def plainly(losses, every):
    """The points of a curve, bucket by bucket."""
    points = {}
    for start in range(0, len(losses), every):
        bucket = {i: losses[i] for i in range(start, min(start + every, len(losses)))}
        finite = {i: loss for i, loss in bucket.items() if np.isfinite(loss)}
        if finite:
            for most in (min, max):
                i = most(finite, key=finite.__getitem__)
                points[i] = finite[i]
        for i in [i for i in bucket if i not in finite][:1]:
            points[i] = np.nan
    return sorted(points.items())


@given(st.lists(st.lists(LOSS, max_size=60), max_size=12))
def test_a_short_curve_is_all_there_with_gaps_where_it_is_not_finite(pieces):
    losses = [loss for piece in pieces for loss in piece]
    iterations, values = curve(*pieces).points
    assert iterations.tolist() == list(range(len(losses)))
    told = np.array(losses)
    np.testing.assert_array_equal(values, np.where(np.isfinite(told), told, np.nan))


@pytest.mark.parametrize("pieces", [1, 7, 400])
def test_of_a_long_one_there_are_lowest_and_highest_and_the_first_gap(pieces):
    generator = np.random.default_rng(0)
    losses = generator.standard_normal(37_123)
    losses[generator.integers(0, len(losses), 60)] = [np.nan, np.inf, -np.inf] * 20
    cuts = np.sort(generator.integers(0, len(losses), pieces - 1))
    thinned = curve(*np.split(losses, cuts))
    assert thinned.stop == len(losses)
    assert BUCKETS / 2 < len(losses) / thinned.every <= BUCKETS
    iterations, values = thinned.points
    expected = plainly(losses.tolist(), thinned.every)
    assert iterations.tolist() == [i for i, _ in expected]
    np.testing.assert_array_equal(values, [loss for _, loss in expected])


def test_a_curve_of_nothing_finite_is_one_gap():
    _, values = curve(np.full(5000, np.nan), np.full(5000, np.inf)).points
    assert len(values)
    assert np.isnan(values).all()


def test_a_million_losses_are_at_most_three_points_a_bucket():
    thinned = curve(*np.split(np.random.default_rng(1).random(1_000_000), 50))
    assert len(thinned.points[0]) <= 3 * BUCKETS
