"""Mistakes in a mapping file: each is found, with its place and the nearest right word, before anything is landed."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.kernel.errors import ConfigurationError
from leadline.sources.mapping_file import read_mappings
from tests.support.sources import BILLS, GOOD_BILLS, Place


def faults_of(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        read_mappings([path])
    assert raised.value.exit_code == 4
    return [str(fault) for fault in raised.value.faults]


# What is replaced in a right mapping -> what the only fault says.
MISTAKES = [
    ("source_system: erp", "source_system:", "source_system: expected a text, found nothing"),
    ("source_system: erp", "source_sytem: erp\nsource_system: erp", "source_sytem: expected perhaps source_system"),
    ("entity: billing_schedule", "entity: billing_shedule", "files[0].entity: expected perhaps billing_schedule"),
    (
        "entity: billing_schedule",
        "entitty: x\n    entity: billing_schedule",
        "files[0].entitty: expected perhaps entity",
    ),
    ('match: "*.csv"', "match:", "files[0].match: expected a text"),
    ('match: "*.csv"', "match: /etc/*.csv", "files[0].match: expected a pattern below the landed folder"),
    ('match: "*.csv"', "match: ../*.csv", "files[0].match: expected a pattern below the landed folder"),
    ("entity:", "format: excel\n    entity:", "files[0].format: expected one of csv, parquet, found excel"),
    ("entity:", "delimiter: ', '\n    entity:", "files[0].delimiter: expected one character, or tab"),
    ("entity:", "encoding: latin\n    entity:", "files[0].encoding: expected perhaps latin"),
    ("entity:", "decimal: ',,'\n    entity:", "files[0].decimal: expected one character"),
    ("entity:", "thousands: '.'\n    entity:", "files[0].thousands: expected another mark than the decimal mark"),
    ("entity:", "timezone: Europe/Lundon\n    entity:", "files[0].timezone: expected a time zone"),
    ("entity:", "nulls: {a: b}\n    entity:", "files[0].nulls: expected a text or a list of texts"),
    ("entity:", "known_at: {format: '%Y-%m-%d'}\n    entity:", "files[0].known_at.column: expected a text"),
    ("entity:", "known_at: {column: X, format: '%Y'}\n    entity:", "known_at.format: expected directives"),
    ("entity:", "known_at: {column: X, delay_days: -1}\n    entity:", "delay_days: expected a number of days"),
    ("entity:", "known_at: [X]\n    entity:", "files[0].known_at: expected a column and its format"),
    ("entity:", "deleted: {column: X}\n    entity:", "files[0].deleted: expected exactly one of not_null"),
    ("entity:", "where: {not_null: true}\n    entity:", "files[0].where.column: expected a text"),
    ("entity:", "where: {column: X, not_null: maybe}\n    entity:", "where.not_null: expected true, found maybe"),
    ("amount: Amount", "amuont: Amount\n      amount: Amount", "columns.amuont: expected a column of billing_schedule"),
    ("      amount: Amount\n", "", "columns.amount: expected a source for it: billing_schedule requires it"),
    ("      schedule_id: Id\n", "", "columns.schedule_id: expected a source for it"),
    ("amount: Amount", "amount:", "columns.amount: expected a source column, or exactly one of column, constant"),
    ("amount: Amount", "amount: {column: A, constant: 1}", "found column, constant"),
    ("amount: Amount", "amount: {column: A, scall: 1}", "columns.amount.scall: expected perhaps scale"),
    ("amount: Amount", "amount: {column: A, scale: much}", "columns.amount.scale: expected a number other than 0"),
    ("amount: Amount", "amount: {column: A, scale: 0}", "columns.amount.scale: expected a number other than 0"),
    ("amount: Amount", "amount: {column: A, format: '%Y-%m-%d'}", "columns.amount.format: expected no format"),
    ("amount: Amount", "amount: {column: A, prefix: x}", "columns.amount.prefix: expected no prefix"),
    ("amount: Amount", "amount: {join: [A, B]}", "columns.amount: expected a money, found join"),
    ("amount: Amount", "amount: {row_hash: true}", "columns.amount: expected a money, found row_hash"),
    ("contract_id: Contract", "contract_id: {sum: [A, B]}", "columns.contract_id: expected a string, found sum"),
    ("contract_id: Contract", "contract_id: {join: []}", "columns.contract_id.join: expected source columns"),
    ("contract_id: Contract", "contract_id: {row_hash: false}", "columns.contract_id.row_hash: expected true"),
    ("contract_id: Contract", "contract_id: {constant: ''}", "columns.contract_id.constant: expected a text"),
    ("contract_id: Contract", "contract_id: {column: C, scale: 2}", "columns.contract_id.scale: expected no scale"),
    ("due_date: Due", "due_date: {column: D, format: 'DD/MM/YYYY'}", "due_date.format: expected directives"),
    ("due_date: Due", "due_date: {column: D, format: '%d/%Q/%Y'}", "with the unknown %Q"),
    ("due_date: Due", "due_date: {column: D, format: '%d/%m'}", "which reads no year"),
    ("status: Status", "status: {column: S, values: {A: planed}}", "status.values.A: expected a value of status"),
    ("status: Status", "status: {column: S, otherwise: offen}", "status.otherwise: expected a value of status"),
    ("status: Status", "status: {constant: offen}", "status.constant: expected a value of status"),
    ("status: Status", "status: {column: S, values: [A]}", "status.values: expected source text: canonical text"),
    ("currency: Currency", "currency: {constant: EURO}", "currency.constant: expected an ISO 4217 currency"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES, ids=[said for _, _, said in MISTAKES])
def test_a_mistake_is_named_with_its_place(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in BILLS
    path = tmp_path / "mapping.yml"
    path.write_text(BILLS.replace(right, wrong, 1), "utf-8")
    faults = faults_of(path)
    assert len(faults) == 1
    assert said in faults[0]
    assert faults[0].startswith("mapping.yml: ") or "." in faults[0]


WHOLE_FILES = [
    ("", "keys source_system and files"),
    ("just words", "keys source_system and files"),
    ("source_system: erp\nfiles: []\n", "a list with at least one item"),
    ("source_system: erp\nfiles: [x]\n", "keys match, entity and columns"),
    ("source_system: erp\nfiles:\n  - {match: a, entity: skill}\n", "the columns of skill"),
    ("source_system: [", "YAML in UTF-8"),
    ("source_system: erp\nsource_system: crm\n", "occurs twice"),
    (b"source_system: Caf\xe9\n", "YAML in UTF-8"),
]


@pytest.mark.parametrize(("content", "said"), WHOLE_FILES)
def test_a_file_that_is_no_mapping_is_refused_in_words(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = tmp_path / "mapping.yml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert any(said in fault for fault in faults_of(path))


def test_all_faults_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yml", tmp_path / "b.yml"
    first.write_text(BILLS.replace("amount: Amount", "amount: {column: A, scale: 0}").replace("status:", "stats:"))
    second.write_text("source_system: x\nfiles: []\n")
    with pytest.raises(ConfigurationError, match="mapping files have faults") as raised:
        read_mappings([first, second, tmp_path / "gone.yml"])
    places = [fault.where for fault in raised.value.faults]
    assert places == [
        "a.yml: files[0].columns.stats",
        "a.yml: files[0].columns.status",
        "a.yml: files[0].columns.amount.scale",
        "b.yml: files",
        str(tmp_path / "gone.yml"),
    ]


def test_without_a_mapping_file_the_error_says_where_to_start() -> None:
    with pytest.raises(ConfigurationError, match="Missing mapping file") as raised:
        read_mappings([])
    assert "docs/own-data.md" in raised.value.next_step


def test_a_wrong_mapping_lands_nothing_and_makes_no_landing_zone(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.draw("bills.csv", GOOD_BILLS)
    place.map(BILLS.replace("amount: Amount", "amuont: Amount"))
    with pytest.raises(ConfigurationError):
        place.land()
    assert place.tree() == {}


def test_words_that_yaml_takes_for_switches_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text(BILLS.replace("status: Status", "status: {column: S, values: {No: planned, Yes: ready, 1: ready}}"))
    source = read_mappings([path])[0].files[0].columns["status"]
    assert source.values == {"No": "planned", "Yes": "ready", "1": "ready"}
