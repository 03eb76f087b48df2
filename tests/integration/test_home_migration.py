"""A home of version 0.1 comes to the form of this one by one command, however often that is interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

from leadline.app import home_migration
from leadline.kernel.files import write_atomically
from leadline.kernel.home import OLD_CHECKPOINTS
from leadline.queue.engine import open_engine, writing
from leadline.queue.migrate import MIGRATIONS
from leadline.warehouse.landing import MANIFESTS, Landing, parquet_bytes
from tests.support.cli import leadline
from tests.support.sources import Place

DECISIONS = """
source_system: queue
files:
  - match: decisions.csv
    entity: decision
    columns:
      decision_id: id
      external_id: exception
      score: score
      object_id: object
      verdict: verdict
      decided_at: at
      value_recovered: saved
      currency: currency
"""
ROWS = (
    "id,exception,score,object,verdict,at,saved,currency\n"
    "D1,aaaaaaaaaaaaaaaa,invoice_dispute,INV-1,confirmed,2026-01-05T10:00:00,120.50,EUR\n"
    "D2,bbbbbbbbbbbbbbbb,margin_erosion,P-1,dismissed,2026-01-06T10:00:00,,\n"
)
BUDGET = b"stem,max_items,review_cost,currency,random_share\r\ninvoice_dispute,40,45.00,USD,0.05\r\n"
SETTINGS = b'reporting_currency = "EUR"\naudit_heads = "elsewhere.jsonl"  # another disk\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home as version 0.1 left it: landed decisions, a governance table, a setting, a store of revision 0010."""
    place = Place(tmp_path)
    place.map(DECISIONS)
    place.draw("decisions.csv", ROWS)
    place.land()
    folder = place.home.path
    _as_of_0_1(Landing(folder / "landing"))
    (folder / "governance").mkdir()
    (folder / "governance" / "alert_budget.csv").write_bytes(BUDGET)
    (folder / OLD_CHECKPOINTS).write_text("")
    engine = open_engine(f"sqlite:///{folder / 'ops.db'}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0010")
    engine.dispose()
    return folder


def _as_of_0_1(landing: Landing) -> None:
    for batch in landing.batches():
        path = landing.rows_path(batch)
        sha256 = write_atomically(path, parquet_bytes(pl.read_parquet(path).rename({"score": "stem"})))
        manifest = replace(batch, parquet_sha256=sha256)
        write_atomically(landing.path / MANIFESTS / f"{batch.batch_id}.json", manifest.to_json().encode())


def test_every_command_but_migrate_names_the_way_out_of_an_old_home(home: Path) -> None:
    for words in (("status",), ("run",), ("queue", "list")):
        result = leadline(*words, "--home", home)
        assert result.exit_code == 5
        assert f"leadline migrate --home {home}" in result.stderr


def test_an_old_home_is_migrated_whole_and_only_once(home: Path) -> None:
    (home / "leadline.toml").write_bytes(SETTINGS)
    first = leadline("migrate", "--home", home, "--format", "csv")
    assert first.exit_code == 0, first.stderr
    (batch,) = Landing(home / "landing").verify()
    rows = Landing(home / "landing").scan("decision").sort("decision_id").collect()
    assert rows["score"].to_list() == ["invoice_dispute", "margin_erosion"]
    assert (home / "governance" / "alert_budget.csv").read_bytes() == BUDGET.replace(b"stem", b"score")
    assert (home / "leadline.toml").read_bytes() == SETTINGS.replace(b"audit_heads", b"audit_checkpoints")
    assert (home / "audit-checkpoints.jsonl").is_file()
    engine = open_engine(f"sqlite:///{home / 'ops.db'}")
    for table in ("exception", "decision", "scored", "trial"):
        columns = {column["name"] for column in inspect(engine).get_columns(table)}
        assert "score" in columns
        assert "stem" not in columns
    engine.dispose()
    assert [line.split(",")[0] for line in first.stdout.splitlines()[1:]] == [
        f"landing/decision/{batch.batch_id}.parquet",
        "governance/alert_budget.csv",
        "leadline.toml",
        "audit-checkpoints.jsonl",
    ]
    again = leadline("migrate", "--home", home, "--format", "csv")
    assert (again.exit_code, again.stdout.splitlines()[1:]) == (0, [])
    assert leadline("status", "--home", home).exit_code == 0


@pytest.mark.parametrize("stop_at", [1, 2, 3])
def test_a_migration_stopped_between_two_writes_is_finished_by_the_next(
    home: Path, stop_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = iter(range(1, 9))

    def stopping(path: Path, content: bytes) -> str:
        if next(writes) == stop_at:
            raise KeyboardInterrupt
        return write_atomically(path, content)

    monkeypatch.setattr(home_migration, "write_atomically", stopping)
    assert leadline("migrate", "--home", home).exit_code == 130
    monkeypatch.undo()
    assert (home / OLD_CHECKPOINTS).is_file()
    assert leadline("migrate", "--home", home).exit_code == 0
    Landing(home / "landing").verify()
    assert "score" in (home / "governance" / "alert_budget.csv").read_text("utf-8")


def test_damaged_decisions_stop_the_migration_before_anything_changed(home: Path) -> None:
    landing = Landing(home / "landing")
    (batch,) = landing.batches()
    path = landing.rows_path(batch)
    other = pl.read_parquet(path).with_columns(verdict=pl.lit("confirmed"))
    path.write_bytes(parquet_bytes(other))
    result = leadline("migrate", "--home", home)
    assert result.exit_code == 8
    assert path.name in result.stderr
    assert (home / "governance" / "alert_budget.csv").read_bytes() == BUDGET
    assert (home / OLD_CHECKPOINTS).is_file()
