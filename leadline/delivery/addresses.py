"""E-mail addresses of exception owners: a CSV file that the firm keeps."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address
from pathlib import Path

from leadline.kernel.errors import Fault

COLUMNS = ["owner", "address"]
EVERYBODY_ELSE = "*"


def read_addresses(path: Path, faults: list[Fault]) -> dict[str, str]:
    """Return the address of each owner; the owner ``*`` is the default. Faults go into the list."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = list(csv.reader(stream, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        faults.append(Fault(str(path), "a CSV file with the columns owner,address", type(exc).__name__))
        return {}
    if not lines or lines[0] != COLUMNS:
        faults.append(Fault(f"{path}:1", ",".join(COLUMNS), ",".join(lines[0]) if lines else "an empty file"))
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        fault = _fault(line, found)
        if fault:
            faults.append(Fault(f"{path}:{number}", *fault))
        elif line:
            found[line[0].strip()] = line[1].strip()
    return found


def address_of(owner: str, addresses: Mapping[str, str]) -> str | None:
    """Return an owner's address; None when none is configured."""
    return addresses.get(owner) or addresses.get(EVERYBODY_ELSE)


def is_address(text: str) -> bool:
    """Return whether a text is one address such as ``ana@example.com``."""
    try:
        parsed = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError):
        return False
    return bool(parsed.username and parsed.domain) and text.isascii()


def _fault(line: list[str], found: Mapping[str, str]) -> tuple[str, str] | None:
    if not line:
        return None
    if len(line) != len(COLUMNS):
        return "two values", f"{len(line)}"
    owner, address = (value.strip() for value in line)
    if not owner or owner in found:
        return "each owner once", owner or "no owner"
    return None if is_address(address) else ("an address such as ana@example.com", address or "nothing")
