"""Expenses: what people spend on projects and on themselves, and how it is handed in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.simulator import vocabulary as words
from leadline.simulator.days import DAY_SECONDS, Bools, Floats, Ints
from leadline.simulator.delivery import Course
from leadline.simulator.people import People
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.timesheets import INTERNAL_PROJECTS, Work
from leadline.simulator.versions import Row

COHORT_STRIDE = 1_000_000
# Every so manieth line that was never approved is withdrawn by the person.
VOID_EVERY = 2


@dataclass
class Spend:
    """Expense lines as arrays. ``amount`` is in the currency of ``entity``, the person's legal entity."""

    person: Ints
    project: Ints
    day: Ints
    category: Ints
    merchant: list[str]
    amount: Floats
    entity: Ints
    billable: Bools
    receipt: Bools
    card: Bools
    submitted: Ints
    approved: Ints
    rejected: Ints
    anomaly: Ints
    grade: Ints
    note: Ints
    ids: Ints

    def __len__(self) -> int:
        return len(self.day)

    def id(self, index: int) -> str:
        """Return the id of an expense line."""
        return f"EX{int(self.ids[index]):08d}"

    def amount_in(self, index: int, entity: int) -> float:
        """Return the amount in another entity's currency at the base rate, rounded to cents."""
        fx = words.BASE_USD
        return round(float(self.amount[index]) * fx[int(self.entity[index])] / fx[entity], 2)


def make_spend(preset: Preset, people: People, work: Work, streams: Streams) -> Spend:
    """Draw the expense lines: people spend on days they worked, on the project they worked for."""
    rng = streams.rng("expenses")
    days = np.unique(work.person * 100_000 + work.day)
    worked = len(days)
    picked = np.sort(rng.choice(len(work), size=int(worked * preset.expenses_per_day), replace=True))
    person, when, project = work.person[picked], work.day[picked], work.project[picked]
    count = len(picked)
    category = rng.choice(len(words.EXPENSE_CATEGORIES), size=count, p=words.EXPENSE_SHARE)
    entity = people.entity[person]
    usd = np.array(words.EXPENSE_MEDIAN_USD)[category] * np.exp(rng.normal(0, 0.38, count))
    usd = np.minimum(usd, np.array(words.EXPENSE_POLICY_USD)[category] * rng.uniform(0.9, 0.999, count))
    submitted = (when + rng.integers(0, 24, count)) * DAY_SECONDS + rng.integers(9 * 3600, 19 * 3600, count)
    submitted = np.maximum(submitted, (when + 1) * DAY_SECONDS - 3600)
    approved = submitted + rng.integers(1, 12, count) * DAY_SECONDS
    draw = rng.random(count)
    return Spend(
        person=person,
        project=project,
        day=when,
        category=category,
        merchant=[
            str(
                words.MERCHANTS[words.EXPENSE_CATEGORIES[int(c)]][
                    int(n) % len(words.MERCHANTS[words.EXPENSE_CATEGORIES[int(c)]])
                ]
            )
            for c, n in zip(category, rng.integers(0, 60, count), strict=True)
        ],
        amount=np.round(usd / np.array(words.BASE_USD)[entity], 2),
        entity=entity,
        billable=(project >= 0) & (rng.random(count) < 0.72),
        receipt=rng.random(count) < 0.965,
        card=rng.random(count) < 0.7,
        submitted=submitted,
        approved=np.where(draw < 0.02, 0, approved),
        rejected=np.where(draw < 0.015, approved, 0),
        anomaly=np.zeros(count, dtype=np.int64),
        grade=np.zeros(count, dtype=np.int64),
        note=np.zeros(count, dtype=np.int64),
        ids=streams.cohort * COHORT_STRIDE + 1 + np.arange(count, dtype=np.int64),
    )


def expense_versions(
    spend: Spend, people: People, courses: list[Course], billed_at: Ints, billed_on: list[str | None]
) -> pl.DataFrame:
    """Return every version of every expense line as a frame with plain columns."""
    managers = pl.Series([people.ids[course.contract.manager] for course in courses], dtype=pl.String)
    projects = pl.Series([course.contract.project_id for course in courses] + list(INTERNAL_PROJECTS))
    lines = pl.Series([course.contract.lines[0].id for course in courses], dtype=pl.String)
    bosses = pl.Series([people.ids[int(boss)] for boss in people.manager]).gather(spend.person)
    external = pl.Series(spend.project >= 0)
    safe = np.maximum(spend.project, 0)
    categories = pl.Series(words.EXPENSE_CATEGORIES)
    frame = pl.DataFrame(
        {
            "expense_id": pl.Series([spend.id(index) for index in range(len(spend))]),
            "person_id": pl.Series(people.ids).gather(spend.person),
            "project_id": projects.gather(
                np.where(spend.project >= 0, spend.project, len(courses) - 1 - spend.project)
            ),
            "contract_line_id": lines.gather(safe),
            "cost_centre": pl.Series(["CC-" + name for name in words.PRACTICES]).gather(people.practice[spend.person]),
            "expense_date": spend.day,
            "category": categories.gather(spend.category),
            "merchant": pl.Series(spend.merchant),
            "amount": spend.amount,
            "currency": pl.Series(words.ENTITY_CURRENCIES).gather(spend.entity),
            "billable": spend.billable,
            "has_receipt": spend.receipt,
            "payment_method": pl.Series(["cash", "card"]).gather(spend.card.astype(np.int64)),
            "description": pl.select(
                pl.when(pl.Series(spend.note == 1))
                .then(pl.lit("Client event, approved beforehand"))
                .otherwise(categories.gather(spend.category))
            ).to_series(),
            "submitted_at": spend.submitted,
        }
    ).with_columns(pl.when(external & pl.Series(spend.billable)).then("contract_line_id").alias("contract_line_id"))
    approver = pl.select(pl.when(external).then(managers.gather(safe)).otherwise(bosses)).to_series()

    def version(when: Ints, status: str, **extra: pl.Series) -> pl.DataFrame:
        return frame.with_columns(pl.lit(status).alias("status"), pl.Series("stamp", when), **extra).filter(
            pl.Series(when > 0)
        )

    approval: Row = {"approved_at": pl.Series(spend.approved), "approver_id": approver}
    withdrawn = (spend.ids % VOID_EVERY == 0) & (spend.rejected == 0) & (spend.approved == 0)
    voided = np.where(withdrawn, spend.submitted + 5 * 3600, 0)
    parts = [
        version(spend.submitted, "submitted"),
        version(voided, "submitted", deleted=pl.Series(np.ones(len(spend), dtype=bool))),
        version(spend.rejected, "rejected"),
        version(spend.approved, "approved", **approval),
        version(billed_at, "billed", **approval, invoice_line_id=pl.Series(billed_on, dtype=pl.String)),
    ]
    return pl.concat(parts, how="diagonal")
