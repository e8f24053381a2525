import tracemalloc

import numpy as np

from reluscope.runs.run import Run
from reluscope.runs.store import reading
from reluscope.runs.store.database import Database
from reluscope.runs.store.snapshot import Snapshot
from reluscope.runs.store.writing import Batch, Progress
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.spec import RunSpec


def test_a_long_curve_is_never_there_twice(tmp_path):
    count = 600_000
    run = Run(RunSpec(iterations=count, diagnostics_every=100), 0)
    run.move("running")
    run.record(np.random.default_rng(0).random(count), np.ones((count // 100, len(CHANNELS))))
    run.move("finished")
    database, batch = Database.in_file(tmp_path / "runs.db"), Batch()
    batch.add(Snapshot.of(run), Progress())
    with database.open().begin() as connection:
        batch.write(connection)
    with database.read().connect() as connection:
        reading.read(connection, run.id)  # what is made once, at first, is none of a curve's
        tracemalloc.start()
        try:
            kept = reading.read(connection, run.id)
            assert kept is not None
            trace = kept.trace()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    database.close()
    assert trace[:].tobytes() == run.trace[:].tobytes()
    assert trace.rows().tobytes() == run.trace.rows().tobytes()
    assert peak < trace.nbytes + 2 * 2**20
