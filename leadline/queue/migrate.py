"""Migrate the ops store to the newest schema, from inside the program and under the write lock."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from leadline.kernel.errors import HomeError
from leadline.queue.engine import reading, url_text, writing

MIGRATIONS = Path(__file__).parent / "migrations"

# The revision the tables of this version have; the tests compare it with the scripts.
HEAD = "0013"

# The key of PostgreSQL's advisory lock for migrations; any constant works.
_LOCK = 7_301_101


def migrate(engine: Engine) -> str:
    """Create or upgrade the tables and return their revision; costs one query when there is nothing to do.

    Raises:
        HomeError: the store belongs to a newer version, or the database cannot be reached.
    """
    with reading(engine) as connection:
        found = _revision(connection)
    if found == HEAD:
        return HEAD
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        _upgrade(connection, url_text(engine.url))
    return HEAD


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("select version_num from alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, where: str) -> None:
    """Run the missing revisions; alembic is imported only now, since it is seldom needed."""
    import logging

    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = _revision(connection)
    if found is not None and found not in known:
        raise HomeError(
            "The ops store belongs to a newer version of Leadline.",
            where=where,
            expected=f"revision {HEAD} or older",
            found=found,
            next_step="install that version again, or point ops_store_url at another store",
        )
    command.upgrade(config, HEAD)
