"""Progress of long commands: bars on a terminal, one plain line per step elsewhere. Always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from leadline.app.wiring import Tell


class Steps:
    """The steps of one command, reported as they start and progress."""

    @contextmanager
    def step(self, label: str) -> Iterator[Tell]:
        """Print that a step starts, and yield the callback for its progress."""
        if not sys.stderr.isatty():
            typer.echo(f"{label} ...", err=True)
            yield _silent
            return
        with self._open() as bars:
            task = bars.add_task(label, total=1.0, detail="")

            def tell(detail: str, share: float) -> None:
                bars.update(task, completed=share, detail=detail)

            yield tell
            bars.update(task, completed=1.0, detail="")

    @contextmanager
    def _open(self) -> Iterator[Progress]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description:<24}", markup=False), BarColumn(bar_width=24), TimeElapsedColumn())
        detail = TextColumn("{task.fields[detail]}", style="dim", markup=False)
        with Progress(*columns, detail, console=Console(stderr=True)) as bars:
            yield bars


def note(text: str) -> None:
    """Print a note on stderr."""
    typer.echo(text, err=True)


def _silent(detail: str, share: float) -> None:
    """Ignore progress where there is no bar."""
