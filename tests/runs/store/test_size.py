"""What a run costs, in memory and on disk."""

import numpy as np

from reluscope.runs.run import Run
from reluscope.runs.store.database import Database
from reluscope.runs.store.snapshot import Snapshot
from reluscope.runs.store.writing import Batch, Progress
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.spec import RunSpec

MILLION = 1_000_000
LIMIT_BYTES = 10_000_000
TURN = 25
"""Iterations of the tutorial's network in a turn."""


def test_a_million_iterations_cost_at_most_10_mb_in_memory_and_on_disk(tmp_path):
    run = Run(RunSpec(iterations=MILLION), 1)
    run.move("running")
    chance = np.random.default_rng(0)
    for start in range(0, MILLION, TURN):
        due = len([i for i in range(start, start + TURN) if i % run.trace.stride == 0])
        run.record(chance.random(TURN), chance.random((due, len(CHANNELS))))
    run.move("finished")
    assert run.trace.nbytes <= LIMIT_BYTES

    database, progress = Database.in_file(tmp_path / "runs.db"), Progress()
    engine = database.open()
    while not progress.holds(snapshot := Snapshot.of(run)):
        batch = Batch()
        progress = batch.add(snapshot, progress)
        with engine.begin() as connection:
            batch.write(connection)
    database.close()
    assert progress.losses == MILLION
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= LIMIT_BYTES
