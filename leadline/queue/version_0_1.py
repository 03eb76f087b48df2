"""Rows that version 0.1.0 stored: their texts are English prose, which is shown as it is until they are scored again.

They are not rewritten: the audit vouches for every row as it was stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadline.kernel import facts
from leadline.kernel.facts import COST, Fact
from leadline.kernel.findings import Reason, Record
from leadline.kernel.statements import Statement, plain

# What stated a cost, or let one be learned.
_COST_TEXTS = {"margin_erosion": ("expected", "seen")}
_COST_REASONS = ("team_mix", "kind_of_project")
_COST_FACTS = ("eac_low", "eac_middle", "eac_high", "approved_cost", "planned_margin", "hour_over_plan")
_COST_RATE = "cost_rate"


def as_digested(settled: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit keeps of a row, by the names it was first kept by: ``score`` was called ``stem``.

    An audit entry is never rewritten, so decisions and the holdout keep that name in it for good.
    """
    return {"stem" if name == "score" else name: value for name, value in settled.items()}


def statement(score: str, name: str, text: str) -> Statement:
    """Return the title, expectation, observation or action of a row."""
    return plain(text, about=COST if name in _COST_TEXTS.get(score, ()) else "")


def reason(values: Mapping[str, Any]) -> Reason:
    """Return a reason; what it shows beside its records was not read from them, so it counts as computed."""
    about = COST if values["code"] in _COST_REASONS else ""
    records = tuple(_record(one) for one in values["records"])
    return Reason(values["code"], plain(values["text"], about=about), values["weight"], records)


def fact(name: str, value: Any) -> Fact:
    """Return a fact, whose kind was not stored."""
    about = COST if name in _COST_FACTS else ""
    is_figure = isinstance(value, int | float) and not isinstance(value, bool)
    return facts.number(value, about=about) if is_figure else facts.text(str(value), about=about)


def _record(values: Mapping[str, Any]) -> Record:
    entity, column, value = values["entity"], values["column"], values["value"]
    about = COST if entity == _COST_RATE or _COST_RATE in column else ""
    shown = facts.text(value, about=about) if value else None
    return Record(entity, values["key"], column, shown, is_computed=shown is not None)
