"""Decision files of a receiving system: JSON or CSV, accepted or refused as a whole."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from leadline.kernel.errors import Fault
from leadline.queue.decisions import Verdict
from leadline.queue.states import REASON_CODES, SNOOZED

REQUIRED = ("external_id", "version", "verdict", "reason_code", "decided_by")
OPTIONAL = ("decided_at", "note", "value_recovered", "is_intervention", "snoozed_until")
COLUMNS = (*REQUIRED, *OPTIONAL)
SUFFIXES = (".json", ".csv")
MAX_DIGITS = 9
MAX_SHOWN = 120
# Control characters and halves of surrogate pairs: JSON can hold them, a database may not.
UNSTORABLE = ("Cc", "Cs")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Decided:
    """One decision as the file says it: ``verdict.by`` is the actor there, ``row`` the values as they were read.

    ``version`` is that of the exception when it was decided on; ``where`` says which place of which file it is.
    """

    external_id: str
    version: int
    verdict: Verdict
    row: Row
    where: str

    @property
    def identity(self) -> tuple[str, int, str, str, str]:
        """What makes two decisions the same one."""
        spoken = self.verdict
        return self.external_id, self.version, spoken.verdict, spoken.reason_code, spoken.by


class _Wrong(Exception):  # noqa: N818 (becomes a Fault)
    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def read_decisions(name: str, content: bytes) -> tuple[list[Decided], list[Fault]]:
    """Return the decisions of a file and all its faults; with any fault, there are no decisions.

    Args:
        name: the file's name; its suffix says which form it has.
        content: its bytes, UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
        rows = _csv_rows(text) if name.endswith(".csv") else _json_rows(text)
    except (ValueError, RecursionError, csv.Error) as exc:
        return [], [Fault(name, "a file in the documented format (docs/delivery.md)", repr(str(exc))[:MAX_SHOWN])]
    faults: list[Fault] = []
    found = [_decided(row, f"{name}: {place}", faults) for place, row in rows]
    if not rows:
        faults.append(Fault(name, "at least one decision", "none"))
    return ([], faults) if faults else ([one for one in found if one is not None], [])


def as_json(rows: Sequence[Row]) -> bytes:
    """Return rows as a file of the documented JSON form."""
    return (json.dumps({"decisions": list(rows)}, indent=2, ensure_ascii=False) + "\n").encode()


def _json_rows(text: str) -> list[tuple[str, Row]]:
    value = json.loads(text)
    rows = value.get("decisions") if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError('neither {"decisions": [{…}, …]} nor a list of objects')
    return [(f"decision {number}", row) for number, row in enumerate(rows, start=1)]


def _csv_rows(text: str) -> list[tuple[str, Row]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[str, Row]] = []
    if len(set(reader.fieldnames or ())) < len(reader.fieldnames or ()):
        raise ValueError("the header names a column twice")
    for row in reader:
        if None in row or None in row.values():
            raise ValueError(f"line {reader.line_num} has not as many values as the header")
        rows.append((f"line {reader.line_num}", {column: value for column, value in row.items() if value != ""}))
    return rows


def _decided(row: Row, where: str, faults: list[Fault]) -> Decided | None:
    """Return a row as a decision, or put its faults into the list."""
    before = len(faults)
    unknown = [name for name in row if name not in COLUMNS]
    faults += [Fault(where, "only " + ", ".join(COLUMNS), repr(name)[:MAX_SHOWN]) for name in unknown]
    faults += [Fault(f"{where}, {name}", "a value", "none") for name in REQUIRED if row.get(name) is None]
    values = {
        name: _value(read, row[name], f"{where}, {name}", faults)
        for name, read in _READERS.items()
        if row.get(name) is not None
    }
    if len(faults) > before:
        return None
    if values["reason_code"] not in REASON_CODES[values["verdict"]]:
        expected = "one of " + ", ".join(REASON_CODES[values["verdict"]])
        faults.append(Fault(f"{where}, reason_code", expected, values["reason_code"]))
    if values.get("snoozed_until") is not None and values["verdict"] != SNOOZED:
        faults.append(Fault(f"{where}, snoozed_until", f"none unless {SNOOZED}", str(row["snoozed_until"])))
    verdict = Verdict(
        verdict=values["verdict"],
        reason_code=values["reason_code"],
        by=values["decided_by"],
        note=_note(values.get("note"), values.get("decided_at")),
        expected_version=values["version"],
        value_recovered=values.get("value_recovered"),
        is_intervention=values.get("is_intervention"),
        snoozed_until=values.get("snoozed_until"),
    )
    return Decided(values["external_id"], values["version"], verdict, row, where)


def _value(read: Any, value: Any, where: str, faults: list[Fault]) -> Any:
    try:
        return read(value)
    except _Wrong as exc:
        faults.append(Fault(where, exc.expected, repr(value)[:MAX_SHOWN]))
        return None


def _note(note: str | None, decided_at: datetime | None) -> str | None:
    """Return the note with the moment of the decision there; here it counts from when we knew of it."""
    decided_text = f"decided {decided_at:%Y-%m-%d %H:%M:%S} UTC" if decided_at else None
    return "; ".join(text for text in (decided_text, note) if text) or None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong("text")
    if any(unicodedata.category(letter) in UNSTORABLE and letter not in "\t\r\n" for letter in value):
        raise _Wrong("text without control characters")
    return value.strip()


def _verdict(value: Any) -> str:
    if not isinstance(value, str) or value not in REASON_CODES:
        raise _Wrong("one of " + ", ".join(REASON_CODES))
    return value


def _version(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and int(text) > 0):
        raise _Wrong("the exception's version, a whole number from 1")
    return int(text)


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Wrong("a moment with its zone, such as 2026-07-01T06:00:00Z")


def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or not 0 <= amount < Decimal(10) ** 13:
        raise _Wrong("an amount from 0, such as 1200.50")
    return amount


def _flag(value: Any) -> bool:
    if not isinstance(value, bool) and value not in ("true", "false"):
        raise _Wrong("true or false")
    return value in (True, "true")


_READERS: Mapping[str, Any] = {
    "external_id": _text,
    "version": _version,
    "verdict": _verdict,
    "reason_code": _text,
    "decided_by": _text,
    "decided_at": _moment,
    "note": _text,
    "value_recovered": _amount,
    "is_intervention": _flag,
    "snoozed_until": _moment,
}
