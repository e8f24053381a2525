"""Curves in a terminal, in dots of braille: two by four in each character. Pure: losses in, text out."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

BUCKETS = 1024
"""Of a curve, each with its least and its largest loss: more than a terminal has columns of dots."""

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a character, by row and column."""

BRAILLE = 0x2800

LABEL = 9
"""Characters of a number beside the plot."""

LABEL_EVERY = 4
"""Rows from one such number to the next."""

MISSING = "\N{MULTIPLICATION SIGN}"
"""Stands above an iteration whose loss is not finite."""


class Curve:
    """The losses of a run, of any length, as much as is needed to draw them."""

    def __init__(self, *, log: bool) -> None:
        """`log`: to be drawn over a logarithmic axis, on which only what is above 0 has a place."""
        self.log = log
        self.length = 0
        """Iterations."""
        self._every = 1
        self._low = np.full(BUCKETS, np.inf)
        self._high = np.full(BUCKETS, -np.inf)
        self._missing = {name: np.zeros(BUCKETS, np.int64) for name in ("NaN", "infinite", "<= 0")}

    def extend(self, first: int, losses: NDArray[np.float64]) -> None:
        """Add the losses of iterations `first, first + 1, ...`. Where there are some from `first` on
        already, these are forgotten, to the width of a bucket."""
        if first < self.length:
            self._forget(first)
        self.length = first + len(losses)
        while self.length > self._every * BUCKETS:
            self._merge()
        places = np.arange(first, self.length) // self._every
        not_above = (losses <= 0) if self.log else np.zeros(len(losses), np.bool_)
        kinds = {"NaN": np.isnan(losses), "infinite": np.isinf(losses) & ~not_above}
        kinds["<= 0"] = not_above
        for name, found in kinds.items():
            np.add.at(self._missing[name], places[found], 1)
        shown = ~np.logical_or.reduce(list(kinds.values()))
        values = np.log10(losses[shown]) if self.log else losses[shown]
        np.minimum.at(self._low, places[shown], values)
        np.maximum.at(self._high, places[shown], values)

    def _forget(self, first: int) -> None:
        gone = slice(-(-first // self._every), None)
        self._low[gone], self._high[gone] = np.inf, -np.inf
        for counts in self._missing.values():
            counts[gone] = 0

    def _merge(self) -> None:
        """Have each two buckets be one."""
        half = BUCKETS // 2
        self._every *= 2
        self._low[:half] = self._low.reshape(half, 2).min(1)
        self._high[:half] = self._high.reshape(half, 2).max(1)
        self._low[half:], self._high[half:] = np.inf, -np.inf
        for counts in self._missing.values():
            counts[:half] = counts.reshape(half, 2).sum(1)
            counts[half:] = 0

    @property
    def missing(self) -> str:
        """What has no place on the axis, in words: `3 NaN, 1 infinite`."""
        sums = ((int(counts.sum()), name) for name, counts in self._missing.items())
        return ", ".join(f"{count} {name}" for count, name in sums if count)

    def bounds(self) -> tuple[float, float]:
        """The least and the largest on the axis; infinite and the wrong way round where none is."""
        return float(self._low.min()), float(self._high.max())

    def columns(self, count: int, length: int) -> Iterator[tuple[int, float, float]]:
        """Of each of `count` columns over `length` iterations in which there is something, the
        least and the largest."""
        ends = np.linspace(0, max(1, length / self._every), count + 1)
        for column in range(count):
            first, stop = int(ends[column]), max(int(ends[column]) + 1, math.ceil(ends[column + 1]))
            low, high = self._low[first:stop], self._high[first:stop]
            if low.size and low.min() <= high.max():
                yield column, float(low.min()), float(high.max())

    def missing_in(self, count: int, length: int) -> set[int]:
        """The columns in which a loss is not finite."""
        found = np.flatnonzero(self._missing["NaN"] + self._missing["infinite"])
        return {min(count - 1, int(at * self._every * count / max(1, length))) for at in found}


def draw(curves: Sequence[Curve], width: int, height: int) -> Text:
    """Curves over the same axes, in so many characters, with their numbers; of one kind of axis."""
    across, down = max(1, width - LABEL - 2), max(1, height - 1)
    length = max((curve.length for curve in curves), default=0)
    bounds = [curve.bounds() for curve in curves]
    low = min((low for low, high in bounds if low <= high), default=0.0)
    high = max((high for low, high in bounds if low <= high), default=1.0)
    span = (high - low) or 1.0
    cells = np.zeros((down, across), np.int64)
    owners = np.full((down, across), -1)
    for number, curve in enumerate(curves):
        before: tuple[int, int] | None = None
        for column, least, most in curve.columns(2 * across, length):
            # Rows of dots are counted from above.
            top, bottom = (round((high - at) / span * (4 * down - 1)) for at in (most, least))
            if before is not None:  # no gap to the last
                top, bottom = min(top, before[1] + 1), max(bottom, before[0] - 1)
            before = top, bottom
            for row in range(top, bottom + 1):
                cells[row // 4, column // 2] |= DOTS[row % 4][column % 2]
                owners[row // 4, column // 2] = number
    marks = {at: n for n, curve in enumerate(curves) for at in curve.missing_in(across, length)}
    log = bool(curves) and curves[0].log
    plot = Text(no_wrap=True, end="")
    for row in range(down):
        if row % LABEL_EVERY == 0 or row == down - 1:
            at = high - span * row / max(1, down - 1)
            plot.append(f"{_number(10**at if log else at):>{LABEL}} ┤", "dim")
        else:
            plot.append(f"{'':{LABEL}} │", "dim")
        for column in range(across):
            if row == 0 and column in marks:
                plot.append(MISSING, colour(marks[column]))
            elif (dots := int(cells[row, column])) and (owner := int(owners[row, column])) >= 0:
                plot.append(chr(BRAILLE + dots), colour(owner))
            else:
                plot.append(" ")
        plot.append("\n")
    plot.append(f"{'':{LABEL}} 0{length:>{max(1, across - 1)},}", "dim")
    return plot


def colour(number: int) -> str:
    """Of the curve of that number."""
    return COLOURS[number % len(COLOURS)]


def _number(value: Any) -> str:
    return f"{float(value):.2g}"
