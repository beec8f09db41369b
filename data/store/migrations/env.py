"""What Alembic runs before the revisions: it uses the connection and the transaction of `data.store.migrate`."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
