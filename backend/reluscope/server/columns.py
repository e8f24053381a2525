"""A curve as the files in which others take columns: CSV and Parquet."""

from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ..errors import NotInstalled
from ..numbers import tell

ROWS = 2**20
"""Rows of a Parquet file that are written at a stretch: 16 MB."""


def csv(start: int, pieces: Iterable[NDArray[np.float64]]) -> Iterator[str]:
    """Rows of an iteration and its loss, to its last bit, of iterations `start, start + 1, ...`, as
    their losses come, with a header."""
    yield "iteration,loss\n"
    for losses in pieces:
        rows = enumerate(losses.tolist(), start)
        yield "".join([f"{iteration},{tell(loss)}\n" for iteration, loss in rows])
        start += len(losses)


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
