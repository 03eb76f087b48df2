"""A PostgreSQL server of the tests, and stores that are on SQLite in one run of a test, on PostgreSQL in another."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from leadline.queue.store import Store


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


@pytest.fixture(scope="session")
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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty store, of either kind in turn."""
    is_file = request.param == "sqlite"
    with Store(f"sqlite:///{tmp_path / 'ops.db'}" if is_file else request.getfixturevalue("url")) as opened:
        yield opened
