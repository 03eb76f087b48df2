"""The overview: sums before shares, margins for those who may see costs, definitions of the firm's own table."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadline.app.console.warehouse import PublishedWarehouse
from leadline.queue.decisions import Verdict
from leadline.queue.states import WAITING
from leadline.queue.store import Store
from leadline.queue.worklist import RowScope, Sought
from tests.support.access import somebody
from tests.support.console import PEOPLE_SCORE, Console, console_on
from tests.support.drawn_tables import statements
from tests.support.queue import AT, drawn
from tests.support.snapshot import publish

MONTHS = [f"2025-{month:02}-01" for month in range(6, 13)] + [f"2026-{month:02}-01" for month in range(1, 7)]
RUNNING = "2026-07-01"
DEFINED = "approved billable hours / available hours, as this firm counts them"


def kpi(month: str, name: str, entity: str, numerator: str, denominator: str | None = None) -> dict[str, Any]:
    told = {"month_start": month, "is_closed": month != RUNNING, "kpi": name, "legal_entity_id": entity}
    told |= {"numerator": Decimal(numerator)}
    return told | ({"denominator": Decimal(denominator)} if denominator else {})


def kpis() -> Iterator[dict[str, Any]]:
    for month in MONTHS:
        yield kpi(month, "billed", "DE", "100.00")
        yield kpi(month, "billed", "UK", "11.00")
        yield kpi(month, "billable_utilization", "DE", "80.00", "100.00")
        yield kpi(month, "billable_utilization", "UK", "10.00", "300.00")
        yield kpi(month, "contribution_margin_ratio", "DE", "43.21", "100.00")
        yield kpi(month, "contribution_margin", "DE", "43.21")
    yield kpi(RUNNING, "billed", "DE", "3.00")
    yield kpi(RUNNING, "contribution_margin_ratio", "DE", "-900.00", "1.00")
    yield kpi(MONTHS[-1], "days_sales_outstanding", "DE", "60.00", "180.00")
    yield kpi(MONTHS[-1], "days_sales_outstanding", "UK", "40.00", "20.00")


TABLES: dict[str, Any] = {
    "executive_kpi": list(kpis()),
    "core_currency_rate": [
        {"from_currency": "GBP", "to_currency": "EUR", "rate_date": "2026-06-01", "rate": Decimal("1.20")}
    ],
    "backlog": [
        {
            "legal_entity_id": "DE",
            "currency": "EUR",
            "contracted_backlog": Decimal(500),
            "unbilled_backlog": Decimal(7),
        },
        {
            "legal_entity_id": "UK",
            "currency": "GBP",
            "contracted_backlog": Decimal(100),
            "unbilled_backlog": Decimal(1),
        },
    ],
    "wip_unbilled": [{"legal_entity_id": "DE", "currency": "EUR", "unbilled_time_amount": Decimal("321.40")}],
    # 900 of 1,000 euros and 100 of 200 pounds at 1.20; work that is not billable and work that waits count for nothing.
    "realization": [
        {
            "legal_entity_id": entity,
            "billing_method": method,
            "currency": currency,
            "standard_amount": Decimal(standard),
            "realized_amount": Decimal(realized),
            "waiting_amount": Decimal(70),
        }
        for entity, method, currency, standard, realized in (
            ("DE", "fixed_fee", "EUR", 600, 700),
            ("DE", "time_and_materials", "EUR", 400, 200),
            ("DE", "non_billable", "EUR", 500, 0),
            ("UK", "retainer", "GBP", 200, 100),
        )
    ],
    "realization_waterfall": [
        {
            "legal_entity_id": "DE",
            "currency": "EUR",
            "discount_amount": Decimal(50),
            "worked_amount": Decimal(350),
            "unbilled_amount": Decimal(20),
            "rate_variance_amount": Decimal(0),
            "adjustment_amount": Decimal(-10),
            "draft_amount": Decimal(0),
            "credited_amount": Decimal(20),
            "open_amount": Decimal(100),
        }
    ],
    **{f"core_{name}": [] for name in ("project", "contract", "opportunity", "invoice")},
    "int_account_client": [],
    "int_account_golden": [],
    "gov_metric_definition": [{"metric": "billable_utilization", "formula": DEFINED}],
    "utilization_by_definition": [
        {
            "week_start": week,
            "legal_entity_id": "DE",
            "definition": name,
            "counted_hours": Decimal(counted),
            "capacity_hours": Decimal(40),
        }
        for week, counted in (("2026-01-05", 1), ("2026-06-22", 30), ("2026-06-29", 20))
        for name in ("billable_of_available", "billable_of_worked")
    ],
}
DECIDED, LATE = "INV-1", "INV-2"


def invoice(name: str, worth: str, entity: str = "DE", **finding: Any) -> Any:
    due = {"expected_value": Decimal(worth), "due_at": AT + timedelta(days=-1 if name == LATE else 9)}
    return drawn(name, legal_entity_id=entity, scored=due, **finding)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("overview")
    publish(folder / "warehouse", statements(TABLES), known_until="2026-06-30T00:00:00")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        made = console_on(store)
        made.warehouse = folder / "warehouse"
        somebody(made.access, "ana", "manager")
        somebody(made.access, "ben", "operator", legal_entities=("DE",))
        somebody(made.access, "cem", "analyst")
        person = drawn("T-1", score=PEOPLE_SCORE, legal_entity_id="DE")
        found = [invoice(DECIDED, "600.00"), invoice(LATE, "300.00"), invoice("INV-3", "100.00", "UK"), person]
        store.upsert(found, at=AT)
        verdict = Verdict("confirmed", "prevented", "ana", "screen")
        store.decide(found[0].external_id, verdict, at=AT)
        yield made


def page(console: Console, login: str = "ana", query: str = "") -> str:
    return console.browser(login).get(f"/overview{query}").text


def figures(text: str) -> dict[str, str]:
    """Return each figure by its label."""
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd><a href=\"[^\"]+\">(.*?)</a>", text, re.DOTALL)
    return {html.unescape(re.sub(r"<span.*", "", label)).strip(): value for label, value in pairs}


def queue_rows(text: str) -> dict[str, list[str]]:
    region = text.split("Expected value, late", 1)[1].split("</tbody>", 1)[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in region.split("<tr>")[1:]]
    return {re.sub(r"<[^>]+>", "", row[0]): [re.sub(r"<[^>]+>", "", cell) for cell in row[1:]] for row in rows}


def test_flows_are_of_twelve_months_and_shares_are_sums_over_sums(console: Console) -> None:
    told = figures(page(console))
    assert told["Billed"] == "1,332"  # twelve of the thirteen months, both legal entities
    assert told["Billable utilization"] == "22.5%"  # 90 of 400 hours: no average of 80% and 3.3%
    assert told["DSO, days"] == "45"  # 100 of 200 billed in ninety days
    assert told["Contribution margin"] == "43.2%"


def test_the_running_month_is_neither_summed_nor_drawn(console: Console) -> None:
    text = page(console)
    assert "To the end of 2026-06" in text
    assert RUNNING not in text
    assert "Contribution margin over the twelve months" in text


def test_the_current_position_is_in_the_reporting_currency_and_an_unknown_figure_is_not_zero(console: Console) -> None:
    told = figures(page(console))
    assert told["Backlog: signed, not delivered"] == "620"
    assert told["WIP: delivered, not billed"] == "321"
    assert told["Bench, hours in 13 weeks"] == "–"


def test_realization_is_of_all_ways_of_billing_and_collection_of_what_is_paid_by_the_hour(console: Console) -> None:
    told = figures(page(console))
    assert told["Realization"] == "82.3%"  # 900 + 120 of 1,000 + 240
    assert told["Collection realization"] == "50.0%"  # 200 of 400 at list prices
    assert figures(page(console, query="?legal_entity_id=DE"))["Realization"] == "90.0%"


def test_a_legal_entity_can_be_chosen_within_the_users_scope(console: Console) -> None:
    assert figures(page(console, query="?legal_entity_id=UK"))["Billed"] == "132"
    assert figures(page(console, "ben"))["Billed"] == "1,200"
    assert "Billed" not in figures(page(console, "ben", "?legal_entity_id=UK"))
    assert 'value="UK"' not in page(console, "ben")


def test_margins_are_for_those_who_may_see_cost_rates(console: Console) -> None:
    assert "Contribution margin" not in page(console, "ben")
    snapshot = PublishedWarehouse(console.warehouse).open(
        next(one for one in console.access.users() if one.login == "ben")
    )
    assert snapshot.rows("select * from executive_kpi where kpi like 'contribution%'") == []
    assert "43.2" in page(console, "cem")


def test_a_figure_says_what_it_means_in_the_firms_own_words(console: Console) -> None:
    text = page(console)
    after = text.split(">Billable utilization ", 1)[1]
    assert DEFINED in after.split("</details>", 1)[0]


def test_utilization_is_shown_by_each_definition_over_the_last_weeks(console: Console) -> None:
    section = page(console).split('id="utilization"', 1)[1]
    assert re.findall(r"(billable of \w+)</td>", section) == ["billable of available", "billable of worked"]
    assert section.count("62.5%") == 2  # 50 of 80 hours; the week in January is over


def test_what_waits_is_late_or_was_captured_adds_up_to_the_queue(console: Console) -> None:
    rows = queue_rows(page(console))
    waiting = console.store.worklist.sums(RowScope(), Sought(states=WAITING))
    assert sum(int(row[0]) for row in rows.values()) == waiting[0].exceptions
    assert sum(Decimal(row[1].replace(",", "")) for row in rows.values()) == waiting[0].money_at_risk
    assert sum(Decimal(row[2].replace(",", "")) for row in rows.values()) == waiting[0].expected_value
    assert rows["invoice dispute"][4:] == ["1", "300.00", "60.0%"]  # 600 of 1,000
    assert rows["time expense anomaly"][4:] == ["0", "0.00", "0.0%"]


def test_the_queue_is_summed_within_scope_only(console: Console) -> None:
    assert set(queue_rows(page(console, "cem"))) == {"invoice dispute"}
    assert queue_rows(page(console, "ben"))["invoice dispute"][0] == "1"
    assert queue_rows(page(console, query="?legal_entity_id=UK"))["invoice dispute"][0] == "1"
