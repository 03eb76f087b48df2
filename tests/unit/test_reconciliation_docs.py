"""The page of the reconciliations names what the rules say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from leadline.simulator.book_faults import PLANTERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reconciliations.md").read_text("utf-8")
RULES = pl.read_csv(ROOT / "dbt_project" / "seeds" / "reconciliation_rule.csv")
OWNERS = pl.read_csv(ROOT / "dbt_project" / "seeds" / "data_owner.csv")


@pytest.mark.parametrize("rule", list(RULES.iter_rows(named=True)), ids=lambda rule: str(rule["finding_class"]))
def test_every_class_is_on_the_page_as_its_rule_says(rule: dict[str, object]) -> None:
    cells = (rule["description"], rule["grace_days"], rule["hours_to_mend"], rule["domain"])
    assert f"| `{rule['finding_class']}` | " + " | ".join(map(str, cells)) + " |" in PAGE


def test_every_class_has_an_owner_and_a_fault_to_be_judged_by() -> None:
    assert set(RULES["domain"]) <= set(OWNERS["domain"])
    assert {plant.__name__ for plant in PLANTERS} == set(RULES["finding_class"])
