"""The tables of the ops store. Operators' writes go here and never into the warehouse.

The migrations create exactly these and those of :mod:`leadline.access.tables`; a change here needs a new revision in
``migrations/versions``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    literal_column,
    text,
)

from leadline.queue.columns import Moment, Money, json_type
from leadline.queue.states import STATES

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only when the key is a plain INTEGER.
_SERIAL = BigInteger().with_variant(Integer(), "sqlite")

EXCEPTION = Table(
    "exception",
    METADATA,
    Column("external_id", String(16), primary_key=True),
    Column("score", String(40), nullable=False),
    Column("object_type", String(40), nullable=False),
    Column("object_id", Text, nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("first_as_of", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("probability", Float),
    Column("band_low", Float),
    Column("band_middle", Float),
    Column("band_high", Float),
    Column("band_unit", String(40)),
    Column("band_level", Float),
    Column("money_at_risk", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("expected_value", Money, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("reasons", json_type(), nullable=False),
    Column("facts", json_type(), nullable=False),
    Column("similar", json_type(), nullable=False),
    Column("owner", Text, nullable=False),
    Column("owner_kind", String(20), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("narrative", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("snapshot_id", Text, nullable=False),
    Column("is_random_slice", Boolean, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("legal_entity_id", Text),
    Column("project_id", Text),
    Column("account_id", Text),
    Column("person_id", Text),
    Column("handled_by", Text),
    Column("snoozed_until", Moment),
    Column("updated_at", Moment, nullable=False),
    Column("assigned_to", Text),
    Column("escalated_to", Text),
    Column("escalated_at", Moment),
    Column("ended_because", Text),
    # What the last decision replaced, so that it can be undone; null when it cannot.
    Column("replaced", json_type()),
    # Title, expectation, observation and action as statements, whose English the columns above hold to be searched;
    # null of what version 0.1.0 scored.
    Column("statements", json_type()),
    # Each reader's narrative with the facts that it quotes; null of what was scored before there were any.
    Column("narratives", json_type()),
    # The sums that its money is made of, and what of it other exceptions claim; null where there is nothing.
    Column("stakes", json_type()),
    Column("claimed_by", json_type()),
    CheckConstraint("state in (" + ", ".join(f"'{state}'" for state in STATES) + ")", name="state"),
    # All that a list filters, sorts and counts by, so that it reads this and no row but those of its page.
    Index(
        "ix_exception_list",
        *("state", "score", "legal_entity_id", "currency", "due_at", "assigned_to", "escalated_to", "owner"),
        *("handled_by", "money_at_risk", "expected_value", "external_id"),
    ),
    # The few of which something is claimed.
    Index(
        "ix_exception_claimed",
        "external_id",
        sqlite_where=text("claimed_by IS NOT NULL"),
        postgresql_where=text("claimed_by IS NOT NULL"),
    ),
    Index(None, "object_id"),
    Index(None, "project_id"),
    # The order of a list, with all it filters by, so that rows out of the filter are passed over without being read.
    Index(
        "ix_exception_order",
        *("expected_value", "external_id", "state", "score", "legal_entity_id", "due_at"),
        *("assigned_to", "escalated_to", "owner", "handled_by"),
    ),
    Index(None, "owner"),
)

# Who is to act on an exception, as :attr:`QueuedException.answers` says it.
ANSWERS: ColumnElement[str] = func.coalesce(EXCEPTION.c.assigned_to, EXCEPTION.c.escalated_to, EXCEPTION.c.owner)
Index("ix_exception_answers", ANSWERS, EXCEPTION.c.legal_entity_id, EXCEPTION.c.score)
# Which legal entities occur. An expression, since an index of the column itself would lead SQLite away from the list's.
OF_LEGAL_ENTITY: ColumnElement[str] = func.coalesce(EXCEPTION.c.legal_entity_id, literal_column("''"))
Index("ix_exception_of_legal_entity", OF_LEGAL_ENTITY, EXCEPTION.c.legal_entity_id, EXCEPTION.c.score)

# What lists and figures read; narratives are as long as all the rest, and are read of one exception at a time.
LISTED = tuple(column for column in EXCEPTION.columns if column.name not in ("narratives", "stakes"))

DECISION = Table(
    "decision",
    METADATA,
    Column("number", _SERIAL, primary_key=True, autoincrement=True),
    Column("decision_id", String(32), nullable=False, unique=True),
    Column("external_id", String(16), ForeignKey("exception.external_id"), nullable=False),
    Column("score", String(40), nullable=False),
    Column("object_id", Text, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("reason_code", String(40), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("note", Text),
    Column("value_recovered", Money),
    Column("currency", String(3), nullable=False),
    Column("is_intervention", Boolean, nullable=False),
    Column("is_random_slice", Boolean, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("exception_version", Integer, nullable=False),
    Index(None, "external_id"),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("number", _SERIAL, primary_key=True, autoincrement=True),
    Column("idempotency_key", String(40), nullable=False, unique=True),
    Column("external_id", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("target", String(20)),
)

# A row per message and target, made when the target is next served. Object and version are the message's own, kept
# here because the order of an object's messages is asked for at every step.
DELIVERY = Table(
    "delivery",
    METADATA,
    Column("target", String(20), primary_key=True),
    Column("message", BigInteger, ForeignKey("outbox.number"), primary_key=True, autoincrement=False),
    Column("external_id", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Moment),
    Column("delivered_at", Moment),
    Column("dead_at", Moment),
    Column("skipped_at", Moment),
    Column("last_error", Text),
    Index("ix_delivery_order", "target", "external_id", "version"),
    Index("ix_delivery_waiting", "target", "delivered_at"),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("event", String(40), nullable=False),
    Column("external_id", String(16)),
    Column("detail", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "external_id"),
)

# One row. It is locked by whoever appends to the audit, and it makes a cut-off tail visible.
AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

# Up to which as-of each score was queued, so that an older as-of never overwrites a newer one.
SCORED = Table(
    "scored",
    METADATA,
    Column("score", String(40), primary_key=True),
    Column("as_of", Moment, nullable=False),
    Column("run_id", BigInteger),
    Column("at", Moment, nullable=False),
)

# Exceptions of little money that were drawn to be held back or shown, to measure the value of acting.
TRIAL = Table(
    "trial",
    METADATA,
    Column("external_id", String(16), primary_key=True),
    Column("score", String(40), nullable=False),
    Column("object_id", Text, nullable=False),
    Column("share", Float, nullable=False),
    Column("is_held", Boolean, nullable=False),
    Column("probability", Float, nullable=False),
    Column("money_at_risk", Money, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    Column("released_at", Moment),
)

RUN = Table(
    "run",
    METADATA,
    Column("run_id", _SERIAL, primary_key=True, autoincrement=True),
    Column("command", String(40), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("as_of", Moment),
    Column("snapshot_id", Text),
    Column("status", String(20), nullable=False),
    Column("counts", json_type(), nullable=False),
    Column("details", json_type(), nullable=False),
    Column("message", Text, nullable=False),
)
