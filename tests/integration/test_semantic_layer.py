"""Metrics by name: each equals its hand-written SQL, none is without one, and none adds up over currencies."""

from __future__ import annotations

import csv
import io
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from leadline.app.wiring import Parts
from leadline.kernel.errors import ConfigurationError, HomeError, UsageError
from leadline.kernel.project import root
from leadline.warehouse import metric_engine
from leadline.warehouse.dbt import run_dbt
from leadline.warehouse.lineage import definitions as shipped_definitions
from leadline.warehouse.metric_engine import compiled, engine_over, writer
from leadline.warehouse.metric_query import ask, slices
from leadline.warehouse.metrics import OWN, REPORTING, all_metrics, metrics
from leadline.warehouse.snapshot import Snapshot
from tests.support.cli import leadline
from tests.support.metric_sql import BY_HAND
from tests.support.snapshot import publish

ROOT = Path(__file__).parents[2]
METRICS = {metric.name: metric for metric in all_metrics()}
ASKED = {metric.name: metric for metric in metrics()}
CASES = [(name, by) for name, statements in BY_HAND.items() for by in statements]
MONEY = {"": "", REPORTING: ", reporting currency", OWN: ", by currency"}
AREAS = ["finance", "delivery", "people", "sales", "revenue leakage", "governance"]
# Money and hours to the cent; ratios and averages closer, since they are small.
CLOSE = {"money": 0.01, "hours": 0.01, "money per hour": 0.01}


@dataclass(frozen=True)
class Dbt:
    """What dbt makes of the semantic layer."""

    manifest: Any
    engine: Any

    def sql(self, names: Sequence[str], by: Sequence[str]) -> str:
        """Return the SQL that MetricFlow writes from it."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        request = MetricFlowQueryRequest.create(metric_names=names, group_by_names=by, order_by_names=by)
        return str(self.engine.explain(request).sql_statement.sql)


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """Parse the project once, as dbt does before every command."""
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    folder, project = tmp_path_factory.mktemp("semantic"), root() / "dbt_project"
    options = ["--warn-error", "--profiles-dir", str(project), "--target-path", str(folder), "--log-path", str(folder)]
    database = {"LEADLINE_DATABASE": str(folder / "warehouse.duckdb")}
    run_dbt(["parse"], options, project=project, environment=database)
    text = (folder / "semantic_manifest.json").read_text("utf-8")
    manifest = parse_manifest_from_dbt_generated_manifest(text)
    return Dbt(manifest, engine_over(SemanticManifestLookup(manifest)))


@pytest.fixture(scope="module")
def snapshot(demo_known: Callable[[Any], Any]) -> Snapshot:
    """Return the demo firm's snapshot."""
    found: Snapshot = demo_known(None)
    return found


@pytest.fixture(scope="module")
def home(snapshot: Snapshot) -> Path:
    """Return the home that the snapshot is published in."""
    return snapshot.folder.parents[2]


@pytest.fixture(scope="module")
def connection(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a copy of the demo firm's published database: the command opens the published one itself, and locks it."""
    copy = tmp_path_factory.mktemp("copy") / snapshot.database.name
    shutil.copyfile(snapshot.database, copy)
    with duckdb.connect(str(copy), read_only=True) as opened:
        yield opened


def _answer(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[tuple[Any, ...], float]:
    """Return the figure of each slice; what is nothing, or null, says nothing."""
    rows = [tuple(row) for row in connection.execute(sql).fetchall()]
    found = {tuple(_day(value) for value in row[:-1]): float(row[-1] or 0) for row in rows}
    assert len(found) == len(rows), "two rows of one slice"
    return {key: figure for key, figure in found.items() if figure}


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


@pytest.mark.parametrize(("name", "by"), CASES, ids=["-".join([name, *by]) for name, by in CASES])
def test_a_metric_is_what_its_hand_written_sql_says(
    dbt: Dbt, connection: duckdb.DuckDBPyConnection, name: str, by: tuple[str, ...]
) -> None:
    sql = dbt.sql([name], by)
    assert compiled([name], by) == sql, "the command reads the definitions otherwise than dbt"
    # MetricFlow puts time first.
    columns = ", ".join([*by, name])
    expected = _answer(connection, BY_HAND[name][by])
    found = _answer(connection, f"select {columns} from ({sql})")
    assert expected, "nothing to compare"
    assert found == pytest.approx(expected, abs=CLOSE.get(METRICS[name].unit, 1e-6))


def test_every_metric_is_compared_over_three_slices_at_least(dbt: Dbt) -> None:
    named = {metric.name for metric in dbt.manifest.metrics if not metric.type_params.is_private}
    assert named == set(BY_HAND) == set(METRICS)
    assert {name: len(statements) for name, statements in BY_HAND.items() if len(statements) < 3} == {}
    assert len(ASKED) >= 25


def test_the_whole_layer_is_valid_in_itself_and_against_the_warehouse(
    dbt: Dbt, connection: duckdb.DuckDBPyConnection
) -> None:
    from metricflow.validation.data_warehouse_model_validator import DataWarehouseModelValidator
    from metricflow_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator

    explained = writer()
    explained.dry_run = lambda stmt, **_: connection.execute(f"explain {stmt}")
    warehouse = DataWarehouseModelValidator(sql_client=explained)
    checks = (
        *(warehouse.validate_semantic_models, warehouse.validate_dimensions, warehouse.validate_entities),
        *(warehouse.validate_simple_metrics, warehouse.validate_metrics),
    )
    results = [SemanticManifestValidator().validate_semantic_manifest(dbt.manifest)]
    results += [check(dbt.manifest) for check in checks]
    blocking = [issue for result in results for issue in (*result.errors, *result.future_errors)]
    assert [issue.as_readable_str() for issue in blocking] == []


@pytest.mark.parametrize("name", [name for name, metric in ASKED.items() if metric.currency == OWN])
def test_money_in_several_currencies_is_never_added_up(
    dbt: Dbt, connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, name: str
) -> None:
    # The demo firm bills in three: over all of them there is no figure, whoever asks MetricFlow.
    assert connection.execute(dbt.sql([name], [])).fetchall() == [(None,)]
    found = ask(snapshot, [name])
    assert found.slices == ("currency",)
    assert {row["currency"] for row in found.rows if row[name] is not None} >= {"GBP", "USD"}


def test_every_metric_of_money_says_what_it_is_in() -> None:
    money = {name: metric for name, metric in ASKED.items() if metric.unit.startswith("money")}
    assert {name: metric.currency for name, metric in money.items() if metric.currency not in (OWN, REPORTING)} == {}
    assert [name for name, metric in ASKED.items() if metric.currency == REPORTING and name not in money] == []
    parts = [metric for metric in METRICS.values() if metric.input_of]
    assert [part.name for part in parts if part.input_of not in ASKED] == []
    assert {metric.area for metric in ASKED.values()} == set(AREAS)


def test_a_metric_that_the_governance_table_defines_has_its_unit_and_formula() -> None:
    shipped = {row["metric"]: row for row in shipped_definitions()}
    both = sorted(set(shipped) & set(ASKED))
    assert len(both) >= 20
    faults = {
        name: (ASKED[name].unit, ASKED[name].description)
        for name in both
        if ASKED[name].unit != shipped[name]["unit"]
        or not ASKED[name].description.lower().startswith(shipped[name]["formula"].lower())
    }
    assert faults == {}


def test_the_analysts_page_lists_every_metric_as_it_is_defined() -> None:
    rows = [
        f"| `{metric.name}` | {metric.area} | {metric.unit}{MONEY[metric.currency]} | {metric.description} |"
        for metric in sorted(metrics(), key=lambda metric: (AREAS.index(metric.area), metric.name))
    ]
    table = "\n".join(["| metric | area | unit | meaning |", "|---|---|---|---|", *rows, ""])
    assert table in (ROOT / "docs" / "analysts.md").read_text("utf-8")


def test_the_commands_of_the_analysts_page_work(home: Path) -> None:
    page = (ROOT / "docs" / "analysts.md").read_text("utf-8").split("## Metrics by name")[1].split("\n## ")[0]
    lines = [line.split("  #")[0] for line in page.splitlines() if line.startswith("leadline metrics ")]
    assert len(lines) >= 5
    for line in lines:
        words = [*shlex.split(line)[1:], *(["--home", str(home)] if " query " in line else [])]
        result = leadline(*words, parts=Parts())
        assert result.exit_code == 0, (line, result.stderr)
        assert result.stdout.count("\n") > 2, line


def test_the_command_prints_the_same_bytes_every_time_in_the_order_of_the_slices(home: Path) -> None:
    words = ("metrics", "query", "billable_utilization", "billable_hours", "--by", "month", "--by", "legal_entity")
    first, second = (leadline(*words, "--format", "csv", "--home", home, parts=Parts()) for _ in range(2))
    assert first.stdout == second.stdout
    rows = list(csv.DictReader(io.StringIO(first.stdout)))
    assert list(rows[0]) == ["month", "legal_entity", "billable_utilization", "billable_hours"]
    months = [date.fromisoformat(row["month"]) for row in rows]
    assert months == sorted(months)
    assert len(set(months)) > 12


def test_the_command_leaves_nothing_in_the_home(home: Path) -> None:
    before = sorted(path for path in home.rglob("*"))
    assert leadline("metrics", "query", "open_deals", "--home", home, parts=Parts()).exit_code == 0
    assert sorted(path for path in home.rglob("*")) == before


def test_a_condition_holds_for_what_it_names(snapshot: Snapshot, connection: duckdb.DuckDBPyConnection) -> None:
    found = ask(
        snapshot,
        ["open_receivables"],
        by=["legal_entity"],
        where="ageing_bucket IN ('1-30', '31-60') and issue_date >= '2026-01-01' and legal_entity <> 'it''s'",
    )
    expected = connection.execute(
        "select legal_entity_id, sum(open_amount_reporting) from invoice_ageing"
        " where ageing_bucket in ('1-30', '31-60') and issue_date >= date '2026-01-01' group by 1 order by 1"
    ).fetchall()
    assert [tuple(row.values()) for row in found.rows] == expected


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (["open_receivabels"], {}, "open_receivables"),
        (["leakage_amount"], {}, "leakage"),
        (["open_receivables"], {"by": ["legal_entities"]}, "legal_entity"),
        (["bench_hours"], {"by": ["legal_entity"]}, "role"),
        (["open_receivables"], {"where": "ageing_buket = '1-30'"}, "ageing_bucket"),
        (["open_receivables"], {"where": "ageing_bucket = "}, "syntax"),
        (["open_receivables"], {"where": "client in (select client_id from client_status)"}, "select"),
        (["open_receivables"], {"where": "{{ Dimension('invoice__ageing_bucket') }} = '1-30'"}, "legal_entity"),
        (["open_receivables", "leakage"], {}, "currency"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_could(
    snapshot: Snapshot, names: list[str], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ask(snapshot, names, **options)
    assert said in str(caught.value)
    assert caught.value.found


def test_a_snapshot_without_the_table_is_reported_as_older(tmp_path: Path) -> None:
    older = publish(tmp_path, ["create table client_status as select 'K1' as client_id"])
    with pytest.raises(HomeError, match="older than the metric"):
        ask(older, ["open_receivables"])


def test_a_cut_answer_says_so_and_holds_the_first_rows(snapshot: Snapshot) -> None:
    whole = ask(snapshot, ["open_receivables"], by=["invoice"])
    cut = ask(snapshot, ["open_receivables"], by=["invoice"], limit=3)
    assert (whole.is_cut, cut.is_cut) == (False, True)
    assert cut.rows == whole.rows[:3]


def test_without_metricflow_the_command_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    metric_engine._engine.cache_clear()
    monkeypatch.setitem(sys.modules, "metricflow_semantics.model.semantic_manifest_lookup", None)
    result = leadline("metrics", "query", "open_deals", "--home", home, parts=Parts())
    assert result.exit_code == ConfigurationError.exit_code
    assert 'pip install "leadline[semantic]"' in result.stderr
    # The list needs no MetricFlow.
    assert "open_deals" in leadline("metrics", "list").stdout


def test_slices_have_one_name_each_and_lead_where_they_say() -> None:
    for name in ASKED:
        found = slices([name])
        assert len({one.name for one in found}) == len({one.path for one in found}) == len(found)
        assert all(one.description for one in found)
    paths = {one.name: one.path for one in slices(["realization"])}
    assert paths["legal_entity"] == "project__legal_entity"
    assert paths["billing_method"] == "project_month__billing_method"  # the work's own, not its project's
    assert {"project_type", "manager", "practice", "client_name"} <= set(paths)
    assert paths["month"] == "metric_time__month"
    assert "currency" not in {one.name for one in slices(["open_receivables"])}
