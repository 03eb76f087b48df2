"""Sums of money that findings of several scores state, so that each is counted once.

A finding names the sums that its money is made of by keys. Under one key the parts are claimed first: an open role is a
part of the shortage it belongs to, hours beyond the agreed scope are a part of the project's overrun. Of the whole only
what the parts leave is its own (docs/adr/0023).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from leadline.kernel.money import cents

# The region of work that may be done from any.
ANYWHERE = "all"


@dataclass(frozen=True)
class Stake:
    """A sum in a finding's money, in its currency; ``is_whole`` where others state parts of the same sum."""

    key: str
    money: Decimal
    is_whole: bool = False


@dataclass(frozen=True)
class Staked:
    """An exception with the stakes in its money; a probability of None counts as one."""

    external_id: str
    currency: str
    probability: float | None
    stakes: tuple[Stake, ...]


@dataclass(frozen=True)
class Claim:
    """What another exception claims of an exception's money: in all, and of its expected loss."""

    claimed_by: str
    money: Decimal
    expected: Decimal


def overrun(project_id: str) -> str:
    """Return the key of what a project costs beyond its approved cost."""
    return f"overrun/{project_id}"


def gap(role: str, region: str | None, week: date) -> str:
    """Return the key of what people of a role lack in a region in the week of a Monday."""
    return f"gap/{role}/{region or ANYWHERE}/{week.isoformat()}"


def claims_of(staked: Iterable[Staked]) -> dict[str, tuple[Claim, ...]]:
    """Return what is claimed of each exception's money, and by which other; those with nothing claimed are left out.

    Parts take from a whole the largest first, and never more than it is; equal ones by id. Money of several currencies
    is never compared.
    """
    parts: dict[tuple[str, str], list[tuple[Decimal, str]]] = defaultdict(list)
    ordered = sorted(staked, key=lambda one: one.external_id)
    for one in ordered:
        for stake in one.stakes:
            if not stake.is_whole:
                parts[stake.key, one.currency].append((-stake.money, one.external_id))
    found = {one.external_id: _claimed(one, parts) for one in ordered}
    return {external_id: claims for external_id, claims in found.items() if claims}


def _claimed(one: Staked, parts: Mapping[tuple[str, str], list[tuple[Decimal, str]]]) -> tuple[Claim, ...]:
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for stake in one.stakes:
        left = stake.money if stake.is_whole else Decimal(0)
        for money, other in sorted(parts.get((stake.key, one.currency), ())):
            part = min(-money, left)
            if part > 0:
                taken[other] += part
                left -= part
    chance = Decimal(1) if one.probability is None else Decimal(repr(one.probability))
    return tuple(Claim(other, money, cents(chance * money)) for other, money in sorted(taken.items()))
