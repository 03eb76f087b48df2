"""Open the ops store: SQLite in the home by default, PostgreSQL by URL; driver errors become Leadline errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from leadline.kernel.errors import BusyError, ConfigurationError, HomeError, IntegrityError, LeadlineError
from leadline.queue.write_lock import write_lock_of

DIALECTS = ("sqlite", "postgresql")
BUSY_SECONDS = 10.0
_SAMPLE = 1000

# SQLite reports faults as text only; each fragment marks a class of error.
_DAMAGED = ("not a database", "malformed", "disk image")
_BUSY = ("database is locked", "could not obtain lock", "lock timeout")


def open_engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Return an engine for the ops store; nothing is connected yet.

    Raises:
        ConfigurationError: the URL is invalid, names another kind of database, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind not in DIALECTS:
            raise _wrong_url(url_text(parsed))
        return _open_sqlite(parsed, busy_seconds) if kind == "sqlite" else _open_postgres(parsed, busy_seconds)
    except (ArgumentError, NoSuchModuleError) as exc:
        raise _wrong_url("text that is not such a URL (not shown, it may hold a password)") from exc
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "The database driver is not installed.",
            found=exc.name or str(exc),
            next_step='pip install "leadline[postgres]"',
        ) from exc


def url_text(url: URL) -> str:
    """Return a URL as text for people, without its password."""
    return url.render_as_string(hide_password=True)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open one write transaction, first come, first served (:mod:`leadline.queue.write_lock`).

    On SQLite it takes the write lock at once, so it never waits halfway through.
    """
    write_lock = engine.get_execution_options().get("write_lock", nullcontext)
    with (
        write_lock(),
        _translated_errors(engine),
        engine.connect().execution_options(writes=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open one read transaction: everything read in it belongs to the same moment."""
    steady = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with _translated_errors(engine), engine.connect().execution_options(**steady) as connection, connection.begin():
        yield connection


def rows(connection: Connection, query: Executable) -> Iterator[dict[str, Any]]:
    """Return the rows of a query, one by one, as values by column name."""
    for row in connection.execute(query).mappings():
        yield {str(name): value for name, value in row.items()}


def keep_statistics(connection: Connection) -> None:
    """Let SQLite sample the queue, as PostgreSQL does by itself; without statistics it sorts all rows for a page."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit={_SAMPLE}")
        connection.exec_driver_sql("ANALYZE exception")


def _open_sqlite(url: URL, busy_seconds: float) -> Engine:
    options: dict[str, Any] = {}
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        options["write_lock"] = partial(write_lock_of(Path(url.database)).held, busy_seconds)
    engine = create_engine(url, connect_args={"timeout": busy_seconds}, execution_options=options)

    @event.listens_for(engine, "connect")
    def _configure(dbapi: Any, _: object) -> None:
        dbapi.isolation_level = None  # we begin transactions ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _open_postgres(url: URL, busy_seconds: float) -> Engine:
    options = f"-c lock_timeout={int(busy_seconds * 1000)} -c timezone=UTC"
    return create_engine(url, connect_args={"options": options, "connect_timeout": 10}, pool_pre_ping=True)


@contextmanager
def _translated_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as exc:
        raise _as_ours(exc, url_text(engine.url)) from exc


def _as_ours(exc: DBAPIError, where: str) -> LeadlineError:
    text = str(exc.orig).strip().splitlines()[0] if str(exc.orig).strip() else type(exc.orig).__name__
    if any(word in text for word in _BUSY):
        return BusyError(
            "The ops store is locked by another program.",
            where=where,
            found=text,
            next_step="let it finish, or close the program that has the file open, then try again",
        )
    if any(word in text for word in _DAMAGED):
        return IntegrityError(
            "The file is damaged or not an ops store.",
            where=where,
            found=text,
            next_step="restore it from a backup (docs/runbooks/recovery.md)",
        )
    return HomeError(
        "Cannot use the ops store.",
        where=where,
        found=text,
        next_step="check ops_store_url, that the database is running, and its permissions and disk space",
    )


def _wrong_url(found: str) -> ConfigurationError:
    return ConfigurationError(
        "Unsupported ops store URL.",
        where="setting ops_store_url",
        expected="sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE",
        found=found,
        next_step="correct leadline.toml or LEADLINE_OPS_STORE_URL",
    )
