"""A new column of an entity is added in one place, on a copy of the project, and reaches every layer from there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
COLUMN = "  tier: {type: string, allowed: [gold, silver], description: how much the customer matters to the firm}\n"
MEANING = "how much the customer matters to the firm"
MAPPING = """\
source_system: crm
files:
  - match: "*.csv"
    entity: account
    columns: {account_id: Id, name: Name, tier: Tier}
"""
ACCOUNTS = "Id,Name,Tier\nA1,Ember Bank,gold\nA2,Alder Ltd,\nA3,Birch AG,bronze\n"


@dataclass(frozen=True)
class Copy:
    """A copy of the project in which an account has a tier, run from its own folder."""

    path: Path

    @property
    def home(self) -> Path:
        return self.path / "home"

    def read(self, name: str) -> str:
        return (self.path / name).read_text("utf-8")

    def run(self, *words: str, folder: str = ".") -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.path / folder,
            env={**os.environ, "PYTHONPATH": str(self.path), "LEADLINE_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def leadline(self, *words: str) -> str:
        return self.run("-c", "from leadline.app.main import main; main()", *words)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copied = Copy(tmp_path_factory.mktemp("copy"))
    left_out = shutil.ignore_patterns("__pycache__", "target", "logs", "images")
    for folder in ("leadline", "dbt_project", "docs"):
        shutil.copytree(CHECKOUT / folder, copied.path / folder, ignore=left_out)
    contract = copied.path / "leadline/kernel/entities/account.yml"
    contract.write_text(contract.read_text("utf-8") + COLUMN, "utf-8")
    copied.leadline("contracts", "dbt")
    return copied


def test_it_is_in_the_models_their_descriptions_the_page_and_the_contract(copy: Copy) -> None:
    models = "dbt_project/models"
    assert "        status,\n        tier,\n" in copy.read(f"{models}/staging/crm/stg_crm__account.sql")
    core = copy.read(f"{models}/core/crm/core_account.sql")
    assert "'created_on', 'tier', 'is_deleted'" in " ".join(core.split())
    assert "    created_on,\n    tier,\n    source_system,\n" in core
    for properties in ("staging/crm/_staging__crm.yml", "core/crm/_core__crm.yml"):
        account = yaml.safe_load(copy.read(f"{models}/{properties}"))["models"][0]
        column = next(one for one in account["columns"] if one["name"] == "tier")
        assert column == {"name": "tier", "data_type": "string", "description": "{{ doc('account__tier') }}"}
    assert f"{{% docs account__tier %}}{MEANING}{{% enddocs %}}" in copy.read(f"{models}/staging/crm/_columns__crm.md")
    assert f"| tier | string | {MEANING} | `gold`, `silver` |" in copy.read("docs/input-contract.md")
    copy.leadline("contracts", "--to", "contracts")
    contract = yaml.safe_load(copy.read("contracts/sources/account.odcs.yaml"))
    tier = next(one for one in contract["schema"][0]["properties"] if one["name"] == "tier")
    assert tier["quality"] == [
        {"metric": "invalidValues", "arguments": {"validValues": ["gold", "silver"]}, "mustBe": 0}
    ]


def test_what_is_delivered_with_it_is_checked_and_reaches_core(copy: Copy) -> None:
    (copy.path / "mapping.yml").write_text(MAPPING, "utf-8")
    (copy.path / "exports").mkdir()
    (copy.path / "exports" / "accounts.csv").write_text(ACCOUNTS, "utf-8")
    copy.leadline("land", "exports", "--mapping", "mapping.yml")
    (broken,) = pl.read_parquet(copy.home / "landing" / "_quarantine" / "*.parquet").to_dicts()
    assert (broken["column"], broken["rule"], broken["found"]) == ("tier", "allowed", "bronze")

    (copy.home / "warehouse").mkdir()
    copy.run("-m", "dbt.cli.main", "run", "--select", "+core_account", folder="dbt_project")
    with duckdb.connect(str(copy.home / "warehouse" / "dev.duckdb"), read_only=True) as connection:
        rows = connection.sql("select account_id, tier from core_account order by account_id").fetchall()
    assert rows == [("A1", "gold"), ("A2", None)]
