"""Why a project's margin is at risk, in words bound to the records that prove it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from leadline.kernel.findings import Reason, Record

Row = Mapping[str, Any]

MOST = 4
SMALLEST = 0.02  # log-odds: less is no reason

# Reason code -> the inputs that speak for it.
CODES: Mapping[str, tuple[str, ...]] = {
    "cost_against_progress": (
        "progress",
        "progress_gap",
        "progress_90d",
        "spent",
        "hours_spent",
        "log_cpi",
        "log_reference_over_plan",
        "log_eac_over_plan",
        "headroom",
    ),
    "burn_rate": ("burn_over_plan", "burn_trend"),
    "managers_estimate": ("log_pm_over_plan", "log_forecast_over_plan", "rag"),
    "schedule": (
        "log_spi",
        "elapsed",
        "days_to_end",
        "slips_365d",
        "slipped_days_365d",
        "slipped_days_last",
        "slipped_days_total",
    ),
    "reforecasts": (
        "cost_rises_365d",
        "cost_falls_365d",
        "cost_moved_365d",
        "cost_moved_last",
        "cost_step_size",
        "days_since_reforecast",
    ),
    "stale_report": ("status_age_days", "reports_365d"),
    "waiting_changes": ("changes_180d", "changes_rejected_180d", "pending_share", "pending_days"),
    "moving_baseline": ("baseline_growth", "rebaselines", "days_since_baseline"),
    "billing_behind": ("log_billed_over_cost",),
    "team_mix": ("rate_over_plan", "other_share", "people", "roles"),
    "past_projects": (
        "practice_overrun",
        "manager_overrun",
        "type_overrun",
        "practice_growth_rate",
        "type_growth_rate",
    ),
    "kind_of_project": (
        "planned_margin",
        "is_priced",
        "is_fixed_price",
        "log_baseline",
        "planned_days",
        "days_observed",
    ),
}


def reasons_for(row: Row, weights: Mapping[str, float]) -> tuple[Reason, ...]:
    """Return the strongest reasons for one project, at most four, at least one.

    ``weights`` is the share of every input in the log-odds. A reason whose facts are unknown is not given.
    """
    shares = {code: sum(weights.get(name, 0.0) for name in names) for code, names in CODES.items()}
    ranked = sorted(shares, key=lambda code: (-shares[code], code))
    told = [reason for code in ranked if shares[code] >= SMALLEST and (reason := _reason(code, row, shares[code]))]
    if not told:
        told = [reason for code in ranked if (reason := _reason(code, row, shares[code]))]
        return tuple(told[:1])
    return tuple(told[:MOST])


def figures_of(row: Row) -> dict[str, float]:
    """Return every figure that a reason may quote, by name; unknown ones are left out. Shares and ratios are plain."""
    logs = {name: math.exp(row[source]) for name, source in LOGS.items() if row[source] is not None}
    plain = {name: float(row[source]) for name, source in PLAIN.items() if row[source] is not None}
    moves = {name: math.exp(row[source]) - 1 for name, source in MOVES.items() if row[source] is not None}
    waiting = {"waiting_changes": float(len(row["pending_ids"]))} if row["pending_ids"] else {}
    return {name: round(value, 4) for name, value in sorted({**logs, **plain, **moves, **waiting}.items())}


def _reason(code: str, row: Row, weight: float) -> Reason | None:
    text = TEXTS[code](row)
    return Reason(code=code, text=text, weight=round(weight, 4), records=_records(code, row)) if text else None


def _times(log_ratio: float) -> str:
    """Say a ratio as a share, or as a multiple where shares would shout (mostly unit errors in the source)."""
    ratio = math.exp(log_ratio)
    return f"{ratio:.0%} of" if ratio < 3 else f"{ratio:.1f} times"


def _cost(row: Row) -> str:
    done, cpi, spent = row["progress"], row["log_cpi"], row["spent"]
    if spent is not None and done is not None:
        index = f", cost performance index {math.exp(cpi):.2f}" if cpi is not None else ""
        return f"{spent:.0%} of the approved cost is spent with {done:.0%} of the work done{index}."
    over = row["log_eac_over_plan"]
    return f"The estimate at completion stands at {_times(over)} the approved cost."


def _burn(row: Row) -> str:
    burn, trend = row["burn_over_plan"], row["burn_trend"]
    if burn is None:
        return ""
    moved = f", {trend:.1f} times the quarter's average" if trend is not None else ""
    return f"The last four weeks burned {burn:.1f} times the planned rate{moved}."


def _manager(row: Row) -> str:
    over = row["log_pm_over_plan"]
    colour = {1.0: " and the report says amber", 2.0: " and the report says red"}.get(row["rag"], "")
    if abs(over) < 0.005 and not colour:
        return ""
    return f"The manager's own estimate is {_times(over)} the approved cost{colour}."


def _schedule(row: Row) -> str:
    slipped, elapsed, done = row["slipped_days_365d"], row["elapsed"], row["progress"]
    if slipped:
        return (
            f"The forecast end moved by {slipped:+.0f} days over the past year ({row['slips_365d']:.0f} times later)."
        )
    if elapsed is None or done is None or row["log_spi"] is None:
        return ""
    return f"{elapsed:.0%} of the planned time has passed with {done:.0%} of the work done."


def _reforecasts(row: Row) -> str:
    rises, moved = row["cost_rises_365d"], row["cost_moved_365d"]
    if rises is None or moved is None or not (rises or row["cost_falls_365d"]):
        return ""
    return (
        f"The forecast cost was raised {rises:.0f} and cut {row['cost_falls_365d']:.0f} times in the past year, "
        f"{math.exp(moved) - 1:+.1%} in all."
    )


def _stale(row: Row) -> str:
    age = row["status_age_days"]
    return "" if age is None else f"The last status report is {age:.0f} days old ({row['reports_365d']:.0f} in a year)."


def _waiting(row: Row) -> str:
    if row["pending_days"] is not None:
        share = f" worth {row['pending_share']:.1%} of the approved cost" if row["pending_share"] is not None else ""
        count = len(row["pending_ids"] or ())
        return f"{count} change order(s){share} wait for approval, the oldest for {row['pending_days']:.0f} days."
    return f"{row['changes_180d']:.0f} changes were asked for in the past half-year." if row["changes_180d"] else ""


def _baseline(row: Row) -> str:
    growth = row["baseline_growth"]
    if growth is None or abs(growth) < 0.005:
        return ""
    return f"The approved cost has moved {math.exp(growth) - 1:+.1%} from the first baseline."


def _billing(row: Row) -> str:
    behind = row["log_billed_over_cost"]
    if behind is None:
        return ""
    return f"Billing runs at {math.exp(behind):.0%} of the pace of cost (share of revenue billed over share spent)."


def _team(row: Row) -> str:
    rate, people, roles = row["rate_over_plan"], row["people"], row["roles"]
    if rate is None or people is None:
        return ""
    return f"{people:.0f} people in {roles:.0f} roles worked on it, an hour at {rate:.2f} times what the plan assumed."


def _past(row: Row) -> str:
    overrun, growth = row["practice_overrun"], row["practice_growth_rate"]
    practice = row["practice"] or "the firm"
    if overrun is not None:
        return f"Closed projects of {practice} ended at {math.exp(overrun):.0%} of their approved cost."
    if growth is not None:
        return f"{growth:.0%} of the yearly estimates of {practice} grew by five per cent or more."
    return ""


def _kind(row: Row) -> str:
    margin = row["planned_margin"]
    return "" if margin is None else f"The approved margin leaves {margin:.0%} of revenue."


# Figures that texts quote: name -> feature it comes from, as a logarithm, as it is, or as a logarithm of a change.
LOGS: Mapping[str, str] = {
    "cost_performance_index": "log_cpi",
    "estimate_over_approved": "log_eac_over_plan",
    "manager_over_approved": "log_pm_over_plan",
    "billed_over_cost": "log_billed_over_cost",
    "practice_cost_over_approved": "practice_overrun",
}
PLAIN: Mapping[str, str] = {
    "spent_share": "spent",
    "progress": "progress",
    "burn_over_plan": "burn_over_plan",
    "burn_trend": "burn_trend",
    "slipped_days": "slipped_days_365d",
    "slips": "slips_365d",
    "elapsed_share": "elapsed",
    "cost_rises": "cost_rises_365d",
    "cost_cuts": "cost_falls_365d",
    "status_age_days": "status_age_days",
    "reports_a_year": "reports_365d",
    "waiting_share": "pending_share",
    "waiting_days": "pending_days",
    "changes_asked": "changes_180d",
    "hour_over_plan": "rate_over_plan",
    "practice_grown_share": "practice_growth_rate",
    "planned_margin": "planned_margin",
    "people": "people",
    "roles": "roles",
}
MOVES: Mapping[str, str] = {"forecast_moved": "cost_moved_365d", "approved_moved": "baseline_growth"}

TEXTS: Mapping[str, Callable[[Row], str]] = {
    "cost_against_progress": _cost,
    "burn_rate": _burn,
    "managers_estimate": _manager,
    "schedule": _schedule,
    "reforecasts": _reforecasts,
    "stale_report": _stale,
    "waiting_changes": _waiting,
    "moving_baseline": _baseline,
    "billing_behind": _billing,
    "team_mix": _team,
    "past_projects": _past,
    "kind_of_project": _kind,
}


def _records(code: str, row: Row) -> tuple[Record, ...]:
    """Bind a reason to the rows it was read from."""
    project = Record("project", row["project_id"])
    status = [Record("project_status", row["status_id"])] if row["status_id"] else []
    budget = [Record("project_budget", row["budget_id"], "budget_cost")] if row["budget_id"] else []
    changes = [Record("change_order", key, "status") for key in row["pending_ids"] or ()]
    bound = {
        "cost_against_progress": [*budget, *status],
        "burn_rate": budget,
        "managers_estimate": status,
        "schedule": status,
        "reforecasts": status,
        "stale_report": status,
        "waiting_changes": changes,
        "moving_baseline": budget,
        "billing_behind": budget,
        "team_mix": budget,
    }
    return (project, *bound.get(code, []))
