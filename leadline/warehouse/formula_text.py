"""Text that a spreadsheet would execute. One rule for everything we write that a spreadsheet may open."""

from __future__ import annotations

# A cell that begins with one of these is a formula to at least one spreadsheet program.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet could take the text for a formula."""
    return text.startswith(FORMULA_STARTS)


def behind_apostrophe(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would execute it, else as it is."""
    return "'" + text if is_formula(text) else text
