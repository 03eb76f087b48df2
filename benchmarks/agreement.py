"""Whether the answers to one question agree: rule, mart, page, score and queue of a home, side by side.

Run: ``make agreement``, or ``.venv/bin/python -m benchmarks.agreement HOME``. Every line compares two places that
people read, as of the last moment known, and counts what differs; the command ends with 1 when anything does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from features.invoice_dispute.frame import features as disputes
from features.margin_erosion.frame import features as margins
from features.staffing_match.supply import HOURS, free_hours
from features.time_expense_anomaly.time import VALUED, time_lines
from leadline.kernel.home import Home, open_home
from leadline.queue.records import QueuedException
from leadline.queue.store import Store
from leadline.warehouse.snapshot import Snapshot, open_current

DAYS_OF_LINES = 365
NEVER = datetime(1, 1, 1)  # the moment of a warehouse without a row
# What margin erosion calls a figure -> what project_performance, behind the project's page, calls it.
COST = {"actual_cost": "actual_cost", "baseline_cost": "budget_cost"}
INDEX = {"cpi": "cpi", "spi": "spi"}
ESTIMATES = {"eac_plan": "eac_plan", "eac_cpi": "eac_cpi", "eac_cpi_spi": "eac_cpi_spi", "eac_manager": "eac_manager"}


@dataclass(frozen=True)
class Row:
    """One question asked in two places: how many answers were compared, and how many differ."""

    what: str
    compared: int
    differing: int


def table(home: Home) -> Iterator[Row]:
    """Compare everything in a home in which a night was scored."""
    snapshot = open_current(home.warehouse)
    at = (snapshot.known_until or NEVER).replace(tzinfo=UTC)
    scored = margins(snapshot, as_of=at)
    page = snapshot.mart("project_performance").collect()
    for what, columns in (("cost and budget", COST), ("cost and schedule index", INDEX), ("estimates", ESTIMATES)):
        yield _projects(f"{what} of an open project: page and score", page, scored, columns)
    yield _hours(snapshot, at)
    yield _clients(snapshot, at)
    yield _prices(snapshot, at)
    with Store(home.ops_store_url) as store:
        waiting = store.list_()
    yield _bands(waiting, snapshot, at)
    yield _scale(waiting, snapshot)


def _projects(what: str, page: pl.DataFrame, scored: pl.DataFrame, columns: dict[str, str]) -> Row:
    ours = scored.select("project_id", *columns).rename(columns)
    theirs = page.select("project_id", pl.col(*columns.values()).cast(pl.Float64))
    return Row(what, ours.height, ours.join(theirs, on=theirs.columns, how="anti", nulls_equal=True).height)


def _hours(snapshot: Snapshot, at: datetime) -> Row:
    planned = free_hours(snapshot, as_of=at).rename({"week": "week_start"})
    outlook = snapshot.mart("resource_outlook").collect()
    names = [name for name in HOURS if name in outlook.columns]
    key = ["person_id", "week_start"]
    shown = outlook.select(*key, pl.col(names).cast(pl.Float64))
    both = shown.join(planned.select(key), on=key, how="semi")
    differing = both.join(planned, on=[*key, *names], how="anti", nulls_equal=True)
    return Row("hours of a person and week: page and staffing", both.height, differing.height)


def _clients(snapshot: Snapshot, at: datetime) -> Row:
    mart = snapshot.mart("int_invoice_position").select("invoice_id", "client_id").collect()
    scored = disputes(snapshot, as_of=at).select("invoice_id", "client_id")
    differing = scored.join(mart, on=["invoice_id", "client_id"], how="anti", nulls_equal=True)
    return Row("client of an open invoice: marts and dispute risk", scored.height, differing.height)


def _prices(snapshot: Snapshot, at: datetime) -> Row:
    scored = time_lines(snapshot, as_of=at, window_days=DAYS_OF_LINES).select("object_id", *VALUED)
    mart = snapshot.mart("int_time_value").rename({"time_entry_id": "object_id"}).select("object_id", *VALUED).collect()
    differing = scored.join(mart, on=scored.columns, how="anti", nulls_equal=True)
    return Row("price and cost of a time entry: marts and anomalies", scored.height, differing.height)


def _bands(waiting: list[QueuedException], snapshot: Snapshot, at: datetime) -> Row:
    day = pl.lit(at.date())
    rates = snapshot.rule("int_fx_reporting", as_of=at).filter(day.is_between("valid_from", "valid_to", closed="left"))
    spent = (
        snapshot.mart("project_performance")
        .join(rates, on="currency")
        .select("project_id", spent=pl.col("actual_cost").cast(pl.Float64) * pl.col("rate").cast(pl.Float64))
        .drop_nulls()
        .collect()
    )
    costs = dict(spent.iter_rows())
    lows = [(one.facts["eac_low"], costs[one.object_id]) for one in waiting if "eac_low" in one.facts]
    below = sum(float(str(low.value)) < cost - 0.01 for low, cost in lows)
    return Row("band of a margin exception that begins below what is spent", len(lows), below)


def _scale(waiting: list[QueuedException], snapshot: Snapshot) -> Row:
    budget = dict(snapshot.mart("gov_alert_budget").select("score", "review_cost").collect().iter_rows())
    off = [
        one.external_id
        for one in waiting
        if one.probability is None
        or abs(one.expected_value + budget[one.score] - Decimal(repr(one.probability)) * one.money_at_risk)
        > Decimal("0.01")
    ]
    return Row("expected value and review of an exception: probability x money", len(waiting), len(off))


def main() -> None:
    """Print the table; end with 1 when two answers differ."""
    parser = argparse.ArgumentParser(description="Compare the answers that rule, mart, page, score and queue give.")
    parser.add_argument("home", type=Path, help="a home in which a night was scored, for example leadline-home")
    rows = list(table(open_home(parser.parse_args().home)))
    printed = Table("what", "compared", "differing")
    for row in rows:
        printed.add_row(row.what, f"{row.compared:,}", f"{row.differing:,}")
    Console().print(printed)
    sys.exit(int(any(row.differing for row in rows)))


if __name__ == "__main__":
    main()
