"""Quotes and the discounts that somebody must approve: the paper side of a deal from its proposal on."""

from __future__ import annotations

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.days import at
from leadline.simulator.deal import Deal
from leadline.simulator.people import People
from leadline.simulator.versions import Row, VersionLog


def record_quote(deal: Deal, *, rng: np.random.Generator, people: People, log: VersionLog) -> None:
    """Record the quote of a deal that got as far as a proposal, and the approval of its discount if it needs one."""
    sent = next((when for when, stage in deal.path if stage == 2), None)
    if sent is None:
        return
    quote_id = "0Q0" + deal.id[3:]
    values: Row = {
        "quote_id": quote_id,
        "opportunity_id": deal.id,
        "amount": deal.amount,
        "currency": words.ENTITY_CURRENCIES[deal.entity],
        "discount_pct": deal.discount,
        "valid_until": sent + 60,
    }
    if deal.discount > 0.08:
        _approval(deal, sent, quote_id, rng=rng, people=people, log=log)
    log.add("quote", at(sent, 8.5), status="draft", **values)
    log.add("quote", at(sent, 17.5), status="sent", issued_on=sent, **values)
    ended = min(deal.closed, sent + 61) if not deal.won else deal.closed
    log.add("quote", at(ended, 18.5), status="accepted" if deal.won else "expired", issued_on=sent, **values)


def _approval(
    deal: Deal, sent: int, quote_id: str, *, rng: np.random.Generator, people: People, log: VersionLog
) -> None:
    asked, decided = max(sent - int(rng.integers(2, 6)), deal.created), sent + int(rng.integers(-1, 6))
    decided = max(decided, asked)
    values: Row = {
        "approval_id": "a0D" + deal.id[3:],
        "quote_id": quote_id,
        "requested_pct": deal.discount,
        "requested_on": asked,
    }
    log.add("discount_approval", at(max(asked, sent), 8.6), status="requested", **values)
    if rng.random() < 0.9:
        approver = people.ids[int(people.manager[deal.seller])]
        granted = rng.random() < 0.93
        log.add(
            "discount_approval",
            at(max(decided, sent), 16),
            status="approved" if granted else "rejected",
            approved_pct=deal.discount if granted else 0.0,
            approver_id=approver,
            decided_on=max(decided, sent),
            **values,
        )
