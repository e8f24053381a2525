"""The append-only values of a run: one writer, any reader, no lock."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..training.spec import MAX_MARKS
from .growing import Growing
from .pyramid import Levels, Pyramid, Span


def rows_before(iteration: int, stride: int) -> int:
    """How many rows are of iterations before that one, with a row for every iteration that
    `stride` divides; none where it is 0."""
    return -(-iteration // stride) if stride else 0


class _Published(NamedTuple):
    """What readers may read, set in one assignment after everything it speaks of is in place."""

    losses: NDArray[np.float64]
    length: int
    marks: NDArray[np.float64]
    mark_count: int
    newest_at: float
    rows: NDArray[np.float64]
    row_count: int
    levels: Levels


class Trace:
    """The losses of iterations 0, 1, 2, ... and when they were produced; beside them, for every
    iteration that `stride` divides, a row of diagnostics; and what overviews of it need.

    One thread extends it. Any thread may read at any time.

    When: each turn leaves a mark, its end and the time. Past `MAX_MARKS` every second one is
    dropped, and half as many are left from then on; so a long trace knows its times less exactly,
    and a mark costs nothing beside the losses.
    """

    def __init__(self, expected: int, stride: int = 0, channels: int = 0) -> None:
        """`expected`: how many losses are to come; memory grows towards 8 bytes each. `stride`: the
        iterations from one row of `channels` values to the next, 0 for no rows."""
        self.stride = stride
        row_limit = rows_before(expected, stride)
        self._losses = Growing(expected)
        self._marks = Growing(min(expected, MAX_MARKS), 2)
        self._rows = Growing(row_limit, channels)
        self._pyramid = Pyramid(expected)
        self._turns_a_mark = 1
        self._unmarked = 0
        self._published = _Published(
            losses=np.empty(0),
            length=0,
            marks=np.empty((0, 2)),
            mark_count=0,
            newest_at=0.0,
            rows=np.empty((0, channels)),
            row_count=0,
            levels=(),
        )

    def preload(
        self,
        losses: NDArray[np.float64],
        rows: NDArray[np.float64],
        marks: NDArray[np.float64],
    ) -> None:
        """Fill an empty trace with what `[:]`, `rows()` and `marks()` gave of another. Losses and
        rows are its own from then on: nobody may write to them."""
        while len(marks) > MAX_MARKS:
            marks = marks[::-2][::-1]  # the last stays
            self._turns_a_mark *= 2
        self._published = _Published(
            self._losses.take(losses),
            len(losses),
            self._marks.write(0, marks),
            len(marks),
            float(marks[-1, 1]) if len(marks) else 0.0,
            self._rows.take(rows),
            len(rows),
            self._pyramid.extend(losses),
        )

    def extend(
        self,
        losses: NDArray[np.float64],
        produced_at: float,
        rows: NDArray[np.float64] | None = None,
    ) -> None:
        """Append losses, shape (count,), the newest of which was produced at `produced_at`, and the
        rows that belong to these iterations, shape (rows, channels).

        `produced_at` is in Unix seconds. To be called by the one writer only.
        """
        if len(losses) == 0:
            return
        known = self._published
        stop = known.length + len(losses)
        row_array, row_count = known.rows, known.row_count
        if rows is not None and len(rows):
            row_array = self._rows.write(row_count, rows)
            row_count += len(rows)
        marks, mark_count = self._marked(known, stop, produced_at)
        all_losses = self._losses.write(known.length, losses)
        self._published = _Published(
            all_losses,
            stop,
            marks,
            mark_count,
            produced_at,
            row_array,
            row_count,
            self._pyramid.extend(all_losses[:stop]),
        )

    def _marked(
        self, known: _Published, stop: int, produced_at: float
    ) -> tuple[NDArray[np.float64], int]:
        """The marks and their count, after a turn that ended at `stop`."""
        self._unmarked += 1
        if self._unmarked < self._turns_a_mark:
            return known.marks, known.mark_count
        self._unmarked = 0
        count = known.mark_count
        if count == MAX_MARKS:
            kept = known.marks[1:count:2]
            count = len(kept)
            self._marks = Growing(MAX_MARKS, 2)
            self._marks.write(0, kept)
            self._turns_a_mark *= 2
        return self._marks.write(count, np.array([[stop, produced_at]])), count + 1

    @property
    def nbytes(self) -> int:
        """Memory that it holds now, in bytes."""
        return sum(kept.nbytes for kept in (self._losses, self._marks, self._rows, self._pyramid))

    def __len__(self) -> int:
        return self._published.length

    def __getitem__(self, span: slice) -> NDArray[np.float64]:
        """The losses of a span of iterations: a read-only view, shape (stop - start,)."""
        known = self._published
        start, stop, step = span.indices(known.length)
        view = known.losses[start:stop:step]
        view.flags.writeable = False
        return view

    def span(self, start: int, stop: int) -> Span:
        """The losses of iterations `start` to `stop`, as many as are there, for an overview."""
        known = self._published
        start, stop, _ = slice(start, stop).indices(known.length)
        losses = known.losses[: known.length]
        losses.flags.writeable = False
        return Span(losses, known.levels, start, max(start, stop))

    def rows(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """The rows from number `start` on, before number `stop`: a read-only view, (rows,
        channels). Row r is of iteration r * stride."""
        known = self._published
        view = known.rows[: known.row_count][start:stop]
        view.flags.writeable = False
        return view

    def rows_of(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The rows of iterations `start` to `stop`, as `rows` gives them, after these iterations,
        shape (rows,)."""
        there = self._published.row_count
        first = min(rows_before(start, self.stride), there)
        view = self.rows(first, min(rows_before(stop, self.stride), there))
        return self.stride * np.arange(first, first + len(view)), view

    def marks(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """When iterations `start` to `stop` were produced, (marks, 2): each mark is the number of
        iterations that were done, within these, and the Unix seconds when they were. The last is of
        the newest iteration."""
        known = self._published
        stop = known.length if stop is None else min(stop, known.length)
        marks = known.marks[: known.mark_count]
        first, last = np.searchsorted(marks[:, 0], [start, stop], side="right")
        found = marks[first:last]
        if stop > start and (not len(found) or found[-1, 0] < stop):
            found = np.concatenate([found, [[stop, self.produced_at(stop - 1)]]])
        return found

    def produced_at(self, iteration: int) -> float:
        """When the loss of `iteration` was produced, in Unix seconds: the end of its turn, or of
        the last of those that share a mark.

        Raises IndexError where that iteration is not there yet.
        """
        known = self._published
        if not 0 <= iteration < known.length:
            raise IndexError(f"iteration {iteration} of {known.length}")
        mark = np.searchsorted(known.marks[: known.mark_count, 0], iteration, side="right")
        return float(known.marks[mark, 1]) if mark < known.mark_count else known.newest_at
