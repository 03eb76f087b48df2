"""A finding's narratives, one per reader: short, plain, and each figure a fact with the key it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from leadline.kernel import facts
from leadline.kernel.compose import keyed_action, keyed_reason, own_facts, render_lines, strongest
from leadline.kernel.facts import ID, NAMED, Fact
from leadline.kernel.findings import Finding
from leadline.kernel.narratives import DUE, Line, Narratives
from leadline.kernel.rendering import READERS, Renderer
from leadline.kernel.statements import say
from leadline.kernel.templates import ENGLISH, slots_of, templates
from scoring.evidence import Evidence
from scoring.reader_lines import DO, WHY, Wordings, lines_of, template_of

MOST_SENTENCES = 4
MOST_WORDS = 90
# The slot for what a leak is, inside a sentence, and the fact that fills it.
WHAT, LEAKAGE_CLASS = "what", "leakage_class"


def narratives_of(finding: Finding, *, due_at: datetime, evidence: Evidence) -> Narratives:
    """Return the narratives of a finding for every reader, each at most four sentences and ninety words in English.

    A line whose facts are not known, or are not for the reader, is left out.
    """
    slots = _slots(finding, due_at, evidence)
    return Narratives({reader: _lines(finding, slots, Renderer(audience=reader)) for reader in READERS})


def _lines(finding: Finding, slots: Mapping[str, Fact], renderer: Renderer) -> tuple[Line, ...]:
    wanted = lines_of(finding.score, finding.facts)[renderer.audience]
    made = [line for wordings in wanted if (line := _line(wordings, finding, slots, renderer))][:MOST_SENTENCES]
    # What is too long for ninety words goes from the middle: the lead and what to do stay.
    while len(made) > 2 and len(render_lines(tuple(made), renderer).text.split()) > MOST_WORDS:
        del made[1]
    return tuple(made)


def _line(wordings: Wordings, finding: Finding, slots: Mapping[str, Fact], renderer: Renderer) -> Line | None:
    """Return the first of a line's wordings that can be rendered."""
    for wording in wordings:
        made = _made(wording, finding, slots)
        if made and all(renderer.render(statement) for statement in made):
            return made
    return None


def _made(wording: str, finding: Finding, slots: Mapping[str, Fact]) -> Line | None:
    if wording == WHY:
        return _cause(finding)
    if wording == DO:
        return keyed_action(finding), say("plain.due", due=slots["due"])
    template = template_of(finding.score, wording)
    names = slots_of(templates()[template][ENGLISH])
    known = all(name in slots for name in names)
    return (say(template, **{name: slots[name] for name in names}),) if known else None


def _cause(finding: Finding) -> Line | None:
    """Return the strongest reason."""
    for place, reason in strongest(finding)[:1]:
        return say("plain.why"), keyed_reason(place, reason)
    return None


def _slots(finding: Finding, due_at: datetime, evidence: Evidence) -> dict[str, Fact]:
    """Return every fact that a line may quote, by the name of its slot."""
    own = {name: fact.by(f"facts.{name}") for name, fact in finding.facts.items()}
    own |= own_facts(finding)
    own["due"] = facts.day(due_at).by(DUE)
    if LEAKAGE_CLASS in own:
        own[WHAT] = own[LEAKAGE_CLASS]
    for slot, entity, key in (("client", "account", finding.account_id), ("project", "project", finding.project_id)):
        if key:
            named = evidence.fact(entity, key, "name")
            plain = facts.ident(key).by(f"finding.{entity}_id")
            own[slot] = plain if named is None or named.about == NAMED else named
    record = _record_of(finding, evidence)
    if record is not None:
        own["entity"], own["record"] = facts.term(record[0]).by(record[1].key), record[1]
    return own


def _record_of(finding: Finding, evidence: Evidence) -> tuple[str, Fact] | None:
    """Return the record to look at: one of the strongest reason's that is not the object, its project or its client."""
    usual = {finding.object_id, finding.project_id, finding.account_id}
    records = [record for _, reason in strongest(finding) for record in reason.records]
    for record in sorted(records, key=lambda one: one.key in usual):
        found = evidence.fact(record.entity, record.key)
        if found is not None and found.kind == ID and not found.about:
            return record.entity, found
    return None
