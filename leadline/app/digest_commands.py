"""queue digest: the queue in a few sentences for the management, each figure with the query key it comes from."""

from __future__ import annotations

from dataclasses import asdict

import typer

from leadline.app.boundary import session_of
from leadline.app.narrative_printing import print_rendered
from leadline.app.options import FormatOption, HomeOption
from leadline.app.printing import Format, print_rows
from leadline.app.work import looking_at_queue


def digest(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Summarise the queue in a few sentences: money by score and currency, trend, what is late, the largest three."""
    from leadline.queue.executive import executive_digest
    from leadline.queue.states import WAITING
    from leadline.queue.store import Wanted

    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        digest = executive_digest(store.list_(Wanted(states=WAITING)), at=session.parts.now())
    if form is Format.TABLE:
        print_rendered(digest)
        return
    print_rows(
        [{"text": digest.text, "quotes": [asdict(quote) for quote in digest.quotes]}], form, columns={"text": "text"}
    )
