"""What Alembic runs: the steps that a store lacks, all in one transaction."""

from alembic import context

from reluscope.runs.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter most things in place
    transactional_ddl=True,  # in SQLite, too, where transactions begin in truth
)
with context.begin_transaction():
    context.run_migrations()
