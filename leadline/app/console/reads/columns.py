"""How a table of figures is shown: its columns by name, label and kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of a table that is shown.

    Attributes:
        name: of the row's field.
        label: its heading, in English; it is translated when the page is made.
        kind: ``text``, ``words`` (a code), ``money``, ``ratio``, ``index`` (such as CPI), ``figure`` or ``yes``.
        link: path and field of the id that it leads to.
    """

    name: str
    label: str
    kind: str = "text"
    link: tuple[str, str] | None = None

    @property
    def is_figure(self) -> bool:
        """Whether it is aligned right."""
        return self.kind in ("money", "ratio", "index", "figure")
