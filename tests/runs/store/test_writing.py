"""Whatever a run is, and in whatever pieces it is written, it is read back bit for bit."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, update

from reluscope.errors import StoreDamaged
from reluscope.runs.run import Checkpoint, Run
from reluscope.runs.store import Snapshot, reading, writing
from reluscope.runs.store import database as database_module
from reluscope.runs.store.database import reclaim
from reluscope.runs.store.tables import CHECKPOINTS, CHUNK, CHUNKS, EVENTS, RUNS
from reluscope.runs.store.writing import MAX_CHUNKS, MIN_CHUNKS, Batch, Progress, forget
from reluscope.runs.trace import Trace
from reluscope.training.diagnostics import CHANNELS
from tests.places import Place
from tests.runs.making import spec
from tests.runs.stored import chunks_of

STRIDE = 3

few = settings(max_examples=15, suppress_health_check=list(HealthCheck))

floats = st.integers(0, 2**64 - 1).map(lambda bits: np.uint64(bits).view(np.float64))
"""Every float64: each NaN with its payload, both infinities, both zeros."""

special = st.sampled_from([0x7FF8DEADBEEF0001, 0xFFF0000000000001, 1 << 63, 0x7FF << 52]).map(
    lambda bits: np.uint64(bits).view(np.float64)
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
"""Any text: NUL, controls, quotes, other planes; but halves of surrogate pairs."""

pieces = st.lists(
    st.tuples(st.integers(0, 2) | st.integers(0, 9), st.lists(special | floats, max_size=5)),
    min_size=1,
    max_size=12,
)
"""Turns between two flushes: each the number of losses and some values to be among them."""


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    database = place.database()
    yield database.open()
    database.close()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of four losses, in three pieces at most: so that a short curve has many."""
    chunks_of(4, monkeypatch)
    monkeypatch.setattr(writing, "MAX_PIECES", 3)


def write(engine: Engine, run: Run, known: Progress) -> Progress:
    batch = Batch()
    now = batch.add(Snapshot.of(run), known)
    with engine.begin() as connection:
        batch.write(connection)
    return now


def a_run(number: int = 1, **fields: object) -> Run:
    fields = {"iterations": 10_000, "diagnostics_every": STRIDE, **fields}
    return Run(spec(**fields), number)


def extend(run: Run, values: list[float], at: float) -> None:
    """One turn: losses, and the rows that are due in them, made of the same values."""
    first = len(run.trace)
    due = [i for i in range(first, first + len(values)) if i % run.trace.stride == 0]
    rows = np.array([np.roll(np.resize(values, len(CHANNELS)), i) for i in due])
    run.trace.extend(np.array(values), at, rows.reshape(-1, len(CHANNELS)))


def bits(values: object) -> bytes:
    return np.ascontiguousarray(values, "<f8").tobytes()


def check_same(engine: Engine, run: Run) -> None:
    with engine.connect() as connection:
        kept = reading.read(connection, run.id)
    assert kept is not None
    trace = run.trace
    assert bits(kept.losses) == bits(trace[:])
    assert bits(kept.rows) == bits(trace.rows())
    assert kept.events == run.events
    assert kept.view.spec == run.spec
    again: Trace = kept.trace()
    assert len(again) == len(trace)
    for iteration in range(len(trace)):
        assert again.produced_at(iteration) == trace.produced_at(iteration)


def check_chunks(engine: Engine, run: Run, length: int) -> list[int]:
    """Contiguous, all full but those of the last, and each with its own checksum. Gives how many
    losses are in each of these."""
    with engine.connect() as connection:
        found = connection.execute(
            select(CHUNKS).where(CHUNKS.c.run == run.number).order_by(CHUNKS.c.first)
        ).all()
    there = 0
    for chunk in found:
        assert chunk.first == there
        assert chunk.count == length or there >= len(run.trace) // length * length
        assert chunk.crc == writing.crc([chunk.losses, chunk.rows, chunk.marks])
        assert len(chunk.losses) == 8 * chunk.count
        there += chunk.count
    assert there == len(run.trace)
    return [chunk.count for chunk in found if chunk.count < length]


@few
@given(turns=pieces, reasons=st.lists(texts, max_size=4), name=texts, data=st.binary(max_size=99))
@pytest.mark.usefixtures("small_chunks")
def test_a_run_written_in_pieces_is_read_back_bit_for_bit(
    engine: Engine, turns: list[tuple[int, list[float]]], reasons: list[str], name: str, data: bytes
) -> None:
    run, known = a_run(name=name[:200] or None, tags=[name[:50] or "t"]), Progress()
    try:
        for at, (count, values) in enumerate(turns):
            extend(run, [*values, *np.linspace(0, 1, count)], 1e9 + at / 7)
            if at < len(reasons):
                run.tell("changed", reasons[at], changes={"pace": [None, 1.5], "why": reasons[at]})
            run.checkpoint = Checkpoint(len(run.trace), data)
            known = write(engine, run, known)
            check_same(engine, run)
            assert len(check_chunks(engine, run, 4)) <= 3
        with engine.connect() as connection:
            assert reading.checkpoint(connection, run.id) == (len(run.trace), data)
            lengths = reading.lengths(connection)[run.id]
        assert lengths == (len(run.trace), len(run.events), len(data))
    finally:
        with engine.begin() as connection:
            forget(connection, [run.number])


@pytest.mark.usefixtures("small_chunks")
def test_what_is_new_is_a_piece_until_the_chunk_is_full_or_in_too_many(engine: Engine) -> None:
    run, known = a_run(iterations=100), Progress()
    for count, left in [
        (1, [1]),
        (1, [1, 1]),
        (1, [1, 1, 1]),
        (1, []),  # full
        (1, [1]),
        (2, [1, 2]),
        (9, []),
        (2, [2]),
        (1, [2, 1]),
        (3, [2]),  # over the edge
    ]:
        extend(run, np.arange(count, dtype=float).tolist(), 1.0)
        known = write(engine, run, known)
        assert check_chunks(engine, run, 4) == left
        check_same(engine, run)


def test_a_chunk_in_too_many_pieces_becomes_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_PIECES", 3)
    run, known = a_run(), Progress()
    for left in ([1], [1, 1], [1, 1, 1], [4], [4, 1], [4, 1, 1], [7]):
        extend(run, [1.0], 1.0)
        known = write(engine, run, known)
        assert check_chunks(engine, run, CHUNK) == left
        check_same(engine, run)


def test_pieces_that_nobody_remembers_are_made_one(engine: Engine) -> None:
    """As after a restart; also those of a curve that was damaged, and is trained again."""
    run, known = a_run(), Progress()
    for _ in range(4):
        extend(run, [1.0, 2.0], 1.0)
        known = write(engine, run, known)
    damage(engine, run, 4, crc=1)
    extend(run, [3.0], 1.0)
    write(engine, run, replace(known, losses=4, pieces=writing.MAX_PIECES))
    assert check_chunks(engine, run, CHUNK) == [9]
    check_same(engine, run)


def test_a_batch_in_which_nothing_is_new_writes_nothing(engine: Engine) -> None:
    run = a_run()
    extend(run, [1.0, 2.0], 1.0)
    known = write(engine, run, Progress())
    batch = Batch()
    assert batch.add(Snapshot.of(run), known) == known
    assert not any((batch._runs, batch._events, batch._chunks, batch._checkpoints))


def test_a_long_curve_is_written_in_several_batches(engine: Engine) -> None:
    """A million losses at once, so that no other run waits long."""
    run = a_run(iterations=10**7, diagnostics_every=0)
    run.trace.extend(np.random.default_rng(0).normal(size=MAX_CHUNKS * CHUNK + 7), 1.0)
    run.checkpoint = Checkpoint(len(run.trace), b"ahead of its losses")
    known, batches = Progress(), 0
    while not known.holds(snapshot := Snapshot.of(run)):
        assert known.checkpoint_bytes == 0
        known, batches = write(engine, run, known), batches + 1
        assert known.losses <= snapshot.view.iteration
    assert batches == 2
    assert known.checkpoint_bytes
    check_chunks(engine, run, CHUNK)
    with engine.connect() as connection:
        kept = reading.read(connection, run.id)
    assert kept is not None
    assert bits(kept.losses) == bits(run.trace[:])


@pytest.mark.usefixtures("small_chunks")
def test_a_long_curve_that_has_ended_is_written_as_a_whole_or_not_at_all(engine: Engine) -> None:
    """Half of one would be damaged for ever, were the other half lost."""
    first, second, trains = runs = [a_run(number, diagnostics_every=0) for number in (1, 2, 3)]
    for run in runs:
        run.trace.extend(np.zeros(4 * MAX_CHUNKS + 7), 1.0)
    for run in (first, second):
        run.move("stopped")
    batch = Batch()
    assert batch.add(Snapshot.of(first), Progress()).losses == len(first.trace)
    assert batch.add(Snapshot.of(second), Progress()) == Progress()
    assert batch.add(Snapshot.of(trains), Progress()).losses == 4 * MIN_CHUNKS
    with engine.begin() as connection:
        batch.write(connection)
    check_same(engine, first)
    with engine.connect() as connection:
        assert reading.lengths(connection).keys() == {first.id, trains.id}


def test_an_ended_run_has_no_checkpoint_and_one_too_large_is_not_stored(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run()
    extend(run, [1.0], 1.0)
    run.checkpoint = Checkpoint(1, b"123456")
    known = write(engine, run, Progress())
    monkeypatch.setattr(writing, "MAX_CHECKPOINT_BYTES", 3)
    run.checkpoint = Checkpoint(1, b"1234")
    known = write(engine, run, known)
    with engine.connect() as connection:
        assert reading.checkpoint(connection, run.id) == (1, b"123456")
    run.move("stopped")
    known = write(engine, run, known)
    assert known.checkpoint_bytes == 0
    with engine.connect() as connection:
        assert reading.checkpoint(connection, run.id) is None


def damage(engine: Engine, run: Run, first: int, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(CHUNKS).where(CHUNKS.c.run == run.number, CHUNKS.c.first == first).values(values)
        )


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("column", ["losses", "rows", "marks"])
def test_a_damaged_chunk_is_never_shown_as_a_curve(engine: Engine, column: str) -> None:
    run = a_run()
    extend(run, np.arange(12.0).tolist(), 1.0)
    run.move("stopped")
    write(engine, run, Progress())
    damage(engine, run, 4, **{column: bytes(8 * 4)})
    with (
        engine.connect() as connection,
        pytest.raises(StoreDamaged, match="from iteration 4"),
    ):
        reading.read(connection, run.id)


@pytest.mark.usefixtures("small_chunks")
def test_of_a_damaged_curve_that_has_not_ended_what_comes_before_is_taken(engine: Engine) -> None:
    run = a_run()
    extend(run, np.arange(12.0).tolist(), 1.0)
    write(engine, run, Progress())
    damage(engine, run, 4, crc=1)
    with engine.connect() as connection:
        (stored,) = reading.rows(connection, lambda _: False)
    assert stored.whole is not None
    assert bits(stored.whole.losses) == bits(run.trace[:4])
    assert stored.whole.view.iteration == 4


def test_a_run_that_cannot_be_read_hides_no_other(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    runs = [a_run(number) for number in (1, 2, 3)]
    for run in runs:
        run.tell("changed", "one event")
        write(engine, run, Progress())
    with engine.begin() as connection:
        connection.execute(update(RUNS).where(RUNS.c.number == 1).values(view="{"))
        connection.execute(update(EVENTS).where(EVENTS.c.run == 2).values(event="[]"))
    with engine.connect() as connection:
        assert [stored.number for stored in reading.rows(connection, lambda _: False)] == [3]
    for run in runs[:2]:
        assert f"run {run.id} cannot be read" in caplog.text


def test_what_is_forgotten_is_gone_from_every_table(engine: Engine) -> None:
    runs = [a_run(number) for number in range(1, 1001)]
    batch = Batch()
    for run in runs:
        extend(run, [1.0], 1.0)
        run.tell("changed", "an event")
        run.checkpoint = Checkpoint(1, b"data")
        batch.add(Snapshot.of(run), Progress())
    with engine.begin() as connection:
        batch.write(connection)
    with engine.begin() as connection:
        forget(connection, range(1, 1000))
    with engine.connect() as connection:
        for table in (RUNS, EVENTS, CHUNKS, CHECKPOINTS):
            assert connection.scalar(select(func.count()).select_from(table)) == 1
        assert list(reading.lengths(connection)) == [runs[-1].id]


def test_more_runs_are_forgotten_at_once_than_a_statement_takes_values(engine: Engine) -> None:
    with engine.begin() as connection:
        forget(connection, range(1, 70_000))


def test_sqlite_gives_the_space_of_what_is_deleted_back(tmp_path) -> None:
    database = Place(tmp_path, None).database()
    engine = database.open()
    try:
        run = a_run(iterations=10**6, diagnostics_every=0)
        run.trace.extend(np.random.default_rng(0).normal(size=300_000), 1.0)
        write(engine, run, Progress())
        assert reclaim(engine)
        file = tmp_path / "reluscope.db"
        full = file.stat().st_size
        assert full > 2_000_000
        with engine.begin() as connection:
            forget(connection, [run.number])
        assert reclaim(engine)
        assert file.stat().st_size < full / 10
    finally:
        database.close()


def test_who_reads_what_is_deleted_is_not_waited_for(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_S", 3600)
    database = Place(tmp_path, None).database()
    engine = database.open()
    file = tmp_path / "reluscope.db"
    try:
        run = a_run(iterations=10**6, diagnostics_every=0)
        run.trace.extend(np.random.default_rng(0).normal(size=100_000), 1.0)
        write(engine, run, Progress())
        assert reclaim(engine)
        full = file.stat().st_size
        with database.read().begin() as reader:
            reader.execute(select(func.count()).select_from(RUNS)).scalar()
            with engine.begin() as connection:
                forget(connection, [run.number])
            assert not reclaim(engine)
        assert reclaim(engine)
        assert file.stat().st_size < full / 10
        with engine.connect() as connection:  # all else is waited for, as before
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 3_600_000
    finally:
        database.close()
