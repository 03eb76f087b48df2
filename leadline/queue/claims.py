"""Which money of an exception another one claims, so that a sum over both counts it once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, select

from leadline.kernel.stakes import Claim, Stake, Staked, claims_of
from leadline.queue.engine import rows
from leadline.queue.states import LIVE
from leadline.queue.tables import EXCEPTION

Values = dict[str, Any]
Matching = Callable[[Select[Any]], Select[Any]]


@dataclass(frozen=True)
class Counted:
    """What of an exception's money is in another's too: of which score, in which currency, and how much."""

    score: str
    currency: str
    money: Decimal
    expected: Decimal


def stakes_as_values(stakes: Sequence[Stake]) -> list[list[Any]] | None:
    """Return stakes as a column keeps them; None for none."""
    return [[one.key, str(one.money), one.is_whole] for one in stakes] or None


def claims_as_values(claims: Sequence[Claim]) -> list[list[str]] | None:
    """Return claims as a column keeps them; None for none."""
    return [[one.claimed_by, str(one.money), str(one.expected)] for one in claims] or None


def claims_from(values: Sequence[Sequence[str]] | None) -> tuple[Claim, ...]:
    """Read back what ``claims_as_values`` made."""
    return tuple(Claim(other, Decimal(money), Decimal(expected)) for other, money, expected in values or ())


def settled(connection: Connection) -> list[Values]:
    """Return each exception whose claims are others than stored, with its column ``claimed_by`` as it should be.

    Only live exceptions claim, and are claimed from; what is closed keeps what was claimed of it when it was open.
    """
    column = EXCEPTION.c
    names = (column.external_id, column.currency, column.probability, column.stakes, column.claimed_by)
    either = column.stakes.is_not(None) | column.claimed_by.is_not(None)
    live = list(rows(connection, select(*names).where(column.state.in_(LIVE), either)))
    found = claims_of(_staked(row) for row in live)
    now = {row["external_id"]: claims_as_values(found.get(row["external_id"], ())) for row in live}
    return [
        {"external_id": row["external_id"], "claimed_by": now[row["external_id"]]}
        for row in live
        if row["claimed_by"] != now[row["external_id"]]
    ]


def counted_twice(connection: Connection, matching: Matching) -> list[Counted]:
    """Return what of the exceptions that match is claimed by others that match: a sum over all is too high by it."""
    column = EXCEPTION.c
    # All that is claimed is found by its own small index; then only the rows on either side are looked up.
    names = (column.external_id, column.score, column.currency, column.claimed_by)
    claimed = {
        row["external_id"]: (row["score"], row["currency"], claims_from(row["claimed_by"]))
        for row in rows(connection, select(*names).where(column.claimed_by.is_not(None)))
    }
    if not claimed:
        return []
    either = {*claimed, *(claim.claimed_by for _, _, claims in claimed.values() for claim in claims)}
    here = matching(select(column.external_id).where(column.external_id.in_(sorted(either))))
    present = set(connection.execute(here).scalars())
    return [
        Counted(score, currency, claim.money, claim.expected)
        for external_id, (score, currency, claims) in claimed.items()
        for claim in claims
        if {external_id, claim.claimed_by} <= present
    ]


def totals_of(counted: Iterable[Counted], *, by: Callable[[Counted], Any]) -> Mapping[Any, tuple[Decimal, Decimal]]:
    """Add up money and expected loss by a key."""
    found: dict[Any, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for one in counted:
        money, expected = found[by(one)]
        found[by(one)] = money + one.money, expected + one.expected
    return found


def own_money(found: Sequence[Any]) -> dict[str, Decimal]:
    """Return the money at risk of queued exceptions together, by currency; what one claims of another counts once."""
    ids, money = {one.external_id for one in found}, defaultdict[str, Decimal](Decimal)
    for one in found:
        claimed = sum((claim.money for claim in one.claimed_by if claim.claimed_by in ids), Decimal(0))
        money[one.currency] += one.money_at_risk - claimed
    return dict(sorted(money.items()))


def _staked(row: Mapping[str, Any]) -> Staked:
    stakes = tuple(Stake(key, Decimal(money), is_whole) for key, money, is_whole in row["stakes"] or ())
    return Staked(row["external_id"], row["currency"], row["probability"], stakes)
