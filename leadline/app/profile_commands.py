"""profiles: the three integration profiles side by side, built from one landing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadline.app import profile_pages
from leadline.app.boundary import Session, session_of
from leadline.app.options import FormatOption, HomeOption
from leadline.app.printing import Format, print_rows, print_table
from leadline.app.progress import Steps, note
from leadline.app.work import look
from leadline.kernel.errors import HomeError, UsageError

if TYPE_CHECKING:
    from leadline.kernel.home import Home
    from leadline.warehouse.profile_comparison import Comparison
    from leadline.warehouse.snapshot import Snapshot


def profiles(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", help="FILE.md to write the tables to, as Markdown.")] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show the three integration profiles side by side: which system wins, which values differ, who must fix what.

    Builds each from the landing of the home in a temporary place; the home itself stays as it is.
    """
    session = session_of(ctx)
    opened = look(session, home)
    if out is not None and out.is_dir():
        raise UsageError("--out is a folder.", found=str(out), expected="a file", next_step="--out FILE.md")
    found = _compare(session, opened)
    if form is Format.TABLE:
        for section in profile_pages.sections(found):
            print_table(section.rows, section.columns, title=section.title)
            if section.remark:
                note(section.remark)
    else:
        print_rows(profile_pages.rows(found), form, columns={"about": "about"})
    if out is not None:
        _write(out, profile_pages.markdown(found))
        note(f"Written to {out}.")
    note(
        f"In force: {found.active}. To switch: integration_profile in {opened.path / 'leadline.toml'}, leadline build."
    )


def _compare(session: Session, home: Home) -> Comparison:
    from leadline.warehouse.profile_builds import built_profiles
    from leadline.warehouse.profile_comparison import compare

    steps = Steps()

    def build(profile: str, own: Home) -> Snapshot:
        with steps.step(f"Build {profile}") as tell:
            return session.parts.build(own, as_of=None, force=False, progress=tell)

    with built_profiles(home, build) as snapshots, steps.step("Compare"):
        return compare(snapshots, active=home.settings.integration_profile)


def _write(path: Path, text: str) -> None:
    """Write the file, whole or not at all.

    Raises:
        HomeError: it cannot be written.
    """
    from leadline.kernel.files import write_atomically

    try:
        write_atomically(path, text.encode())
    except OSError as exc:
        raise HomeError(
            "The tables cannot be written.",
            where=str(path),
            found=exc.strerror or str(exc),
            next_step="pass another --out, or check the folder and its permissions",
        ) from exc
