"""A store from before targets keeps what it knows of its messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from leadline.queue.deliveries import DeadLetter, Intake
from leadline.queue.engine import open_engine, writing
from leadline.queue.migrate import MIGRATIONS
from leadline.queue.store import Store
from tests.support.queue import AT

ROW = (
    "insert into outbox (idempotency_key, external_id, version, payload, created_at, tries, delivered_at, dead_at,"
    " last_error) values ('{0}-1', '{0}', 1, '{{}}', '2026-07-01 00:00:00.000000', {1}, {2}, {3}, {4})"
)
MOMENT = "'2026-07-01 00:00:00.000000'"


def _moved(url: str, move: Callable[[Config, str], None], revision: str, *statements: str) -> list[Any]:
    """Move a store to a revision, run statements there, and return key, tries and whether dead of each message."""
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        move(config, revision)
        for statement in statements:
            connection.execute(text(statement))
        found = connection.execute(text("select idempotency_key, tries, dead_at from outbox order by 1"))
        rows = [(key, tries, dead_at is not None) for key, tries, dead_at in found]
    engine.dispose()
    return rows


def test_what_waited_waits_what_was_dead_is_dead_and_nothing_is_delivered_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ops.db'}"
    rows = (("waits", 2, "null", "null", "'full'"), ("dead", 5, "null", MOMENT, "'gone'"))
    before = _moved(
        *(url, command.upgrade, "0001", ROW.format("done", 1, MOMENT, "null", "null")),
        *(ROW.format(*row) for row in rows),
    )
    with Store(url) as store:
        assert [(one.key, one.tries) for one in store.due_messages("folder", at=AT, limit=9)] == [("waits-1", 2)]
        assert store.delivery_state("folder", Intake.EVERYTHING).dead == (DeadLetter("dead-1", "gone"),)
    assert _moved(url, command.downgrade, "0001") == before
