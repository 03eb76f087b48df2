"""Why clients dispute invoices: visible causes, a client's temper, what stays hidden, and what a review would
settle.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadline.simulator.billing import Invoice
from leadline.simulator.days import Bools, Floats, Ints, add_months, as_date, day
from leadline.simulator.delivery import Change, Course
from leadline.simulator.handoffs import defect_chance
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams

CAUSES = ("price", "scope", "admin", "quality", "other")
# What is visible when an invoice is drafted, and how much it weighs on the log-odds before and after the change of
# regime: clients then match invoices against orders and prices by machine, and look less at how late work is billed.
VISIBLE = {
    "missing_po": (0.7, 2.0),
    "overpriced": (0.6, 1.9),
    "odd_tax": (0.9, 1.2),
    "adjustment": (0.6, 0.6),
    "late_work": (1.1, 0.2),
    "change": (0.8, 0.6),
    "beyond_agreed": (0.9, 0.7),
    "overdue": (1.0, 0.2),
    "jump": (0.9, 0.3),
    "first": (0.6, 0.6),
    "size": (0.35, 0.35),
    "year_end": (0.35, 0.35),
    "portal_without_po": (0.4, 0.9),
    "change_when_overdue": (0.9, 0.9),
    "large_jump_late": (0.8, 0.8),
}
NAMES = tuple(VISIBLE)
REGIME_MONTH = 24
# Log-odds without any cause; what a client's temper adds, and what it adds more when the price is wrong.
BASE, TEMPER, TEMPER_ON_PRICE = -3.96, 0.85, 0.4
# What no one can see: a project's atmosphere, and a wrong entity or service mapping, as the client sees it.
HIDDEN_SPREAD, MAPPING_WEIGHT = 1.25, 1.5
# How often a mapping error shows: the tax code of the draft's lines is missing then.
MAPPING_SEEN = 0.5
LARGE_JUMP = 0.4
YEAR_END = (11, 12)
# The usual mix of causes, and how strongly what is visible pulls towards price, scope, admin, quality, other.
USUAL_MIX = (0.31, 0.265, 0.165, 0.135, 0.05)
NO_PULL = (0.0, 0.0, 0.0, 0.0, 0.0)
PULL = {
    "overpriced": (1.2, 0.0, 0.0, 0.0, 0.0),
    "jump": (0.4, 0.0, 0.0, 0.0, 0.0),
    "missing_po": (0.0, 0.0, 1.0, 0.0, 0.0),
    "odd_tax": (0.0, 0.0, 1.5, 0.0, 0.0),
    "change": (0.0, 1.0, 0.0, 0.0, 0.0),
    "beyond_agreed": (0.2, 0.4, 0.0, 0.0, 0.0),
    "overdue": (0.0, 0.3, 0.0, 0.4, 0.0),
}
# Share of disputes never raised: the client just pays less. Share of invoices reviewed before issue, and how often a
# review settles what would have become a dispute, by cause.
SILENT_SHARE, REVIEWED = 0.15, 0.05
SETTLED = dict(zip(CAUSES, (0.7, 0.5, 0.8, 0.25, 0.3), strict=True))
# Share of disputes whose cause is coded wrong.
MISCODED = 0.10


@dataclass(frozen=True)
class Grounds:
    """Grounds for disputes, one row per invoice in order of billing.

    ``visible`` has a column per name in ``NAMES``; ``changed`` says that the new regime holds; ``score`` is the
    log-odds from all that is visible; ``slope`` is what one deviation of the client's temper adds. Hidden are
    ``unseen``, whether there is a mapping error that does not show (its chance is ``unseen_chance``), and ``noise``.
    ``mix`` is the chance of each cause, ``settled`` the chance that a review settles the matter.
    """

    client: Ints
    run: Ints
    visible: Floats
    changed: Bools
    score: Floats
    slope: Floats
    unseen_chance: Floats
    unseen: Bools
    noise: Floats
    mix: Floats
    settled: Floats

    def chance(self, temper: Floats) -> Floats:
        """Return the true probability of a dispute, raised or not, if no one reviews the invoice."""
        hidden = MAPPING_WEIGHT * self.unseen + self.noise
        return np.asarray(1 / (1 + np.exp(-(self.score + self.slope * temper + hidden))))


@dataclass
class _Memory:
    """What earlier invoices tell a client: the last amount and the sum per contract, and whether any came before."""

    last: dict[int, float] = field(default_factory=dict)
    billed: dict[int, float] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


def grounds(invoices: list[Invoice], courses: list[Course], preset: Preset, streams: Streams) -> Grounds:
    """Return why each invoice may be disputed; effects only, no event is drawn."""
    rng = streams.rng("dispute grounds")
    count = len(invoices)
    asettled = np.array([len(_reflected(courses[invoice.contract.index], invoice.run)) for invoice in invoices])
    care = np.array([invoice.contract.care for invoice in invoices])
    mapping_chance = defect_chance(preset.profile.hand_off.mapping, care, asettled)
    wrong, seen = rng.random(count) < mapping_chance, rng.random(count) < MAPPING_SEEN
    visible = _visible(invoices, courses, wrong & seen)
    run = np.array([invoice.run for invoice in invoices], dtype=np.int64)
    changed = run >= add_months(day(preset.start), REGIME_MONTH)
    before, after = np.array(list(VISIBLE.values())).T
    mix = _mix(visible)
    return Grounds(
        client=np.array([invoice.contract.deal.client for invoice in invoices], dtype=np.int64),
        run=run,
        visible=visible,
        changed=changed,
        score=BASE + np.where(changed, visible @ after, visible @ before),
        slope=TEMPER + TEMPER_ON_PRICE * visible[:, NAMES.index("overpriced")],
        unseen_chance=mapping_chance * (1 - MAPPING_SEEN) / (1 - mapping_chance * MAPPING_SEEN),
        unseen=wrong & ~seen,
        noise=rng.normal(0, HIDDEN_SPREAD, count),
        mix=mix,
        settled=mix @ np.array(list(SETTLED.values())),
    )


def _reflected(course: Course, on: int) -> list[Change]:
    return [change for change in course.changes if 0 < change.reflected <= on]


def _visible(invoices: list[Invoice], courses: list[Course], odd_tax: Bools) -> Floats:
    """Return a row per invoice, a column per name in ``NAMES``: all of it on paper when the draft is made."""
    memory = _Memory()
    rows = []
    for invoice, odd in zip(invoices, odd_tax.tolist(), strict=True):
        facts = _facts(invoice, courses[invoice.contract.index], memory)
        rows.append([float(value) for value in _with_interactions(facts, invoice, odd=odd)])
    return np.array(rows).reshape(len(invoices), len(NAMES))


def _facts(invoice: Invoice, course: Course, memory: _Memory) -> dict[str, float]:
    contract, lines = invoice.contract, invoice.lines
    billed = memory.billed.get(contract.index, 0.0) + invoice.amount
    agreed = contract.total + sum(change.value for change in _reflected(course, invoice.run))
    last = memory.last.get(contract.index)
    facts = {
        "missing_po": contract.po_number is not None and invoice.po_number is None,
        "overpriced": any(line.overpriced for line in lines),
        "adjustment": any(line.kind == "adjustment" for line in lines),
        "late_work": any(line.late_days > 0 for line in lines),
        "change": any(line.change for line in lines),
        "beyond_agreed": billed > 1.02 * agreed,
        "overdue": invoice.run > contract.end + 14,
        "jump": float(np.clip(np.log(invoice.amount / last), 0, 1.5)) if last else 0.0,
        "first": contract.deal.client not in memory.seen,
        "size": float(np.clip(np.log(invoice.amount / 20_000), -1.5, 2)),
        "year_end": as_date(invoice.run).month in YEAR_END,
    }
    memory.last[contract.index], memory.billed[contract.index] = invoice.amount, billed
    memory.seen.add(contract.deal.client)
    return facts


def _with_interactions(facts: dict[str, float], invoice: Invoice, *, odd: bool) -> list[float]:
    """Complete the facts with what only counts together, in the order of ``NAMES``."""
    joint = {
        "odd_tax": odd,
        "portal_without_po": facts["missing_po"] and invoice.contract.invoice_format != "pdf",
        "change_when_overdue": facts["change"] and facts["overdue"],
        "large_jump_late": facts["jump"] > LARGE_JUMP and facts["late_work"],
    }
    return [{**facts, **joint}[name] for name in NAMES]


def _mix(visible: Floats) -> Floats:
    """Return the chance of each cause of a dispute: a usual mix, pulled towards what is visibly wrong."""
    pull = visible @ np.array([PULL.get(name, NO_PULL) for name in NAMES])
    mix = np.array(USUAL_MIX) + pull
    return np.asarray(mix / mix.sum(axis=1, keepdims=True))
