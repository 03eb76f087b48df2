"""What a column is, for matching: its role decides how it is cleaned, compared and used to find candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["name", "address", "place", "code", "category"]

ID = "record_id"


@dataclass(frozen=True)
class Role:
    """A column and its kind.

    ``name``: words that identify, in any order; ``address``: house number and street in one text; ``place``: a town or
    suburb, spelled loosely; ``code``: a number or key that seldom changes (tax id, phone, postcode, day of birth);
    ``category``: one of a few values, which alone says little.
    """

    column: str
    kind: Kind


@dataclass(frozen=True)
class Level:
    """One step of likeness between two values, from the most alike down.

    ``m`` is the share of true pairs expected at this level, ``u`` the share of other pairs: what holds where the
    records are too few to learn it from. ``condition`` is SQL over ``<column>_l`` and ``<column>_r``; empty for "none
    of these".
    """

    words: str
    condition: str
    m: float
    u: float


def levels(role: Role) -> tuple[Level, ...]:
    """Return the levels at which two values of a role are compared, the most alike first."""
    return _LEVELS[role.kind](role.column)


def columns(role: Role) -> tuple[str, ...]:
    """Return the columns that a role is compared by, the first of which is null where nothing is known."""
    if role.kind == "name":
        return (role.column, f"{role.column}_words")
    if role.kind == "address":
        return (f"{role.column}_street", f"{role.column}_number")
    return (role.column,)


def _name(c: str) -> tuple[Level, ...]:
    shared = f"len(list_intersect({c}_words_l, {c}_words_r))"
    shorter = f"least(len({c}_words_l), len({c}_words_r))"
    longer = f"greatest(len({c}_words_l), len({c}_words_r))"
    alike = f"jaro_winkler_similarity({c}_l, {c}_r)"
    return (
        Level("same", f"{c}_l = {c}_r", 0.50, 0.002),
        Level("nearly same", f"{alike} >= 0.93 or {shared} = {longer}", 0.25, 0.003),
        Level("one within the other", f"{shared} = {shorter} or {shared} >= 0.6 * {longer}", 0.12, 0.005),
        Level("alike", f"{alike} >= 0.82 or {shared} >= 0.5 * {shorter}", 0.08, 0.05),
        Level("different", "", 0.05, 0.94),
    )


def _address(c: str) -> tuple[Level, ...]:
    number = f"{c}_number_l = {c}_number_r"
    alike = f"jaro_winkler_similarity({c}_street_l, {c}_street_r)"
    return (
        Level("same", f"{number} and {c}_street_l = {c}_street_r", 0.70, 0.0005),
        Level("same number, street nearly same", f"{number} and {alike} >= 0.85", 0.15, 0.0005),
        Level("street nearly same", f"{alike} >= 0.92", 0.08, 0.01),
        Level("same number", number, 0.03, 0.005),
        Level("different", "", 0.04, 0.984),
    )


def _place(c: str) -> tuple[Level, ...]:
    return (
        Level("same", f"{c}_l = {c}_r", 0.80, 0.02),
        Level("nearly same", f"jaro_winkler_similarity({c}_l, {c}_r) >= 0.88", 0.12, 0.02),
        Level("different", "", 0.08, 0.96),
    )


def _code(c: str) -> tuple[Level, ...]:
    return (
        Level("same", f"{c}_l = {c}_r", 0.90, 0.002),
        Level("a slip away", f"damerau_levenshtein({c}_l, {c}_r) <= 1", 0.06, 0.004),
        Level("different", "", 0.04, 0.994),
    )


def _category(c: str) -> tuple[Level, ...]:
    return (
        Level("same", f"{c}_l = {c}_r", 0.95, 0.30),
        Level("different", "", 0.05, 0.70),
    )


_LEVELS = {"name": _name, "address": _address, "place": _place, "code": _code, "category": _category}
