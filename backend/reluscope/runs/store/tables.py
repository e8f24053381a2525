"""The tables, the same in SQLite and PostgreSQL; what makes them is in `migrations`."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

CHUNK = 4096
"""Losses in one row of `chunks`: 32 KiB. The last of a run is in pieces until it is full."""

_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _of_run(**options: Any) -> Column[int]:
    return Column("run", _NUMBER, ForeignKey("runs.number"), primary_key=True, **options)


RUNS = Table(
    "runs",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("status", String(20), nullable=False, index=True),
    Column("pinned", Boolean, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("stop_at", BigInteger, nullable=False),
    Column("request_key", String(200)),
    Column("request_digest", LargeBinary),
    Column("view", Text, nullable=False),
)
"""A run beside its curve: `view` is what the API gives of it, as JSON; of a run that has not ended,
iterations and losses are those of its chunks. `bytes` is what all its rows take, `stop_at` the
iteration before which a step has it pause; `request_key` is the Idempotency-Key of the request that
made it, and `request_digest` tells whether another is the same."""

EVENTS = Table(
    "events",
    METADATA,
    _of_run(),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("event", Text, nullable=False),
)
"""What happened to a run, in order, as JSON."""

CHUNKS = Table(
    "chunks",
    METADATA,
    _of_run(),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("losses", LargeBinary, nullable=False),
    Column("rows", LargeBinary, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    Column("crc", BigInteger, nullable=False),
)
"""The curve in pieces: the losses of iterations `first, first + 1, ...`, with the rows of diagnostics
that are due in these and the marks of when they were done; all float64, little-endian, and the
CRC-32 of the three."""

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    _of_run(),
    Column("iteration", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"""What a run that has not ended can go on from, as safetensors."""
