"""Alembic's entry: runs the revisions in the transaction that :mod:`leadline.queue.migrate` opened."""

from __future__ import annotations

from alembic import context

from leadline.queue.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
