"""Figures of a client's, a person's and a project's page: by the glossary's formulas, in the reader's sight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.drawn_tables import statements
from tests.support.snapshot import publish


def invoice(key: str, gross: int, opened: int, issued: str, **row: Any) -> dict[str, Any]:
    told = {"client_id": "C1", "legal_entity_id": "DE", "is_issued": True, "currency": "EUR", "issue_date": issued}
    return told | {"invoice_id": key, "gross_amount": Decimal(gross), "open_amount": Decimal(opened)} | row


def week(start: str, available: int, worked: int, billable: int, **row: Any) -> dict[str, Any]:
    told = {"person_id": "E1", "week_start": start, "legal_entity_id": "DE", "contractual_hours": Decimal(40)}
    hours = {"available_hours": available, "worked_hours": worked, "billable_hours": billable}
    return told | {name: Decimal(value) for name, value in hours.items()} | row


def entry(key: str, day: str, hours: int, status: str, *, billable: bool = False, **row: Any) -> dict[str, Any]:
    told = {"time_entry_id": key, "person_id": "E1", "project_id": "P1", "work_date": day, "hours": Decimal(hours)}
    return told | {"status": status, "billable": billable} | row


TABLES: dict[str, Any] = {
    "core_project": [
        {"project_id": "P1", "name": "Berlin", "account_id": "A1", "contract_id": "K1", "legal_entity_id": "DE"},
        {"project_id": "P2", "name": "Leeds", "account_id": "A1", "legal_entity_id": "UK"},
    ],
    "core_contract": [
        {
            "contract_id": "K1",
            "account_id": "A1",
            "name": "Frame",
            "legal_entity_id": "DE",
            "payment_terms_days": 45,
            "escalator_pct": Decimal("0.03"),
            "total_value": Decimal(9000),
            "currency": "CHF",
        }
    ],
    "core_opportunity": [],
    "core_invoice": [],
    "core_dispute": [],
    "backlog": [],
    "invoice_ageing": [],
    "int_account_client": [{"account_id": "A1", "client_id": "C1"}],
    "int_account_golden": [{"account_id": "A1", "client_id": "C1", "client_name": "Client One"}],
    "project_performance": [
        {
            "project_id": "P1",
            "client_id": "C1",
            "legal_entity_id": "DE",
            "cpi": Decimal("0.9876"),
            "spi": Decimal("1"),
            "currency": "GBP",
            "budget_revenue": Decimal(800),
            "budget_cost": Decimal(500),
        }
    ],
    "contribution_margin": [
        {"project_id": "P1", "legal_entity_id": "DE", "currency": "EUR", "revenue_amount": Decimal(1000)}
    ],
    "core_project_budget": [],
    "int_project_cost": [],
    "project_commitment": [],
    "core_person": [{"person_id": "E1", "name": "Somebody", "legal_entity_id": "DE"}],
    "int_invoice_position": [
        invoice("I1", 1000, 600, "2026-06-30"),
        invoice("I2", 800, 300, "2026-04-02"),  # the first of the last ninety days
        invoice("I3", 5000, 100, "2026-04-01"),  # one day too old to be among what was billed, and still open
        invoice("I4", 9999, 9999, "2026-06-01", is_issued=False),
        invoice("I5", 100, 50, "2026-06-01", currency="GBP", legal_entity_id="UK"),
        invoice("I6", 77, 77, "2026-06-01", client_id="C2"),
    ],
    "utilization_weekly": [
        week("2026-03-30", 40, 40, 40),  # older than thirteen weeks
        week("2026-06-22", 40, 38, 20),
        week("2026-06-29", 20, 10, 10),
    ],
    "core_time_entry": [
        entry("T1", "2026-06-22", 20, "approved", billable=True),
        entry("T2", "2026-06-23", 8, "approved"),
        entry("T3", "2026-06-24", 10, "submitted", billable=True),
        entry("T4", "2026-06-29", 10, "billed", billable=True, project_id="P2"),
        entry("T5", "2026-04-01", 40, "billed", billable=True),
    ],
}
REGION = "as each definition counts it"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("records")
    publish(folder / "warehouse", statements(TABLES), known_until="2026-06-30T00:00:00")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        made = console_on(store)
        made.warehouse = folder / "warehouse"
        somebody(made.access, "ana", "manager")
        somebody(made.access, "ben", "manager", legal_entities=("DE",))
        yield made


@pytest.fixture(scope="module")
def ana(console: Console) -> Browser:
    return console.browser("ana")


def lines(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading that holds some words."""
    section = text.split(heading, 1)[1].split("</table>", 1)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)[1:]
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows
    ]


def test_days_sales_outstanding_of_a_client_are_per_currency_and_within_scope(console: Console, ana: Browser) -> None:
    heading = "Receivables and days sales outstanding"
    euros = ["1,000.00", "1,800.00", "EUR", "50.00"]  # 1,000 of 1,800 billed in ninety days
    assert lines(ana.get("/clients/C1").text, heading) == [euros, ["50.00", "100.00", "GBP", "45.00"]]
    assert lines(console.browser("ben").get("/clients/C1").text, heading) == [euros]


def test_a_persons_utilization_is_shown_by_each_definition(ana: Browser) -> None:
    assert lines(ana.get("/people/E1").text, REGION) == [
        ["billable of available", "30.00", "60.00", "50.0%"],
        ["billable of contractual", "30.00", "80.00", "37.5%"],
        ["billable of 2000 hours", "30.00", "76.92", "39.0%"],
        ["billable of worked", "30.00", "48.00", "62.5%"],
        ["productive of available", "38.00", "60.00", "63.3%"],
        ["submitted of available", "40.00", "60.00", "66.7%"],
        ["billed of available", "10.00", "60.00", "16.7%"],
    ]


def test_a_definition_is_left_out_where_some_of_its_hours_are_out_of_scope(console: Console) -> None:
    told = {row[0]: row[3] for row in lines(console.browser("ben").get("/people/E1").text, REGION)}
    assert told["billable of worked"] == "62.5%"
    assert [told[f"{name} of available"] for name in ("productive", "submitted", "billed")] == ["–"] * 3


def test_the_currency_beside_a_figure_of_a_project_is_that_of_the_figure(ana: Browser) -> None:
    page = ana.get("/projects/P1").text
    sums = re.findall(r'<dt>([^<]+)</dt><dd><span class="money">([^<]+)</span> (\w+)</dd>', page)
    assert sums == [
        ("Contract value", "9,000.00", "CHF"),
        ("Approved revenue", "800.00", "GBP"),
        ("Revenue recognised", "1,000.00", "EUR"),
        ("Budget", "500.00", "GBP"),
    ]


def test_cpi_has_two_decimals_and_the_contract_leads_to_its_terms(ana: Browser) -> None:
    text = ana.get("/projects/P1").text
    assert "<dt>CPI</dt><dd>0.99</dd>" in text
    assert "<dt>SPI</dt><dd>1.00</dd>" in text
    assert 'href="/clients/C1#contracts">Frame</a>' in text
    terms = ana.get("/clients/C1").text.split('id="contracts"', 1)[1].split("</section>", 1)[0]
    assert all(told in terms for told in ("Frame", ">45<", "3.0%", "9,000.00"))
