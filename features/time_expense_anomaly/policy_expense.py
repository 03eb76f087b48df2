"""What policy says an expense line must not do: one rule per breach.

The firm's limits are columns of the row, by their names in the table ``policy_limit``; money in the reporting currency.
"""

from __future__ import annotations

import polars as pl

from features.time_expense_anomaly.rule import Rule, not_employed, works_after_the_end

# Foreign money is odd only where hardly anybody pays in it: −ln of the share of lines.
RARE_CURRENCY = 3.0


def _limit_passed_together() -> pl.Expr:
    """Return the lowest limit that each purchase keeps and all together pass; null where there is none."""
    limits = [pl.col(f"approval_limit_{name}") for name in ("low", "middle", "high")]
    passed = [
        pl.when((pl.col("split_largest") <= limit) & (pl.col("split_total") > limit)).then(limit) for limit in limits
    ]
    return pl.min_horizontal(passed)


def _splits_under_a_limit() -> pl.Expr:
    """Several purchases, each within a limit, that together pass it."""
    several = (pl.col("split_count") >= 2) & (pl.col("amount_seen") > 0)
    return several & _limit_passed_together().is_not_null()


def _is_round() -> pl.Expr:
    return (pl.col("amount_seen") >= pl.col("round_from")) & (pl.col("amount_seen") % pl.col("round_step") == 0)


def _refunds_what_was_not_bought() -> pl.Expr:
    refund = pl.col("amount_seen") < 0
    return refund & (pl.col("bought_before").fill_null(0.0) < -pl.col("amount_seen"))


def _not_bought() -> pl.Expr:
    """Return the part of a refund that is more than was ever paid to the merchant."""
    return 1.0 - pl.col("bought_before").fill_null(0.0) / -pl.col("amount_seen")


# Purchases that were split are wrong by what they pass the limit by, each by its part.
_OVER_SPLIT = 1.0 - _limit_passed_together() / pl.col("split_total")
_OVER_LIMIT = (1.0 - pl.col("category_limit") / pl.col("amount_seen")).clip(0.0, 1.0)

EXPENSE_RULES = (
    Rule(
        code="duplicate_expense",
        entity="expense",
        holds=pl.col("exact_of").is_not_null(),
        columns=("amount", "merchant", "expense_date"),
    ),
    Rule(
        code="near_duplicate_expense",
        entity="expense",
        holds=pl.col("near_of").is_not_null(),
        columns=("amount", "merchant", "expense_date"),
    ),
    Rule(
        code="over_category_limit",
        entity="expense",
        holds=(pl.col("amount_seen") > pl.col("category_limit"))
        & (pl.col("amount_seen") > pl.col("min_category_limit")),
        columns=("amount", "category"),
        share=_OVER_LIMIT,
    ),
    Rule(
        code="missing_receipt",
        entity="expense",
        holds=pl.col("has_receipt").not_() & (pl.col("amount_seen") >= pl.col("receipt_from")),
        columns=("has_receipt", "amount"),
    ),
    Rule(
        code="split_purchase",
        entity="expense",
        holds=_splits_under_a_limit(),
        columns=("amount", "merchant", "expense_date"),
        share=_OVER_SPLIT,
    ),
    Rule(
        code="weekend_spend",
        entity="expense",
        holds=pl.col("weekday") > pl.col("last_workday"),
        columns=("expense_date",),
    ),
    Rule(
        code="rare_currency",
        entity="expense",
        holds=pl.col("currency_rarity") > RARE_CURRENCY,
        columns=("currency",),
    ),
    Rule(
        code="round_amount",
        entity="expense",
        holds=_is_round(),
        columns=("amount",),
    ),
    Rule(
        code="refund_without_purchase",
        entity="expense",
        holds=_refunds_what_was_not_bought(),
        columns=("amount", "merchant"),
        share=_not_bought(),
    ),
    Rule(
        code="expense_on_leave",
        entity="expense",
        holds=pl.col("leave_id").is_not_null() & (pl.col("amount_seen") > 0),
        columns=("expense_date",),
    ),
    Rule(
        code="expense_not_employed",
        entity="expense",
        holds=not_employed(),
        columns=("expense_date",),
    ),
    Rule(
        code="expense_after_project_end",
        entity="expense",
        holds=works_after_the_end(),
        columns=("expense_date", "project_id"),
    ),
    Rule(
        code="late_expense",
        entity="expense",
        holds=pl.col("lag_days") > pl.col("late_expense_days"),
        columns=("expense_date", "submitted_at"),
    ),
)
