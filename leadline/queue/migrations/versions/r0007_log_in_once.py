"""Log-ins by a provider that were used, so that none is used again.

Frozen: it spells the table out as it was then and imports none of today's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "access_spent",
        sa.Column("state", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_access_spent"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("access_spent")
