"""DuckDB's progress bar is off in every connection: it would be drawn into what our commands print."""

from __future__ import annotations

from pathlib import Path

import leadline
from leadline.warehouse import memory
from leadline.warehouse.connection import sandbox
from leadline.warehouse.database import connect
from leadline.warehouse.scratch import scratch_database

SETTING = "select current_setting('enable_progress_bar')"


def test_the_progress_bar_is_off_in_every_kind_of_connection(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with connect(path) as connection:
        assert connection.execute(SETTING).fetchone() == (False,)
    with sandbox(path) as connection:
        assert connection.execute(SETTING).fetchone() == (False,)
    with scratch_database() as connection:
        assert connection.execute(SETTING).fetchone() == (False,)
    with memory.cursor() as cursor:
        assert cursor.execute(SETTING).fetchone() == (False,)


def test_only_one_module_opens_duckdb() -> None:
    package = Path(leadline.__file__).parent
    openers = {path.name for path in package.rglob("*.py") if "duckdb.connect(" in path.read_text("utf-8")}
    assert openers == {"database.py"}
