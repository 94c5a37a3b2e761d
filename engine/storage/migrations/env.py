"""Runs the migrations on the connection that the database provides."""

from alembic import context

from roocode_server.engine.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=False
)
context.run_migrations()
