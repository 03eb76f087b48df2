"""Findings with their fact record and what each reader is told, drawn in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from leadline.kernel.findings import Band, Finding, Reason, Record, ScoredException
from leadline.kernel.narratives import Told, tell
from scoring.evidence import Evidence, read_evidence
from scoring.fact_record import FactRecord
from scoring.readers import narratives_of
from tests.support.findings import AS_OF, finding
from tests.support.point_in_time import MemoryReader
from tests.support.queue import drawn

DUE_AT = AS_OF + timedelta(days=3)
FIRM: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "account": [{"account_id": "K1", "name": "Harbor Mills"}],
    "project": [{"project_id": "P1", "name": "Data platform", "project_type": "fixed"}],
    "time_entry": [{"time_entry_id": key} for key in ("TE1", "TE2")],
    "invoice_line": [{"invoice_line_id": "IL-1", "amount": "850.00", "currency": "EUR"}],
    "person": [{"person_id": "E7", "name": "Quill Ferrant", "email": "quill@firm.example"}],
}

ROUTED: dict[str, Any] = {"project_id": "P1", "account_id": "K1", "legal_entity_id": "LE1"}

LEAK = finding(
    "L1:2026-01:unbilled_time",
    score="revenue_leakage",
    object_type="contract_line_period",
    money="110.00",
    chance=0.95,
    action="Put TE1, TE2 on the next invoice of L1, or mark them not billable with a reason",
    reasons=(
        Reason(
            "unbilled_time", "time entry TE1 is on no valid invoice (60.00 EUR)", 60.0, (Record("time_entry", "TE1"),)
        ),
        Reason("unbilled_time", "time entry TE2 is on no valid invoice", 40.0, (Record("time_entry", "TE2"),)),
    ),
    facts={
        "leakage_class": "unbilled_time",
        "contract_line_id": "L1",
        "period": "2026-01",
        "leaked_amount": Decimal("100.00"),
        "leaked_currency": "EUR",
        "expected_amount": Decimal("100.00"),
        "billed_amount": Decimal("0.00"),
        "records": 2,
        "late_since": "2026-03-07",
    },
    **ROUTED,
)
DISPUTE = finding(
    "INV-1",
    score="invoice_dispute",
    object_type="invoice",
    money="1250.29",
    chance=0.0575,
    action="Explain the amount to the client's approver.",
    reasons=(
        Reason("size", "Its amount is 20.1 times the contract's last invoice.", 0.4),
        Reason("rate", "Line IL-1 bills 850.00 EUR.", 0.3, (Record("invoice_line", "IL-1", "amount"),)),
    ),
    facts={
        "amount": Decimal("20668.72"),
        "currency": "EUR",
        "due_date": "2026-07-23",
        "client_dispute_rate": 0.105,
        "firm_dispute_rate": 0.0689,
    },
    **ROUTED,
)
MARGIN = finding(
    "P1",
    money="11417.07",
    chance=0.93,
    action="Review estimate and staffing with the manager.",
    reasons=(Reason("cost_against_progress", "33% of the approved cost is spent with 20% of the work done.", 1.0),),
    facts={
        "eac_low": Decimal("23000.00"),
        "eac_middle": Decimal("31181.33"),
        "approved_cost": Decimal("21152.71"),
        "spent_share": 0.33,
        "progress": 0.2,
    },
    person_id="E7",
    **ROUTED,
)
STAFFING = finding(
    "RQ1",
    score="staffing_match",
    object_type="staffing_request",
    money="8306.81",
    chance=0.7,
    action="Propose E7 (alternatives E8).",
    facts={
        "role": "Architect",
        "begins": "2026-07-15",
        "hours_per_week": 20.0,
        "candidate_1": "E7",
        "candidate_2": "E8",
        "proposed": "E7",
        "availability": 0.94,
    },
    reasons=(Reason("available", "E7 has 94% of the hours free.", 0.9, (Record("person", "E7"),)),),
    **ROUTED,
)
BENCH = finding(
    "Analyst:Nordics:2026-07-06",
    score="pipeline_capacity",
    object_type="capacity_gap",
    money="34737.30",
    chance=None,
    band=Band(0.5, 0.64, 0.8, "FTE"),
    action="Sell 0.6 FTE of Analyst from Nordics to other regions.",
    facts={"direction": "bench", "weeks": 12, "supply": 0.64, "demand": 0.01, "deals": 1},
)


def record_of(finding: Finding, tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> FactRecord:
    """Return a finding's fact record over a small firm, due three days after the as-of."""
    evidence = Evidence() if tables == {} else read_evidence(MemoryReader(tables or FIRM), [finding], as_of=AS_OF)
    return FactRecord(finding, DUE_AT, evidence)


def told(record: FactRecord, reader: str) -> Told:
    """Return what a reader is told."""
    return tell(narratives_of(record).by_reader[reader], record)


def told_exception(found: Finding, **scored: Any) -> ScoredException:
    """Return a finding as scoring hands it to the queue, with its narratives."""
    given = {"finding": found, "due_at": DUE_AT, "narratives": narratives_of(record_of(found))}
    return drawn(found.object_id, score=found.score, object_type=found.object_type, scored=given | scored)
