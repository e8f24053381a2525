"""What has come of the runs of a sweep, as one table."""

from collections.abc import Sequence
from typing import Any

from ..numbers import tell_within
from ..runs.run import Run
from ..runs.sweep import fields_of, value_at

BEFORE = ("id", "name")
AFTER = ("status", "iteration", "loss", "min_loss", "rate", "reason")
"""Columns before and after those of the sweep's own fields."""


def columns(runs: Sequence[Run]) -> list[str]:
    """The names of the columns, each of them another."""
    return [*BEFORE, *_own(runs), *AFTER]


def rows(runs: Sequence[Run]) -> list[list[Any]]:
    """A row for each run, with what was asked for in it; where that says nothing of a field that others
    tell of, what its spec has. Numbers that are not finite are told as elsewhere."""
    fields = _own(runs)
    return [_row(run, fields) for run in runs]


def _own(runs: Sequence[Run]) -> list[str]:
    """The sweep's own fields; a name has its column anyway."""
    fields = fields_of([run.sweep.point for run in runs if run.sweep])
    return [path for path in fields if path not in BEFORE]


def _row(run: Run, fields: Sequence[str]) -> list[Any]:
    view, point = run.view(), run.sweep.point if run.sweep else {}
    own = [point[path] if path in point else value_at(view.spec, path) for path in fields]
    told = [view.id, view.spec.name, *own, *(getattr(view, name) for name in AFTER)]
    return [tell_within(value) for value in told]
