"""One mail per owner and night: which exceptions it lists. :mod:`leadline.delivery.mail` renders it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from leadline.delivery.addresses import address_of
from leadline.kernel.compose import title_of
from leadline.kernel.facts import COST, NAMED
from leadline.kernel.rendering import Renderer
from leadline.queue.claims import own_money
from leadline.queue.executive import executive_digest
from leadline.queue.records import QueuedException, moment_text
from leadline.queue.states import WAITING
from leadline.queue.store import Store, Wanted

EMAIL = "email"
# The line of the addresses that asks for the executive digest; no owner of exceptions is called so.
EXECUTIVE = "executive_digest"
DUE_WITHIN = timedelta(hours=24)
# Whoever reads a mail: nothing in it is for those alone who may see costs or personal data.
MAILED = Renderer(hidden=(COST, NAMED))
# Rows of one section; the rest is counted and added up.
MAX_ROWS = 50


def compose(store: Store, addresses: Mapping[str, str], *, at: datetime) -> list[str]:
    """Put tonight's mail of each owner into the outbox, and return the owners who have waiting work and no address.

    New is what became work since the last mail that the owner got; due is what is due within a day, or was. An owner
    with neither gets no mail. One that still waits from another night gives way to tonight's, which repeats all of it.
    Where the addresses have the line ``executive_digest``, it gets a mail on all that waits.
    """
    last = store.last_delivered(EMAIL)
    fresh = store.fresh_since(min(last.values())) if last else {}
    by_owner: dict[str, list[QueuedException]] = {}
    everything = store.list_(Wanted(states=WAITING))
    if everything and EXECUTIVE in addresses:
        _address(store, EXECUTIVE, _executive(everything, at=at), at=at)
    for one in everything:
        by_owner.setdefault(one.answers, []).append(one)
    for owner, waiting in sorted(by_owner.items()):
        if address_of(owner, addresses) is None:
            continue
        payload = _payload(owner, waiting, fresh, since=last.get(_subject(owner)), at=at)
        if payload["new"]["count"] or payload["due"]["count"]:
            _address(store, owner, payload, at=at)
    return [owner for owner in sorted(by_owner) if address_of(owner, addresses) is None]


def _subject(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()[:16]


def _address(store: Store, owner: str, payload: Mapping[str, Any], *, at: datetime) -> None:
    subject = _subject(owner)
    key = f"digest-{subject}-{at:%Y%m%d}"
    store.address(EMAIL, key=key, subject=subject, version=at.toordinal(), payload=payload, at=at)


def _executive(waiting: Sequence[QueuedException], *, at: datetime) -> dict[str, Any]:
    """Return the executive digest as values for a mail, with the question behind each figure."""
    rendered = executive_digest(waiting, at=at)
    quotes = [[quote.written, quote.key] for quote in rendered.quotes]
    return {"owner": EXECUTIVE, "night": f"{at:%Y-%m-%d}", "text": rendered.text, "quotes": quotes}


def _payload(
    owner: str,
    waiting: Sequence[QueuedException],
    fresh: Mapping[str, datetime],
    *,
    since: datetime | None,
    at: datetime,
) -> dict[str, Any]:
    due = [one for one in waiting if one.due_at <= at + DUE_WITHIN]
    ids = {one.external_id for one in due}
    others = [one for one in waiting if one.external_id not in ids]
    new = [one for one in others if since is None or fresh.get(one.external_id, since) > since]
    return {"owner": owner, "night": f"{at:%Y-%m-%d}", "due": _section(due), "new": _section(new)}


def _section(found: Sequence[QueuedException]) -> dict[str, Any]:
    """Return exceptions as values for a mail: the most money first, in all how many, and the money by currency, each
    unit once.
    """
    ranked = sorted(found, key=lambda one: (-one.money_at_risk, one.external_id))
    return {
        "count": len(found),
        "money": {currency: str(total) for currency, total in own_money(found).items()},
        "rows": [_row(one) for one in ranked[:MAX_ROWS]],
    }


def _row(one: QueuedException) -> dict[str, Any]:
    rendered = {name: getattr(one, name) for name in ("external_id", "score", "currency", "state")}
    rendered |= {"title": title_of(one, MAILED), "action": MAILED.text(one.action) or ""}
    return rendered | {"money_at_risk": str(one.money_at_risk), "due_at": moment_text(one.due_at)}
