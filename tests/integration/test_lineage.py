"""Lineage of a metric, read from dbt's graph: what the command tells, and what docs/lineage.md shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadline.kernel.errors import UsageError
from leadline.warehouse.lineage import definitions, lineage
from leadline.warehouse.metrics import metrics
from tests.support.cli import leadline

ROOT = Path(__file__).parents[2]


def test_the_page_on_lineage_shows_what_the_command_draws() -> None:
    result = leadline("lineage", "days_sales_outstanding", "--mermaid")
    assert result.exit_code == 0, result.stderr
    assert f"```mermaid\n{result.stdout}```\n" in (ROOT / "docs" / "lineage.md").read_text("utf-8")


@pytest.mark.parametrize("metric", [row["metric"] for row in definitions()])
def test_every_metric_leads_down_to_what_was_landed(metric: str) -> None:
    found = lineage(metric)
    tables = {step.table for step in found.steps}
    assert ", ".join(step.table for step in found.steps if not step.depth) == found.definition["mart"]
    assert {parent for step in found.steps for parent in step.reads} <= tables
    assert {step.layer for step in found.steps} >= {"staging", "core"}
    assert all(step.owner and step.grain.startswith("One row") for step in found.steps if step.layer != "governance")


def test_a_step_names_what_it_reads_and_stands_where_it_is_first_read() -> None:
    result = leadline("lineage", "billable_utilization", "--format", "json")
    rows = {row["table"]: row for row in json.loads(result.stdout)}
    assert rows["utilization_weekly"]["depth"] == 0
    assert rows["int_person_week"]["reads"] == (
        "core_person, int_employment, int_leave_day, int_person_holiday, int_week"
    )
    assert (rows["core_person"]["depth"], rows["core_rate_card"]["depth"]) == (2, 4)
    assert rows["core_time_entry"]["owner"] == "delivery"


def test_metrics_are_listed_without_reading_dbt() -> None:
    result = leadline("lineage", "--format", "json")
    assert [row["metric"] for row in json.loads(result.stdout)] == sorted(row["metric"] for row in definitions())


def test_every_metric_that_can_be_queried_has_a_lineage() -> None:
    listed = {row["metric"]: row for row in definitions()}
    assert {metric.name for metric in metrics()} <= set(listed)
    assert (listed["leakage"]["mart"], listed["leakage"]["unit"]) == ("leakage_evidence", "money")
    assert listed["bench_ratio"]["metric_column"] == "bench_hours, supply_hours"
    result = leadline("lineage", "leakage", "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)[0]["table"] == "leakage_evidence"


def test_an_unknown_metric_is_reported_with_those_near_it() -> None:
    with pytest.raises(UsageError) as caught:
        lineage("utilisation")
    assert "billable_utilization" in str(caught.value.expected)
    result = leadline("lineage", "utilisation")
    assert result.exit_code == UsageError.exit_code
    assert "leadline lineage lists all metrics" in result.stderr
