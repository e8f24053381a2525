"""Figures of interleaved rounds, as a table and as JSON."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

LEAST_OF_TWO = 0.1
"""The least ratio of which two digits tell enough."""


@dataclass(eq=False)
class Figure:
    """One thing measured, once a round."""

    title: str
    unit: str
    base: "Figure | None" = None
    """What it is told as a multiple of, round by round."""
    values: list[float] = field(default_factory=list)
    missing: str = ""
    """Why there are no values: it could not be measured here."""

    @property
    def ratios(self) -> list[float]:
        """How many times its base it was, in each round."""
        if self.base is None:
            return []
        return [mine / its for mine, its in zip(self.values, self.base.values, strict=True)]

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "unit": self.unit,
            "values": self.values,
            "median": statistics.median(self.values) if self.values else None,
            "missing": self.missing,
            "base": self.base and self.base.title,
            "ratios": self.ratios,
            "median_ratio": statistics.median(self.ratios) if self.ratios else None,
        }


def spread(values: Sequence[float], digits: int) -> str:
    """The median, and from where to where the values went."""
    low, high = min(values), max(values)
    middle = statistics.median(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} .. {high:,.{digits}f})"


def ratio_digits(ratios: Sequence[float]) -> int:
    """How many digits tell such ratios."""
    return 2 if statistics.median(ratios) >= LEAST_OF_TWO else 3


def table(figures: Sequence[Figure]) -> str:
    """One line for each figure: median (smallest .. largest) of the rounds."""
    rows = [("", "median (min .. max)", "", "x", "of")]
    for figure in figures:
        ratio = spread(figure.ratios, ratio_digits(figure.ratios)) if figure.ratios else ""
        of = figure.base.title if figure.base else ""
        digits = 0 if figure.unit == "it/s" else 2
        told = spread(figure.values, digits) if figure.values else figure.missing
        rows.append((figure.title, told, figure.unit, ratio, of))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def report(about: dict[str, Any], figures: Sequence[Figure]) -> dict[str, Any]:
    """The whole of it, as JSON has it."""
    return {**about, "figures": [figure.as_json() for figure in figures]}
