"""Access: users, sessions, tokens, one-time codes, failed log-ins; indexes for the worklist and an exception's trail.

Frozen: it spells the tables out as they were then and imports none of today's.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("access_user", "access_session", "access_token", "access_code", "access_try")


def _login(*, null: bool = False) -> sa.Column[str]:
    return sa.Column("login", sa.String(80), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(), nullable=null)


def _json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON().with_variant(JSONB(), "postgresql"), nullable=null)


def _digest() -> sa.Column[str]:
    return sa.Column("digest", sa.String(64), nullable=False)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["login"], ["access_user.login"], name=f"fk_{table}_login")


def upgrade() -> None:
    """Create the tables and indexes."""
    op.create_table(
        "access_user",
        _login(),
        _json("roles"),
        _json("legal_entities", null=True),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        _moment("created_at"),
        _moment("disabled_at", null=True),
        sa.PrimaryKeyConstraint("login", name="pk_access_user"),
    )
    op.create_table(
        "access_session",
        _digest(),
        _login(),
        _moment("created_at"),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_access_session"),
        _of_user("access_session"),
    )
    op.create_index("ix_access_session_login", "access_session", ["login"])
    _secrets()
    op.create_index("ix_exception_expected_value_external_id", "exception", ["expected_value", "external_id"])
    op.create_index("ix_exception_legal_entity_id", "exception", ["legal_entity_id"])
    op.create_index("ix_audit_external_id", "audit", ["external_id"])


def downgrade() -> None:
    """Drop the tables and indexes."""
    op.drop_index("ix_audit_external_id", "audit")
    op.drop_index("ix_exception_legal_entity_id", "exception")
    op.drop_index("ix_exception_expected_value_external_id", "exception")
    for table in reversed(TABLES):
        op.drop_table(table)


def _secrets() -> None:
    op.create_table(
        "access_token",
        sa.Column("token_id", sa.String(12), nullable=False),
        _login(),
        _json("scopes"),
        _digest(),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("revoked_at", null=True),
        sa.PrimaryKeyConstraint("token_id", name="pk_access_token"),
        _of_user("access_token"),
    )
    op.create_index("ix_access_token_login", "access_token", ["login"])
    op.create_table(
        "access_code",
        _digest(),
        _login(null=True),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_access_code"),
        _of_user("access_code"),
    )
    op.create_table(
        "access_try",
        _login(),
        sa.Column("tries", sa.Integer(), nullable=False),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("login", name="pk_access_try"),
    )
