"""Every text that the console's pages may show in another language: those in templates and code, and the codes."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

from leadline.access.permissions import PERMISSIONS, ROLES
from leadline.app.console import language
from leadline.app.console.pages.worklist import TABS
from leadline.app.console.wording import words
from leadline.kernel.contracts import entities
from leadline.kernel.rendering import READERS
from leadline.kernel.scores import SCORES
from leadline.queue.changes import Change
from leadline.queue.ownership import ASSIGNED, ESCALATED
from leadline.queue.states import REASON_CODES, STATES

# What an exception's page tells of its object, its owner and its records, beside the entities of the contract.
_OBJECTS = ("contract_line_period", "capacity_gap", "time_entry_pair", "expense_pair")
_OWNERS = ("finance_director", "resource_manager", "data_owner")
_COLUMNS = (
    *("amount", "budget_cost", "cause_code", "end_date", "expense_date", "has_receipt", "hours", "merchant"),
    *("planned_hours", "region", "role", "seniority", "stage", "status", "total_value", "work_date"),
    *("expected_fte", "leaked_amount", "level", "push_chance", "win_chance"),
)

_FOLDER = Path(language.__file__).parent
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
_CALLS = {"_": None, "gettext": None, "N_": None, "tell": (2,), "Column": (2,)}


def used() -> set[str]:
    """Return the texts."""
    found = extract_from_dir(_FOLDER, method_map=_METHODS, options_map=_OPTIONS, keywords=_CALLS)
    texts = {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}
    codes = (*STATES, *SCORES, *ROLES, *PERMISSIONS, *TABS, *READERS)
    codes += tuple(code for reasons in REASON_CODES.values() for code in reasons)
    codes += (
        *entities(),
        *_OBJECTS,
        *_OWNERS,
        *_COLUMNS,
        *(one.value for one in Change),
        ASSIGNED,
        ESCALATED,
        "undone",
    )
    return texts | {words(code) for code in codes}
