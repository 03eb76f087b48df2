"""The pages on controls: filters down to the records, both sides over time, and what is said of what has no entity."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pytest

from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.console_warehouse import mark, publish_firm


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("controls")
    publish_firm(folder / "warehouse")
    with Store(f"sqlite:///{folder / 'ops.db'}") as store:
        made = console_on(store)
        made.warehouse = folder / "warehouse"
        somebody(made.access, "ana", "manager")
        somebody(made.access, "ben", "manager", legal_entities=("DE",))
        yield made


@pytest.fixture(scope="module")
def ana(console: Console) -> Browser:
    return console.browser("ana")


def records(text: str) -> list[str]:
    """Return the records that differ, as the last table shows them."""
    return re.findall(r"object_id-z\w+z", text.rsplit("<section", 1)[1])


def test_filters_lead_down_to_the_records_that_differ(ana: Browser) -> None:
    whole = records(ana.get("/controls").text)
    assert {f"object_id-{mark(entity)}" for entity in ("DE", "FR", None)} <= set(whole)
    one = ana.get(f"/controls?finding_class=finding_class-{mark('DE')}&legal_entity_id=DE").text
    assert records(one) == [f"object_id-{mark('DE')}"]
    assert (
        "No record differs." in ana.get(f"/controls?finding_class=finding_class-{mark('DE')}&legal_entity_id=FR").text
    )


def test_both_sides_are_drawn_per_legal_entity_and_never_added_up(ana: Browser) -> None:
    assert "<figure" not in ana.get("/controls").text
    text = ana.get("/controls?reconciliation=invoice_to_cash").text
    specs = [
        json.loads(html.unescape(spec)) for spec in re.findall(r'application/json">(.*?)</script>', text, re.DOTALL)
    ]
    values = [[value["value"] for value in spec["data"]["values"]] for spec in specs]
    assert len(values) > 2
    assert {tuple(two) for two in values} == {(1234.5, 1234.5)}
    assert len(re.findall(r"<figcaption>", text)) == len(specs)


def test_transactions_are_for_those_who_see_all_grades_for_everybody(console: Console, ana: Browser) -> None:
    ben = console.browser("ben").get("/controls/data").text
    assert "belong to no legal entity" in ben
    assert "interface-z" not in ben
    assert "interface-z" in ana.get("/controls/data").text
    assert "product-z" in ben


def test_hand_offs_show_rules_met_broken_and_by_whom(console: Console) -> None:
    text = console.browser("ben").get("/controls/hand-offs").text
    assert f"rule-{mark('DE')}" in text
    assert f"opportunity_id-{mark('DE')}" in text
    assert mark("FR") not in text
