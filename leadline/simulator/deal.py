"""One deal: what it is, what it is worth, and how it truly goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Deal:
    """One opportunity with its true course, of which the CRM shows the past only.

    ``hours`` are the planned hours of the work, ``weeks`` its planned length, ``amount`` in the entity's currency.
    ``chance`` is the true probability of winning at creation; ``visible`` the part of its log-odds that anybody can
    work out, ``fit`` how well the work suits the firm. ``path`` holds (day, stage) of every stage entered; ``closed``
    is the day of the decision, whether or not it lies after the end of the simulation. ``asks`` are the roles asked
    for, with full-time equivalents.
    """

    number: int
    id: str
    client: int
    seller: int
    practice: int
    entity: int
    region: int
    method: int
    service: str
    created: int
    closed: int
    won: bool
    chance: float
    visible: float
    hours: float
    weeks: int
    amount: float
    discount: float
    start: int
    negotiation: int
    fit: float
    path: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, float], ...]
