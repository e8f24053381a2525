"""What a store's file holds, read by the tests themselves, and changed behind its back."""

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reluscope.runs.book import Book
from reluscope.runs.history import history
from reluscope.runs.store import Store, tables, writing
from reluscope.runs.store.folder import FILE
from reluscope.runs.view import Event
from reluscope.training.change import Change
from reluscope.training.diagnostics import CHANNELS
from reluscope.training.spec import RunSpec
from reluscope.training.trainer import Trainer


@dataclass(frozen=True)
class Found:
    """A run as it lies in the file."""

    view: dict[str, Any]
    events: list[dict[str, Any]]
    losses: NDArray[np.float64]
    rows: NDArray[np.float64]
    checkpoint: int | None
    """Of which iteration it has one."""

    @property
    def spec(self) -> RunSpec:
        return RunSpec.model_validate(self.view["spec"])


def found(folder: Path) -> dict[str, Found]:
    """All runs in a data folder, by id. Nothing in the file may be doubled, missing or damaged."""
    with _reading(folder) as db:
        runs = db.execute("SELECT number, view FROM runs").fetchall()
        return {(view := json.loads(text))["id"]: _found(db, number, view) for number, text in runs}


def _found(db: sqlite3.Connection, number: int, view: dict[str, Any]) -> Found:
    events = db.execute("SELECT place, event FROM events WHERE run = ? ORDER BY place", (number,))
    told: list[dict[str, Any]] = []
    for place, event in events:
        assert place == len(told)
        told.append(json.loads(event))
    curve, rows, there = [np.empty(0)], [np.empty((0, len(CHANNELS)))], 0
    for first, count, losses, measured, marks, crc in db.execute(
        "SELECT first, count, losses, rows, marks, crc FROM chunks WHERE run = ? ORDER BY first",
        (number,),
    ):
        assert first == there
        assert crc == zlib.crc32(losses + measured + marks)
        curve.append(np.frombuffer(losses, "<f8"))
        rows.append(np.frombuffer(measured, "<f8").reshape(-1, len(CHANNELS)))
        assert len(curve[-1]) == count
        there += count
    saved = db.execute("SELECT iteration FROM checkpoints WHERE run = ?", (number,)).fetchone()
    return Found(view, told, np.concatenate(curve), np.concatenate(rows), saved and saved[0])


@contextlib.contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    uri = f"file:{folder / FILE}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        db.execute("BEGIN")  # all that is read is of one moment
        yield db


def left_by_a_crash(folder: Path, copy: Path) -> Path:
    """`copy`, a new folder that holds what would be found, were the process that writes to `folder`
    killed now."""
    copy.mkdir()
    with (
        contextlib.closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as live,
        contextlib.closing(sqlite3.connect(copy / FILE)) as left,
    ):
        live.backup(left)
    return copy


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[sqlite3.Connection]:
    """Change the file between two lives."""
    with contextlib.closing(sqlite3.connect(folder / FILE)) as db, db:
        yield db


def cut_off(folder: Path, run_id: str, events: int) -> None:
    """Make it as if the process had been killed after the curve of a run was stored and before what
    came of it was: the run trains, and has but its first few events."""
    with changing(folder) as db:
        number, text = db.execute(
            "SELECT number, view FROM runs WHERE id = ?", (run_id,)
        ).fetchone()
        view = json.loads(text) | {"status": "running", "reason": None, "ended_at": None}
        db.execute(
            "UPDATE runs SET status = 'running', view = ? WHERE number = ?",
            (json.dumps(view), number),
        )
        db.execute("DELETE FROM events WHERE run = ? AND place >= ?", (number, events))


def set_loss(folder: Path, run_id: str, iteration: int, loss: float) -> None:
    """Another loss of a run, with the checksum that belongs to it."""
    with changing(folder) as db:
        number, first, losses, rows, marks = db.execute(
            "SELECT run, first, losses, rows, marks FROM chunks JOIN runs ON run = number "
            "WHERE id = ? AND first <= ? ORDER BY first DESC",
            (run_id, iteration),
        ).fetchone()
        values = np.frombuffer(losses, "<f8").copy()
        values[iteration - first] = loss
        changed = values.tobytes()
        db.execute(
            "UPDATE chunks SET losses = ?, crc = ? WHERE run = ? AND first = ?",
            (changed, zlib.crc32(changed + rows + marks), number, first),
        )


def chunks_of(losses: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have stores that are opened keep so many losses in a chunk, so that a short curve has several."""
    for module in (tables, writing):
        monkeypatch.setattr(module, "CHUNK", losses)


@contextlib.contextmanager
def life(folder: Path, **options: Any) -> Iterator[Book]:
    """While inside, a book keeps its runs in that folder."""
    store = Store.in_folder(folder)
    store.open()
    book = Book(**{"cpu_workers": 2, "store": store, **options})
    try:
        yield book
    finally:
        book.close()


def twin(
    spec: RunSpec, events: list[dict[str, Any]] | list[Event], stop: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Losses and diagnostics of a plain trainer that nobody stops, under what the events tell."""
    told = [Event.model_validate(event) for event in events]
    first, changes = history(spec, told)
    return trained(first, changes, stop)


def trained(
    first: RunSpec, changes: list[Change], stop: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Losses and diagnostics of a plain trainer, changed at these iterations."""
    trainer = Trainer(first)
    losses, rows = [np.empty(0)], [np.empty((0, len(CHANNELS)))]
    stop = first.iterations if stop is None else stop
    for change in [*changes, Change(stop, first)]:
        while trainer.iteration < min(change.iteration, stop):
            came = trainer.advance(min(change.iteration, stop) - trainer.iteration)
            losses.append(came.losses)
            rows.append(came.diagnostics)
            if came.nonfinite and trainer.spec.on_nonfinite == "stop":
                return np.concatenate(losses), np.concatenate(rows)
        if change.iteration < stop:
            trainer.change(change.spec)
    return np.concatenate(losses), np.concatenate(rows)


def same(a: Any, b: Any) -> bool:
    """Whether these are equal to the last bit, or both are NaN."""
    return bool(np.array_equal(np.asarray(a, float), np.asarray(b, float), equal_nan=True))
