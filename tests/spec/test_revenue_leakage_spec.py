"""From drawn evidence to findings, and from drawn projects to the features and labels of unpriced scope."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import features.revenue_leakage.frame as subject
import models.revenue_leakage.risk_model as model
from leadline.kernel import facts
from leadline.kernel.errors import InsufficientDataError
from leadline.kernel.findings import Record, computed
from tests.support.leakage import leak, leaking
from tests.support.narratives import read
from tests.support.point_in_time import MemoryReader
from tests.support.truncation import assert_truncation_invariant

AS_OF = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
EUR = {"from_currency": "EUR", "to_currency": "USD", "rate_date": date(2026, 1, 1), "rate": "1.10"}


def findings(reader: MemoryReader, *, as_of: datetime = AS_OF) -> list[Any]:
    return model.findings(reader, as_of=as_of, artefact=None)


def test_leaks_of_one_line_month_and_class_are_one_finding_with_their_pairs() -> None:
    (one,) = findings(leaking(leak("TE1", amount="100.00"), leak("TE2", amount="250.00")))
    assert one.object_id == "L1:2026-01:unbilled_time"
    assert (one.money_at_risk, one.currency, one.probability) == (Decimal("350.00"), "USD", 0.95)
    assert [reason.records[0] for reason in one.reasons] == [
        computed("time_entry", "TE2", "leaked_amount", facts.money("250.00", "USD")),
        computed("time_entry", "TE1", "leaked_amount", facts.money("100.00", "USD")),
    ]
    assert (one.project_id, one.account_id, one.legal_entity_id) == ("P1", "K1", "LE1")
    assert read(one.action) == "Put TE2, TE1 on the next invoice of L1, or mark them not billable with a reason."


def test_lines_months_and_classes_are_findings_of_their_own() -> None:
    rows = [leak("A"), leak("B", contract_line_id="L2"), leak("C", period="2026-02"), leak("D", "missed_escalator")]
    assert [one.object_id for one in findings(leaking(*rows))] == [
        "L1:2026-01:missed_escalator",
        "L1:2026-01:unbilled_time",
        "L1:2026-02:unbilled_time",
        "L2:2026-01:unbilled_time",
    ]


def test_a_leak_is_reported_only_while_it_holds() -> None:
    reader = leaking(leak(known_at=datetime(2026, 3, 7), known_to=datetime(2026, 5, 1)))
    days = [datetime(2026, *day, 12, tzinfo=UTC) for day in ((3, 6), (3, 8), (4, 30), (5, 2))]
    assert [len(findings(reader, as_of=day)) for day in days] == [0, 1, 1, 0]


def test_money_at_risk_is_in_the_reporting_currency_and_the_leak_in_its_own() -> None:
    (one,) = findings(leaking(leak(currency="EUR"), currency_rate=[EUR]))
    assert (one.money_at_risk, one.currency) == (Decimal("110.00"), "USD")
    assert one.facts["leaked_amount"] == facts.money("100.00", "EUR")


def test_without_a_rate_the_money_stays_in_its_own_currency() -> None:
    (one,) = findings(leaking(leak(currency="EUR")))
    assert (one.money_at_risk, one.currency) == (Decimal("100.00"), "EUR")


def test_amounts_of_several_currencies_are_added_only_in_the_reporting_currency() -> None:
    (one,) = findings(leaking(leak("A", currency="EUR"), leak("B"), currency_rate=[EUR]))
    assert (one.money_at_risk, one.facts["leaked_amount"]) == (Decimal("210.00"), facts.money("210.00", "USD"))


def test_what_may_no_longer_be_billed_is_no_money_at_risk_and_the_finding_says_so() -> None:
    old = leak("A", amount="300.00", matures_on=date(2024, 6, 29))  # 731 days before the as-of
    young = leak("B", amount="100.00", matures_on=date(2024, 6, 30))
    (one,) = findings(leaking(old, young))
    assert (one.money_at_risk, one.facts["leaked_amount"]) == (Decimal("100.00"), facts.money("400.00", "USD"))
    assert one.facts["too_old_amount"] == facts.money("300.00", "USD")
    assert read(one.reasons[0].statement) == (
        "300.00 USD was due more than 730 days ago and may no longer be billed; it is no money at risk."
    )
    (nothing,) = findings(leaking(old))
    assert (nothing.money_at_risk, nothing.is_priced) == (Decimal("0.00"), True)


def test_a_leak_of_more_than_a_year_says_its_age() -> None:
    (old,) = findings(leaking(leak("A", matures_on=date(2025, 6, 29))))
    assert read(old.reasons[-1].statement) == "It has been due for 366 days, since 2025-06-29."
    (young,) = findings(leaking(leak("A", matures_on=date(2025, 6, 30))))
    assert [reason.code for reason in young.reasons] == ["unbilled_time"]


def test_what_is_too_old_is_so_in_every_currency() -> None:
    old = leak("A", currency="EUR", amount="300.00", matures_on=date(2024, 1, 1))
    young = leak("B", currency="EUR")
    (one,) = findings(leaking(old, young, currency_rate=[EUR]))
    assert (one.money_at_risk, one.currency) == (Decimal("110.00"), "USD")
    (own,) = findings(leaking(old, young))
    assert (own.money_at_risk, own.currency) == (Decimal("100.00"), "EUR")


@pytest.mark.parametrize("kind", subject.CLASSES)
def test_every_class_tells_only_figures_that_are_facts(kind: str) -> None:
    rows = [leak(f"KEY-{n}", kind, amount=f"{n}123.45") for n in range(1, 9)]
    (one,) = findings(leaking(*rows))
    for reason in one.reasons:
        assert read(reason.statement).endswith(f"({reason.weight:,.2f} USD).")


def test_a_class_is_believed_as_people_decided_before() -> None:
    def decision(number: int, verdict: str, kind: str) -> dict[str, Any]:
        return {
            "decision_id": f"D{number}",
            "external_id": f"X{number}",
            "score": "revenue_leakage",
            "object_id": f"L{number}:2026-01:{kind}",
            "verdict": verdict,
            "decided_at": datetime(2026, 5, 1, number),
            "known_at": datetime(2026, 5, 2),
        }

    decided = [decision(n, "dismissed" if n < 10 else "confirmed", "unbilled_time") for n in range(20)]
    reader = leaking(leak(), decision=[*decided, decision(20, "snoozed", "missed_escalator")])
    assert model.class_beliefs(reader, model.parameters().belief, as_of=AS_OF) == {"unbilled_time": 0.725}
    assert findings(reader)[0].probability == 0.725
    assert model.class_beliefs(reader, model.parameters().belief, as_of=datetime(2026, 5, 1, tzinfo=UTC)) == {}


# One fixed-fee project of 100 hours, half of its ten months gone, 80 hours worked.
PROJECT: dict[str, list[dict[str, Any]]] = {
    "project": [
        {
            "project_id": "P1",
            "account_id": "K1",
            "contract_id": "C1",
            "legal_entity_id": "LE1",
            "status": "open",
            "start_date": date(2026, 1, 1),
            "planned_end_date": date(2026, 10, 28),
        }
    ],
    "project_budget": [
        {
            "budget_id": "B1",
            "project_id": "P1",
            "version": 1,
            "approved_on": date(2026, 1, 1),
            "budget_cost": "6000.00",
            "budget_revenue": "10000.00",
            "budget_hours": "100.00",
            "currency": "USD",
        }
    ],
    "time_entry": [
        {
            "time_entry_id": f"T{n}",
            "person_id": "E1",
            "project_id": "P1",
            "work_date": date(2026, 2, 1) + timedelta(days=n),
            "hours": "8.00",
            "status": "approved",
            "billable": True,
            "known_at": datetime(2026, 2, 2) + timedelta(days=n),
        }
        for n in range(10)
    ],
}
MIDDLE = datetime(2026, 5, 31, 12, tzinfo=UTC)


def change(key: str, status: str, known_at: datetime, **given: Any) -> dict[str, Any]:
    return {
        "change_order_id": key,
        "project_id": "P1",
        "value_change": "900.00",
        "hours_change": "10.00",
        "currency": "USD",
        "requested_on": date(2026, 5, 1),
        "status": status,
        "known_at": known_at,
        **given,
    }


APPROVED_LATER = change("CO1", "approved", datetime(2026, 7, 1))


def scope(reader: MemoryReader) -> dict[str, Any]:
    return subject.features(reader, as_of=MIDDLE).row(0, named=True)


def test_hours_beyond_the_elapsed_share_of_the_plan_are_unpriced() -> None:
    row = scope(leaking(**PROJECT))
    assert row["elapsed_share"] == 0.5
    assert (row["hours_over_plan"], row["hours_over_pace"]) == (0.8, 1.6)
    assert (row["unpriced_hours"], row["price_per_hour"], row["unpriced_value"]) == (30.0, 100.0, 3000.0)


def test_extra_hours_are_reported_against_what_is_due_by_now_and_at_their_price() -> None:
    (one,) = findings(leaking(**PROJECT), as_of=MIDDLE)
    assert read(one.expected) == "50 hours worked by now, of 100 hours approved for the agreed scope"
    assert read(one.seen) == "80 hours worked, 30 hours more, at 100.00 USD an hour"


def test_extra_hours_of_single_tasks_are_reported_as_such() -> None:
    """Few hours in all may hide a task far over its plan: then what is due by now says nothing of them."""
    tasks = [
        {"task_id": f"K{n}", "project_id": "P1", "planned_hours": hours, "known_at": datetime(2026, 1, 2)}
        for n, hours in enumerate(("20.00", "80.00"))
    ]
    on_one = [{**entry, "task_id": "K0"} for entry in PROJECT["time_entry"]]
    (one,) = findings(leaking(**{**PROJECT, "time_entry": on_one}, task=tasks), as_of=MIDDLE)
    assert read(one.expected) == "each task within its planned hours, 100 hours in all for the agreed scope"
    assert read(one.seen) == "80 hours worked, 60 hours beyond the plan of single tasks, at 100.00 USD an hour"
    assert one.reasons[0].records == (Record("task", "K0", "planned_hours"),)


def test_reported_progress_ahead_of_the_calendar_is_due_too() -> None:
    report = {"status_id": "S1", "project_id": "P1", "status_date": date(2026, 5, 20), "percent_complete": "0.75"}
    assert scope(leaking(**PROJECT, project_status=[report]))["unpriced_hours"] == pytest.approx(5.0)


def test_changes_that_wait_are_worth_at_least_their_price() -> None:
    waiting = change("CO1", "submitted", datetime(2026, 5, 2), value_change="9000.00")
    row = scope(leaking(**PROJECT, change_order=[waiting]))
    assert (row["pending_count"], row["pending_hours_share"], row["unpriced_value"]) == (1.0, 0.1, 9000.0)


def test_projects_billed_by_time_alone_have_no_unpriced_scope() -> None:
    line = {"contract_line_id": "L1", "contract_id": "C1", "project_id": "P1", "billing_method": "time_and_materials"}
    reader = leaking(**PROJECT, contract_line=[{**line, "currency": "USD"}])
    assert subject.features(reader, as_of=MIDDLE).height == 0


def test_without_optional_entities_the_features_are_fewer_not_an_error() -> None:
    row = scope(leaking(project=PROJECT["project"]))
    assert row["hours_over_plan"] is None
    assert row["unpriced_value"] == 0.0


@pytest.mark.parametrize(
    ("change_order", "label"),
    [
        ([APPROVED_LATER], 1.0),
        ([change("CO1", "submitted", datetime(2026, 5, 2)), APPROVED_LATER], 1.0),
        ([change("CO1", "approved", datetime(2026, 5, 2))], 0.0),
        ([change("CO1", "approved", datetime(2026, 12, 1))], 0.0),
        ([change("CO1", "rejected", datetime(2026, 7, 1))], 0.0),
        ([change("CO1", "approved", datetime(2026, 7, 1), value_change="0.00")], 0.0),
    ],
    ids=["approved later", "was waiting", "approved before", "too late", "rejected", "without price"],
)
def test_the_label_is_a_change_approved_within_120_days(change_order: list[dict[str, Any]], label: float) -> None:
    reader = leaking(**PROJECT, change_order=change_order)
    late = datetime(2027, 1, 1, tzinfo=UTC)
    assert subject.labels(reader, observed_at=MIDDLE, as_of=late)["label"].to_list() == [label]


def test_scope_that_was_credited_counts_as_given_away() -> None:
    reader = leaking(
        **PROJECT,
        invoice=[
            {
                "invoice_id": "I1",
                "account_id": "K1",
                "project_id": "P1",
                "status": "issued",
                "amount": "100.00",
                "currency": "USD",
            }
        ],
        credit_note=[
            {
                "credit_note_id": "N1",
                "invoice_id": "I1",
                "issued_on": date(2026, 7, 1),
                "amount": "50.00",
                "currency": "USD",
                "reason_code": "scope",
                "known_at": datetime(2026, 7, 1),
            }
        ],
    )
    assert subject.labels(reader, observed_at=MIDDLE, as_of=datetime(2027, 1, 1, tzinfo=UTC))["label"].to_list() == [
        1.0
    ]


def test_a_label_needs_120_days_to_mature() -> None:
    reader = leaking(**PROJECT, change_order=[APPROVED_LATER])
    young = subject.labels(reader, observed_at=MIDDLE, as_of=datetime(2026, 9, 27, tzinfo=UTC))
    old = subject.labels(reader, observed_at=MIDDLE, as_of=datetime(2026, 9, 28, 12, tzinfo=UTC))
    assert (young["label"].to_list(), old["label"].to_list()) == ([None], [1.0])


def test_later_rows_change_no_feature_and_no_label() -> None:
    reader = leaking(
        **PROJECT,
        change_order=[
            change("CO1", "submitted", datetime(2026, 5, 2)),
            APPROVED_LATER,
        ],
    )
    assert_truncation_invariant(subject, reader, [datetime(2026, 2, 6, tzinfo=UTC), MIDDLE])


def test_over_pace_the_rule_speaks_where_no_model_was_trained() -> None:
    (one,) = findings(leaking(**PROJECT), as_of=MIDDLE)
    assert one.object_id == "L1:2026-05:unpriced_scope"
    assert (one.probability, one.money_at_risk) == (0.4, Decimal("3000.00"))


def test_too_few_projects_teach_nothing() -> None:
    reader = leaking(**PROJECT)
    examples = model.examples(reader, observed_at=MIDDLE, as_of=datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(InsufficientDataError):
        model.fit(examples, seed=1)


def drawn_examples(projects: int) -> pl.DataFrame:
    """Half of the projects have changes waiting, and most of these are approved later."""
    rows = []
    for n in range(projects):
        waits = n % 2 == 0
        rows.append(
            dict.fromkeys(subject.FEATURES, 0.5)
            | {
                "project_id": f"P{n:03d}",
                "observed_at": datetime(2026, 1, 5),
                "pending_count": float(waits),
                "hours_over_pace": 1.0 + (n % 7) / 10,
                "unpriced_value": 1000.0,
                "label": float(waits and n % 10 != 0),
            }
        )
    return pl.DataFrame(rows)


def test_the_model_learns_what_the_rule_cannot_see() -> None:
    train, test = drawn_examples(200), drawn_examples(60)
    benchmark = model.benchmark(train, test, seed=3)
    auc = benchmark.metrics["auc↑"]
    assert benchmark.candidates == ("model", "hours_over_plan", "base_rate")
    assert auc(benchmark.frame, "model") > 0.9 > auc(benchmark.frame, "hours_over_plan")


def test_the_same_examples_give_the_same_artefact() -> None:
    examples = drawn_examples(80)
    assert model.fit(examples, seed=3) == model.fit(examples.reverse(), seed=3)
