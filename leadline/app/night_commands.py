"""run: all nightly steps in one command."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leadline.app.boundary import session_of
from leadline.app.customer_matching import match_landed, matching_note
from leadline.app.model_commands import SCORE_COLUMNS, score_rows
from leadline.app.night import (
    bring_decisions,
    build_warehouse,
    deliver,
    delivery_notes,
    escalate_overdue,
    land_folder,
    queue_exceptions,
    raise_unusable,
    read_back,
    score_scores,
    settle_as_of,
)
from leadline.app.options import AsOfOption, FormatOption, HomeOption, MappingOption, moment
from leadline.app.printing import Format, print_rows
from leadline.app.progress import note
from leadline.app.work import working


def run(
    ctx: typer.Context,
    as_of: AsOfOption = None,
    folder: Annotated[
        Path | None, typer.Option("--from", help="Folder to land first; without it the run starts at build.")
    ] = None,
    mapping: MappingOption = None,
    rewind: Annotated[
        bool, typer.Option("--rewind", help="Let an older as-of replace what was queued at a later one.")
    ] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Run the night: read decisions back, land, match, build, score, queue, escalate, deliver.

    A second run changes nothing. Refused files do not stop the night, nor do decisions of the receiving system that
    cannot be taken over; it ends with their exit code (3), so that somebody looks.
    """
    asked = moment(as_of)
    with working(session_of(ctx), home, "run", as_of=asked, create=folder is not None) as job:
        decided = read_back(job)
        brought = bring_decisions(job)
        landed = land_folder(job, folder, mapping or []) if folder else None
        at = settle_as_of(job, asked)
        matched = match_landed(job, asked=asked)
        snapshot = build_warehouse(job)
        report, health = score_scores(job, snapshot, (), as_of=at)
        changes = queue_exceptions(job, report, rewind=rewind)
        escalated = escalate_overdue(job, snapshot, as_of=at)
        delivered = deliver(job)
        print_rows(score_rows(health), form, columns=SCORE_COLUMNS, title=f"The night as of {at:%Y-%m-%d %H:%M} UTC")
        counts = (
            {"decisions brought back": brought}
            | asdict(changes)
            | {"escalated": escalated, "delivered": sum(one.delivered for one in delivered)}
        )
        note(", ".join(f"{count} {name}" for name, count in counts.items()) + f"; snapshot {snapshot.snapshot_id}")
        note(matching_note(matched))
        for words in delivery_notes(delivered):
            note(words)
        raise_unusable(delivered)
        decided.raise_left()
        if landed:
            landed.raise_refused()
