"""Indexes for a page of a long queue: its order with all it filters by, and what it can be filtered by.

Frozen: it spells the tables out as they were then and imports none of today's.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORDER = (
    "expected_value",
    "external_id",
    "state",
    "stem",
    "legal_entity_id",
    "due_at",
    "assigned_to",
    "escalated_to",
    "owner",
    "handled_by",
)


def upgrade() -> None:
    """Create the indexes, and drop those that they replace."""
    op.create_index("ix_exception_order", "exception", list(ORDER))
    answers, entity = text("coalesce(assigned_to, escalated_to, owner)"), text("coalesce(legal_entity_id, '')")
    op.create_index("ix_exception_answers", "exception", [answers, "legal_entity_id", "stem"])
    op.create_index("ix_exception_of_legal_entity", "exception", [entity, "legal_entity_id", "stem"])
    op.drop_index("ix_exception_expected_value_external_id", "exception")
    op.drop_index("ix_exception_legal_entity_id", "exception")


def downgrade() -> None:
    """Bring the two indexes back and drop the others."""
    op.create_index("ix_exception_expected_value_external_id", "exception", ["expected_value", "external_id"])
    op.create_index("ix_exception_legal_entity_id", "exception", ["legal_entity_id"])
    for name in ("order", "answers", "of_legal_entity"):
        op.drop_index(f"ix_exception_{name}", "exception")
