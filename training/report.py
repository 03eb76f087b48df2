"""Write an evaluation for people and programs: JSON, CSV, Markdown and a picture, the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from leadline.kernel.errors import IntegrityError
from training.evaluate import EvaluationRow
from training.picture import picture


def write(rows: Sequence[EvaluationRow], folder: Path) -> list[Path]:
    """Write ``<score>.json``, ``.csv``, ``.md`` and ``.png`` for every score in the rows and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for score in sorted({row.score for row in rows}):
        own = [row for row in rows if row.score == score]
        texts = {"json": as_json(own), "csv": as_csv(own), "md": as_markdown(own)}
        for ending, text in texts.items():
            path = folder / f"{score}.{ending}"
            path.write_bytes(text.encode())
            written.append(path)
        written.append(picture(own, folder / f"{score}.png"))
    return written


def read(path: Path) -> list[EvaluationRow]:
    """Read the JSON that :func:`write` wrote.

    Raises:
        IntegrityError: it is damaged.
    """
    try:
        return [EvaluationRow(**row) for row in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError) as exc:
        raise IntegrityError(
            "Cannot read the evaluation report.",
            where=str(path),
            found=str(exc),
            next_step="leadline evaluate writes it again",
        ) from exc


def as_json(rows: Sequence[EvaluationRow]) -> str:
    """Return the rows as a JSON list of objects."""
    return json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"


def as_csv(rows: Sequence[EvaluationRow]) -> str:
    """Return the rows as CSV with a header line; undefined figures are empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(EvaluationRow)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()


def as_markdown(rows: Sequence[EvaluationRow]) -> str:
    """Return one table per score: a line per metric, a column per candidate, each figure with its interval."""
    return "\n".join(
        _table([row for row in rows if row.score == score]) for score in dict.fromkeys(r.score for r in rows)
    )


def _table(rows: Sequence[EvaluationRow]) -> str:
    metrics = list(dict.fromkeys(row.metric for row in rows))
    cells = {(row.candidate, row.metric): _cell(row) for row in rows}
    names = {row.candidate: f"**{row.candidate}**" if row.is_model else row.candidate for row in rows}
    head = rows[0]
    lines = [
        f"## {head.score}",
        "",
        f"{head.n} examples, {head.folds} folds, {head.seeds} seeds; in brackets the 90% interval. The model is bold.",
        "",
        "| metric | " + " | ".join(names.values()) + " |",
        "|---" * (len(names) + 1) + "|",
        *(f"| {metric} | " + " | ".join(cells.get((name, metric), "") for name in names) + " |" for metric in metrics),
    ]
    return "\n".join(lines) + "\n"


def _cell(row: EvaluationRow) -> str:
    if row.value is None:
        return "–"
    return f"{row.value:.3f}" + (f" [{row.low:.3f}, {row.high:.3f}]" if row.low is not None else "")
