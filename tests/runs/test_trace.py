import math
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.runs.growing import FIRST_BYTES
from reluscope.runs.trace import Trace, rows_before
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.spec import MAX_MARKS, RunSpec

FIRST_CAPACITY = FIRST_BYTES // 8

LOSSES = st.lists(st.floats(width=64), max_size=40)
EDGE = st.none() | st.integers(-200, 200)


def bits(values) -> bytes:
    return np.asarray(values, dtype=np.float64).tobytes()


def filled(count: int) -> Trace:
    trace = Trace(count)
    trace.extend(np.arange(count, dtype=float), 1.0)
    return trace


@given(st.lists(LOSSES, max_size=8), EDGE, EDGE)
def test_a_span_is_a_lists_slice_bit_for_bit(turns, start, stop):
    trace, model = Trace(sum(map(len, turns))), []
    for turn in turns:
        trace.extend(np.array(turn, dtype=float), 0.0)
        model += turn
        assert len(trace) == len(model)
        assert bits(trace[start:stop]) == bits(model[start:stop])
    assert bits(trace[:]) == bits(model)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_it_grows_past_its_first_capacity(turns):
    trace, model = Trace(sum(turns)), np.arange(float(sum(turns)))
    for count in turns:
        begin = len(trace)
        trace.extend(model[begin : begin + count], 0.0)
        assert bits(trace[:]) == bits(model[: begin + count])


def test_more_losses_than_expected_are_kept_too():
    trace = Trace(1)
    for count in range(50):
        trace.extend(np.full(count, float(count)), float(count))
    assert bits(trace[:]) == bits([float(c) for c in range(50) for _ in range(c)])


def test_a_new_trace_is_empty():
    trace = Trace(10)
    assert len(trace) == 0
    assert trace[:].tolist() == []
    with pytest.raises(IndexError):
        trace.produced_at(0)


def test_an_empty_extension_changes_nothing():
    trace = filled(3)
    trace.extend(np.empty(0), 9.0)
    assert len(trace) == 3
    assert trace.produced_at(2) == 1.0


def test_what_was_read_stays_true_while_the_trace_grows():
    trace = Trace(10 * FIRST_CAPACITY)
    trace.extend(np.arange(float(FIRST_CAPACITY)), 0.0)
    early = trace[10:20]
    for _ in range(9):
        trace.extend(np.full(FIRST_CAPACITY, -1.0), 0.0)
    assert early.tolist() == list(range(10, 20))


def test_a_reader_cannot_write():
    span = filled(5)[1:3]
    with pytest.raises(ValueError, match="read-only"):
        span[0] = 7.0


def test_what_the_writer_does_to_its_array_afterwards_does_not_reach_the_trace():
    trace, turn = Trace(3), np.array([1.0, 2.0, 3.0])
    trace.extend(turn, 0.0)
    turn[:] = 0
    assert trace[:].tolist() == [1, 2, 3]


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 1e10)), min_size=1, max_size=30))
def test_each_iteration_was_produced_at_the_end_of_its_turn(turns):
    trace, times = Trace(sum(count for count, _ in turns)), []
    for count, produced_at in turns:
        trace.extend(np.zeros(count), produced_at)
        times += [produced_at] * count
    assert [trace.produced_at(i) for i in range(len(trace))] == times
    for outside in (-1, len(trace)):
        with pytest.raises(IndexError):
            trace.produced_at(outside)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=30), EDGE, EDGE)
def test_the_marks_of_a_span_say_when_its_iterations_were_done(turns, start, stop):
    trace = Trace(sum(turns))
    for time, count in enumerate(turns):
        trace.extend(np.zeros(count), float(time))
    start, stop, _ = slice(start, stop).indices(len(trace))
    marks = trace.marks(start, stop)
    if stop <= start:
        assert len(marks) == 0
        return
    ends = marks[:, 0].astype(int).tolist()
    assert ends == sorted(set(ends))
    assert start < ends[0]
    assert ends[-1] == stop
    assert [trace.produced_at(end - 1) for end in ends] == marks[:, 1].tolist()


@pytest.mark.parametrize("turns", [MAX_MARKS, MAX_MARKS + 1, 3 * MAX_MARKS, 9 * MAX_MARKS + 5])
def test_past_a_number_of_turns_times_are_known_less_exactly(turns):
    """But never by more than a few turns, and of the newest exactly."""
    trace = Trace(2 * turns)
    for turn in range(turns):
        trace.extend(np.zeros(2), float(turn))
        assert trace.produced_at(len(trace) - 1) == turn
    marks = trace.marks()
    assert len(marks) <= MAX_MARKS + 1
    coarseness = 2 * turns / MAX_MARKS + 1
    for iteration in range(0, 2 * turns, 97):
        assert 0 <= trace.produced_at(iteration) - iteration // 2 <= coarseness


@pytest.mark.parametrize("turns", [0, 1, 100, MAX_MARKS + 1, 3 * MAX_MARKS])
def test_a_trace_made_of_what_another_gave_goes_on_as_that_does(turns):
    trace, again = (Trace(turns + 10, 3, 2) for _ in range(2))
    for turn in range(turns):
        trace.extend(np.array([turn / 3]), float(turn), np.full((int(turn % 3 == 0), 2), turn))
    again.preload(trace[:], trace.rows(), trace.marks())
    for one in (trace, again):
        one.extend(np.array([math.nan, 7.0]), 9e9)
    assert bits(again[:]) == bits(trace[:])
    assert bits(again.rows()) == bits(trace.rows())
    assert len(again.marks()) <= MAX_MARKS + 1
    assert again.produced_at(turns + 1) == trace.produced_at(turns + 1) == 9e9


def test_nan_keeps_its_bits():
    payload = np.array([0x7FF8_0000_DEAD_BEEF, 0xFFF0_0000_0000_0000], dtype=np.uint64)
    trace = Trace(2)
    trace.extend(payload.view(np.float64), 0.0)
    assert bits(trace[:]) == payload.tobytes()


def test_readers_beside_the_writer_see_a_true_beginning_at_any_time():
    """Every reader sees 0, 1, 2, ... up to a length that only grows, and a time for its last."""
    count, turns = 60_000, 400
    trace, faults = Trace(count), []

    def read() -> None:
        seen = 0
        while seen < count:
            length = len(trace)
            span = trace[max(0, length - 300) : length]
            first = max(0, length - 300)
            if length < seen or span.tolist() != list(range(first, length)):
                faults.append((seen, length, span))
                return
            if (
                length
                and math.floor(trace.produced_at(length - 1)) != (length - 1) * turns // count
            ):
                faults.append((length, trace.produced_at(length - 1)))
                return
            seen = length

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    size = count // turns
    for turn in range(turns):
        trace.extend(np.arange(turn * size, (turn + 1) * size, dtype=float), float(turn))
    for reader in readers:
        reader.join()
    assert faults == []


@pytest.mark.parametrize("expected", [1, 3, 1024, 1025, 5000])
@pytest.mark.parametrize("stride", [0, 1, 2, 20, 10_000])
def test_a_trace_never_holds_more_than_its_spec_told(expected, stride):
    trace = Trace(expected, stride, len(CHANNELS))
    told = RunSpec(iterations=expected, diagnostics_every=stride).trace_bytes()
    for _ in range(expected):
        measured(trace, 1)
        assert trace.nbytes <= told
    assert len(trace.rows()) == rows_before(expected, stride)


# --- rows of diagnostics


def row(iteration: int, channels: int) -> list[float]:
    """A row that tells which iteration it is of."""
    return [iteration + channel / 16 for channel in range(channels)]


def measured(trace: Trace, count: int) -> None:
    """Extend a trace by `count` iterations, with the rows that are due."""
    channels = trace.rows().shape[1]
    new = range(len(trace), len(trace) + count)
    due = [i for i in new if trace.stride and i % trace.stride == 0]
    rows = np.array([row(i, channels) for i in due]).reshape(-1, channels)
    trace.extend(np.array(new, dtype=float), 0.0, rows)


@given(
    st.lists(st.integers(0, 700), max_size=8),
    st.integers(0, 40),
    st.integers(1, 3),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_a_span_of_rows_is_that_of_its_iterations(turns, stride, channels, start, stop):
    trace = Trace(sum(turns), stride, channels)
    for count in turns:
        measured(trace, count)
        due = [i for i in range(len(trace)) if stride and i % stride == 0]
        assert trace.rows().tolist() == [row(i, channels) for i in due]
        assert trace.rows(start, stop).tolist() == [row(i, channels) for i in due[start:stop]]
        iterations, rows = trace.rows_of(start, stop)
        chosen = [i for i in due if start <= i < stop]
        assert iterations.tolist() == chosen
        assert rows.tolist() == [row(i, channels) for i in chosen]
        assert rows.shape == (len(chosen), channels)


@pytest.mark.parametrize("beyond", [51, 2**53, 10**30])
def test_there_are_no_rows_beyond_the_end(beyond):
    trace = Trace(50, 7, 2)
    measured(trace, 50)
    iterations, rows = trace.rows_of(beyond, 2 * beyond)
    assert (iterations.tolist(), rows.shape) == ([], (0, 2))
    assert trace.rows_of(45, beyond)[0].tolist() == [49]


def test_a_row_keeps_the_bits_of_nan():
    payload = np.array([[0x7FF8_0000_DEAD_BEEF, 0xFFF0_0000_0000_0000]], dtype=np.uint64)
    trace = Trace(1, 1, 2)
    trace.extend(np.zeros(1), 0.0, payload.view(np.float64))
    assert bits(trace.rows()) == payload.tobytes()


def test_rows_that_were_read_stay_true_while_the_trace_grows():
    trace = Trace(10 * FIRST_CAPACITY, 1, 2)
    measured(trace, FIRST_CAPACITY)
    early, (_, span) = trace.rows(10, 20), trace.rows_of(10, 20)
    for _ in range(9):
        measured(trace, FIRST_CAPACITY)
    assert early.tolist() == span.tolist() == [row(i, 2) for i in range(10, 20)]


def test_a_reader_of_rows_cannot_write():
    trace = Trace(5, 1, 2)
    measured(trace, 5)
    for rows in (trace.rows(1, 3), trace.rows_of(1, 3)[1]):
        with pytest.raises(ValueError, match="read-only"):
            rows[0, 0] = 7.0


def test_readers_beside_the_writer_find_the_rows_of_every_loss_that_is_there():
    """Who knows of losses up to some iteration finds all rows of those before, each true."""
    count, turns, stride = 30_000, 300, 3
    trace, faults = Trace(count, stride, 2), []

    def read() -> None:
        length = 0
        while length < count:
            length = len(trace)
            first = max(0, length - 300)
            iterations, rows = trace.rows_of(first, length)
            due = list(range(first + -first % stride, length, stride))
            if iterations.tolist() != due or rows.tolist() != [row(i, 2) for i in due]:
                faults.append((first, length, iterations))
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(turns):
        measured(trace, count // turns)
    for reader in readers:
        reader.join()
    assert faults == []
