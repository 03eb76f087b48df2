"""Say the same thing the same way, before records are compared: case, accents, signs, legal forms, street words."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from leadline.matching.roles import ID, Role

_LEGAL_FORMS = """
    ab ag aps as asa bv co company corp corporation gmbh inc incorporated kft kg limited llc llp ltd nv oy oyj plc
    pte pty sa sarl sas sl spa srl ug
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
_SMALL_WORDS = """
    a an and at for in of on the to
"""
SMALL_WORDS = frozenset(_SMALL_WORDS.split())
_STREET_WORDS = """
    apt av ave avenue bd blvd boulevard cct circuit cl close court cr cres crescent ct dr drive fl floor highway
    hwy lane ln parade parkway pde pkwy pl place plaza plz rd road room sq square st ste str strasse street suite
    terrace unit way
"""
STREET_WORDS = frozenset(_STREET_WORDS.split())
DIRECTIONS = {"north": "n", "south": "s", "east": "e", "west": "w"}


def cleaned(records: pl.DataFrame, roles: Sequence[Role]) -> pl.DataFrame:
    """Return one row per record, by id, with the columns that the roles are compared by; what is empty is null."""
    parts = [column for role in roles for column in _cleaned(role)]
    return records.sort(ID).select(pl.col(ID).cast(pl.String), *parts)


def plain(column: str) -> pl.Expr:
    """Return text in small letters and digits with single blanks; null when nothing is left."""
    text = pl.col(column).cast(pl.String).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    text = text.str.to_lowercase().str.replace_all("ß", "ss").str.replace_all(r"['’.]", "")
    text = text.str.replace_all("&", " and ").str.replace_all(r"[^a-z0-9]+", " ").str.strip_chars()
    return pl.when(text != "").then(text)


def _cleaned(role: Role) -> list[pl.Expr]:
    column = role.column
    if role.kind == "name":
        words = _words(plain(column), LEGAL_FORMS | SMALL_WORDS)
        return [_joined(words).alias(column), words.list.unique().list.sort().alias(f"{column}_words")]
    if role.kind == "address":
        street = plain(column).str.replace(r"^\d+\S*( \d+\b)?", "")
        words = _words(street, STREET_WORDS).list.eval(pl.element().replace(DIRECTIONS))
        number = plain(column).str.extract(r"^(\d+)")
        return [_joined(words).alias(f"{column}_street"), number.alias(f"{column}_number")]
    if role.kind == "code":
        code = plain(column).str.replace_all(" ", "")
        return [code.alias(column)]
    return [plain(column).alias(column)]


def _words(text: pl.Expr, dropped: frozenset[str]) -> pl.Expr:
    """Return the words of a text without those that say nothing, unless nothing else would be left."""
    words = text.str.strip_chars().str.split(" ")
    kept = words.list.eval(pl.element().filter(~pl.element().is_in(sorted(dropped))))
    return pl.when(kept.list.len() > 0).then(kept).otherwise(words)


def _joined(words: pl.Expr) -> pl.Expr:
    text = words.list.join(" ")
    return pl.when(text != "").then(text)
