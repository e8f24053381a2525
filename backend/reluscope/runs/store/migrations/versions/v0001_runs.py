"""Runs, their events, their curves in chunks, and checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "runs",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("status", sa.String(20), nullable=False, index=True),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("stop_at", sa.BigInteger, nullable=False),
        sa.Column("request_key", sa.String(200)),
        sa.Column("request_digest", sa.LargeBinary),
        sa.Column("view", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("run", NUMBER, sa.ForeignKey("runs.number"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("event", sa.Text, nullable=False),
    )
    op.create_table(
        "chunks",
        sa.Column("run", NUMBER, sa.ForeignKey("runs.number"), primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("losses", sa.LargeBinary, nullable=False),
        sa.Column("rows", sa.LargeBinary, nullable=False),
        sa.Column("marks", sa.LargeBinary, nullable=False),
        sa.Column("crc", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("run", NUMBER, sa.ForeignKey("runs.number"), primary_key=True),
        sa.Column("iteration", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
