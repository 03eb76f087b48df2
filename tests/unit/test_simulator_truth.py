"""The sealed truth: it explains the extracts, it is honest about chance, and nothing that learns can read it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadline.simulator.anomalies import EXPENSE_ANOMALIES, TIME_ANOMALIES
from tests.support.firm import current, truth, versions

ROOT = Path(__file__).resolve().parents[2]
AS_OF = date(2026, 6, 30)
LEAKS = {
    "approved_change_not_scheduled",
    "milestone_not_invoiced",
    "missed_escalator",
    "nte_overrun_absorbed",
    "rate_below_contract",
    "recurring_misbilled",
    "unbilled_expense",
    "unbilled_time",
    "unpriced_scope",
}


def _auc(label: pl.Series, score: pl.Series) -> float:
    """Chance that a positive scores above a negative, by ranks."""
    ranks = score.rank().to_numpy()
    positive = label.to_numpy().astype(bool)
    count = positive.sum()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(ranks) - count)))


def _usd(column: str) -> pl.Expr:
    rates = {"USD": 1.0, "GBP": 1.27, "EUR": 1.08}
    return pl.col(column).cast(pl.Float64) * pl.col("currency").replace_strict(rates, return_dtype=pl.Float64)


def test_every_class_of_leakage_and_every_type_of_anomaly_is_planted() -> None:
    assert set(truth("leakage", "s")["leak_class"]) == LEAKS
    assert set(truth("time_anomalies", "s")["anomaly"]) == set(TIME_ANOMALIES) - {""}
    assert set(truth("expense_anomalies", "s")["anomaly"]) == set(EXPENSE_ANOMALIES) - {""}


def test_time_noted_as_unbilled_is_approved_and_never_billed() -> None:
    leaked = truth("leakage", "s").filter(pl.col("leak_class") == "unbilled_time")
    entries = current("time_entry", "s").join(leaked, left_on="time_entry_id", right_on="record_id")
    assert entries.height > 0.9 * leaked.height  # the rest is not handed in yet
    assert entries["invoice_line_id"].null_count() == entries.height
    assert set(entries["status"]) <= {"approved", "submitted", "rejected", "draft"}


def test_approved_billable_hours_are_billed_leaked_or_not_yet_due() -> None:
    by_hour = current("contract_line", "s").filter(pl.col("billing_method") == "time_and_materials")
    entries = current("time_entry", "s").filter(
        pl.col("billable") & pl.col("status").is_in(["approved"]) & (pl.col("approved_at") < AS_OF - timedelta(days=45))
    )
    waiting = entries.join(by_hour.select("contract_line_id"), on="contract_line_id", how="semi")
    leaked = truth("leakage", "s").filter(pl.col("leak_class") == "unbilled_time")["record_id"]
    assert waiting.filter(~pl.col("time_entry_id").is_in(leaked.implode())).height == 0


def test_a_recurring_fee_that_leaks_is_missed_whole_or_billed_short() -> None:
    leaked = truth("leakage", "s").filter(pl.col("leak_class") == "recurring_misbilled").rename({"amount": "lost"})
    plans = current("billing_schedule", "s").join(leaked, left_on="schedule_id", right_on="record_id")
    assert plans.height == leaked.height > 0
    lines = current("invoice_line", "s").select("invoice_line_id", billed="amount")
    plan_lines = plans.join(lines, on="invoice_line_id", how="left")
    missed, short = plan_lines.filter(pl.col("status") == "planned"), plan_lines.filter(pl.col("status") == "invoiced")
    assert missed["invoice_line_id"].null_count() == missed.height > 0
    assert short.height > 0
    assert (short["billed"].cast(pl.Float64) + short["lost"] - short["amount"].cast(pl.Float64)).abs().max() < 0.02  # type: ignore[operator]


def test_an_unreflected_change_is_approved_and_in_no_schedule() -> None:
    lost = truth("leakage", "s").filter(pl.col("leak_class") == "approved_change_not_scheduled")["record_id"]
    late = truth("data_faults", "s").filter(pl.col("kind") == "late capture")["record_id"]
    changes = current("change_order", "s").filter(pl.col("change_order_id").is_in(lost.implode()))
    assert set(changes.filter(~pl.col("change_order_id").is_in(late.implode()))["status"]) == {"approved"}
    assert set(current("billing_schedule", "s")["change_order_id"].drop_nulls()) & set(lost) == set()


def test_disputes_happen_by_their_true_probability_and_not_by_rule() -> None:
    fates = truth("disputes", "s")
    happened = fates["disputed"] | fates["hidden"]
    assert happened.mean() == pytest.approx(fates["chance"].mean(), abs=0.012)
    assert fates["observable"].mean() == pytest.approx(fates["chance"].mean(), abs=0.012)
    assert 0.66 <= _auc(happened, fates["observable"]) <= 0.84
    assert _auc(happened, fates["chance"]) >= _auc(happened, fates["observable"]) + 0.05
    assert fates["chance"].max() < 0.99  # type: ignore[operator]


def test_deals_are_won_by_their_true_probability_and_not_by_rule() -> None:
    closed = truth("deals", "s").filter(pl.col("closed_on") <= AS_OF)
    assert closed["won"].mean() == pytest.approx(closed["chance"].mean(), abs=0.04)
    assert 0.70 <= _auc(closed["won"], closed["chance"]) <= 0.84


def test_duplicate_customers_are_in_the_truth_and_mostly_linked_in_the_erp() -> None:
    plan_lines = truth("duplicate_customers", "s")
    erp = current("account", "s").filter(pl.col("system") == "erp")
    assert sorted(plan_lines["erp_account_id"]) == sorted(erp["account_id"])
    assert plan_lines.filter(pl.col("kind") == "duplicate").height >= 2
    linked = erp["master_account_id"].is_not_null().mean()
    assert 0.75 <= linked < 1  # type: ignore[operator]


def test_fit_is_given_for_everybody_on_recent_requests_and_for_all_proposed() -> None:
    fit = truth("fit", "s")
    proposals = current("staffing_proposal", "s").select("request_id", "person_id")
    assert proposals.join(fit, on=["request_id", "person_id"], how="anti").height == 0
    assert fit.filter(~pl.col("proposed")).height > 1_000


def test_better_fit_is_rated_better_but_not_perfectly() -> None:
    rated = current("staffing_proposal", "s").filter(pl.col("outcome_rating").is_not_null())
    joined = rated.join(truth("fit", "s"), on=["request_id", "person_id"])
    assert 0.5 < np.corrcoef(joined["fit"], joined["outcome_rating"])[0, 1] < 0.97


def test_the_firm_looks_like_its_industry() -> None:
    invoices = current("invoice", "s").filter(pl.col("status").is_in(["issued", "paid"]))
    entries = current("time_entry", "s")
    paid = current("payment", "s").group_by("invoice_id").agg(pl.col("paid_on").max()).join(invoices, on="invoice_id")
    deals = truth("deals", "s").filter(pl.col("closed_on") <= AS_OF)
    projects = truth("projects", "s").filter((pl.col("closes_on") <= AS_OF) & (pl.col("baseline_cost") > 0))
    overrun = projects.select(pl.col("final_cost") / pl.col("approved_baseline_cost")).to_series()
    revenue = invoices.select(_usd("amount").sum()).item()
    figures = {
        "utilization": entries.filter("billable")["hours"].cast(pl.Float64).sum()
        / entries["hours"].cast(pl.Float64).sum(),
        "paid late": paid.select((pl.col("paid_on") > pl.col("due_date")).mean()).item(),
        "won": deals["won"].mean(),
        "disputed": truth("disputes", "s")["disputed"].mean(),
        "leaked": truth("leakage", "s").select(_usd("amount").sum()).item() / revenue,
        "median overrun": overrun.median(),
        "p90 overrun": overrun.quantile(0.9),
    }
    bands = {
        "utilization": (0.62, 0.76),
        "paid late": (0.35, 0.47),
        "won": (0.25, 0.36),
        "disputed": (0.045, 0.09),
        "leaked": (0.035, 0.085),
        "median overrun": (1.0, 1.2),
        "p90 overrun": (1.3, 1.7),
    }
    assert {name: value for name, value in figures.items() if not bands[name][0] <= value <= bands[name][1]} == {}


def test_the_firm_is_as_big_as_promised() -> None:
    promised = {
        "person": 60,
        "opportunity": 1_000,
        "project": 260,
        "invoice": 3_000,
        "time_entry": 90_000,
        "expense": 11_000,
        "change_order": 350,
    }
    assert {name: count for name, count in promised.items() if current(name, "s").height < count} == {}


def test_about_one_entry_in_seven_is_handed_in_after_its_week_and_the_last_after_six_weeks() -> None:
    first = (
        versions("time_entry", "s")
        .drop_nulls("submitted_at")
        .group_by("time_entry_id")
        .agg(pl.col("submitted_at").min(), pl.col("work_date").first())
    )
    sunday = pl.col("work_date").dt.offset_by("1d").dt.truncate("1w").dt.offset_by("6d").dt.offset_by("-1d")
    late = first.select((pl.col("submitted_at").dt.date() - sunday).dt.total_days()).to_series()
    assert 0.11 < (late > 1).mean() < 0.22  # type: ignore[operator]
    assert 25 < late.quantile(0.997) <= 45  # type: ignore[operator]


def test_nothing_that_learns_or_scores_speaks_of_the_truth_folder() -> None:
    files = [path for folder in ("features", "models", "training", "scoring") for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in files if "simulator" in path.read_text("utf-8")] == []
