"""Findings with their fact record and what each reader is told, drawn in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from leadline.kernel.findings import Finding
from leadline.kernel.narratives import Narratives, Told, tell
from scoring.evidence import Evidence, read_evidence
from scoring.fact_record import FactRecord
from scoring.readers import narratives_of
from tests.support.findings import AS_OF
from tests.support.known import MemoryKnown

DUE_AT = AS_OF + timedelta(days=3)
FIRM: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "account": [{"account_id": "K1", "name": "Harbor Mills"}],
    "project": [{"project_id": "P1", "name": "Data platform", "project_type": "fixed"}],
    "time_entry": [{"time_entry_id": key} for key in ("TE1", "TE2")],
    "invoice_line": [{"invoice_line_id": "IL-1", "amount": "850.00", "currency": "EUR"}],
    "person": [{"person_id": "E7", "name": "Quill Ferrant", "email": "quill@firm.example"}],
}


def record_of(finding: Finding, tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> FactRecord:
    """Return a finding's fact record over a small firm, due three days after the as-of."""
    evidence = Evidence() if tables == {} else read_evidence(MemoryKnown(tables or FIRM), [finding], as_of=AS_OF)
    return FactRecord(finding, DUE_AT, evidence)


def told(record: FactRecord, reader: str) -> Told:
    """Return what a reader is told."""
    return tell(narratives_of(record).by_reader[reader], record)


def facts_of(narratives: Narratives) -> dict[str, str]:
    """Return the values of a fact record by their keys."""
    return {fact.key: fact.value for fact in narratives.facts}
