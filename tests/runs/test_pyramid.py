"""Overviews with a pyramid: what the scan of all losses gives, for less."""

import math
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.runs import overview as overviews
from reluscope.runs import pyramid as room
from reluscope.runs.overview import not_finite, overview
from reluscope.runs.pyramid import BASE, BLOCK, BUCKET, FACTOR, Span
from reluscope.runs.trace import Trace
from reluscope.training.spec import BUCKETED_BYTES, RunSpec

INF, NAN = math.inf, math.nan

LOSS = st.sampled_from([0.0, -0.0, 1.0, NAN, INF, -INF, 1e308, -1e308, 1.7e308]) | st.floats()
STRETCH = st.tuples(LOSS, st.integers(1, 80)).map(lambda told: [told[0]] * told[1])
TURN = st.lists(LOSS, max_size=60) | STRETCH
TURNS = st.lists(TURN, max_size=12)


@contextmanager
def small():
    """Buckets of 4 iterations, 16, 64 and so on, which are taken in 16 losses at a time."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (room, overviews):
            patch.setattr(module, "BASE", 4)
        patch.setattr(room, "BLOCK", 16)
        patch.setattr(room, "PIECE", 64)
        yield


def is_as_scanned(span: Span, losses: np.ndarray, points: int) -> None:
    """Whether overviews of a span are those of the scan over its losses."""
    found, true = overview(span, span.start, points), overview(losses, span.start, points)
    assert (found.every, found.not_positive) == (true.every, true.not_positive)
    assert found.iterations.tolist() == true.iterations.tolist()
    assert found.losses.tobytes() == true.losses.tobytes()
    assert len(found.means) == len(true.means)
    assert np.isnan(found.means).tolist() == np.isnan(true.means).tolist()
    sizes = overview(np.abs(losses), span.start, points).means
    some = ~np.isnan(true.means)
    apart = np.abs(found.means[some] / 2 - true.means[some] / 2)
    assert (apart <= 1e-12 * sizes[some] + 1e-320).all()
    for means, lows, highs in [
        (found.means[some], *extremes(losses, span.start, found.every, some))
    ]:
        assert (lows <= means).all()
        assert (means <= highs).all()
    assert not_finite(span, span.start) == not_finite(losses, span.start)


def extremes(losses, start, every, some):
    """Of each bucket that has some, its least and its largest finite loss."""
    cuts = np.flatnonzero(np.diff(np.arange(start, start + len(losses)) // every)) + 1
    parts = [part[np.isfinite(part)] for part in np.split(losses, cuts)] if len(losses) else []
    told = [part for part, there in zip(parts, some, strict=True) if there]
    return [np.array([pick(part) for part in told]) for pick in (np.min, np.max)]


def grown(turns, expected: int | None = None) -> Trace:
    trace = Trace(sum(map(len, turns)) if expected is None else expected)
    for turn in turns:
        trace.extend(np.array(turn, dtype=np.float64), 0.0)
    return trace


@given(TURNS, st.integers(0, 400), st.integers(0, 400), st.integers(2, 130))
@small()
def test_a_span_has_the_overview_that_a_scan_of_its_losses_gives(turns, start, stop, points):
    trace = grown(turns)
    span = trace.span(start, stop)
    is_as_scanned(span, trace[start:stop], points)
    is_as_scanned(trace.span(0, len(trace)), trace[:], points)


@given(TURNS, st.integers(0, 20), st.integers(2, 40))
@small()
def test_what_a_reader_holds_stays_true_while_the_run_goes_on(turns, expected, points):
    trace, held = Trace(expected), []
    for turn in turns:
        trace.extend(np.array(turn, dtype=np.float64), 0.0)
        held.append((trace.span(0, len(trace)), trace[:].copy()))
    for span, losses in held:
        assert len(span) == len(losses)
        is_as_scanned(span, losses, points)


@given(TURNS, TURNS, st.integers(2, 40))
@small()
def test_a_trace_made_of_what_another_gave_has_its_pyramid_and_goes_on(turns, more, points):
    one = grown(turns)
    other = Trace(1000)
    other.preload(one[:], one.rows(), one.marks())
    for turn in more:
        other.extend(np.array(turn, dtype=np.float64), 0.0)
    is_as_scanned(other.span(0, len(other)), other[:], points)


@given(st.lists(st.sampled_from([1.0, NAN, INF]), min_size=300, max_size=900), st.integers(0, 99))
@small()
def test_of_many_stretches_the_first_are_told(losses, start):
    span = grown([losses]).span(start, len(losses))
    assert not_finite(span, start) == not_finite(np.array(losses[start:]), start)


def long(count: int) -> np.ndarray:
    """Losses with all that may be among them."""
    chance = np.random.default_rng(0)
    losses = np.exp(chance.normal(size=count))
    losses[chance.integers(0, count, 50)] = NAN
    losses[chance.integers(0, count, 50)] = -INF
    losses[count // 3 : count // 2] = INF
    losses[chance.integers(0, count, 500)] = 0.0
    losses[chance.integers(0, count, 500)] = -1.0
    return losses


@pytest.mark.parametrize("turn", [7, 999, 4096, 300_000])
def test_it_is_so_of_a_long_run(turn):
    losses = long(300_000)
    trace = grown([losses[at : at + turn] for at in range(0, len(losses), turn)])
    for start, stop in [(0, 300_000), (1, 299_999), (5000, 6000), (4096, 8192), (123_456, 299_001)]:
        for points in (2, 50, 700):
            is_as_scanned(trace.span(start, stop), losses[start:stop], points)


class Counted:
    """Losses that count how many of them are looked at."""

    def __init__(self, losses: np.ndarray) -> None:
        self._losses, self.looked = losses, 0

    def __len__(self) -> int:
        return len(self._losses)

    def __getitem__(self, span: slice) -> np.ndarray:
        found = self._losses[span]
        self.looked += len(found)
        return found


@pytest.mark.parametrize("odd", [False, True])
def test_however_long_a_run_is_few_losses_are_looked_at(odd):
    losses = np.ones(3_000_000)
    if odd:
        losses[1234:] = NAN
        losses[::50_000] = 2.0
    levels = room.Pyramid(len(losses)).extend(losses)
    for start, stop in [(0, len(losses)), (4321, 2_987_654)]:
        for points in (2, 100):
            counted = Counted(losses)
            span = Span(counted, levels, start, stop)
            overview(span, start, points)
            assert counted.looked <= 4 * (BASE + BLOCK)
            counted.looked = 0
            not_finite(span, start)
            assert counted.looked <= 4 * (BASE + BLOCK) + (2 * 120 * BASE if odd else 0)


def test_a_short_run_has_none():
    trace = grown([[1.0] * (BLOCK - 1)])
    assert trace.nbytes == Trace(0).nbytes + 8 * (BLOCK - 1) + 8192  # losses, and first marks
    trace = grown([[1.0] * (BLOCK - 1)], BLOCK)
    trace.extend(np.ones(1), 0.0)
    assert trace.span(0, BLOCK).buckets(BLOCK)["finite"].tolist() == [BLOCK]


def test_its_memory_is_told():
    assert BUCKET.itemsize * FACTOR / (FACTOR - 1) <= BUCKETED_BYTES
    count = 1_000_000
    trace = grown([np.ones(count)])
    told = RunSpec(iterations=count, diagnostics_every=0).trace_bytes()
    assert 8 * count + BUCKET.itemsize * (count // BASE) < trace.nbytes <= told


def test_readers_beside_the_writer_find_overviews_of_what_is_there():
    count, turns = 200_000, 300
    losses = long(count)
    trace, faults = Trace(count), []

    def read() -> None:
        length = 0
        try:
            while length < count:
                span = trace.span(0, count)
                length = len(span)
                is_as_scanned(span, losses[:length], 40)
        except AssertionError as fault:
            faults.append(fault)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in np.array_split(losses, turns):
        trace.extend(turn, 0.0)
    for reader in readers:
        reader.join()
    assert faults == []
