"""An exception in a reader's words on the terminal, each figure with the query key it comes from."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from leadline.app.printing import print_table, print_text
from leadline.kernel.compose import title_of
from leadline.kernel.errors import UsageError
from leadline.kernel.rendering import READERS, RenderedText, Renderer

if TYPE_CHECKING:
    from leadline.queue.records import QueuedException

QUOTE_COLUMNS = {"written": "quoted", "key": "comes from"}


def check_reader(reader: str | None) -> None:
    """Refuse a name that is no reader's.

    Raises:
        UsageError: it is none of the readers.
    """
    if reader is not None and reader not in READERS:
        raise UsageError(
            "There is no such reader.", where="--reader", expected="one of " + ", ".join(READERS), found=reader
        )


def narrative_values(one: QueuedException, reader: str | None) -> dict[str, Any]:
    """Return a reader's narrative with its quotes as values beside a record; nothing without a reader."""
    from leadline.queue.narrative import render_narrative

    return (
        {"narratives": [{"reader": reader} | asdict(render_narrative(one, Renderer(audience=reader)))]}
        if reader
        else {}
    )


def print_narrative(one: QueuedException, reader: str) -> None:
    """Print a reader's narrative and what it quotes."""
    from leadline.queue.narrative import render_narrative

    print_text(title_of(one, Renderer()), style="bold")
    rendered = render_narrative(one, Renderer(audience=reader))
    if not rendered.text:
        print_text("It was scored before there were narratives by reader; the next score tells it.")
        return
    print_rendered(rendered)


def print_rendered(rendered: RenderedText) -> None:
    """Print a text and where each of its figures comes from."""
    print_text(rendered.text)
    rows = [{"written": quote.written, "key": quote.key} for quote in rendered.quotes]
    print_table(rows, QUOTE_COLUMNS, title="Where each figure comes from")
