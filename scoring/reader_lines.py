"""What each reader reads about a finding of each score: which sentences of the catalogue, in which order.

A line is one sentence in several wordings, the fullest first; the first whose facts are all known is used. ``WHY`` is
the strongest reason that the reader may see, ``DO`` the proposed action with its due day.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadline.kernel.facts import Fact
from leadline.kernel.rendering import ACCOUNT_MANAGER, CONTROLLER, PROJECT_MANAGER, READERS
from leadline.kernel.templates import templates

Wordings = tuple[str, ...]
Lines = Mapping[str, tuple[Wordings, ...]]

WHY, DO = "WHY", "DO"


def leak_lines(leakage_class: str) -> Lines:
    """Return the lines on a leak of one of the exact classes."""
    return {
        CONTROLLER: (("controller_lead",), ("controller_pair",), (DO, "controller_correct")),
        PROJECT_MANAGER: (("manager_lead",), (WHY,), (f"manager_{leakage_class}",)),
        ACCOUNT_MANAGER: (("account_lead",), (f"account_{leakage_class}",)),
    }


SCOPE: Lines = {
    CONTROLLER: (
        ("scope_controller_lead", "scope_controller_short"),
        ("scope_controller_ahead", "scope_controller_tasks"),
        (DO,),
    ),
    PROJECT_MANAGER: (("scope_manager_lead",), ("scope_manager_changes",), (WHY,), ("scope_manager_agree",)),
    ACCOUNT_MANAGER: (("scope_account_lead",), ("scope_account_changes", "scope_account_offer")),
}
DISPUTE: Lines = {
    CONTROLLER: (("controller_lead",), ("controller_rates",), (WHY,), ("controller_check",)),
    PROJECT_MANAGER: (("manager_lead",), (WHY,), ("manager_confirm",)),
    ACCOUNT_MANAGER: (("account_lead", "account_lead_undated"), ("account_rate",), (DO, "account_call")),
}
MARGIN: Lines = {
    CONTROLLER: (("controller_lead",), ("controller_cost",), (WHY,), ("controller_check",)),
    PROJECT_MANAGER: (("manager_lead",), (WHY,), (DO,)),
    ACCOUNT_MANAGER: (("account_lead",), ("account_stake",), ("account_changes", "account_prepare")),
}
ANOMALY: Lines = {
    CONTROLLER: (
        ("controller_lead",),
        ("controller_booked", "controller_claimed"),
        (WHY,),
        (DO, "controller_correct"),
    ),
    PROJECT_MANAGER: (
        ("manager_booked", "manager_claimed", "manager_expense", "manager_object"),
        (WHY,),
        (DO, "manager_ask"),
    ),
    ACCOUNT_MANAGER: (("account_lead", "account_stake"), ("account_keep",)),
}
STAFFING: Lines = {
    CONTROLLER: (("controller_lead",), ("controller_pair",), ("controller_correct",)),
    PROJECT_MANAGER: (("manager_lead", "manager_lead_request"), (WHY,), (DO, "manager_choose")),
    ACCOUNT_MANAGER: (("account_lead", "account_lead_request"), ("account_agree",)),
}
SHORTAGE: Lines = {
    CONTROLLER: (("shortage_controller_lead",), ("gap_controller_pair",), ("gap_controller_check",)),
    PROJECT_MANAGER: (("shortage_manager_lead",), (WHY,), (DO,)),
    ACCOUNT_MANAGER: (("shortage_account_lead",), ("shortage_account_agree",)),
}
BENCH: Lines = {
    CONTROLLER: (("bench_controller_lead",), *SHORTAGE[CONTROLLER][1:]),
    PROJECT_MANAGER: (("bench_manager_lead",), *SHORTAGE[PROJECT_MANAGER][1:]),
    ACCOUNT_MANAGER: (("bench_account_lead",), ("bench_account_ask",)),
}
SERIES: Lines = {
    CONTROLLER: (("series_controller_lead",), ("series_controller_pair",)),
    PROJECT_MANAGER: (("series_lead",), (WHY,), (DO,)),
    ACCOUNT_MANAGER: (("series_lead",), ("series_account_tell",)),
}
OTHER: Lines = dict.fromkeys(READERS, (("plain.at_risk",), (WHY,), (DO, "plain.look")))
BY_SCORE: Mapping[str, Lines] = {
    "invoice_dispute": DISPUTE,
    "margin_erosion": MARGIN,
    "time_expense_anomaly": ANOMALY,
    "staffing_match": STAFFING,
}


def lines_of(score: str, stated: Mapping[str, Fact]) -> Lines:
    """Return the lines for a finding of a score, by its kind where a score has several."""
    if score == "revenue_leakage":
        kind = stated["leakage_class"].value if "leakage_class" in stated else ""
        return leak_lines(kind) if f"{score}.manager_{kind}" in templates() else SCOPE
    if score == "pipeline_capacity":
        direction = stated["direction"].value if "direction" in stated else ""
        return SERIES if "series" in stated else (BENCH if direction == "bench" else SHORTAGE)
    return BY_SCORE.get(score, OTHER)


def template_of(score: str, wording: str) -> str:
    """Return the id of a wording in the catalogue."""
    return wording if "." in wording else f"{score}.{wording}"
