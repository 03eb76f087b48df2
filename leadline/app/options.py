"""The options that several commands share, spelled once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from leadline.app.printing import Format
from leadline.kernel.clock import parse_as_of

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder that holds everything. (env LEADLINE_HOME; default ./leadline-home)"),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", help="YYYY-MM-DD (end of that day) or YYYY-MM-DDTHH:MM:SS, UTC. (default: the newest data)"
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="table for people, json or csv for programs.")]
ScoreArguments = Annotated[
    list[str] | None, typer.Argument(metavar="[SCORE]...", help="Scores by name; all six when left out.")
]
MappingOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--mapping",
        help="Mapping file; may be given several times. (default: FOLDER/mappings/*.yml, else FOLDER/mapping.yml)",
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of all random numbers.")]
ProfileOption = Annotated[
    str,
    typer.Option("--profile", help="Kind of firm: consulting (CRM-led), it_services (ERP-centric), agency (hub)."),
]
SizeOption = Annotated[str, typer.Option("--size", help="Size of the demo firm: xs, s, m or l.")]


def moment(as_of: str | None) -> datetime | None:
    """Return the as-of given on the command line; None without one.

    Raises:
        UsageError: it is no date.
    """
    return None if as_of is None else parse_as_of(as_of)


def examples(*lines: str) -> str:
    """Return the epilogue of a command's help: examples, one a line."""
    return "Examples:\n\n" + "\n\n".join(f"  {line}" for line in lines)
