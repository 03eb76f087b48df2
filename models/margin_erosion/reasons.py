"""Why a project's margin is at risk, as statements bound to the records that prove them.

Ratios are what the records say; the model sees them only within limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from leadline.kernel import facts
from leadline.kernel.facts import COST, Fact
from leadline.kernel.findings import Reason, Record
from leadline.kernel.statements import Statement, say

Row = Mapping[str, Any]

MOST = 4
SMALLEST = 0.02  # log-odds: less is no reason
AGREED = 0.005  # a relative difference below this is none
SHOUTING = 3  # from here on a ratio is written as a multiple, not as a share

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
    given = [reason for code in ranked if shares[code] >= SMALLEST and (reason := _reason(code, row, shares[code]))]
    if not given:
        given = [reason for code in ranked if (reason := _reason(code, row, shares[code]))]
        return tuple(given[:1])
    return tuple(given[:MOST])


def figures_of(row: Row) -> dict[str, Fact]:
    """Return the figures behind the reasons, by name; unknown ones are left out."""
    ratios = {name: value for name, derive in RATIOS.items() if (value := derive(row)) is not None}
    shares = {name: facts.percent(round(value, 4), about=ABOUT.get(name, "")) for name, value in ratios.items()}
    counts = {
        name: facts.number(round(float(row[source]), 4), unit, about=ABOUT.get(name, ""))
        for name, (source, unit) in COUNTS.items()
        if row[source] is not None
    }
    moves = {name: facts.change(round(math.exp(row[of]) - 1, 4)) for name, of in MOVES.items() if row[of] is not None}
    index, waiting = _performance(row), len(row["pending_ids"] or ())
    one = {"cost_performance_index": facts.number(index, digits=4)} if index is not None else {}
    more = {"waiting_changes": facts.number(waiting, "change_orders")} if waiting else {}
    return dict(sorted({**shares, **counts, **moves, **one, **more}.items()))


def _reason(code: str, row: Row, weight: float) -> Reason | None:
    statement = STATEMENTS[code](row)
    return Reason(code, statement, weight=round(weight, 4), records=_records(code, row)) if statement else None


def _say(name: str, **filled: Fact) -> Statement:
    return say(f"margin_erosion.{name}", **filled)


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def _performance(row: Row) -> float | None:
    """Earned value over cost, where the model has one."""
    if row["log_cpi"] is None or row["progress"] is None:
        return None
    return _ratio(row["baseline_cost"] * row["progress"], row["actual_cost"])


def _spent(row: Row) -> float | None:
    return _ratio(row["actual_cost"], row["baseline_cost"])


def _estimate(row: Row) -> float | None:
    return _ratio(row["eac_middle"], row["baseline_cost"])


def _managers(row: Row) -> float | None:
    return None if row["log_pm_over_plan"] is None else _ratio(row["manager_estimate"], row["baseline_cost"])


def _margin(row: Row) -> float | None:
    cost = _ratio(row["baseline_cost"], row["baseline_revenue"]) if row["planned_margin"] is not None else None
    return None if cost is None else 1 - cost


def _cost(row: Row) -> Statement | None:
    done, index, spent, over = row["progress"], _performance(row), _spent(row), _estimate(row)
    if spent is not None and done is not None:
        shares = {"spent": facts.percent(spent), "done": facts.percent(done)}
        if index is None:
            return _say("spent", **shares)
        return _say("spent_with_index", **shares, index=facts.number(index, digits=2))
    if over is None:
        return None
    if over < SHOUTING:
        return _say("estimate_share", share=facts.percent(over))
    return _say("estimate_times", times=facts.number(over, digits=1))


def _burn(row: Row) -> Statement | None:
    burn, trend = row["raw_burn_over_plan"], row["raw_burn_trend"]
    if burn is None:
        return None
    times = facts.number(burn, digits=1)
    if trend is None:
        return _say("burn", times=times)
    return _say("burn_with_trend", times=times, trend=facts.number(trend, digits=1))


def _manager(row: Row) -> Statement | None:
    over, colour = _managers(row), {1.0: "amber", 2.0: "red"}.get(row["rag"])
    if over is None or (abs(over - 1) < AGREED and not colour):
        return None
    said = {"colour": facts.term(colour)} if colour else {}
    name = "_colour" if colour else ""
    if over < SHOUTING:
        return _say(f"manager_share{name}", share=facts.percent(over), **said)
    return _say(f"manager_times{name}", times=facts.number(over, digits=1), **said)


def _schedule(row: Row) -> Statement | None:
    slipped, elapsed, done = row["slipped_days_365d"], row["raw_elapsed"], row["progress"]
    if slipped:
        days, slips = facts.number(abs(int(slipped)), "days"), facts.number(int(row["slips_365d"]))
        return _say("slipped_later" if slipped > 0 else "slipped_earlier", days=days, slips=slips)
    if elapsed is None or done is None or row["log_spi"] is None:
        return None
    return _say("elapsed", elapsed=facts.percent(elapsed), done=facts.percent(done))


def _reforecasts(row: Row) -> Statement | None:
    rises, moved = row["cost_rises_365d"], row["cost_moved_365d"]
    if rises is None or moved is None or not (rises or row["cost_falls_365d"]):
        return None
    return _say(
        "reforecasts",
        rises=facts.number(int(rises)),
        cuts=facts.number(int(row["cost_falls_365d"])),
        moved=facts.change(math.exp(moved) - 1),
    )


def _stale(row: Row) -> Statement | None:
    age = row["status_age_days"]
    if age is None:
        return None
    return _say(
        "stale_report", days=facts.number(int(age), "days"), reports=facts.number(int(row["reports_365d"] or 0))
    )


def _waiting(row: Row) -> Statement | None:
    if row["pending_days"] is not None:
        count = facts.number(len(row["pending_ids"] or ()), "change_orders")
        days = facts.number(int(row["pending_days"]), "days")
        share = _ratio(row["pending_cost"], row["baseline_cost"]) if row["pending_share"] is not None else None
        if share is None:
            return _say("waiting", count=count, days=days)
        return _say("waiting_priced", count=count, days=days, share=facts.percent(share))
    if not row["changes_180d"]:
        return None
    return _say("changes_asked", count=facts.number(int(row["changes_180d"])))


def _baseline(row: Row) -> Statement | None:
    growth = row["baseline_growth"]
    if growth is None or abs(growth) < AGREED:
        return None
    return _say("moving_baseline", moved=facts.change(math.exp(growth) - 1))


def _billing(row: Row) -> Statement | None:
    pace = row["raw_billed_over_cost"]
    return None if pace is None else _say("billing_behind", share=facts.percent(pace))


def _team(row: Row) -> Statement | None:
    rate, people, roles = row["raw_rate_over_plan"], row["people"], row["roles"]
    if rate is None or people is None:
        return None
    return _say(
        "team_mix",
        people=facts.number(int(people), "people"),
        roles=facts.number(int(roles), "roles"),
        times=facts.number(rate, digits=2, about=COST),
    )


def _past(row: Row) -> Statement | None:
    overrun, growth = row["practice_overrun"], row["practice_growth_rate"]
    if overrun is None and growth is None:
        return None
    share = facts.percent(math.exp(overrun) if overrun is not None else growth)
    name = "past_overrun" if overrun is not None else "past_growth"
    if row["practice"]:
        return _say(name, share=share, practice=facts.name(row["practice"]))
    return _say(f"{name}_firm", share=share)


def _kind(row: Row) -> Statement | None:
    margin = _margin(row)
    return None if margin is None else _say("kind_of_project", share=facts.percent(margin, about=COST))


def _exp(name: str) -> Callable[[Row], float | None]:
    return lambda row: None if row[name] is None else math.exp(row[name])


def _plain(name: str) -> Callable[[Row], float | None]:
    return lambda row: row[name]


# Figures behind the reasons: name -> how it is derived from the row, as a share.
RATIOS: Mapping[str, Callable[[Row], float | None]] = {
    "spent_share": _spent,
    "progress": _plain("progress"),
    "elapsed_share": _plain("raw_elapsed"),
    "estimate_over_approved": _estimate,
    "manager_over_approved": _managers,
    "billed_over_cost": _plain("raw_billed_over_cost"),
    "practice_cost_over_approved": _exp("practice_overrun"),
    "practice_grown_share": _plain("practice_growth_rate"),
    "waiting_share": lambda row: _ratio(row["pending_cost"], row["baseline_cost"]),
    "planned_margin": _margin,
}
# Name -> the column it is read from, and what it counts.
COUNTS: Mapping[str, tuple[str, str]] = {
    "burn_over_plan": ("raw_burn_over_plan", ""),
    "burn_trend": ("raw_burn_trend", ""),
    "hour_over_plan": ("raw_rate_over_plan", ""),
    "slipped_days": ("slipped_days_365d", "days"),
    "slips": ("slips_365d", ""),
    "cost_rises": ("cost_rises_365d", ""),
    "cost_cuts": ("cost_falls_365d", ""),
    "status_age_days": ("status_age_days", "days"),
    "reports_a_year": ("reports_365d", ""),
    "waiting_days": ("pending_days", "days"),
    "changes_asked": ("changes_180d", ""),
    "people": ("people", ""),
    "roles": ("roles", ""),
}
MOVES: Mapping[str, str] = {"forecast_moved": "cost_moved_365d", "approved_moved": "baseline_growth"}
# From these a cost could be learned.
ABOUT: Mapping[str, str] = dict.fromkeys(("planned_margin", "hour_over_plan"), COST)

STATEMENTS: Mapping[str, Callable[[Row], Statement | None]] = {
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
