"""The ledger: what anybody has been shown of any run. Whoever is shown the same iteration later must
be shown the same bits, and at the end all of it must be what the server says the curve is. Pure."""

import contextlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
"""Losses, of iterations one after the other; shape (count,)."""


class Wrong(AssertionError):
    """What must not be, in words."""


@contextlib.contextmanager
def about(what: str) -> Iterator[None]:
    """While inside, what is found wrong is of that."""
    try:
        yield
    except Wrong as wrong:
        raise Wrong(f"{what}: {wrong}") from None


class Seen:
    """Losses of one run, as far as somebody was shown them."""

    def __init__(self) -> None:
        self._bits = np.empty(0, np.uint64)
        self._is_known = np.empty(0, np.bool_)
        self.stop = 0
        """The iteration after the last that was shown."""

    def note(self, first: int, values: Values) -> None:
        """Somebody is shown the losses of iterations `first, first + 1, ...`. Raises Wrong where one
        is another than before: NaN is its bits, too."""
        self._reach(first + len(values))
        bits = np.ascontiguousarray(values, np.float64).view(np.uint64)
        there = slice(first, first + len(values))
        before, is_known = self._bits[there], self._is_known[there]
        if len(others := np.flatnonzero(is_known & (before != bits))):
            at = others[0]
            known = before.view(np.float64)[at]
            raise Wrong(
                f"iteration {first + at} is {values[at]!r} ({bits[at]:#x}), "
                f"and was {known!r} ({before[at]:#x})"
            )
        before[:], is_known[:] = bits, True

    def _reach(self, stop: int) -> None:
        if stop > len(self._bits):
            more = max(stop, 2 * len(self._bits)) - len(self._bits)
            self._bits = np.pad(self._bits, (0, more))
            self._is_known = np.pad(self._is_known, (0, more))
        self.stop = max(self.stop, stop)


class Curve:
    """What was shown of one run, as bytes and as text, which has one NaN for all."""

    def __init__(self) -> None:
        self._exact, self._told = Seen(), Seen()
        self._rewinds: set[int] = set()

    def note(self, first: int, values: Values, *, told: bool) -> None:
        """Somebody is shown these; `told`: as text."""
        (self._told if told else self._exact).note(first, values)

    def rewind(self, cursor: int) -> None:
        """Somebody who had more is told that only what comes before `cursor` is true."""
        self._rewinds.add(cursor)

    def check(self, truth: Values, *, at_rest: bool) -> None:
        """`truth` is what there is of it. Raises Wrong where something else was shown; and where
        something beyond was, of a run `at_rest`, or a rewind to any place but its end."""
        self._exact.note(0, truth)
        self._told.note(0, np.where(np.isnan(truth), np.nan, truth))
        stop = max(self._exact.stop, self._told.stop)
        if at_rest and stop > len(truth):
            raise Wrong(f"iteration {stop - 1} was shown, and there are {len(truth)}")
        if at_rest and not self._rewinds <= {len(truth)}:
            raise Wrong(f"rewinds to {self._rewinds}, and there are {len(truth)} iterations")


class Ledger:
    """What was shown of all runs."""

    def __init__(self) -> None:
        self.curves: dict[str, Curve] = {}
        self.deleted: set[str] = set()
        """Runs of which the deletion has been asked for."""
        self.points = 0
        """Losses that were shown to somebody, and so checked."""

    def begin(self, run_id: str) -> None:
        """There is such a run now."""
        self.curves.setdefault(run_id, Curve())

    def note(self, run_id: str, first: int, values: Values, *, told: bool) -> None:
        """As the curve's."""
        self.points += len(values)
        with about(f"run {run_id}"):
            self.curves[run_id].note(first, values, told=told)

    def rewind(self, run_id: str, cursor: int) -> None:
        """As the curve's."""
        self.curves[run_id].rewind(cursor)

    def check(self, run_id: str, truth: Values, *, at_rest: bool) -> None:
        """As the curve's."""
        with about(f"run {run_id}"):
            self.curves[run_id].check(truth, at_rest=at_rest)
