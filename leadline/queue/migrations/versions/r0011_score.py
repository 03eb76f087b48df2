"""Call the score of an exception by that name, as every page and command does.

Frozen: it spells the tables out as they were then and imports none of today's.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("exception", "decision", "scored", "trial")


def upgrade() -> None:
    """Rename the column; both engines carry indexes and keys along."""
    for table in TABLES:
        op.alter_column(table, "stem", new_column_name="score")


def downgrade() -> None:
    """Rename it back."""
    for table in TABLES:
        op.alter_column(table, "score", new_column_name="stem")
