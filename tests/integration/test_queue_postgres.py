"""The queue on PostgreSQL does what it does on SQLite, also when two write at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from leadline.kernel.errors import BusyError, IntegrityError
from leadline.queue.decisions import Verdict
from leadline.queue.engine import reading
from leadline.queue.store import Store
from leadline.queue.tables import METADATA
from leadline.queue.upsert import UpsertReport
from tests.support.delivery import dropped
from tests.support.queue import AT, banded, drawn

pytestmark = pytest.mark.postgres


def _binaries() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*folders, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((folder for folder in candidates if (folder / "pg_ctl").is_file()), None)


def _as_server_user(command: list[str]) -> None:
    """Run a server program; it refuses to be root, so root becomes user postgres."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    given = os.environ.get("LEADLINE_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL binaries and no LEADLINE_TEST_POSTGRES_URL")
    if os.geteuid() == 0 and not (shutil.which("runuser") and Path("/etc/passwd").read_text().count("\npostgres:")):
        pytest.skip("PostgreSQL refuses to run as root and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="leadline-pg-"))  # short: a socket's path has 107 characters at most
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    _as_server_user([str(binaries / "initdb"), "-D", data, "-A", "trust", "-U", "leadline", "--no-sync"])
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    control = [str(binaries / "pg_ctl"), "-D", data, "-w"]
    _as_server_user([*control, "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"postgresql+psycopg://leadline@/postgres?host={folder}"
    finally:
        _as_server_user([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder)


@pytest.fixture
def url(server: str) -> str:
    """Return the URL of an empty schema of its own."""
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    engine.dispose()
    return server


def test_a_night_twice_is_a_night_once_and_the_books_verify(url: str, tmp_path: Path) -> None:
    with Store(url) as store:
        big = drawn(money_at_risk=Decimal("9999999999999999.99"), title="Straße =1")
        assert store.upsert([big, banded()], at=AT) == UpsertReport(added=2)
        assert store.upsert([big, banded()], at=AT) == UpsertReport(unchanged=2)
        seen = {one.stem: one for one in store.list_()}["invoice_dispute"]
        assert (seen.money_at_risk, seen.title, seen.facts["hours"]) == (
            Decimal("9999999999999999.99"),
            "Straße =1",
            "31.00",
        )
        store.decide(seen.external_id, Verdict("confirmed", "billed", "ana", value_recovered=Decimal("10")), at=AT)
        assert store.decisions_since(AT)[0].value_recovered == Decimal("10.00")
        assert dropped(store, tmp_path / "outbox").delivered == 3
        assert store.verify().entries == 4
        run = store.start_run("run", as_of=None, at=AT)
        store.finish_run(run, status="ok", at=AT, counts={"added": 2})
        assert store.last_runs()[0].counts == {"added": 2}


def test_tampering_is_found(url: str) -> None:
    with Store(url) as store:
        store.upsert([drawn()], at=AT)
        with store.engine.begin() as connection:
            connection.execute(text("update exception set money_at_risk = 1"))
        with pytest.raises(IntegrityError, match="behind the audit's back"):
            store.verify()


def test_the_revisions_make_exactly_the_tables_of_the_code(url: str) -> None:
    with Store(url) as store, reading(store.engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_of_two_who_decide_at_once_one_is_told(url: str) -> None:
    with Store(url) as store:
        store.upsert([drawn()], at=AT)
    told: list[str] = []
    start = threading.Barrier(2)

    def decide(name: str) -> None:
        with Store(url) as own:
            start.wait()
            try:
                own.decide(drawn().external_id, Verdict("confirmed", "billed", name, expected_version=1), at=AT)
            except BusyError:
                told.append(name)

    threads = [threading.Thread(target=decide, args=(name,)) for name in ("ana", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store(url) as store:
        assert len(store.decisions_since()) == 1
        assert len(told) == 1
        store.verify()


def test_two_processes_may_make_the_tables_at_once(url: str) -> None:
    failures: list[BaseException] = []

    def open_store() -> None:
        try:
            Store(url).close()
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=open_store) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
