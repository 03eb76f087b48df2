"""contracts, contracts dbt: the data contracts as files for others, and the dbt layers that follow from them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leadline.app.boundary import BoundedGroup, session_of
from leadline.app.options import FormatOption, examples
from leadline.app.printing import Format, print_rows
from leadline.app.progress import Steps, note
from leadline.kernel.errors import HomeError, LeadlineError, UsageError

contracts_app = typer.Typer(cls=BoundedGroup, invoke_without_command=True)

CONTRACT_COLUMNS = {"about": "about", "contracts": "contracts", "folder": "folder"}
DIFFERENCE_COLUMNS = {"file": "file", "state": "state"}


@contracts_app.callback(epilog=examples("leadline contracts --to contracts", "leadline contracts dbt --check"))
def contracts(
    ctx: typer.Context,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write the contracts to.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Write data contracts (Open Data Contract Standard): one per entity to deliver, one per published mart.

    Needs no home. The same version of Leadline writes the same bytes. See below for the dbt layers that follow.
    """
    if ctx.invoked_subcommand is not None:
        return
    if to is None:
        raise UsageError("No folder was given.", expected="--to FOLDER", next_step="leadline contracts --to contracts")
    try:
        with Steps().step("Write contracts"):
            written = session_of(ctx).parts.contracts(to)
    except OSError as exc:
        raise _unwritable(
            exc, where=to, next_step="pass another --to, or check the folder and its permissions"
        ) from exc
    rows = [{"about": name, "contracts": len(paths), "folder": str(to / name)} for name, paths in written.items()]
    print_rows(rows, form, columns=CONTRACT_COLUMNS, title="Contracts")


@contracts_app.command("dbt", epilog=examples("leadline contracts dbt", "leadline contracts dbt --check"))
def dbt(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 when a generated file is not up to date.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Generate what follows from the input contract: staging, core, sources, descriptions, the reference page.

    Run it in a checkout after a change in leadline/kernel/entities. Needs no home.
    """
    from leadline.sources.derived.files import checkout, derived_files, differences, write

    folder = checkout()
    try:
        found = differences(folder) if check else write(folder)
    except OSError as exc:
        raise _unwritable(exc, where=folder, next_step="check the permissions of the checkout") from exc
    title = "Not up to date; leadline contracts dbt writes them" if check else "Written"
    if found or form is not Format.TABLE:
        print_rows([asdict(one) for one in found], form, columns=DIFFERENCE_COLUMNS, title=title)
    note(f"{len(found)} of {len(derived_files())} generated files {'differ' if check else 'changed'}.")
    if found and check:
        raise typer.Exit(LeadlineError.exit_code)


def _unwritable(cause: OSError, *, where: Path, next_step: str) -> HomeError:
    return HomeError(
        "The contracts cannot be written.",
        where=str(where),
        found=cause.strerror or str(cause),
        next_step=next_step,
    )
