"""What each rule of the pack flags and leaves alone, and how lines become findings and labels."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from features.time_expense_anomaly.frame import features, labels
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.findings import Finding
from models.time_expense_anomaly.risk_model import findings
from tests.support.narratives import read
from tests.support.point_in_time import MemoryReader, Row

AS_OF = datetime(2026, 3, 13, 23)
WEDNESDAY, SATURDAY = date(2026, 3, 11), date(2026, 3, 7)


def entry(entry_id: str, **values: Any) -> dict[str, Any]:
    """Eight submitted hours on a Wednesday."""
    return {
        "time_entry_id": entry_id,
        "person_id": "E1",
        "project_id": "P1",
        "work_date": WEDNESDAY,
        "hours": "8.00",
        "role": "consultant",
        "billable": True,
        "description": f"work {entry_id}",
        "status": "submitted",
        "submitted_at": datetime(2026, 3, 12, 9),
        "known_at": datetime(2026, 3, 12, 9),
    } | values


def spent(expense_id: str, **values: Any) -> dict[str, Any]:
    """A submitted hotel night on a Wednesday."""
    return {
        "expense_id": expense_id,
        "person_id": "E1",
        "expense_date": WEDNESDAY,
        "category": "hotel",
        "merchant": f"Hotel {expense_id}",
        "amount": "120.00",
        "currency": "USD",
        "has_receipt": True,
        "status": "submitted",
        "submitted_at": datetime(2026, 3, 12, 9),
        "known_at": datetime(2026, 3, 12, 9),
    } | values


def _flags(code: str, tables: dict[str, list[Row]]) -> dict[str, float | None]:
    rows = features(MemoryReader(tables), as_of=AS_OF)
    return dict(rows.select("object_id", code).sort("object_id").rows())


PROJECT = {"project_id": "P1", "status": "open", "start_date": date(2026, 1, 1)}
CLOSED = {"project_id": "P1", "status": "closed", "start_date": date(2025, 1, 1), "actual_end_date": date(2026, 2, 1)}
PERSON = {"person_id": "E1", "role": "consultant", "hire_date": date(2020, 1, 1), "calendar_id": "C"}
LEAVE = {"leave_id": "L1", "person_id": "E1", "start_date": date(2026, 3, 10), "end_date": date(2026, 3, 12)}
BOOKED = {"assignment_id": "A1", "project_id": "P1", "person_id": "E1", "booking_type": "hard", "hours_per_week": 40}
HOLIDAY = {"calendar_id": "C", "holiday_date": WEDNESDAY}
FREE_TASK = {"task_id": "T", "project_id": "P1", "billable": False}
OTHER_TASK = {"task_id": "T", "project_id": "P2"}
LEFT = PERSON | {"termination_date": date(2026, 3, 10)}
NEW = PERSON | {"person_id": "E9", "hire_date": date(2026, 4, 1)}
MARCH = {"start_date": date(2026, 3, 1), "end_date": date(2026, 3, 31)}


@pytest.mark.parametrize(
    ("code", "wrong", "right", "others"),
    [
        ("weekend_work", {"work_date": SATURDAY}, {}, {}),
        ("day_over_limit", {"hours": "13.00", "person_id": "E2"}, {}, {}),
        ("late_time", {"work_date": date(2026, 1, 5)}, {}, {}),
        ("before_the_work", {"work_date": date(2026, 3, 20)}, {}, {}),
        ("holiday_work", {}, {"work_date": date(2026, 3, 10)}, {"person": [PERSON], "holiday": [HOLIDAY]}),
        ("on_leave", {}, {"work_date": date(2026, 3, 9)}, {"leave": [LEAVE]}),
        ("on_leave", {}, {"work_date": date(2026, 3, 9)}, {"leave": [LEAVE | {"status": "approved"}]}),
        ("not_employed", {"work_date": date(2026, 3, 9)}, {}, {"person": [PERSON | {"hire_date": WEDNESDAY}]}),
        ("not_employed", {}, {"work_date": date(2026, 3, 9)}, {"person": [LEFT]}),
        ("after_project_end", {}, {"work_date": date(2026, 1, 30)}, {"project": [CLOSED]}),
        ("before_project_start", {}, {"project_id": "P2"}, {"project": [PROJECT | {"start_date": date(2026, 4, 1)}]}),
        ("not_assigned", {"person_id": "E2"}, {}, {"assignment": [BOOKED | MARCH]}),
        ("nonbillable_task_billed", {"task_id": "T"}, {"task_id": "T", "billable": False}, {"task": [FREE_TASK]}),
        ("task_of_other_project", {"task_id": "T"}, {"task_id": "T", "project_id": "P2"}, {"task": [OTHER_TASK]}),
        ("role_mismatch", {"role": "partner"}, {}, {"person": [PERSON]}),
    ],
)
def test_a_time_rule_flags_the_wrong_entry_only(
    code: str, wrong: dict[str, Any], right: dict[str, Any], others: dict[str, list[Row]]
) -> None:
    found = _flags(code, {"time_entry": [entry("T1", **wrong), entry("T2", **right)], **others})
    assert found["T1"] == 1.0
    assert found["T2"] in (0.0, None)


@pytest.mark.parametrize(
    ("code", "wrong", "others"),
    [
        ("missing_receipt", {"has_receipt": False}, {}),
        ("weekend_spend", {"expense_date": SATURDAY}, {}),
        ("round_amount", {"amount": "200.00"}, {}),
        ("refund_without_purchase", {"amount": "-80.00"}, {}),
        ("late_expense", {"expense_date": date(2025, 12, 1)}, {}),
        ("expense_on_leave", {"person_id": "E9"}, {"leave": [LEAVE | {"person_id": "E9"}]}),
        ("expense_not_employed", {"person_id": "E9"}, {"person": [NEW]}),
        ("expense_after_project_end", {"project_id": "P1"}, {"project": [CLOSED]}),
    ],
)
def test_an_expense_rule_flags_the_wrong_line_only(
    code: str, wrong: dict[str, Any], others: dict[str, list[Row]]
) -> None:
    found = _flags(code, {"expense": [spent("X1", **wrong), spent("X2")], **others})
    assert found["X1"] == 1.0
    assert found["X2"] in (0.0, None)


@pytest.mark.parametrize("status", ["cancelled", "requested"])
def test_leave_that_is_not_approved_flags_neither_time_nor_expenses(status: str) -> None:
    rows = {"time_entry": [entry("T1")], "expense": [spent("X1", person_id="E9")]}
    away = LEAVE | {"status": status}
    leave = [away, away | {"leave_id": "L2", "person_id": "E9"}]
    assert _flags("on_leave", {**rows, "leave": leave})["T1"] in (0.0, None)
    assert _flags("expense_on_leave", {**rows, "leave": leave})["X1"] in (0.0, None)


def test_without_a_day_of_submission_nothing_is_late() -> None:
    old = spent("X1", expense_date=date(2025, 1, 1), submitted_at=None)
    assert _flags("late_expense", {"expense": [old]}) == {"X1": None}


def test_purchases_split_under_a_limit_are_flagged_together() -> None:
    lines = [spent(f"X{n}", merchant="Shop", amount=f"{300 + n}.00") for n in range(2)]
    whole = spent("X9", merchant="Other", amount="900.00")
    assert _flags("split_purchase", {"expense": [*lines, whole]}) == {"X0": 1.0, "X1": 1.0, "X9": 0.0}


def test_an_amount_far_above_its_category_is_flagged() -> None:
    usual = [spent(f"X{n:02d}", amount=f"{100 + n}.00") for n in range(40)]
    found = _flags("over_category_limit", {"expense": [*usual, spent("Y", amount="900.00")]})
    assert [key for key, flag in found.items() if flag] == ["Y"]


def test_every_later_copy_is_paired_with_the_first() -> None:
    copies = [spent(f"X{n}", merchant="Shop") for n in (3, 1, 2)]
    rows = features(MemoryReader({"expense": copies}), as_of=AS_OF)
    assert rows.select("object_id", "exact_of", "pair_id").rows() == [
        ("X1", None, None),
        ("X2", "X1", "X1+X2"),
        ("X3", "X1", "X1+X3"),
    ]


def test_the_same_price_days_later_is_a_near_duplicate_unless_it_is_a_habit() -> None:
    twice = [spent(f"X{n}", merchant="Shop", expense_date=WEDNESDAY - timedelta(days=n)) for n in (0, 2)]
    habit = [spent(f"Y{n}", merchant="Bus", expense_date=WEDNESDAY - timedelta(days=n)) for n in range(5)]
    rows = features(MemoryReader({"expense": [*twice, *habit]}), as_of=AS_OF)
    assert rows.filter(rows["near_of"].is_not_null()).select("object_id", "near_of").rows() == [("X0", "X2")]


def test_the_same_words_and_hours_on_two_projects_are_a_near_duplicate() -> None:
    both = [entry("T1", description="design"), entry("T2", description="design", project_id="P2")]
    assert _flags("near_duplicate_entry", {"time_entry": both}) == {"T1": 0.0, "T2": 1.0}


def test_two_equal_entries_that_make_up_a_usual_day_are_no_duplicate() -> None:
    halves = [entry(f"T{n}", hours="4.00", description="design") for n in (1, 2)]
    assert _flags("duplicate_entry", {"time_entry": halves}) == {"T1": 0.0, "T2": 0.0}


def test_only_the_longest_entry_of_a_long_day_is_asked_about() -> None:
    day = [entry("T1", hours="3.00"), entry("T2", hours="7.00"), entry("T3", hours="5.00")]
    assert _flags("day_over_limit", {"time_entry": day}) == {"T1": 0.0, "T2": 1.0, "T3": 0.0}


def test_drafts_and_rejected_lines_are_no_claim_yet() -> None:
    rows = [entry("T1", status="draft"), entry("T2", status="rejected"), entry("T3")]
    assert features(MemoryReader({"time_entry": rows}), as_of=AS_OF)["object_id"].to_list() == ["T3"]


def test_a_decided_line_leaves_the_window_after_35_days() -> None:
    old = {"known_at": datetime(2026, 1, 12), "work_date": date(2026, 1, 9), "submitted_at": datetime(2026, 1, 12)}
    rows = [entry("T1", status="approved", **old), entry("T2", **old), entry("T3", status="approved")]
    assert features(MemoryReader({"time_entry": rows}), as_of=AS_OF)["object_id"].to_list() == ["T2", "T3"]


def test_without_any_line_there_is_nothing_to_score() -> None:
    with pytest.raises(InsufficientDataError, match="No time entries or expenses"):
        features(MemoryReader({"person": [PERSON]}), as_of=AS_OF)


def _suspects(tables: dict[str, list[Row]]) -> list[Finding]:
    return [f for f in findings(MemoryReader(tables), as_of=AS_OF, artefact=None) if not f.is_random_slice]


def test_a_duplicate_entry_is_a_pair_worth_its_billing_value() -> None:
    rows = [entry("T1", description="design"), entry("T2", description="design")]
    rate = {"rate_id": "L", "role": "consultant", "rate": "150.0000", "currency": "USD", "valid_from": date(2020, 1, 1)}
    (finding,) = _suspects({"time_entry": rows, "rate_card": [rate]})
    assert (finding.object_type, finding.object_id) == ("time_entry_pair", "T1+T2")
    assert (finding.money_at_risk, finding.currency) == (Decimal("1200.00"), "USD")
    assert read(finding.action) == "Compare with T1; if it is the same, reject T2 and keep T1."
    assert {record.key for record in finding.reasons[0].records} == {"T1", "T2"}


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("submitted", "Ask person E1; correct or reject the line before it is approved and billed."),
        ("approved", "Ask person E1; if it is wrong, withdraw the approval and correct or reject the line."),
        ("billed", "Ask person E1; if it is wrong, correct it and credit the customer on the next invoice."),
    ],
)
def test_the_proposed_action_is_one_that_the_state_of_the_line_allows(status: str, action: str) -> None:
    rate = {"rate_id": "L", "role": "consultant", "rate": "100.0000", "currency": "USD", "valid_from": date(2020, 1, 1)}
    (finding,) = _suspects({"time_entry": [entry("T1", hours="15.00", status=status)], "rate_card": [rate]})
    assert read(finding.action) == action


def test_only_the_hours_over_the_limit_are_at_stake() -> None:
    rate = {"rate_id": "L", "role": "consultant", "rate": "100.0000", "currency": "USD", "valid_from": date(2020, 1, 1)}
    (finding,) = _suspects({"time_entry": [entry("T1", hours="15.00")], "rate_card": [rate]})
    assert finding.reasons[0].code == "day_over_limit"
    assert finding.money_at_risk == Decimal("300.00")


def test_a_week_over_the_limit_is_wrong_by_its_hours_beyond_it_and_each_entry_has_its_part() -> None:
    week = [entry(f"T{n}", hours="10.00", work_date=date(2026, 3, 2 + n)) for n in range(7)]
    rows = features(MemoryReader({"time_entry": week}), as_of=AS_OF)
    assert rows["week_over_limit"].to_list() == [1.0] * 7
    assert rows["week_over_limit_share"].to_list() == pytest.approx([5 / 70] * 7)


@pytest.mark.parametrize(
    ("amounts", "share"),
    [
        (("300.00", "300.00"), 100 / 600),  # each within 500, together 100 beyond it
        (("900.00", "900.00"), 800 / 1800),  # beyond 1,000: the limit that each of them keeps
    ],
)
def test_a_split_purchase_is_wrong_by_what_it_passes_the_limit_by(amounts: tuple[str, str], share: float) -> None:
    lines = [spent(f"X{n}", merchant="Shop", amount=amount, description=str(n)) for n, amount in enumerate(amounts)]
    rows = features(MemoryReader({"expense": lines}), as_of=AS_OF)
    assert rows["split_purchase_share"].to_list() == pytest.approx([share] * 2)


def test_a_refund_is_wrong_by_what_was_never_paid() -> None:
    lines = [spent("X1", merchant="Shop", amount="40.00"), spent("X2", merchant="Shop", amount="-100.00")]
    rows = features(MemoryReader({"expense": lines}), as_of=AS_OF).filter(object_id="X2")
    assert rows.select("refund_without_purchase", "refund_without_purchase_share").row(0) == (1.0, 0.6)


def test_money_is_reported_in_one_currency_where_a_rate_is_known() -> None:
    rate = {"from_currency": "EUR", "to_currency": "USD", "rate_date": date(2026, 1, 1), "rate": "1.10"}
    lines = [spent(f"X{n}", merchant="Shop", currency="EUR") for n in (1, 2)]
    (with_rate,) = _suspects({"expense": lines, "currency_rate": [rate]})
    (without,) = _suspects({"expense": lines})
    assert (with_rate.money_at_risk, with_rate.currency) == (Decimal("132.00"), "USD")
    assert (without.money_at_risk, without.currency) == (Decimal("120.00"), "EUR")


def test_a_confirmed_decision_raises_and_a_dismissed_one_lowers_belief_in_the_rule() -> None:
    lines = [spent(f"X{n}", merchant="Shop") for n in (1, 2)]

    def probability(verdict: str) -> float | None:
        decision = {
            "decision_id": "D",
            "external_id": "e",
            "score": "time_expense_anomaly",
            "object_id": "X1+X2",
            "verdict": verdict,
            "decided_at": datetime(2026, 3, 12, 12),
        }
        return _suspects({"expense": lines, "decision": [decision]})[0].probability

    assert (probability("confirmed") or 0) > (probability("snoozed") or 0) > (probability("dismissed") or 0)


def test_a_decision_on_a_pair_labels_the_later_line() -> None:
    lines = [spent(f"X{n}", merchant="Shop") for n in (1, 2)]
    decision = {
        "decision_id": "D",
        "external_id": "e",
        "score": "time_expense_anomaly",
        "object_id": "X1+X2",
        "verdict": "confirmed",
        "decided_at": datetime(2026, 3, 14),
        "known_at": datetime(2026, 3, 14),
        "is_random_slice": True,
        "propensity": "0.25",
    }
    reader = MemoryReader({"expense": lines, "decision": [decision]})
    found = labels(reader, observed_at=AS_OF, as_of=datetime(2026, 3, 15))
    assert found.select("object_id", "label", "weight", "label_source").rows() == [
        ("X1", None, 1.0, "source"),
        ("X2", 1.0, 4.0, "decision"),
    ]


@pytest.mark.parametrize(
    "later",
    [{"status": "rejected"}, {"hours": "6.00"}, {"project_id": "P2"}, {"is_deleted": True}],
    ids=lambda later: next(iter(later)),
)
def test_what_the_source_took_back_within_60_days_was_wrong(later: dict[str, Any]) -> None:
    taken_back = entry("T1") | later | {"known_at": datetime(2026, 4, 1)}
    approved = entry("T2", status="approved", known_at=datetime(2026, 4, 1))
    too_late = entry("T3", status="rejected", known_at=datetime(2026, 6, 1))
    reader = MemoryReader({"time_entry": [entry("T1"), taken_back, entry("T2"), approved, entry("T3"), too_late]})
    mature = labels(reader, observed_at=AS_OF, as_of=datetime(2026, 7, 1))
    assert mature["label"].to_list() == [1.0, 0.0, 0.0]
    young = labels(reader, observed_at=AS_OF, as_of=datetime(2026, 5, 1))
    assert young["label"].to_list() == [None, None, None]


def test_a_line_sent_back_and_handed_in_again_unchanged_was_right() -> None:
    back = entry("T1", status="rejected", known_at=datetime(2026, 3, 16))
    again = entry("T1", status="approved", known_at=datetime(2026, 3, 18))
    reader = MemoryReader({"time_entry": [entry("T1"), back, again]})
    assert labels(reader, observed_at=AS_OF, as_of=datetime(2026, 7, 1))["label"].to_list() == [0.0]


def test_a_negative_entry_for_the_same_day_takes_the_first_one_back() -> None:
    reversal = entry("T9", hours="-8.00", known_at=datetime(2026, 4, 1))
    reader = MemoryReader({"time_entry": [entry("T1"), entry("T2", work_date=date(2026, 3, 10)), reversal]})
    found = labels(reader, observed_at=AS_OF, as_of=datetime(2026, 7, 1))
    assert found.select("object_id", "label").rows() == [("T1", 1.0), ("T2", 0.0)]
