"""How big the demo firm is, and how often things happen in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from leadline.kernel.errors import UsageError
from leadline.simulator.profiles import CONSULTING, SOUND, Profile

AS_OF = date(2026, 6, 30)
# How the firm keeps its books: with the slips of its profile, with none, or with none but those planted one by one.
USUAL, CLEAN, FAULTY = BOOKS = ("usual", "clean", "faulty")


@dataclass(frozen=True)
class Preset:
    """One size of the demo firm, its profile and how it keeps its books.

    ``cohorts`` repeats the whole firm under other ids, one at a time, so that memory does not grow with the size.
    ``hours_scale`` multiplies the planned hours of a deal; it is what sets utilization.
    ``frequent_billing`` is the share of time-and-materials contracts billed twice a month, ``weekly_billing`` of those
    billed weekly. ``entry_split`` is the chance, taken twice, that a longer entry is logged as two.
    """

    name: str
    start: date
    people: int
    clients: int
    opportunities: int
    hours_scale: float
    change_orders_per_project: float
    frequent_billing: float
    weekly_billing: float
    entry_split: float
    expenses_per_day: float
    length_scale: float = 1.0
    cohorts: int = 1
    profile: Profile = CONSULTING
    books: str = USUAL
    as_of: date = AS_OF
    weekly_drops: int = 8


_XS = Preset(
    name="xs",
    start=date(2025, 1, 1),
    people=18,
    clients=14,
    opportunities=150,
    hours_scale=640.0,
    change_orders_per_project=1.6,
    frequent_billing=0.4,
    weekly_billing=0.1,
    entry_split=0.25,
    expenses_per_day=0.25,
)
_S = Preset(
    name="s",
    start=date(2023, 1, 1),
    people=60,
    clients=45,
    opportunities=1_050,
    hours_scale=540.0,
    change_orders_per_project=1.7,
    frequent_billing=0.6,
    weekly_billing=0.2,
    entry_split=0.38,
    expenses_per_day=0.37,
)
_M = Preset(
    name="m",
    start=date(2022, 7, 1),
    people=400,
    clients=160,
    opportunities=6_000,
    hours_scale=600.0,
    change_orders_per_project=1.45,
    frequent_billing=0.65,
    weekly_billing=0.48,
    entry_split=0.62,
    expenses_per_day=0.46,
    length_scale=1.3,
)
_L = Preset(**{**_M.__dict__, "name": "l", "cohorts": 10})

PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in (_XS, _S, _M, _L)})


def preset(size: str, profile: Profile = CONSULTING, books: str = USUAL) -> Preset:
    """Return the preset of a size for a firm of a profile that keeps its books in one of the ways of ``BOOKS``.

    Raises:
        UsageError: there is no such size, or no such way.
    """
    if books not in BOOKS:
        raise UsageError(
            "Unknown value of --books.",
            where="--books",
            expected=", ".join(BOOKS),
            found=books,
            next_step=f"leadline simulate --books {CLEAN}",
        )
    if size not in PRESETS:
        raise UsageError(
            "Unknown size.",
            where="--size",
            expected="s, m or l (xs for tests)",
            found=size,
            next_step="leadline simulate --size s",
        )
    sized = PRESETS[size]
    if books != USUAL:
        profile = replace(profile, hand_off=SOUND)
    return replace(
        sized,
        profile=profile,
        books=books,
        hours_scale=sized.hours_scale * profile.hours,
        length_scale=sized.length_scale * profile.weeks,
    )
