"""What each reader is told about a finding of each score: the words, without a single figure, name or date in them.

A line is one sentence in several wordings, the fullest first; the first whose facts are all known is told. ``{name}``
is a fact of the risk model, or one of the words of :data:`NAMES`. ``WHY`` is the strongest reason that can be told,
``DO`` the proposed action with its due day.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadline.kernel.narratives import ACCOUNT_MANAGER, CONTROLLER, DUE, PROJECT_MANAGER, READERS

Line = tuple[str, ...]
Texts = Mapping[str, tuple[Line, ...]]

WHY, DO = "WHY", "DO"
RECORD = "record"  # the record to look at, after the word for what it is
NAMES: Mapping[str, str] = {
    "money": "finding.money_at_risk",
    "chance": "finding.probability",
    "object": "finding.object_id",
    "size": "finding.band_middle",
    "low": "finding.band_low",
    "high": "finding.band_high",
    "role_of_gap": "finding.object_id[0]",
    "region_of_gap": "finding.object_id[1]",
    "week_of_gap": "finding.object_id[2]",
    "due": DUE,
}

# Leakage by class: what happened; what the project manager does; what the account manager says.
LEAKS: Mapping[str, tuple[str, str, str]] = {
    "approved_change_not_scheduled": (
        "an approved change order is not in the billing schedule",
        "Say whether the change is charged, and from when, by {due}.",
        "Tell the client that the agreed change comes with the next invoice, by {due}.",
    ),
    "unbilled_time": (
        "approved time was never billed",
        "Release the entries for billing, or mark them not billable with a reason, by {due}.",
        "Tell the client that late time comes with the next invoice, by {due}.",
    ),
    "unbilled_expense": (
        "approved expenses were never passed on",
        "Release the expenses for billing, or mark them not billable with a reason, by {due}.",
        "Tell the client that late expenses come with the next invoice, by {due}.",
    ),
    "milestone_not_invoiced": (
        "a milestone was reached and not invoiced",
        "Confirm the milestone for billing, or correct the day it was reached, by {due}.",
        "Ask the client to accept the milestone formally, by {due}.",
    ),
    "rate_below_contract": (
        "time was billed below the agreed price",
        "Say whether a lower price was agreed, by {due}.",
        "Agree with the client how the difference is billed, or record the concession, by {due}.",
    ),
    "missed_escalator": (
        "the agreed price rise was not applied",
        "Plan with the agreed price from now on, by {due}.",
        "Remind the client of the agreed price rise before it is billed, by {due}.",
    ),
    "recurring_misbilled": (
        "the monthly fee was not billed in full",
        "Say whether a reduction was agreed, by {due}.",
        "Tell the client that the missing part of the fee is billed, or record the reduction, by {due}.",
    ),
    "nte_overrun_absorbed": (
        "work goes beyond the ceiling that may be billed",
        "Stop the work that is not paid, or ask for a higher ceiling, by {due}.",
        "Ask the client for a higher ceiling by a change order, by {due}.",
    ),
}


def leak_texts(leakage_class: str) -> Texts:
    """Return the lines on a leak of one of the exact classes."""
    what, step, ask = LEAKS[leakage_class]
    return {
        CONTROLLER: (
            ("{leaked_amount} of {period} is not billed on contract line {contract_line_id}: " + what + ".",),
            ("Expected: {expected_amount}; seen: {billed_amount}.",),
            (DO, "Correct {record} by {due}."),
        ),
        PROJECT_MANAGER: (
            ("Project {project}: " + what + ", {records} of {period}, the oldest due since {late_since}.",),
            (WHY,),
            (step,),
        ),
        ACCOUNT_MANAGER: (
            ("Client {client} can be billed {leaked_amount} more for {period}: " + what + ".",),
            (ask,),
        ),
    }


SCOPE: Texts = {
    CONTROLLER: (
        ("{money} may go unbilled on project {project}, with a chance of {chance}.", "{money} may go unbilled."),
        (
            "Expected: {due_hours} by now, of {plan_hours} as approved; seen: {hours_to_date}, {unpriced_hours} more.",
            "Expected: {plan_hours} as approved; seen: {hours_to_date}, {unpriced_hours} beyond the plan of tasks.",
        ),
        (DO,),
    ),
    PROJECT_MANAGER: (
        ("Project {project} goes beyond its scope: {unpriced_hours} more than planned.",),
        ("Change orders {pending_changes} wait for approval.",),
        (WHY,),
        ("Agree a change order for the extra work, or stop it, by {due}.",),
    ),
    ACCOUNT_MANAGER: (
        ("Client {client} receives work beyond what was agreed; {money} is at stake.",),
        (
            "Change orders {pending_changes} wait: ask the client to decide on them by {due}.",
            "Offer the client a change order for the extra work by {due}.",
        ),
    ),
}
DISPUTE: Texts = {
    CONTROLLER: (
        ("{money} is at risk on invoice {object} over {amount}, with a chance of {chance} of a dispute.",),
        ("Expected: {firm_dispute_rate} of all invoices are disputed; seen: {client_dispute_rate} of this client's.",),
        (WHY,),
        ("Check {record}, and correct the invoice where it is wrong, by {due}.",),
    ),
    PROJECT_MANAGER: (
        ("Project {project}: invoice {object} may be disputed, with a chance of {chance}.",),
        (WHY,),
        ("Confirm to billing what was done and agreed, by {due}.",),
    ),
    ACCOUNT_MANAGER: (
        ("Client {client} may contest invoice {object} over {amount}, due on {due_date}.",
         "Client {client} may contest invoice {object} over {amount}."),
        ("The client disputes {client_dispute_rate} of its invoices.",),
        (DO, "Go through the invoice with the client by {due}."),
    ),
}  # fmt: skip
MARGIN: Texts = {
    CONTROLLER: (
        ("{money} of margin is at risk on project {project}, with a chance of {chance}.",),
        ("Expected: a cost of {approved_cost} at completion; seen: {eac_middle}.",),
        (WHY,),
        ("Check {record}, and correct the forecast by {due}.",),
    ),
    PROJECT_MANAGER: (
        ("Project {project} may end under its approved margin, with a chance of {chance}.",),
        (WHY,),
        (DO,),
    ),
    ACCOUNT_MANAGER: (
        ("Client {client}: project {project} may take more work than was agreed, with a chance of {chance}.",),
        ("{money} is at stake.",),
        (
            "{waiting_changes} wait for approval: ask the client to decide on them by {due}.",
            "Prepare the client for a change order or a smaller scope by {due}.",
        ),
    ),
}
ANOMALY: Texts = {
    CONTROLLER: (
        ("{money} on {object} may be wrong, with a chance of {chance}.",),
        ("Booked: {hours} on {work_date}.", "Claimed: {amount} on {expense_date}."),
        (WHY,),
        (DO, "Correct {object} before it is billed, by {due}."),
    ),
    PROJECT_MANAGER: (
        (
            "Project {project}: a booking of {hours} on {work_date} looks wrong ({object}).",
            "Project {project}: an expense of {amount} on {expense_date} looks wrong ({object}).",
            "An expense of {amount} on {expense_date} looks wrong ({object}).",
            "{object} looks wrong.",
        ),
        (WHY,),
        (DO, "Ask who booked it, and correct or reject it, by {due}."),
    ),
    ACCOUNT_MANAGER: (
        ("Client {client} may be billed {money} that is wrong.", "{money} may be billed that is wrong."),
        ("Keep {object} off the next invoice until it is checked, by {due}.",),
    ),
}
STAFFING: Texts = {
    CONTROLLER: (
        ("{money} of work stays unfilled while request {object} is open.",),
        ("Expected: {hours_per_week} a week from {begins}; seen: nobody confirmed.",),
        ("Correct the request if its dates or hours changed, by {due}.",),
    ),
    PROJECT_MANAGER: (
        (
            "Project {project} needs the role {role} from {begins}, {hours_per_week} a week.",
            "Request {object} needs the role {role} from {begins}, {hours_per_week} a week.",
        ),
        (WHY,),
        (DO, "Choose among the people who pass the filters, by {due}."),
    ),
    ACCOUNT_MANAGER: (
        (
            "Client {client} waits for the role {role} from {begins}; nobody is confirmed.",
            "Request {object} waits for the role {role} from {begins}; nobody is confirmed.",
        ),
        ("{money} depends on it.",),
        ("Tell the client who comes, or agree a later start, by {due}.",),
    ),
}
SHORTAGE: Texts = {
    CONTROLLER: (
        ("{money} stands behind a shortage of {role_of_gap} in {region_of_gap} from {week_of_gap}.",),
        ("Expected: {supply} free for clients; seen: work for {demand}.",),
        ("Check {record}, and correct bookings and deals that changed, by {due}.",),
    ),
    PROJECT_MANAGER: (
        ("{role_of_gap} in {region_of_gap}: {size} are missing for {weeks} from {week_of_gap}.",),
        (WHY,),
        (DO,),
    ),
    ACCOUNT_MANAGER: (
        ("The role {role_of_gap} in {region_of_gap} will be short from {week_of_gap}: behind it stand {deals}.",),
        ("{money} depends on it.",),
        ("Agree later starts with the clients by {due}.",),
    ),
}
# The money of a bench is wages, from which a cost rate could be told: the account manager is not told it.
BENCH: Texts = {
    CONTROLLER: (
        ("{money} stands behind a bench of {role_of_gap} in {region_of_gap} from {week_of_gap}.",),
        *SHORTAGE[CONTROLLER][1:],
    ),
    PROJECT_MANAGER: (
        ("{role_of_gap} in {region_of_gap}: {size} have no work for {weeks} from {week_of_gap}.",),
        *SHORTAGE[PROJECT_MANAGER][1:],
    ),
    ACCOUNT_MANAGER: (
        ("The role {role_of_gap} in {region_of_gap} will be free from {week_of_gap} for {weeks}.",),
        ("Ask the clients whether work can start sooner, by {due}.",),
    ),
}
SERIES: Texts = {
    CONTROLLER: (
        ("{money} stands behind the outlook for {series}.",),
        ("Expected: {present_level} as in {present_month}; seen: {forecast} by {forecast_month}.",),
    ),
    PROJECT_MANAGER: (
        ("{series} moves from {present_level} in {present_month} to {forecast} by {forecast_month}.",),
        (WHY,),
        (DO,),
    ),
    ACCOUNT_MANAGER: (
        ("{series} moves from {present_level} in {present_month} to {forecast} by {forecast_month}.",),
        ("Tell clients early where it bears on their plans, by {due}.",),
    ),
}
OTHER: Texts = dict.fromkeys(READERS, (("{money} is at risk on {object}.",), (WHY,), (DO, "Look at it by {due}.")))


def texts_of(score: str, facts: Mapping[str, object]) -> Texts:
    """Return the lines for a finding of a score, by its kind where a score has several."""
    if score == "revenue_leakage":
        kind = str(facts.get("leakage_class", ""))
        return leak_texts(kind) if kind in LEAKS else SCOPE
    if score == "pipeline_capacity":
        direction = facts.get("direction")
        return SERIES if "series" in facts else (BENCH if direction == "bench" else SHORTAGE)
    by_score = {
        "invoice_dispute": DISPUTE,
        "margin_erosion": MARGIN,
        "time_expense_anomaly": ANOMALY,
        "staffing_match": STAFFING,
    }
    return by_score.get(score, OTHER)
