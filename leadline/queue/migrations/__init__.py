"""Alembic revisions of the ops store; run by :mod:`leadline.queue.migrate`, never by hand."""
