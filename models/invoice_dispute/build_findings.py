"""From scored invoices to findings: which are worth a person's time, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import polars as pl

from features.invoice_dispute.evidence import evidence, similar_clean
from features.invoice_dispute.policy import Policy, policy
from leadline.kernel.findings import Finding, Reason, Record
from leadline.warehouse.point_in_time import PointInTimeReader
from models.framework.risk_model import Artefact
from models.invoice_dispute.blend import explain, predict_blend
from models.invoice_dispute.reasons import GROUPS, Group, percent

REASONS_SHOWN = 4
# A reason that moves the log-odds by less than this is not told: it changes 10 % to 10.5 % at most.
SMALLEST_WEIGHT = 0.05
CENT = Decimal("0.01")
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
    return sorted(made, key=lambda finding: (-finding.money_at_risk, finding.object_id))


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
    money = pl.coalesce("amount_reporting", "amount").cast(pl.Float64) * pl.col("probability")
    likely = pl.col("probability") >= limits.min_lift * pl.col("firm_dispute_rate")
    return scored.filter((money >= limits.min_at_risk) & likely).sort("invoice_id")


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
    own = Record("invoice", row["invoice_id"], "amount", f"{row['amount']} {row['currency']}")
    ranked = sorted(zip(shares, GROUPS, strict=True), key=lambda pair: (-pair[0], pair[1].code))
    said = [(share, group, group.says(row)) for share, group in ranked if share >= SMALLEST_WEIGHT]
    reasons = [
        Reason(group.code, text, round(share, DIGITS), (own, *records.get((row["invoice_id"], group.code), ())))
        for share, group, text in said
        if text
    ]
    if reasons:
        return tuple(sorted(reasons, key=lambda r: (-r.weight, r.code))[:REASONS_SHOWN])
    text = f"Nothing stands out; it carries the usual chance of this client ({percent(row['client_dispute_rate'])})."
    return (Reason("client_history", text, 0.0, (own,)),)


def _records(frame: pl.DataFrame) -> dict[tuple[str, str], tuple[Record, ...]]:
    grouped: dict[tuple[str, str], list[Record]] = {}
    for invoice, code, entity, key, column, value in frame.iter_rows():
        grouped.setdefault((invoice, code), []).append(Record(entity, key, column, value))
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
    amount: Decimal = row["amount_reporting"] if converted else row["amount"]
    name = row["invoice_number"] or row["invoice_id"]
    kind = "Draft invoice" if row["is_draft"] else "Invoice"
    return Finding(
        score="invoice_dispute",
        object_type="invoice",
        object_id=row["invoice_id"],
        as_of=as_of,
        money_at_risk=(amount * Decimal(str(chance))).quantize(CENT, ROUND_HALF_UP),
        currency=reader.reporting_currency if converted else row["currency"],
        title=f"{kind} {name}: {percent(chance)} chance of a dispute within {days} days of issue",
        action=_action(reasons, draft=bool(row["is_draft"])),
        expected=f"{percent(row['firm_dispute_rate'])} of the firm's invoices are disputed, credited or paid short",
        seen=f"{percent(chance)} for this one: {reasons[0].text}",
        reasons=reasons,
        probability=chance,
        facts=_facts(row),
        similar=similar.get(row["invoice_id"], ()),
        legal_entity_id=row["legal_entity_id"],
        project_id=row["project_id"],
        account_id=row["account_id"],
    )


def _action(reasons: tuple[Reason, ...], *, draft: bool) -> str:
    by_code: dict[str, Group] = {group.code: group for group in GROUPS}
    group = by_code[reasons[0].code]
    return group.draft if draft else group.issued


def _facts(row: dict[str, Any]) -> dict[str, str | int | float | Decimal]:
    facts: dict[str, str | int | float | Decimal | None] = {
        "amount": row["amount"],
        "currency": row["currency"],
        "status": row["status"],
        "due_date": row["due_date"].isoformat() if row["due_date"] else None,
        "client_dispute_rate": round(row["client_dispute_rate"], 4),
        "firm_dispute_rate": round(row["firm_dispute_rate"], 4),
        "late_probability": row["late"],
        "days_since_issue": int(row["days_since_issue"]),
    }
    return {name: value for name, value in facts.items() if value is not None}
