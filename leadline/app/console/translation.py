"""Mark texts of the code for translation; pages translate them when they are rendered."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for a marker, which extraction tools know)
    """Return a text unchanged: it is looked up in the catalogue later, and every catalogue must hold it."""
    return text
