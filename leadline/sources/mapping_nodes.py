"""Read single values out of a mapping file's tree, collecting a fault with its place for each invalid one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from leadline.kernel.errors import Fault

Faults = list[Fault]
Node = Mapping[str, Any]

_YES = ("true", "yes", "on")
_NOTHING = ("", "~", "null")


def named(known: Sequence[str], wrong: str) -> str:
    """Return the expected names: the nearest, or all of them."""
    near = get_close_matches(wrong, known, n=3)
    return ("perhaps " if near else "one of ") + ", ".join(near or known)


def check_keys(node: Node, known: Sequence[str], place: str, faults: Faults) -> None:
    """Collect every unknown key."""
    faults += [Fault(f"{place}.{key}", named(known, str(key)), "an unknown key") for key in node if key not in known]


def text_of(node: Node, key: str, place: str, faults: Faults) -> str:
    """Return a text that must be there."""
    value = node.get(key)
    if isinstance(value, str) and value.strip():
        return value.strip()
    faults.append(Fault(f"{place}.{key}", "a text", "nothing" if not value else repr(value)[:80]))
    return ""


def option_of(node: Node, key: str, default: str, place: str, faults: Faults) -> str:
    """Return a text that may be absent; kept as typed, blanks included."""
    value = node.get(key, default)
    if isinstance(value, str):
        return value
    faults.append(Fault(f"{place}.{key}", "a text", repr(value)[:80]))
    return default


def choice_of(node: Node, key: str, allowed: Sequence[str], place: str, faults: Faults) -> str:
    """Return one of the allowed words; the first is the default."""
    value = option_of(node, key, allowed[0], place, faults).lower()
    if value in allowed:
        return value
    faults.append(Fault(f"{place}.{key}", named(allowed, value), value))
    return allowed[0]


def check_is_true(node: Node, key: str, place: str, faults: Faults) -> None:
    """Collect a key that can only be true and is something else."""
    value = option_of(node, key, "true", place, faults)
    if value.lower() not in _YES:
        faults.append(Fault(f"{place}.{key}", "true", value or "nothing"))


def texts_of(node: Node, key: str, place: str, faults: Faults) -> tuple[str, ...]:
    """Return one text or a list of texts, as a tuple; empty when absent."""
    value = node.get(key, [])
    found = [value] if isinstance(value, str) else value
    if isinstance(found, list) and all(isinstance(text, str) for text in found):
        return tuple(found)
    faults.append(Fault(f"{place}.{key}", "a text or a list of texts", repr(value)[:80]))
    return ()


def table_of(node: Node, key: str, place: str, faults: Faults) -> dict[str, str]:
    """Return a look-up of texts, trimmed; empty when absent."""
    table = node.get(key, {})
    if isinstance(table, dict) and all(isinstance(text, str) for text in table.values()):
        return {str(text).strip(): target.strip() for text, target in table.items()}
    faults.append(Fault(f"{place}.{key}", "source text: canonical text, one a line", repr(table)[:80]))
    return {}


def nothing_or(text: str) -> str | None:
    """Return null for the words that mean it in YAML."""
    return None if text.lower() in _NOTHING else text
