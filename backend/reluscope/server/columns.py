"""A curve, or the table of a sweep, as the files in which others take columns: CSV and Parquet."""

import csv as cells
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NotInstalled
from ..numbers import tell

ROWS = 2**20
"""Rows of a Parquet file that are written at a stretch: 16 MB."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How what a spreadsheet would reckon begins."""


def csv(start: int, pieces: Iterable[NDArray[np.float64]]) -> Iterator[str]:
    """Rows of an iteration and its loss, to its last bit, of iterations `start, start + 1, ...`, as
    their losses come, with a header."""
    yield "iteration,loss\n"
    for losses in pieces:
        rows = enumerate(losses.tolist(), start)
        yield "".join([f"{iteration},{tell(loss)}\n" for iteration, loss in rows])
        start += len(losses)


def table_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as JSON has it, with a header, as RFC 4180 has it. What is not there is empty, lists and
    objects are JSON; and a text that a spreadsheet would take for a formula, which the name of a run
    that comes from anywhere may be, has an apostrophe before it."""
    file = io.StringIO()
    writer = cells.writer(file)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA) and value != tell(-math.inf):
        return f"'{value}"
    return value


def write_parquet(
    file: IO[bytes], run_id: str, spec: str, start: int, losses: NDArray[np.float64]
) -> None:
    """Write the columns `iteration`, int64, and `loss`, double, of iterations `start, start + 1,
    ...`; the metadata has the run's `id` and its `spec`, which is given as JSON.

    Raises NotInstalled where pyarrow is not there.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - it is an extra
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415
    except ImportError:
        raise NotInstalled("Parquet", "parquet") from None
    schema = pa.schema(
        {"iteration": pa.int64(), "loss": pa.float64()}, metadata={"id": run_id, "spec": spec}
    )
    with ParquetWriter(file, schema) as writer:
        for at in range(0, len(losses), ROWS):
            values = losses[at : at + ROWS]
            iterations = np.arange(start + at, start + at + len(values))
            columns = [pa.array(iterations), pa.array(values)]
            writer.write_batch(pa.record_batch(columns, schema=schema))
