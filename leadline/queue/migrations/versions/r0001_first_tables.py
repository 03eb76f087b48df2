"""First tables: exceptions, decisions, outbox, audit with its head, scored as-ofs, runs.

Frozen: it spells the tables out as they were then and imports none of today's.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATES = "'open', 'in_review', 'confirmed', 'dismissed', 'snoozed', 'expired', 're_opened'"


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _words(name: str, length: int, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(), nullable=null)


def _money(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Numeric(18, 2), nullable=null)


def _float(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=null)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _serial(name: str, table: str) -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=True, nullable=False), sa.PrimaryKeyConstraint(name, name=f"pk_{table}")


def upgrade() -> None:
    """Create the tables."""
    _exceptions()
    _decisions()
    _outbox()
    _audit()
    _runs()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("run", "scored", "audit_head", "audit", "outbox", "decision", "exception"):
        op.drop_table(table)


def _exceptions() -> None:
    op.create_table(
        "exception",
        _words("external_id", 16),
        _words("stem", 40),
        _words("object_type", 40),
        _text("object_id"),
        _moment("as_of"),
        _moment("first_as_of"),
        _words("state", 20),
        _number("version"),
        _words("digest", 64),
        *(_float(name, null=True) for name in ("probability", "band_low", "band_middle", "band_high")),
        _words("band_unit", 40, null=True),
        _float("band_level", null=True),
        _money("money_at_risk"),
        _words("currency", 3),
        _money("expected_value"),
        _number("rank"),
        _text("title"),
        *(_json(name) for name in ("reasons", "facts", "similar")),
        _text("owner"),
        _words("owner_kind", 20),
        _moment("due_at"),
        *(_text(name) for name in ("narrative", "action", "expected", "seen", "model_version", "snapshot_id")),
        _flag("is_random_slice"),
        _float("propensity"),
        *(_text(name, null=True) for name in ("legal_entity_id", "project_id", "account_id", "person_id")),
        _text("handled_by", null=True),
        _moment("snoozed_until", null=True),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("external_id", name="pk_exception"),
        sa.CheckConstraint(f"state in ({STATES})", name=op.f("ck_exception_state")),
    )
    op.create_index("ix_exception_state_stem", "exception", ["state", "stem"])
    op.create_index("ix_exception_owner", "exception", ["owner"])


def _decisions() -> None:
    op.create_table(
        "decision",
        *_serial("number", "decision"),
        _words("decision_id", 32),
        _words("external_id", 16),
        _words("stem", 40),
        _text("object_id"),
        _words("verdict", 20),
        _words("reason_code", 40),
        _text("decided_by"),
        _moment("decided_at"),
        _text("note", null=True),
        _money("value_recovered", null=True),
        _words("currency", 3),
        _flag("is_intervention"),
        _flag("is_random_slice"),
        _float("propensity"),
        _number("exception_version"),
        sa.UniqueConstraint("decision_id"),
        sa.ForeignKeyConstraint(["external_id"], ["exception.external_id"], name="fk_decision_external_id"),
    )
    op.create_index("ix_decision_external_id", "decision", ["external_id"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        *_serial("number", "outbox"),
        _words("idempotency_key", 40),
        _words("external_id", 16),
        _number("version"),
        _text("payload"),
        _moment("created_at"),
        _number("tries"),
        _moment("delivered_at", null=True),
        _moment("dead_at", null=True),
        _text("last_error", null=True),
        sa.UniqueConstraint("idempotency_key"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        _moment("at"),
        _text("actor"),
        _words("event", 40),
        _words("external_id", 16, null=True),
        _text("detail"),
        _words("previous_hash", 64),
        _words("hash", 64),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        _words("hash", 64),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    head = sa.table("audit_head", sa.column("id"), sa.column("number"), sa.column("hash"))
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": "0" * 64}])


def _runs() -> None:
    op.create_table(
        "scored",
        _words("stem", 40),
        _moment("as_of"),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        _moment("at"),
        sa.PrimaryKeyConstraint("stem", name="pk_scored"),
    )
    op.create_table(
        "run",
        *_serial("run_id", "run"),
        _words("command", 40),
        _moment("started_at"),
        _moment("finished_at", null=True),
        _moment("as_of", null=True),
        _text("snapshot_id", null=True),
        _words("status", 20),
        _json("counts"),
        _json("details"),
        _text("message"),
    )
