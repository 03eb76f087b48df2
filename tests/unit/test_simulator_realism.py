"""The mechanisms that make the demo firm hard: grades, repeat offenders, bias, faults, potential outcomes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from leadline.simulator.anomalies import GRADES
from tests.support.firm import current, truth, versions


def test_anomalies_come_in_every_grade_and_carry_what_they_cost() -> None:
    for name, worth in (("time_anomalies", "cost"), ("expense_anomalies", "amount")):
        planted = truth(name, "s")
        assert set(planted["grade"]) == set(GRADES)
        assert (planted[worth] != 0).all()
        assert planted["currency"].is_in(["USD", "GBP", "EUR"]).all()


def test_few_people_make_most_of_the_anomalies() -> None:
    planted = truth("time_anomalies", "s")
    entries = current("time_entry", "s").select("time_entry_id", "person_id")
    counts = planted.join(entries, on="time_entry_id").group_by("person_id").len()["len"].sort(descending=True)
    people = truth("people", "s").height
    assert counts.head(people // 10).sum() > 0.3 * counts.sum()


def test_an_id_tells_nothing_about_an_anomaly() -> None:
    ids = versions("time_entry", "s").select("time_entry_id").unique().sort("time_entry_id").with_row_index()
    planted = ids.join(truth("time_anomalies", "s"), on="time_entry_id")
    assert planted["index"].mean() / ids.height == pytest.approx(0.5, abs=0.06)


def test_the_desk_passes_over_a_group_that_no_system_records() -> None:
    groups = truth("people", "s").select("person_id", pl.col("group").cast(pl.Float64))
    recent = truth("fit", "s").join(groups, on="person_id").filter(pl.len().over("request_id") > 10)
    logit = (pl.col("observable") / (1 - pl.col("observable"))).log()
    rows = recent.with_columns(suits=logit, chosen=pl.col("proposed").cast(pl.Float64))
    within = rows.select(
        pl.col("suits", "group", "chosen") - pl.col("suits", "group", "chosen").mean().over("request_id")
    )
    table = within.select("suits", "group").to_numpy()
    suits, group = np.linalg.lstsq(table, within["chosen"].to_numpy(), rcond=None)[0]
    assert suits > 0
    assert group < 0  # at equal suitability the group is proposed less
    assert "group" not in versions("person", "s").columns


def test_what_records_suggest_ranks_people_better_than_the_desk_and_worse_than_the_truth() -> None:
    rivals = truth("fit", "s").filter("proposed").filter(pl.len().over("request_id") > 1)

    def first(column: str) -> float:
        chosen = rivals.sort("request_id", column, descending=[False, True]).unique("request_id", keep="first")
        return float(chosen["fit"].mean())  # type: ignore[arg-type]

    assert first("picked") < first("observable") < first("fit")


def test_a_review_only_ever_saves() -> None:
    fates = truth("disputes", "s")
    assert (fates["lost_reviewed"] <= fates["lost"]).all()
    assert fates.filter(pl.col("disputed") | pl.col("hidden"))["lost"].sum() > 0
    assert 0.02 < fates["reviewed"].mean() < 0.09  # type: ignore[operator]
    assert (fates["chance_reviewed"] < fates["chance"]).all()
    projects = truth("projects", "s")
    assert (projects["final_cost_reviewed"] <= projects["final_cost"]).all()


def test_a_tenth_of_the_causes_is_coded_wrong_and_some_disputes_are_never_raised() -> None:
    fates = truth("disputes", "s")
    raised = fates.filter("disputed")
    assert 0.04 < (raised["cause"] != raised["coded_cause"]).mean() < 0.17  # type: ignore[operator]
    hidden = fates.filter("hidden")
    assert 0.07 < hidden.height / (hidden.height + raised.height) < 0.25
    assert hidden["short_paid"].all()


def test_beliefs_are_calibrated_on_every_day_they_are_held() -> None:
    deals = truth("deals", "s").select("opportunity_id", "won", "closed_on")
    held = truth("deal_beliefs", "s").join(deals, on="opportunity_id")
    soon = held["won"] & ((held["closed_on"] - held["as_of"]) <= timedelta(days=91))
    assert held["observable"].mean() == pytest.approx(held["won"].mean(), abs=0.04)
    assert held["observable_13w"].mean() == pytest.approx(soon.mean(), abs=0.04)
    assert (held["observable_13w"] <= held["observable"] + 1e-9).all()


def test_the_process_run_forward_knows_what_comes_on_average() -> None:
    demand = truth("demand", "s")
    assert demand["draws"].list.len().unique().to_list() == [100]
    mean = demand.group_by("weeks_ahead").agg(pl.col("draws").list.mean().sum()).sort("weeks_ahead")["draws"]
    assert mean.is_sorted()  # the further ahead, the more of the work is not sold yet


FAULTS = (
    "re-keyed project",
    "wrong currency",
    "wrong tax",
    "late capture",
    "client merger",
    "re-organisation",
    "removed",
    "clock skew",
    "outage",
)


@pytest.mark.parametrize("kind", FAULTS)
def test_every_kind_of_data_fault_is_planted_and_noted(kind: str) -> None:
    assert truth("data_faults", "s").filter(pl.col("kind") == kind).height > 0


def test_a_re_keyed_project_goes_on_under_its_new_number() -> None:
    noted = truth("data_faults", "s").filter(pl.col("kind") == "re-keyed project")
    projects = current("project", "s").select("project_id", "status")
    for old, new, day in noted.select("record_id", "detail", "day").iter_rows():
        state = dict(projects.filter(pl.col("project_id").is_in([old, new])).iter_rows())
        assert state[old] == "cancelled"
        assert state[new] != "cancelled"
        worked = versions("time_entry", "s").filter(pl.col("project_id").is_in([old, new]))
        assert worked.filter((pl.col("project_id") == old) & (pl.col("work_date") > day)).height == 0


def test_wrong_drafts_are_corrected_or_stay_as_noted() -> None:
    noted = truth("data_faults", "s").filter(pl.col("kind") == "wrong currency")
    drafts = versions("invoice", "s").join(noted, left_on="invoice_id", right_on="record_id")
    later = drafts.filter(pl.col("status").is_in(["issued", "paid"]))
    first = drafts.filter(pl.col("status") == "draft").select("invoice_id", wrong="currency")
    joined = later.join(first, on="invoice_id")
    assert joined.height > 0
    assert (joined["currency"] != joined["wrong"]).all()


def test_change_orders_keyed_in_late_are_known_weeks_after_they_were_asked_for() -> None:
    noted = truth("data_faults", "s").filter(pl.col("kind") == "late capture")
    first = (
        versions("change_order", "s")
        .group_by("change_order_id")
        .agg(pl.col("known_at").min().dt.date(), pl.col("requested_on").first())
    )
    late = first.join(noted, left_on="change_order_id", right_on="record_id")
    assert late.height > 0
    assert (late["known_at"] - late["requested_on"]).dt.total_days().min() >= 14  # type: ignore[operator]


def test_dispute_grounds_are_weighed_again_after_the_change_of_regime() -> None:
    fates = truth("disputes", "s")
    happened = (fates["disputed"] | fates["hidden"]).cast(pl.Float64)
    lift = {}
    for changed in (False, True):
        rows = fates.with_columns(happened=happened).filter(pl.col("changed") == changed)
        late = rows.group_by(pl.col("late_work") > 0).agg(pl.col("chance").mean()).sort("late_work")["chance"]
        lift[changed] = float(np.log(late[1] / late[0]))
    assert lift[False] > lift[True] + 0.2
