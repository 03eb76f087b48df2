"""A finding's narratives, one per reader: short, plain, and nothing in them but what the fact record answers for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from leadline.kernel.errors import Fault, IntegrityError
from leadline.kernel.findings import Reason
from leadline.kernel.narratives import (
    ACCOUNT_MANAGER,
    CONTROLLER,
    COST,
    DUE,
    ID,
    PERSON,
    PROJECT_MANAGER,
    READERS,
    Fact,
    Narratives,
    Sentence,
    Slot,
    faults_of,
    tell,
)
from scoring.evidence import record_key
from scoring.fact_record import FACTS, FactRecord
from scoring.quoting import quoted
from scoring.reader_texts import DO, NAMES, RECORD, WHY, Line, texts_of

MOST_SENTENCES = 4
MOST_WORDS = 90
# Reasons that are tried for the cause, strongest first.
MOST_TRIED = 3
# What a reader is never told of, whoever looks: an account manager talks to clients.
HIDDEN = {CONTROLLER: (), PROJECT_MANAGER: (), ACCOUNT_MANAGER: (COST, PERSON)}
CAUSE = "Why: "
_NAME = re.compile(r"\{(\w+)\}")


def narratives_of(record: FactRecord) -> Narratives:
    """Return the narratives of a finding for every reader, each at most four sentences and ninety words, checked.

    A line whose facts are not known is left out.

    Raises:
        IntegrityError: a sentence quotes what the fact record does not answer, or holds a figure beside its quotes.
    """
    told = {reader: _told(replace(record, hidden=HIDDEN[reader]), reader) for reader in READERS}
    check(told, record)
    keys = dict.fromkeys(slot.key for sentences in told.values() for one in sentences for slot in one.slots)
    return Narratives(tuple(fact for key in keys if (fact := record(key)) is not None), told)


def check(told: Mapping[str, tuple[Sentence, ...]], record: FactRecord) -> None:
    """Ask every key of every text again, as its reader may, and refuse texts with anything that is not answered for.

    Raises:
        IntegrityError: names what is wrong, by reader.
    """
    faults = [
        Fault(reader, "only quotes that their query keys answer", fault)
        for reader, sentences in told.items()
        for one in sentences
        for fault in faults_of(one, replace(record, hidden=HIDDEN[reader]))
    ]
    if faults:
        raise IntegrityError(
            "A narrative holds what no query key answers for; nothing was published.",
            where=f"{record.finding.score} {record.finding.object_id}",
            faults=faults,
        )


def _told(record: FactRecord, reader: str) -> tuple[Sentence, ...]:
    lines = texts_of(record.finding.score, record.finding.facts)[reader]
    found = [sentence for line in lines if (sentence := _line(line, record)) is not None][:MOST_SENTENCES]
    # What is too long for ninety words goes from the middle: the lead and what to do stay.
    while len(found) > 2 and len(tell(tuple(found), record).text.split()) > MOST_WORDS:
        del found[1]
    return tuple(found)


def _line(line: Line, record: FactRecord) -> Sentence | None:
    for wording in line:
        made = _cause(record) if wording == WHY else _action(record) if wording == DO else _filled(wording, record)
        if made is not None:
            return made
    return None


@cache
def _parts(wording: str) -> tuple[str, tuple[str, ...]]:
    """Return a wording with numbered slots, and the names that stood there."""
    names = tuple(_NAME.findall(wording))
    places = iter(range(len(names)))
    return _NAME.sub(lambda _: f"⟦{next(places)}⟧", wording), names


def _filled(wording: str, record: FactRecord) -> Sentence | None:
    text, names = _parts(wording)
    keys = [next((key for key in _keys(name, record) if record(key) is not None), None) for name in names]
    slots = tuple(Slot(key) for key in keys if key is not None)
    if len(slots) < len(names):
        return None
    for place, (name, slot) in enumerate(zip(names, slots, strict=True)):
        if name == RECORD:
            text = text.replace(f"⟦{place}⟧", f"{_entity(slot.key)} ⟦{place}⟧")
    return Sentence(text, slots)


def _entity(key: str) -> str:
    return key.removeprefix(record_key("", "")[:-1]).partition("/")[0].replace("_", " ")


def _keys(name: str, record: FactRecord) -> Iterator[str]:
    """Yield the keys that a name of a wording may stand for, the best first."""
    finding = record.finding
    if name == "client" and finding.account_id:
        yield from (record_key("account", finding.account_id, "name"), "finding.account_id")
    elif name == "project" and finding.project_id:
        yield from (record_key("project", finding.project_id, "name"), "finding.project_id")
    elif name == RECORD:
        own = {finding.object_id, finding.project_id, finding.account_id}
        facts = [fact for reason in _strongest(record) for fact in record.of_records(reason)]
        ids = [fact for fact in facts if fact.kind == ID and not fact.about]
        yield from (fact.key for fact in sorted(ids, key=lambda fact: fact.value in own))
    else:
        yield NAMES.get(name, FACTS + name)


def _strongest(record: FactRecord) -> list[Reason]:
    return sorted(record.finding.reasons, key=lambda reason: (-abs(reason.weight), reason.code))


def _cause(record: FactRecord) -> Sentence | None:
    """Return the strongest reason of which everything that it quotes is a fact."""
    for reason in _strongest(record)[:MOST_TRIED]:
        made = _of_model(f"{CAUSE}{reason.text}", (*record.of_records(reason), *record.known), record)
        if made is not None:
            return made
    return None


def _action(record: FactRecord) -> Sentence | None:
    """Return the proposed action with its due day."""
    facts = [fact for reason in record.finding.reasons for fact in record.of_records(reason)]
    made = _of_model(record.finding.action, (*facts, *record.known), record)
    if made is None:
        return None
    return Sentence(f"{made.text.rstrip('.')}, due ⟦{len(made.slots)}⟧.", (*made.slots, Slot(DUE)))


def _of_model(text: str, facts: tuple[Fact, ...], record: FactRecord) -> Sentence | None:
    if not text or record.evidence.may_name_somebody(text):
        return None
    made = quoted(text, facts)
    return made and replace(made, text=made.text if made.text.endswith((".", "?", "!")) else f"{made.text}.")
