"""Lines entered twice: a later line that repeats an earlier one, exactly or nearly."""

from __future__ import annotations

import polars as pl

from features.time_expense_anomaly.context import MIN_LINES

# The same purchase posted again within this many days looks like one purchase.
NEAR_DAYS = 3
# A price paid to a merchant more often than this in the context is a habit (fares, subscriptions), not a repeat.
HABIT_COUNT = 3
# Repeats below these sizes cost more to review than they can return.
NEAR_AMOUNT = 25.0
NEAR_HOURS = 2.0
# Equal entries that together make up a usual day (and this many hours) are how people split a day, not a repeat.
DAY_SLACK_HOURS = 1.0
FULL_DAY_HOURS = 8.0

SAME_ENTRY = ("person_id", "project_id", "task_id", "work_date", "hours", "role", "billable", "description")
SAME_EXPENSE = (
    "person_id",
    "project_id",
    "cost_centre",
    "expense_date",
    "category",
    "merchant",
    "amount",
    "currency",
    "payment_method",
    "description",
)


def with_pairs(lines: pl.DataFrame, entity: str) -> pl.DataFrame:
    """Add ``exact_of``, ``near_of`` (the earlier line this one repeats, or null), ``copies`` and ``pair_id``.

    The earliest line of a group is the original; each later one is paired with it, so that a pair's id stays the same
    when more copies arrive. ``pair_id`` is both ids, sorted and joined by ``+``. ``copies`` counts the identical lines.
    """
    if entity == "time_entry":
        near = _near_entries(_exact(lines, SAME_ENTRY)).with_columns(
            pl.when(_passes_a_usual_day()).then(pl.col(name)).alias(name) for name in ("exact_of", "near_of")
        )
    else:
        near = _near_expenses(_exact(lines, SAME_EXPENSE))
    other = pl.coalesce("exact_of", "near_of")
    ids = pl.concat_list("object_id", other).list.sort().list.join("+")
    return near.with_columns(pair_id=pl.when(other.is_not_null()).then(ids)).sort("object_id")


def _exact(lines: pl.DataFrame, same: tuple[str, ...]) -> pl.DataFrame:
    first, size = pl.col("object_id").first().over(same), pl.len().over(same)
    return lines.sort("known_on", "object_id").with_columns(
        exact_of=pl.when((size > 1) & (first != pl.col("object_id"))).then(first),
        copies=size.cast(pl.Float64),
    )


def _passes_a_usual_day() -> pl.Expr:
    """Whether the person claims more for the day than the median of their days, or than eight hours if they are new."""
    claimed = pl.col("hours").cast(pl.Float64).sum().over("person_id", "work_date")
    median = pl.when(pl.len().over("person_id") >= MIN_LINES).then(claimed.median().over("person_id"))
    return claimed > median.fill_null(FULL_DAY_HOURS) + DAY_SLACK_HOURS


def _near_entries(lines: pl.DataFrame) -> pl.DataFrame:
    """The same work of one day on a second project or task: same person, day, hours and words."""
    same = ("person_id", "work_date", "hours", "description")
    first = pl.col("object_id").first().over(same)
    is_described = pl.col("description").fill_null("").str.len_chars() > 0
    repeats = (
        (first != pl.col("object_id")) & is_described & (pl.col("hours") >= NEAR_HOURS) & pl.col("exact_of").is_null()
    )
    return lines.with_columns(near_of=pl.when(repeats).then(first))


def _near_expenses(lines: pl.DataFrame) -> pl.DataFrame:
    """The same purchase posted again a few days later: same payer, merchant and amount, and no habit."""
    same = ("person_id", "cost_centre", "merchant", "amount", "currency")
    ordered = lines.sort("expense_date", "known_on", "object_id")
    gap = (pl.col("expense_date") - pl.col("expense_date").shift(1).over(same)).dt.total_days()
    habit = pl.len().over("merchant", "amount", "currency") > HABIT_COUNT
    repeats = gap.is_between(1, NEAR_DAYS) & ~habit & (pl.col("amount") >= NEAR_AMOUNT)
    alone = pl.col("exact_of").is_null() & pl.col("merchant").is_not_null()
    return ordered.with_columns(near_of=pl.when(repeats & alone).then(pl.col("object_id").shift(1).over(same)))
