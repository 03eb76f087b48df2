"""The rules of business for tests: the project's SQL, compiled once, over drawn rows in an in-memory DuckDB."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import polars as pl
import yaml
from filelock import FileLock
from platformdirs import user_cache_path

from leadline.kernel.project import root
from leadline.warehouse import rules
from leadline.warehouse.database import connect
from leadline.warehouse.dbt import run_dbt
from leadline.warehouse.rules import DATABASE, VALUATION, Rules, RuleTexts

MAIN = f"{DATABASE}.main"
SEEDS = f"{DATABASE}.main_seeds"


@cache
def shipped_rules() -> RuleTexts:
    """Return the rules of the dbt project as a build compiles them; one process compiles them for all."""
    folder = user_cache_path("leadline") / "test-rules" / _digest()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "compile.lock"):
        if not rules.read(folder):
            rules.write(_compiled(), folder)
    return rules.read(folder)


class DrawnRules:
    """The rules over drawn rows: ``core`` gives the versions of an entity, ``marts`` governance tables.

    Only the tables that a rule reads are written, when it is first asked for: most tests ask for one or two.
    """

    def __init__(
        self, core: Callable[[str], pl.DataFrame], marts: Mapping[str, pl.DataFrame], *, currency: str
    ) -> None:
        self._core, self._marts = core, marts
        self._connection = connect(config={"threads": 1})
        self._connection.execute(f"attach ':memory:' as {DATABASE}; create schema {SEEDS}")
        self._rules = Rules(shipped_rules(), self._connection, reporting_currency=currency)
        self._made: set[str] = set()

    def answer(self, name: str, *, as_of: datetime, columns: Sequence[str] = ()) -> pl.DataFrame:
        """Return the rows of a rule as known at ``as_of``."""
        self._write_tables_of(name)
        return self._rules.answer(name, as_of=as_of, columns=columns)

    def part(self, name: str, *, as_of: datetime, columns: Sequence[str], where: str) -> pl.DataFrame:
        """Return columns of the rows of a rule for which a SQL condition holds."""
        self._write_tables_of(name)
        return self._rules.part(name, as_of=as_of, columns=columns, where=where)

    def _write_tables_of(self, rule: str) -> None:
        for table in sorted(_tables_of(rule) - self._made):
            self._write(table)
            self._made.add(table)

    def _write(self, table: str) -> None:
        is_seed = table in _seed_types()
        if is_seed:
            frame = _seed(table)
        elif table.startswith("core_"):
            frame = self._core(table.removeprefix("core_"))
        else:
            frame = self._marts[table]
        self._connection.register("drawn", frame.to_arrow())
        self._connection.execute(f'create table {SEEDS if is_seed else MAIN}."{table}" as from drawn')
        self._connection.unregister("drawn")


@cache
def _tables_of(rule: str) -> frozenset[str]:
    """Return the tables that a rule reads, itself or through the rules it builds on."""
    texts = shipped_rules()
    if rule == VALUATION:
        return frozenset()
    return frozenset().union(*(_tables_of(name) if name in texts else {name} for name in texts[rule].reads))


@cache
def _seed(name: str) -> pl.DataFrame:
    types = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in _seed_types()[name].items())
    rows = pl.read_csv(root() / "dbt_project" / "seeds" / f"{name}.csv", infer_schema=False)
    with connect() as connection:
        connection.register("rows", rows.to_arrow())
        return pl.DataFrame(connection.sql(f"select {types} from rows").to_arrow_table())


@cache
def _seed_types() -> dict[str, dict[str, str]]:
    described = yaml.safe_load((root() / "dbt_project" / "seeds" / "_seeds.yml").read_text("utf-8"))
    return {seed["name"]: seed["config"]["column_types"] for seed in described["seeds"]}


def _digest() -> str:
    project = root() / "dbt_project"
    files = sorted(path for path in project.rglob("*") if path.suffix in (".sql", ".yml"))
    texts = {
        path.relative_to(project).as_posix(): path.read_text("utf-8") for path in files if "target" not in path.parts
    }
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


def _compiled() -> RuleTexts:
    project = root() / "dbt_project"
    with tempfile.TemporaryDirectory() as folder:
        options = ["--profiles-dir", str(project), "--target-path", folder, "--log-path", folder]
        database = {"LEADLINE_DATABASE": str(Path(folder) / f"{DATABASE}.duckdb")}
        command = ["compile", "--select", "intermediate", "--no-introspect"]
        report = run_dbt(command, options, project=project, environment=database)
    assert report.rules, "dbt compiled no rule"
    return report.rules
