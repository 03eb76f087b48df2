"""Who was given an exception, whom it went up to, why it ended, and what the last decision replaced.

Frozen: it spells the columns out as they were then and imports none of today's.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("assigned_to", sa.Text()),
        sa.Column("escalated_to", sa.Text()),
        sa.Column("escalated_at", sa.DateTime()),
        sa.Column("ended_because", sa.Text()),
        sa.Column("replaced", sa.JSON().with_variant(JSONB(), "postgresql")),
    ]


def upgrade() -> None:
    """Add the columns; what is in the queue was given to nobody and went up to nobody."""
    for column in _columns():
        op.add_column("exception", column)


def downgrade() -> None:
    """Take the columns away."""
    for column in reversed(_columns()):
        op.drop_column("exception", column.name)
