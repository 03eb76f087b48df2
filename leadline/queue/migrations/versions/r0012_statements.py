"""What is said of an exception, as statements in no language.

Rows that are there keep their English texts, and none of their columns changes: the audit vouches for them.
Frozen: it spells the column out as it was then and imports none of today's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("exception", sa.Column("statements", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("exception", "statements")
