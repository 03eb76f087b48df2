"""Indexes for a long queue: one that holds all a list filters, sorts and counts by, two for what is related.

Frozen: it spells the tables out as they were then and imports none of today's.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LIST = (
    "state",
    "stem",
    "legal_entity_id",
    "currency",
    "due_at",
    "assigned_to",
    "escalated_to",
    "owner",
    "handled_by",
    "money_at_risk",
    "expected_value",
    "external_id",
)


def upgrade() -> None:
    """Create the indexes; the one on state and stem is the beginning of the first."""
    op.create_index("ix_exception_list", "exception", list(LIST))
    op.create_index("ix_exception_object_id", "exception", ["object_id"])
    op.create_index("ix_exception_project_id", "exception", ["project_id"])
    op.drop_index("ix_exception_state_stem", "exception")


def downgrade() -> None:
    """Bring the one index back and drop the others."""
    op.create_index("ix_exception_state_stem", "exception", ["state", "stem"])
    op.drop_index("ix_exception_project_id", "exception")
    op.drop_index("ix_exception_object_id", "exception")
    op.drop_index("ix_exception_list", "exception")
