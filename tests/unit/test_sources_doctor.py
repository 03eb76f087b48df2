"""What the doctor sees in a landing zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from leadline.kernel.contracts import entities
from leadline.sources.doctor import EntityFacts, examine
from tests.support.sources import LOADED_AT, Place

MAPPING = """
source_system: hris
files:
  - match: people.csv
    entity: person
    known_at: {column: Changed}
    columns: {person_id: Emp, role: Role, hire_date: Hired, manager_id: Boss}
  - match: skills.csv
    entity: person_skill
    columns: {person_id: Emp, skill_id: Skill, level: Level}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.map(MAPPING)
    made.draw(
        "people.csv",
        "Emp,Role,Hired,Boss,Changed\n"
        "E1,dev,2024-01-01,E2,2026-01-01T08:00:00\n"
        "E1,lead,2024-01-01,E2,2026-02-01T08:00:00\n"
        "E2,lead,2020-01-01,E9,2026-04-01T08:00:00\n"
        "E3,,2020-01-01,,2026-01-01T08:00:00\n",
    )
    made.draw("skills.csv", "Emp,Skill,Level\nE1,S1,3\nE8,S1,3\nE9,S1,9\nE9,S1,8\n")
    made.land()
    return made


def facts(place: Place, entity: str, *, hours_later: int = 1) -> EntityFacts:
    return {one.entity: one for one in examine(place.home, now=LOADED_AT + timedelta(hours=hours_later))}[entity]


def test_every_entity_of_the_contract_is_spoken_of(place: Place) -> None:
    found = examine(place.home, now=LOADED_AT)
    assert [one.entity for one in found] == sorted(entities())
    assert [one.entity for one in found if one.is_present] == ["person", "person_skill"]


def test_rows_versions_and_moments_are_counted(place: Place) -> None:
    person = facts(place, "person")
    assert (person.rows, person.keys, person.quarantined, person.batches) == (3, 2, 1, 1)
    assert person.last_known_at == datetime(2026, 4, 1, 8)
    assert person.known_ahead == 1


def test_an_entity_is_fresh_as_long_as_its_contract_says(place: Place) -> None:
    assert facts(place, "person", hours_later=24).is_fresh
    assert not facts(place, "person", hours_later=25).is_fresh
    assert facts(place, "person_skill", hours_later=25).is_fresh


def test_an_absent_entity_is_neither_present_nor_fresh(place: Place) -> None:
    invoice = facts(place, "invoice")
    assert not invoice.is_present
    assert not invoice.is_fresh
    assert (invoice.rows, invoice.last_loaded_at, invoice.orphans, invoice.broken_rules) == (0, None, (), ())


def test_quarantined_faults_are_counted_by_rule(place: Place) -> None:
    broken = [(one.column, one.rule, one.faults, one.sample) for one in facts(place, "person_skill").broken_rules]
    assert broken == [("level", "maximum", 2, "9")]


def test_references_that_lead_nowhere_are_counted_and_shown(place: Place) -> None:
    (boss,) = facts(place, "person").orphans
    assert (boss.column, boss.references, boss.rows, boss.keys, boss.samples) == ("manager_id", "person", 1, 1, ("E9",))
    person, skill = facts(place, "person_skill").orphans
    assert (person.column, person.samples, person.target_absent) == ("person_id", ("E8",), False)
    assert (skill.references, skill.rows, skill.keys, skill.target_absent) == ("skill", 2, 1, True)


def test_a_home_without_landing_has_nothing_and_says_so(tmp_path: Path) -> None:
    assert not any(one.is_present for one in examine(Place(tmp_path).home, now=LOADED_AT))
