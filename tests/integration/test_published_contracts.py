"""The quality rules of the published contracts run on a real snapshot, and it keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadline.sources.odcs_marts import contract_of, marts
from leadline.warehouse.connection import query


def test_every_sql_rule_of_a_published_contract_holds_in_the_demo_firm(demo_known: Callable[[Any], Any]) -> None:
    rules = [
        (name, rule["query"])
        for name, model in marts().items()
        for rule in contract_of(model)["schema"][0].get("quality", ())
        if rule["type"] == "sql"
    ]
    assert len(rules) > 20
    snapshot = demo_known(None)
    assert [(name, sql) for name, sql in rules if query(snapshot, sql).rows != ((0,),)] == []


def test_the_published_tables_have_the_columns_and_types_of_their_contracts(demo_known: Callable[[Any], Any]) -> None:
    snapshot = demo_known(None)
    for name, model in marts().items():
        promised = [(one["name"], one["physicalType"]) for one in contract_of(model)["schema"][0]["properties"]]
        found = [(row[0], row[1].lower()) for row in query(snapshot, f"describe {name}").rows]
        assert promised == found, name
