"""Run migrations on the connection, and inside the transaction, that `pipelines.store.schema` hands over."""

from __future__ import annotations

from alembic import context

from pipelines.store.tables import metadata

connection = context.config.attributes["connection"]
# SQLite can roll back CREATE TABLE as well, once the driver no longer commits behind our back
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
context.run_migrations()
