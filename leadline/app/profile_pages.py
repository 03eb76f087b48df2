"""A comparison of the integration profiles as tables for people, as Markdown, and as rows for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leadline.app.printing import cell

if TYPE_CHECKING:
    from leadline.warehouse.profile_comparison import Comparison

# Objects shown one by one; all of them are in gov_profile_effect, and in JSON and CSV.
SHOWN = 40


@dataclass(frozen=True)
class Section:
    """One table: what it shows, its columns (key → heading), its rows, and what it leaves out."""

    title: str
    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]
    remark: str = ""


def sections(found: Comparison) -> tuple[Section, ...]:
    """Return the comparison as tables for people."""
    profiles = {name: f"{name} (in force)" if name == found.active else name for name in found.profiles}
    hidden = len(found.values) - SHOWN
    return (
        Section(
            "Which system wins, by attribute, and for how many objects",
            {
                "object_type": "object",
                "domain": "domain",
                "attribute": "attribute",
                **profiles,
                "values_differ": "values that differ",
            },
            [_attribute(row, found) for row in found.attributes],
        ),
        Section(
            "Values that differ",
            {"object_type": "object", "object_id": "id", "attribute": "attribute", **profiles, "owner": "owner"},
            found.values[:SHOWN],
            f"{hidden:,} more are in gov_profile_effect." if hidden > 0 else "",
        ),
        Section(
            "Disagreements to resolve, by owner",
            {"owner": "owner", "steward_queue": "queue", **profiles},
            found.disagreements,
        ),
        Section(
            f"Published tables that differ: rows, and how many of them {found.active} does not have",
            {"table": "table", **profiles},
            [_table(row, found) for row in found.tables],
        ),
    )


def _attribute(row: Mapping[str, Any], found: Comparison) -> dict[str, Any]:
    """Return a row with the winners of each profile in words: 'crm 14, erp 1'."""
    return dict(row) | {name: ", ".join(f"{k} {v:,}" for k, v in row[name].items()) for name in found.profiles}


def _table(row: Mapping[str, Any], found: Comparison) -> dict[str, Any]:
    words = {"table": row["table"]}
    for name in found.profiles:
        changed = row[f"{name}_changed_rows"]
        words[name] = f"{row[f'{name}_rows']:,}" + (f" ({changed:,})" if changed else "")
    return words


def rows(found: Comparison) -> list[dict[str, Any]]:
    """Return the comparison as one list; ``about`` says what a row is about."""
    return [
        *({"about": "attribute"} | _attribute(row, found) for row in found.attributes),
        *({"about": "value"} | row for row in found.values),
        *({"about": "disagreement"} | row for row in found.disagreements),
        *({"about": "table"} | row for row in found.tables),
    ]


def markdown(found: Comparison) -> str:
    """Return the comparison as Markdown, a heading and a table per section."""
    return "\n".join(_markdown(section) for section in sections(found))


def _markdown(section: Section) -> str:
    lines = [
        _line(section.columns.values()),
        _line("---" for _ in section.columns),
        *(_line(cell(row[key]) for key in section.columns) for row in section.rows),
    ]
    body = "\n".join(lines) if section.rows else "Nothing."
    remark = f"\n{section.remark}\n" if section.remark else ""
    return f"### {section.title}\n\n{body}\n{remark}"


def _line(cells: Any) -> str:
    return "| " + " | ".join(str(one).replace("|", "\\|").replace("\n", " ") for one in cells) + " |"
