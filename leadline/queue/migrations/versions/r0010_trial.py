"""A table of the exceptions that were drawn to be held back or shown, to measure what acting is worth.

Frozen: it spells the table out as it was then and imports none of today's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "trial",
        sa.Column("external_id", sa.String(16), primary_key=True),
        sa.Column("stem", sa.String(40), nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("is_held", sa.Boolean, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("money_at_risk", sa.Numeric(18, 2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(), nullable=False),
        sa.Column("released_at", sa.DateTime()),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("trial")
