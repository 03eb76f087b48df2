"""queue claims: which money two exceptions both state, and which of them claims it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from leadline.app.boundary import session_of
from leadline.app.options import FormatOption, HomeOption
from leadline.app.printing import Format, print_rows
from leadline.app.work import looking_at_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leadline.queue.records import QueuedException

COLUMNS = {
    "external_id": "id",
    "score": "score",
    "object_id": "object",
    "claimed_by": "claimed by",
    "claimed_by_score": "of score",
    "claimed_by_object_id": "and object",
    "money": "money",
    "expected_loss": "expected loss",
    "currency": "currency",
}


def claims(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """List the money that two live exceptions both state, and which of them claims it.

    A row per pair: so much of the money at risk of the first belongs to the second, and sums over both count it once.
    """
    from leadline.queue.states import LIVE
    from leadline.queue.store import Wanted

    with looking_at_queue(session_of(ctx), home) as store:
        rows = claim_rows(store.list_(Wanted(states=LIVE)))
    print_rows(rows, form, columns=COLUMNS)


def claim_rows(live: Sequence[QueuedException]) -> list[dict[str, Any]]:
    """Return the claim table of the live exceptions, by id and claiming id; money in ``currency``."""
    by_id = {one.external_id: one for one in live}
    rows = []
    for one in sorted(live, key=lambda one: one.external_id):
        for claim in one.claimed_by:
            other = by_id[claim.claimed_by]
            row: dict[str, Any] = {"external_id": one.external_id, "score": one.score, "object_id": one.object_id}
            row |= {"claimed_by": claim.claimed_by, "claimed_by_score": other.score}
            row |= {"claimed_by_object_id": other.object_id, "money": float(claim.money)}
            rows.append(row | {"expected_loss": float(claim.expected), "currency": one.currency})
    return rows
