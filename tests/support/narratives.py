"""Findings with their evidence and what each reader is told, drawn in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from leadline.kernel import facts
from leadline.kernel.compose import render_lines
from leadline.kernel.findings import Band, Finding, Reason, Record, ScoredException
from leadline.kernel.narratives import Narratives
from leadline.kernel.rendering import RenderedText, Renderer
from leadline.kernel.statements import Statement, say
from scoring.evidence import Evidence, read_evidence, with_evidence
from scoring.readers import narratives_of
from tests.support.findings import AS_OF, finding
from tests.support.point_in_time import MemoryReader
from tests.support.queue import drawn

DUE_AT = AS_OF + timedelta(days=3)
FIRM: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "account": [{"account_id": "K1", "name": "Harbor Mills"}],
    "project": [{"project_id": "P1", "name": "Data platform", "project_type": "fixed"}],
    "time_entry": [{"time_entry_id": key} for key in ("TE1", "TE2")],
    "invoice_line": [{"invoice_line_id": "IL-1", "amount": Decimal("850.00"), "currency": "EUR"}],
    "person": [{"person_id": "E7", "name": "Quill Ferrant", "email": "quill@firm.example"}],
}

ROUTED: dict[str, Any] = {"project_id": "P1", "account_id": "K1", "legal_entity_id": "LE1"}


def proof(entry: str, amount: str) -> Reason:
    """Return the reason that an entry was never billed."""
    said = say(
        "revenue_leakage.proof_unbilled_time",
        left=facts.ident(entry),
        right=facts.ident("RC1"),
        amount=facts.money(amount, "EUR"),
    )
    return Reason("unbilled_time", said, float(amount), (Record("time_entry", entry),))


LEAK = finding(
    "L1:2026-01:unbilled_time",
    score="revenue_leakage",
    object_type="contract_line_period",
    money="110.00",
    chance=0.95,
    action=say("revenue_leakage.do_unbilled_time", left=facts.ident("TE1, TE2"), line=facts.ident("L1")),
    reasons=(proof("TE1", "60.00"), proof("TE2", "40.00")),
    facts={
        "leakage_class": facts.term("unbilled_time"),
        "contract_line_id": facts.ident("L1"),
        "period": facts.month("2026-01"),
        "leaked_amount": facts.money("100.00", "EUR"),
        "expected_amount": facts.money("100.00", "EUR"),
        "billed_amount": facts.money("0.00", "EUR"),
        "records": facts.number(2, "records"),
        "late_since": facts.day("2026-03-07"),
    },
    **ROUTED,
)
DISPUTE = finding(
    "INV-1",
    score="invoice_dispute",
    object_type="invoice",
    money="1250.29",
    chance=0.0575,
    action=say("invoice_dispute.do_size_issued"),
    reasons=(
        Reason(
            "size",
            say("invoice_dispute.size_previous", times=facts.number(272.61, digits=1)),
            0.4,
            (Record("invoice_line", "IL-1", "amount"),),
        ),
        Reason("tax_code", say("invoice_dispute.tax_code", share=facts.percent(0.3)), 0.3),
    ),
    facts={
        "amount": facts.money("20668.72", "EUR"),
        "due_date": facts.day("2026-07-23"),
        "client_dispute_rate": facts.percent(0.105),
        "firm_dispute_rate": facts.percent(0.0689),
    },
    **ROUTED,
)
MARGIN = finding(
    "P1",
    money="11417.07",
    chance=0.93,
    title=say("margin_erosion.title_priced", project=facts.name("Data platform")),
    expected=say("margin_erosion.expected", plan=facts.money("21152.71", "USD", about=facts.COST)),
    action=say("margin_erosion.do_review"),
    reasons=(
        Reason(
            "cost_against_progress",
            say("margin_erosion.spent", spent=facts.percent(0.33), done=facts.percent(0.2)),
            1.0,
        ),
    ),
    facts={
        "eac_low": facts.money("23000.00", "USD", about=facts.COST),
        "eac_middle": facts.money("31181.33", "USD", about=facts.COST),
        "approved_cost": facts.money("21152.71", "USD", about=facts.COST),
        "spent_share": facts.percent(0.33),
        "progress": facts.percent(0.2),
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
    action=say("staffing_match.do_propose_others", person=facts.person("E7"), others=facts.person("E8")),
    facts={
        "role": facts.name("Architect"),
        "begins": facts.day("2026-07-15"),
        "hours_per_week": facts.hours(20.0),
        "candidate_1": facts.person("E7"),
        "proposed": facts.person("E7"),
    },
    reasons=(
        Reason(
            "available",
            say(
                "staffing_match.available",
                person=facts.person("E7"),
                share=facts.percent(0.94, about=facts.PERSON),
            ),
            0.9,
            (Record("person", "E7"),),
        ),
    ),
    **ROUTED,
)
BENCH = finding(
    "Analyst:Nordics:2026-07-06",
    score="pipeline_capacity",
    object_type="capacity_gap",
    money="34737.30",
    chance=0.97,
    band=Band(0.5, 0.64, 0.8, "FTE"),
    action=say(
        "pipeline_capacity.do_sell",
        size=facts.number(0.6, "FTE"),
        role=facts.name("Analyst"),
        region=facts.name("Nordics"),
    ),
    facts={
        "direction": facts.term("bench"),
        "weeks": facts.number(12, "weeks"),
        "supply": facts.number(0.64, "FTE"),
        "demand": facts.number(0.01, "FTE"),
        "deals": facts.number(1, "deals"),
    },
)
FOUND = (LEAK, DISPUTE, MARGIN, STAFFING, BENCH)


def evidence_of(found: Finding, tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Evidence:
    """Return a finding's evidence over a small firm."""
    return Evidence() if tables == {} else read_evidence(MemoryReader(tables or FIRM), [found], as_of=AS_OF)


def narrated(found: Finding, tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> Narratives:
    """Return a finding's narratives over a small firm, due three days after the as-of."""
    evidence = evidence_of(found, tables)
    return narratives_of(with_evidence(found, evidence), due_at=DUE_AT, evidence=evidence)


def told(
    found: Finding,
    reader: str,
    tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    *,
    language: str = "en",
) -> RenderedText:
    """Return what a reader is told."""
    return render_lines(narrated(found, tables).by_reader[reader], Renderer(language, audience=reader))


def read(statement: Statement, language: str = "en") -> str:
    """Return a statement as someone reads it who may see everything."""
    return Renderer(language).text(statement) or ""


def narrated_exception(found: Finding, **scored: Any) -> ScoredException:
    """Return a finding as scoring hands it to the queue, with its records and narratives."""
    bound = with_evidence(found, evidence_of(found))
    given = {"finding": bound, "due_at": DUE_AT, "narratives": narrated(found)}
    return drawn(found.object_id, score=found.score, object_type=found.object_type, scored=given | scored)
