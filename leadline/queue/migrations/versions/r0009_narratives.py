"""Narratives by reader, each with the facts that it quotes.

Frozen: it spells the column out as it was then and imports none of today's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("exception", sa.Column("narratives", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("exception", "narratives")
