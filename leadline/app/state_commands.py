"""status, verify, doctor: the health of the home."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leadline.app.boundary import Session, session_of
from leadline.app.health import RED, entity_rows, readiness_rows, status_rows, unflagged_time
from leadline.app.integrity import verify_home
from leadline.app.options import FormatOption, HomeOption
from leadline.app.printing import Format, print_rows
from leadline.app.progress import Steps, note
from leadline.app.work import holding, look
from leadline.kernel.errors import HomeError, LeadlineError
from leadline.kernel.home import Home, home_folder, open_home

STATUS_COLUMNS = {"what": "what", "state": "state", "at": "when (UTC)", "as_of": "as of", "snapshot_id": "snapshot"} | {
    "detail": "detail"
}
VERIFY_COLUMNS = {"what": "what", "checked": "checked", "state": "state", "detail": "detail"}
MIGRATE_COLUMNS = {"file": "file", "what": "what changed"}
DOCTOR_COLUMNS = {
    "score": "score",
    "state": "state",
    "missing": "missing",
    "would_gain_from": "would gain from",
}
ENTITY_COLUMNS = {
    "entity": "entity",
    "rows": "rows",
    "keys": "keys",
    "quarantined": "in quarantine",
    "fresh": "fresh",
    "needed_by": "needed by",
    "remarks": "remarks",
}


def status(
    ctx: typer.Context,
    fail_on_red: Annotated[bool, typer.Option("--fail-on-red", help="Exit with 1 when something is red.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show what ran, when, on which snapshot, and what is red.

    Red: failed or interrupted runs, stale entities, rows in quarantine, dead letters, scores that moved.
    """
    session = session_of(ctx)
    opened = look(session, home)
    rows = status_rows(session.parts, opened)
    print_rows(rows, form, columns=STATUS_COLUMNS, title=f"{opened.path}")
    red = [row for row in rows if row["state"] == RED]
    note(f"{len(red)} red." if red else "Nothing is red.")
    if red and fail_on_red:
        raise typer.Exit(LeadlineError.exit_code)


def verify(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Check what is stored against what was written: landing, snapshots, risk models, the audit chain.

    Ends with exit code 8 and every fault when something is not what its manifest says.
    """
    session = session_of(ctx)
    opened = look(session, home)
    rows, failure = verify_home(session.parts, opened, Steps())
    print_rows(rows, form, columns=VERIFY_COLUMNS, title=f"{opened.path}")
    if failure:
        raise failure


def migrate(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Bring a home made by an older Leadline to this version's form. Running it again changes nothing.

    Renames the column stem to score in landed decisions and in your own governance tables, and heads to checkpoints in
    the settings and the audit's file; then upgrades the ops store. Back up the home first (docs/runbooks/migration.md).
    """
    from leadline.app.home_migration import migrate_files

    session = session_of(ctx)
    folder = home_folder(home)
    if not folder.is_dir():
        raise HomeError("There is no home here.", where=str(folder), next_step="pass the --home to migrate")
    with holding(folder, "migrate", at=session.parts.now()):
        changes = migrate_files(folder)
        with session.parts.open_store(open_home(folder)):  # opening it upgrades it
            pass
    print_rows([asdict(change) for change in changes], form, columns=MIGRATE_COLUMNS, title=f"{folder}")
    note("Next: leadline build, leadline train, leadline run." if changes else "Nothing to migrate.")


def doctor(
    ctx: typer.Context,
    entities: Annotated[bool, typer.Option("--entities", help="Show every entity of the input contract.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Explain which scores can run, what they lack and what would improve them; with --entities, what landed."""
    session = session_of(ctx)
    opened = _home_or_none(session, home)
    if entities:
        print_rows(entity_rows(session.parts, opened), form, columns=ENTITY_COLUMNS, title="Entities")
        return
    print_rows(readiness_rows(session.parts, opened), form, columns=DOCTOR_COLUMNS, title="Scores")
    if silent := unflagged_time(session.parts, opened):
        note(silent)
    note("leadline doctor --entities tells what landed of each entity.")


def _home_or_none(session: Session, home: Path | None) -> Home | None:
    """Open the home; where there is none yet, the doctor speaks of a firm that has landed nothing."""
    try:
        return look(session, home)
    except HomeError as exc:
        note(f"{exc.what} What follows is what a first landing would need.")
        return None
