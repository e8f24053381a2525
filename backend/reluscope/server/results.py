"""What has come of the runs of a sweep, as one table."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from ..numbers import tell_within
from ..runs.run import Run
from ..runs.sweep import fields_of, value_at

BEFORE = ("id", "name")
AFTER = ("status", "iteration", "loss", "min_loss", "rate", "reason")
"""Columns before and after those of the sweep's own fields."""


def columns(runs: Sequence[Run]) -> list[str]:
    """The names of the columns."""
    return [*BEFORE, *fields_of([run.sweep.point for run in runs if run.sweep]), *AFTER]


def rows(runs: Sequence[Run]) -> list[list[Any]]:
    """A row for each run, with what was asked for in it; where that says nothing of a field that others
    tell of, what its spec has. Numbers that are not finite are told as elsewhere."""
    fields = fields_of([run.sweep.point for run in runs if run.sweep])
    return [_row(run, fields) for run in runs]


def _row(run: Run, fields: Sequence[str]) -> list[Any]:
    view, point = run.view(), run.sweep.point if run.sweep else {}
    own = [point[path] if path in point else value_at(view.spec, path) for path in fields]
    told = [view.id, view.spec.name, *own, *(getattr(view, name) for name in AFTER)]
    return [tell_within(value) for value in told]


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table with a header; what is not there is empty, and lists and objects are JSON."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value
