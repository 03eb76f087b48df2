"""Each message has a state of its own at each target; until now there was one target, the folder.

Frozen: it spells the tables out as they were then and imports none of today's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOVED = ("tries", "delivered_at", "dead_at", "last_error")


def upgrade() -> None:
    """Move the state of the messages from the outbox into a row per message and target."""
    op.create_table(
        "delivery",
        sa.Column("target", sa.String(20), nullable=False),
        sa.Column("message", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("external_id", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        *(sa.Column(name, sa.DateTime()) for name in ("next_try_at", "delivered_at", "dead_at", "skipped_at")),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("target", "message", name="pk_delivery"),
        sa.ForeignKeyConstraint(["message"], ["outbox.number"], name="fk_delivery_message"),
    )
    op.create_index("ix_delivery_order", "delivery", ["target", "external_id", "version"])
    op.create_index("ix_delivery_waiting", "delivery", ["target", "delivered_at"])
    columns = ("external_id", "version", *MOVED)
    delivery = sa.table("delivery", *(sa.column(name) for name in ("target", "message", *columns)))
    outbox = sa.table("outbox", *(sa.column(name) for name in ("number", *columns)))
    told = sa.select(sa.literal("folder"), outbox.c.number, *(outbox.c[name] for name in columns))
    op.execute(sa.insert(delivery).from_select(["target", "message", *columns], told))
    for name in MOVED:
        op.drop_column("outbox", name)
    op.add_column("outbox", sa.Column("target", sa.String(20)))


def downgrade() -> None:
    """Give the outbox the folder's state back; what other targets got is forgotten."""
    op.drop_column("outbox", "target")
    op.add_column("outbox", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    for name in ("delivered_at", "dead_at"):
        op.add_column("outbox", sa.Column(name, sa.DateTime()))
    op.add_column("outbox", sa.Column("last_error", sa.Text()))
    delivery = sa.table("delivery", *(sa.column(name) for name in ("target", "message", *MOVED)))
    outbox = sa.table("outbox", *(sa.column(name) for name in ("number", *MOVED)))
    same = sa.and_(delivery.c.message == outbox.c.number, delivery.c.target == "folder")
    values = {name: sa.select(delivery.c[name]).where(same).scalar_subquery() for name in MOVED if name != "tries"}
    tries = sa.func.coalesce(sa.select(delivery.c.tries).where(same).scalar_subquery(), 0)
    op.execute(sa.update(outbox).values(values | {"tries": tries}))
    op.drop_table("delivery")
