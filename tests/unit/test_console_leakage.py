"""The page on leakage: its sums are the mart's and the queue's, in one currency and scope; the largest leads."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.revenue_leakage.frame import leaks
from leadline.app.console.charts import Step, Waterfall
from leadline.queue.states import WAITING
from leadline.queue.store import Store
from leadline.queue.worklist import RowScope, Sought
from leadline.warehouse.snapshot import Snapshot
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.drawn_tables import statements
from tests.support.point_in_time import shipped_limits
from tests.support.queue import drawn
from tests.support.snapshot import publish

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)


def leak(key: str, leakage_class: str, amount: str, **row: Any) -> dict[str, Any]:
    told = {"contract_line_id": "L1", "project_id": "P1", "account_id": "A1", "legal_entity_id": "DE"}
    told |= {"period": "2026-03", "currency": "EUR", "matures_on": "2026-04-30", "known_at": "2026-05-01"}
    return told | {"evidence_id": key, "leakage_class": leakage_class, "amount": Decimal(amount)} | row


def invoice(key: str, net: str, **row: Any) -> dict[str, Any]:
    told = {"client_id": "C1", "legal_entity_id": "DE", "project_id": "P1", "is_issued": True, "currency": "EUR"}
    return told | {"invoice_id": key, "net_amount": Decimal(net), "issue_date": "2026-03-10"} | row


def steps(key: str, entity: str, *amounts: str) -> dict[str, Any]:
    names = ("discount", "worked", "unbilled", "rate_variance", "adjustment", "draft", "credited", "open")
    told = {f"{name}_amount": Decimal(amount) for name, amount in zip(names, amounts, strict=True)}
    return {"project_id": key, "legal_entity_id": entity, "currency": "EUR"} | told


UK = {"contract_line_id": "L2", "project_id": "P2", "account_id": "A2", "legal_entity_id": "UK", "currency": "GBP"}
LEAKS = [
    leak("1", "unbilled_time", "100.33"),
    leak("2", "unbilled_time", "50.10"),
    leak("3", "milestone_not_invoiced", "900.00", period="2026-05"),
    leak("4", "missed_escalator", "70.77", currency="USD"),  # EUR to USD is delivered: the rate is turned round
    leak("5", "nte_overrun_absorbed", "800.01", **UK),
    leak("6", "unbilled_expense", "33.00", currency="CHF"),  # no rate
    leak("7", "unbilled_time", "5000.00", matures_on="2026-07-01"),  # not due yet
    leak("8", "unbilled_time", "4000.00", known_to="2026-06-01"),  # was mended
]
TABLES = {
    "leakage_evidence": LEAKS,
    "gov_policy_limit": shipped_limits().to_dicts(),
    "core_currency_rate": [
        {"from_currency": "GBP", "to_currency": "EUR", "rate_date": "2026-01-01", "rate": Decimal("1.30")},
        {"from_currency": "GBP", "to_currency": "EUR", "rate_date": "2026-06-29", "rate": Decimal("1.17653333")},
        {"from_currency": "GBP", "to_currency": "EUR", "rate_date": "2026-07-01", "rate": Decimal("9")},
        {"from_currency": "EUR", "to_currency": "USD", "rate_date": "2026-06-01", "rate": Decimal("1.09")},
    ],
    "int_invoice_position": [
        invoice("I1", "10000.00"),
        invoice("I2", "500.00", issue_date="2026-05-02"),
        invoice("I3", "7777.00", is_issued=False),
        invoice("I4", "1000.00", legal_entity_id="UK", project_id="P2", client_id="C2", currency="GBP"),
    ],
    "core_credit_note": [{"credit_note_id": "N1", "invoice_id": "I1", "amount": Decimal(400), "currency": "EUR"}],
    "core_invoice": [{"invoice_id": name, "legal_entity_id": "DE"} for name in ("I1", "I2", "I3")]
    + [{"invoice_id": "I4", "legal_entity_id": "UK"}],
    "core_project": [
        {"project_id": "P1", "name": "Berlin", "account_id": "A1", "legal_entity_id": "DE"},
        {"project_id": "P2", "name": "Leeds", "account_id": "A2", "legal_entity_id": "UK"},
    ],
    "core_contract": [],
    "core_opportunity": [],
    "int_account_client": [{"account_id": "A1", "client_id": "C1"}, {"account_id": "A2", "client_id": "C2"}],
    "int_account_golden": [
        {"account_id": "A1", "client_id": "C1", "client_name": "Client One"},
        {"account_id": "A2", "client_id": "C2", "client_name": "Client Two"},
    ],
    "realization_waterfall": [
        steps("P1", "DE", "250.00", "1000.00", "100.00", "-20.00", "-30.00", "50.00", "10.00", "90.00"),
        steps("P2", "UK", "-20.00", "500.00", "0", "0", "0", "0", "0", "0"),
    ],
}
# What waits: a leak of the mart at its last look, one of another legal entity, an estimate, and what is decided.
TIME, MILESTONE = "L1:2026-03:unbilled_time", "L1:2026-05:milestone_not_invoiced"
CEILING, SCOPE = "L2:2026-03:nte_overrun_absorbed", "L3:2026-06:unpriced_scope"


def waiting(object_id: str, money: str, entity: str, **finding: Any) -> Any:
    worth = {"expected_value": Decimal(money)}
    told = {
        "money_at_risk": Decimal(money),
        "currency": "EUR",
        "legal_entity_id": entity,
        "title": f"About {object_id}",
    }
    return drawn(object_id, score="revenue_leakage", scored=worth, **(told | finding))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Console, Snapshot]]:
    folder = tmp_path_factory.mktemp("leakage")
    snapshot = publish(folder / "warehouse", statements(TABLES), known_until="2026-06-30T00:00:00")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        console = console_on(store)
        console.warehouse = folder / "warehouse"
        somebody(console.access, "ana", "manager")
        somebody(console.access, "ben", "manager", legal_entities=("DE",))
        found = [
            waiting(TIME, "140.00", "DE", project_id="P1", account_id="A1"),
            waiting(CEILING, "941.24", "UK", project_id="P2", account_id="A2"),
            waiting(SCOPE, "300.00", "DE", project_id="P1", account_id="A1"),
        ]
        store.upsert(found, at=console.clock.at)
        yield console, snapshot


@pytest.fixture(scope="module")
def ana(firm: tuple[Console, Snapshot]) -> Browser:
    return firm[0].browser("ana")


def bars(text: str) -> list[dict[str, float]]:
    """Return what each waterfall draws, step -> signed amount; a total by its end."""
    specs = [json.loads(html.unescape(one)) for one in re.findall(r'application/json">(.*?)</script>', text, re.DOTALL)]
    return [
        {
            row["step"]: row["to"] if row["kind"] == "Total" else round(row["to"] - row["from"], 2)
            for row in spec["data"]["values"]
        }
        for spec in specs
    ]


def lines(text: str, label: str) -> dict[str, list[str]]:
    """Return the table of a region: first cell -> the others."""
    region = text.split(f'aria-label="{label}">', 1)[1].split("</table>", 1)[0]
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr>(.*?)</tr>", region, re.DOTALL)]
    cells = [[cell.strip() for cell in html.unescape(row).split("|") if cell.strip()] for row in rows[1:]]
    return {row[0]: row[1:] for row in cells}


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


REGION = "Leaks by class"
LISTED = ("list_amount", "discount_amount")
ENDS = ("Could have been billed", "Billed")


def test_a_class_leaks_what_the_risk_model_finds(firm: tuple[Console, Snapshot], ana: Browser) -> None:
    table = lines(ana.get("/leakage").text, REGION)
    found = leaks(firm[1], as_of=AS_OF).filter(pl.col("money").is_not_null())
    exact = dict(found.group_by("leakage_class").agg(pl.struct(pl.len(), pl.col("money").sum())).iter_rows())
    labels = {
        "Approved time not billed": "unbilled_time",
        "Milestone reached, not invoiced": "milestone_not_invoiced",
        "Agreed rise missed": "missed_escalator",
        "Work above the ceiling, absorbed": "nte_overrun_absorbed",
    }
    for label, name in labels.items():
        count, money = table.pop(label)[:2]
        assert {"len": int(count), "money": amount(money.split()[0])} == exact.pop(name), name
    assert exact == {}
    assert set(table) == {"Unpriced scope (estimate)", "Not billed", *ENDS}


def test_what_waits_is_what_the_queue_holds_and_leads_to_its_list(firm: tuple[Console, Snapshot], ana: Browser) -> None:
    text = ana.get("/leakage").text
    (whole,) = firm[0].store.worklist.sums(RowScope(), Sought(scores=("revenue_leakage",), states=WAITING))
    table = lines(text, REGION)
    assert (int(table["Not billed"][3]), amount(table["Not billed"][4])) == (whole.exceptions, whole.money_at_risk)
    links = [html.unescape(link) for link in re.findall(r'href="(/worklist\?score=[^"]+)" aria-label', text)]
    listed = [ana.get(link).text for link in links]
    assert sorted(len(re.findall(r"<tr data-href", page)) for page in listed) == [1, 1, 1]


def test_what_could_have_been_billed_is_billed_and_leaked_and_the_chart_draws_the_table(ana: Browser) -> None:
    text = ana.get("/leakage").text
    table = {name: amount(row[0] if name in ENDS else row[1]) for name, row in lines(text, REGION).items()}
    assert table["Billed"] == Decimal("10000") - Decimal("400") + Decimal("500") + Decimal("1176.53")
    assert table["Could have been billed"] == table["Billed"] + table["Not billed"]
    leaked = table.pop("Not billed")
    assert leaked == sum(value for name, value in table.items() if name not in ENDS)
    assert bars(text)[0] == {name: float(value if name in ENDS else -value) for name, value in table.items()}


def test_the_largest_leak_is_first_with_the_exception_that_explains_it(ana: Browser) -> None:
    top = ana.get("/leakage").text.split('id="largest"', 1)[1].split("</section>", 1)[0]
    assert '<span class="money">941</span> EUR' in top
    assert all(told in top for told in ("Client Two", "/clients/C2", "Leeds", "/projects/P2", "given away"))
    (link,) = re.findall(r'class="button primary" href="([^"]+)"', top)
    explained = ana.get(html.unescape(link)).text
    assert f"About {CEILING}" in explained
    assert '<a id="back" href="/leakage">← Leakage</a>' in explained
    one = re.search(r"/exceptions/(\w+)", link)
    assert one
    assert f"About {CEILING}</a>: open" in ana.get(f"/leakage?done={one[1]}").text  # what a decision comes back to
    alone = ana.get("/leakage?project_id=P1&since=2026-04&until=2026-05").text
    assert "The queue holds no exception of it." in alone
    assert '<span class="money">900</span> EUR' in alone


@pytest.mark.parametrize(
    ("address", "classes", "billed"),
    [
        ("legal_entity_id=UK", ["Work above the ceiling, absorbed"], "1176.53"),
        ("client_id=C2", ["Work above the ceiling, absorbed"], "1176.53"),
        ("project_id=P2&until=2026-02", [], "0"),
        ("project_id=P1&since=2026-05", ["Milestone reached, not invoiced", "Unpriced scope (estimate)"], "500"),
        ("client_id=C9", [], "0"),
    ],
)
def test_filters_of_the_address_narrow_data_and_queue_alike(
    ana: Browser, address: str, classes: list[str], billed: str
) -> None:
    table = lines(ana.get(f"/leakage?{address}").text, REGION)
    assert amount(table["Billed"][0]) == Decimal(billed)
    assert sorted(set(table) - {"Not billed", *ENDS}) == classes


def test_somebody_sees_leaks_bills_and_exceptions_of_their_legal_entities_only(firm: tuple[Console, Snapshot]) -> None:
    text = firm[0].browser("ben").get("/leakage").text
    assert [told for told in ("Leeds", "Client Two", CEILING, "941.24", "1,176.53") if told in text] == []
    assert amount(lines(text, REGION)["Billed"][0]) == Decimal("10100")


def test_money_without_a_rate_is_shown_in_its_own_currency(ana: Browser) -> None:
    assert "for want of a rate: 33.00 CHF (leaks: 1)" in ana.get("/leakage").text


def test_the_steps_to_cash_add_up(ana: Browser) -> None:
    text = ana.get("/leakage").text
    heading = "From the value of work paid by the hour to cash"
    table = {name: amount(row[0]) for name, row in lines(text, heading).items()}
    assert list(table.items())[:3] == [
        ("Worked, at list prices", Decimal("1730")),
        ("Granted by the contract's rates", Decimal("-230")),
        ("Worked, at contract rates", Decimal("1500")),
    ]
    assert (table["Billed by the hour"], table["Collected"]) == (Decimal("1350"), Decimal("1200"))
    assert bars(text)[1] == {name: float(value) for name, value in table.items()}


def test_a_snapshot_of_an_earlier_version_knows_no_list_prices(tmp_path: Path) -> None:
    made = [*statements(TABLES), *("alter table realization_waterfall drop column " + name for name in LISTED)]
    publish(tmp_path / "warehouse", made, known_until="2026-06-30T00:00:00")
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        console = console_on(store)
        console.warehouse = tmp_path / "warehouse"
        somebody(console.access, "ana", "manager")
        table = lines(console.browser("ana").get("/leakage").text, "From the value of work paid by the hour to cash")
    assert next(iter(table.items())) == ("Worked, at contract rates", ["1,500.00"])


@pytest.mark.parametrize("address", ["since=2026-13", "until=now", "since=2026-05&until=2026-04"])
def test_an_invalid_month_is_reported(ana: Browser, address: str) -> None:
    answer = ana.get(f"/leakage?{address}")
    assert answer.status_code == 400
    assert "month" in answer.text


@pytest.mark.parametrize(
    ("amounts", "start"),
    [(("100", "-60", "40"), "0"), (("1000", "-90", "910"), "880"), (("25", "0", "25"), "0"), (("0", "0", "0"), "0")],
)
def test_the_axis_leaves_out_what_all_steps_share_and_never_less_than_all(amounts: tuple[str, ...], start: str) -> None:
    first, step, last = (Decimal(one) for one in amounts)
    falls = Waterfall((Step("a", first, is_total=True), Step("b", step), Step("c", last, is_total=True)), "t", "EUR")
    assert falls.start == Decimal(start)
    begins = [row["from"] for row in falls.spec()["data"]["values"]]
    assert begins == [float(start), float(first), float(start)]
