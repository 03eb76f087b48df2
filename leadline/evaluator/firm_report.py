"""The report of a simulated firm: its figures beside the industry's, its bands, and a page of plots."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from leadline.evaluator.bands import bands
from leadline.evaluator.firm_figures import Figure, figures
from leadline.evaluator.firm_picture import draw_firm
from leadline.evaluator.sealed import description

FOLDER = "report"
INDUSTRY, BANDS = "Beside the industry", "How hard the firm is"
NOTES = {
    INDUSTRY: "The ranges are those the project was given for professional-services firms.",
    BANDS: "The ranges apply to size m; smaller firms vary more.",
}


@dataclass(frozen=True)
class FirmReport:
    """What was measured, by section, and where it is written."""

    sections: Mapping[str, Sequence[Figure]]
    folder: Path


def report(world: Path) -> FirmReport:
    """Measure a simulated firm and write ``report/``: Markdown, JSON, a PNG and a page. The same world, the same bytes.

    Raises:
        UsageError: the folder is no simulated firm.
        IntegrityError: its truth is incomplete.
    """
    seed = int(str(description(world)["seed"]))
    sections = {INDUSTRY: figures(world), BANDS: bands(world, seed=seed)}
    folder = world / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    picture = draw_firm(world, folder / "report.png")
    (folder / "report.md").write_bytes(as_markdown(sections).encode())
    (folder / "report.json").write_bytes(as_json(sections).encode())
    (folder / "report.html").write_bytes(as_page(sections, picture.read_bytes()).encode())
    return FirmReport(sections, folder)


def as_json(sections: Mapping[str, Sequence[Figure]]) -> str:
    """Return the sections as JSON."""
    content = {name: [{**asdict(row), "met": row.met} for row in rows] for name, rows in sections.items()}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def as_markdown(sections: Mapping[str, Sequence[Figure]]) -> str:
    """Return a table per section."""
    lines = ["# The demo firm"]
    for name, rows in sections.items():
        lines += [
            "",
            f"## {name}",
            "",
            NOTES[name],
            "",
            "| figure | firm | range | met | how |",
            "|---|---|---|---|---|",
        ]
        lines += [f"| {' | '.join(cells(row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def as_page(sections: Mapping[str, Sequence[Figure]], picture: bytes) -> str:
    """Return a page that needs nothing else: the plots, then the tables."""
    image = base64.b64encode(picture).decode()
    tables = "".join(
        f"<h2>{html.escape(name)}</h2><p>{html.escape(NOTES[name])}</p><table><tr><th>figure<th>firm<th>range<th>met<th>how</tr>"
        + "".join("<tr>" + "".join(f"<td>{html.escape(cell)}" for cell in cells(row)) + "</tr>" for row in rows)
        + "</table>"
        for name, rows in sections.items()
    )
    style = (
        "body{font:15px sans-serif;margin:2em;max-width:76em}img{width:100%}td,th{padding:.2em .8em;text-align:left}"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>The demo firm</title><style>{style}</style>'
        f'<h1>The demo firm</h1><img alt="The firm by month" src="data:image/png;base64,{image}">{tables}</html>\n'
    )


def cells(row: Figure) -> tuple[str, str, str, str, str]:
    """Return a figure as texts: name, value, range, whether it lies in it, definition."""
    digits = 1 if row.unit in ("%", "days") else 3
    span = f"{row.low:g} … {row.high:g}"
    return row.name, f"{row.value:.{digits}f} {row.unit}".strip(), span, "yes" if row.met else "NO", row.definition
