"""queue digest: what waits, for who leads the firm, in a few sentences whose every figure says where it comes from."""

from __future__ import annotations

from dataclasses import asdict

import typer

from leadline.app.boundary import session_of
from leadline.app.narrative_printing import print_told
from leadline.app.options import FormatOption, HomeOption
from leadline.app.printing import Format, print_rows
from leadline.app.work import looking_at_queue


def digest(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Tell what waits in a few sentences: money by score and currency, trend, what is late, the largest three."""
    from leadline.queue.executive import executive_digest
    from leadline.queue.states import WAITING
    from leadline.queue.store import Wanted

    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        told = executive_digest(store.list_(Wanted(states=WAITING)), at=session.parts.now())
    if form is Format.TABLE:
        print_told(told)
        return
    print_rows(
        [{"text": told.text, "quotes": [asdict(quote) for quote in told.quotes]}], form, columns={"text": "text"}
    )
