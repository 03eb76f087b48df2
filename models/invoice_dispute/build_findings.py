"""From scored invoices to findings: which are worth a person's time, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from features.invoice_dispute.evidence import evidence, similar_clean
from features.invoice_dispute.policy import Policy, policy
from leadline.kernel import facts
from leadline.kernel.facts import Fact
from leadline.kernel.findings import Finding, Reason, Record
from leadline.kernel.money import cents
from leadline.kernel.statements import Statement, say
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.invoice_dispute.blend import explain, predict_blend
from models.invoice_dispute.reasons import GROUPS, Group

REASONS_SHOWN = 4
# A reason that moves the log-odds by less than this is left out: it changes 10% to 10.5% at most.
SMALLEST_WEIGHT = 0.05
DIGITS = 6


def findings_of(
    reader: PointInTimeReader, rows: pl.DataFrame, *, as_of: datetime, artefact: Artefact | None
) -> list[Finding]:
    """Return the findings for a feature frame; see ``models.invoice_dispute.findings``."""
    limits = policy(reader)
    shown = worth_showing(_scored(rows, artefact), limits)
    if not shown.height:
        return []
    shares = _group_shares(shown, artefact)
    ids = shown["invoice_id"].to_list()
    records = _records(evidence(reader, as_of=as_of, invoice_ids=ids))
    similar = similar_clean(reader, shown, as_of=as_of)
    made = [
        _finding(row, reader=reader, as_of=as_of, reasons=_reasons(row, share, records), similar=similar)
        for row, share in zip(shown.iter_rows(named=True), shares, strict=True)
    ]
    return sorted(made, key=lambda finding: (-finding.expected_loss, finding.object_id))


def _scored(rows: pl.DataFrame, artefact: Artefact | None) -> pl.DataFrame:
    """Add ``probability`` and ``late``: the model's, or the client's own shrunk rates where there is no model."""
    if artefact is None or not rows.height:
        chance, late = rows["client_dispute_rate"], rows["client_late_rate"]
    else:
        predicted = predict_blend(rows, artefact)
        chance, late = predicted["prediction"], predicted["late"]
    return rows.with_columns(chance.round(DIGITS).alias("probability"), late.round(DIGITS).alias("late"))


def worth_showing(scored: pl.DataFrame, limits: Policy) -> pl.DataFrame:
    """Keep the invoices worth a review: enough money at risk, and a chance not far below the firm's average."""
    likely = pl.col("probability") >= limits.min_lift * pl.col("firm_dispute_rate")
    return scored.filter((pl.col("at_risk") >= limits.min_at_risk) & likely).sort("invoice_id")


def _group_shares(shown: pl.DataFrame, artefact: Artefact | None) -> list[list[float]]:
    """Return each group's share in every row's log-odds; without a model, the client's history has all of it."""
    if artefact is None:
        rate, firm = (shown[name].to_numpy() for name in ("client_dispute_rate", "firm_dispute_rate"))
        lead = np.log(rate / (1 - rate)) - np.log(firm / (1 - firm))
        return [[float(v) if group.code == "client_history" else 0.0 for group in GROUPS] for v in lead]
    single = explain(shown, artefact)
    seen, values = single.columns, single.to_numpy(order="c")
    columns = [values[:, [seen.index(name) for name in group.features if name in seen]].sum(axis=1) for group in GROUPS]
    return [[float(value) for value in row] for row in np.column_stack(columns)]


def _reasons(
    row: dict[str, Any], shares: Sequence[float], records: dict[tuple[str, str], tuple[Record, ...]]
) -> tuple[Reason, ...]:
    """Return what raises this invoice's chance and can be said in words, strongest first.

    Where no group both raises it and has something to say, the reason says so.
    """
    own = Record("invoice", row["invoice_id"], "amount")
    ranked = sorted(zip(shares, GROUPS, strict=True), key=lambda pair: (-pair[0], pair[1].code))
    said = [(share, group, group.says(row)) for share, group in ranked if share >= SMALLEST_WEIGHT]
    reasons = [
        Reason(group.code, statement, round(share, DIGITS), (own, *records.get((row["invoice_id"], group.code), ())))
        for share, group, statement in said
        if statement
    ]
    if reasons:
        return tuple(sorted(reasons, key=lambda r: (-r.weight, r.code))[:REASONS_SHOWN])
    usual = say("invoice_dispute.usual", own=facts.percent(row["client_dispute_rate"]))
    return (Reason("client_history", usual, 0.0, (own,)),)


def _records(frame: pl.DataFrame) -> dict[tuple[str, str], tuple[Record, ...]]:
    grouped: dict[tuple[str, str], list[Record]] = {}
    for invoice, code, entity, key, column in frame.iter_rows():
        grouped.setdefault((invoice, code), []).append(Record(entity, key, column))
    return {key: tuple(found) for key, found in grouped.items()}


def _finding(
    row: dict[str, Any],
    *,
    reader: PointInTimeReader,
    as_of: datetime,
    reasons: tuple[Reason, ...],
    similar: dict[str, tuple[str, ...]],
) -> Finding:
    chance, days = float(row["probability"]), policy(reader).outcome_days
    converted = row["amount_reporting"] is not None
    name = row["invoice_number"] or row["invoice_id"]
    said = facts.percent(chance)
    return Finding(
        score="invoice_dispute",
        object_type="invoice",
        object_id=row["invoice_id"],
        as_of=as_of,
        money_at_risk=cents(row["at_risk"]),
        currency=reader.reporting_currency if converted else row["currency"],
        title=say(
            f"invoice_dispute.title_{'draft' if row['is_draft'] else 'issued'}",
            number=facts.ident(name),
            chance=said,
            days=facts.number(days, "days"),
        ),
        action=_action(reasons, draft=bool(row["is_draft"])),
        expected=say("invoice_dispute.expected", firm=facts.percent(row["firm_dispute_rate"])),
        seen=say("invoice_dispute.seen", chance=said),
        reasons=reasons,
        probability=chance,
        facts=_facts(row),
        similar=similar.get(row["invoice_id"], ()),
        legal_entity_id=row["legal_entity_id"],
        project_id=row["project_id"],
        account_id=row["account_id"],
    )


def _action(reasons: tuple[Reason, ...], *, draft: bool) -> Statement:
    by_code: dict[str, Group] = {group.code: group for group in GROUPS}
    return by_code[reasons[0].code].action(draft=draft)


def _facts(row: dict[str, Any]) -> dict[str, Fact]:
    stated = {
        "amount": facts.money(row["amount"], row["currency"]),
        "status": facts.term(row["status"]),
        "client_dispute_rate": facts.percent(round(row["client_dispute_rate"], 4)),
        "firm_dispute_rate": facts.percent(round(row["firm_dispute_rate"], 4)),
        "days_since_issue": facts.number(int(row["days_since_issue"]), "days"),
        "loss_share": facts.percent(round(row["loss_share"], 4)),
        "delay_days": facts.number(round(row["delay_days"]), "days"),
    }
    if row["due_date"]:
        stated["due_date"] = facts.day(row["due_date"])
    if row["late"] is not None:
        stated["late_probability"] = facts.percent(row["late"])
    return stated
