"""Which sums an exception's money is made of, and what of it another exception claims.

Rows that are there have neither until they are scored again. Frozen: it spells the columns out as they were then and
imports none of today's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("stakes", "claimed_by")


def upgrade() -> None:
    """Add the columns, and an index of the few rows of which something is claimed."""
    for name in COLUMNS:
        op.add_column("exception", sa.Column(name, sa.JSON().with_variant(postgresql.JSONB(), "postgresql")))
    where = sa.text("claimed_by IS NOT NULL")
    op.create_index("ix_exception_claimed", "exception", ["external_id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_exception_claimed", "exception")
    for name in COLUMNS:
        op.drop_column("exception", name)
