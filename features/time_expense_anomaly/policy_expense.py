"""What policy says an expense line must not do: one rule per breach.

The firm's limits are columns of the row, by their names in the table ``policy_limit``; money in the reporting currency.
"""

from __future__ import annotations

import polars as pl

from features.time_expense_anomaly.rule import Rule, not_employed, works_after_the_end

# Foreign money is odd only where hardly anybody pays in it: −ln of the share of lines.
RARE_CURRENCY = 3.0


def _splits_under_a_limit() -> pl.Expr:
    """Several purchases, each within a limit, that together pass it."""
    limits = [pl.col(f"approval_limit_{name}") for name in ("low", "middle", "high")]
    passes = [(pl.col("split_largest") <= limit) & (pl.col("split_total") > limit) for limit in limits]
    return (pl.col("split_count") >= 2) & (pl.col("amount_seen") > 0) & pl.any_horizontal(passes)


def _is_round() -> pl.Expr:
    return (pl.col("amount_seen") >= pl.col("round_from")) & (pl.col("amount_seen") % pl.col("round_step") == 0)


def _refunds_what_was_not_bought() -> pl.Expr:
    refund = pl.col("amount_seen") < 0
    return refund & (pl.col("bought_before").fill_null(0.0) < -pl.col("amount_seen"))


_OVER_LIMIT = (1.0 - pl.col("category_limit") / pl.col("amount_seen")).clip(0.0, 1.0)

EXPENSE_RULES = (
    Rule(
        code="duplicate_expense",
        entity="expense",
        holds=pl.col("exact_of").is_not_null(),
        text="The line repeats {exact_of}: same payer, day, merchant, amount and everything else.",
        expected="one line per purchase",
        seen="{copies:.0f} identical lines of {amount} {currency} at {merchant} on {event_day}",
        columns=("amount", "merchant", "expense_date"),
    ),
    Rule(
        code="near_duplicate_expense",
        entity="expense",
        holds=pl.col("near_of").is_not_null(),
        text="The same payer paid the same amount to the same merchant days before, in {near_of}.",
        expected="one line per purchase",
        seen="{amount} {currency} at {merchant} on {event_day} and days before",
        columns=("amount", "merchant", "expense_date"),
    ),
    Rule(
        code="over_category_limit",
        entity="expense",
        holds=(pl.col("amount_seen") > pl.col("category_limit"))
        & (pl.col("amount_seen") > pl.col("min_category_limit")),
        text="The amount is far above what {kind} usually costs; the usual limit is {category_limit:.2f}.",
        expected="at most {category_limit:.2f} for {kind}",
        seen="{amount_seen:.2f}",
        columns=("amount", "category"),
        share=_OVER_LIMIT,
    ),
    Rule(
        code="missing_receipt",
        entity="expense",
        holds=pl.col("has_receipt").not_() & (pl.col("amount_seen") >= pl.col("receipt_from")),
        text="No receipt is attached; policy asks for one from {receipt_from:.0f} on.",
        expected="a receipt",
        seen="{amount} {currency} without receipt",
        columns=("has_receipt", "amount"),
    ),
    Rule(
        code="split_purchase",
        entity="expense",
        holds=_splits_under_a_limit(),
        text="{split_count:.0f} purchases at {merchant} within a day add up to {split_total:.2f}, each within a limit.",
        expected="one purchase, approved at its full amount",
        seen="{split_count:.0f} lines, {split_total:.2f} in all",
        columns=("amount", "merchant", "expense_date"),
    ),
    Rule(
        code="weekend_spend",
        entity="expense",
        holds=pl.col("weekday") > pl.col("last_workday"),
        text="The money was spent on a weekend.",
        expected="spending on working days, or a trip that explains it",
        seen="{event_day}, a weekend",
        columns=("expense_date",),
    ),
    Rule(
        code="rare_currency",
        entity="expense",
        holds=pl.col("currency_rarity") > RARE_CURRENCY,
        text="Hardly any line is in {currency}.",
        expected="the currency usual here",
        seen="{amount} {currency}",
        columns=("currency",),
    ),
    Rule(
        code="round_amount",
        entity="expense",
        holds=_is_round(),
        text="The amount is round, as estimates and gift cards are.",
        expected="the amount of a receipt",
        seen="{amount} {currency}",
        columns=("amount",),
    ),
    Rule(
        code="refund_without_purchase",
        entity="expense",
        holds=_refunds_what_was_not_bought(),
        text="The refund is larger than any purchase seen at {merchant} before it.",
        expected="a purchase before its refund",
        seen="{amount} {currency} back",
        columns=("amount", "merchant"),
    ),
    Rule(
        code="expense_on_leave",
        entity="expense",
        holds=pl.col("leave_id").is_not_null() & (pl.col("amount_seen") > 0),
        text="The person was on approved leave {leave_id} that day.",
        expected="no expenses on days of leave",
        seen="{amount} {currency} on {event_day}",
        columns=("expense_date",),
    ),
    Rule(
        code="expense_not_employed",
        entity="expense",
        holds=not_employed(),
        text="The day lies outside the person's employment.",
        expected="spending between first and last day of employment",
        seen="{event_day}; employed from {hire_date} to {termination_date}",
        columns=("expense_date",),
    ),
    Rule(
        code="expense_after_project_end",
        entity="expense",
        holds=works_after_the_end(),
        text="The project was {project_status} and had ended on {project_end}.",
        expected="no expenses after the project's end",
        seen="{amount} {currency} on {event_day}",
        columns=("expense_date", "project_id"),
    ),
    Rule(
        code="late_expense",
        entity="expense",
        holds=pl.col("lag_days") > pl.col("late_expense_days"),
        text="The line was submitted {lag_days:.0f} days after the purchase.",
        expected="submission within {late_expense_days:.0f} days",
        seen="{lag_days:.0f} days",
        columns=("expense_date", "submitted_at"),
    ),
)
