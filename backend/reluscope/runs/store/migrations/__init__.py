"""How a store of an older version becomes one of this: Alembic runs what is in `versions`."""
