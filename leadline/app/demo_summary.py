"""The summary at the end of the demo: what was found, the most expensive exceptions, where things are, what next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from leadline.app.model_commands import SCORE_COLUMNS, score_rows
from leadline.app.printing import money, print_line, print_table, print_text
from leadline.app.queue_commands import RENDERER, chance
from leadline.app.work import Job
from leadline.kernel.compose import title_of
from leadline.kernel.counts import counted
from leadline.kernel.home import Home
from leadline.kernel.scores import SCORES
from leadline.queue.states import WAITING

if TYPE_CHECKING:
    from leadline.queue.records import QueuedException
    from leadline.queue.store import Store
    from leadline.queue.worklist import Sum
    from scoring.monitoring import Health

SHOWN = 5
REASONS = 3


def print_summary(job: Job, health: Sequence[Health], changes: Mapping[str, int], *, as_of: datetime) -> None:
    """Print the summary to stdout."""
    print_text(f"\nWhat Leadline found as of {as_of:%d %B %Y}", style="bold")
    print_text(_headline(job.store))
    print_table(
        score_rows(health), {name: heading for name, heading in SCORE_COLUMNS.items() if name not in ("random", "why")}
    )
    print_text("The most expensive of each kind", style="bold")
    for number, one in enumerate(top(job.store), start=1):
        _tell(number, one)
    print_text("Where things are", style="bold")
    for what, where in _places(job.home, job.parts.open_current(job.home.warehouse).database).items():
        print_line(f"  {what:<20}{where}")
    print_text("What to type next", style="bold")
    for command, what in _next_steps(job.home, job.store).items():
        print_line(f"  {command}  # {what}")
    changed = ", ".join(f"{count} {name}" for name, count in changes.items() if count)
    print_text(f"This run: {changed or 'nothing changed'}. A second run adds nothing.")


def top(store: Store) -> list[QueuedException]:
    """Return the waiting exception of each score with the highest expected value, the top five of these."""
    from leadline.queue.store import Wanted

    best = [one for score in SCORES for one in store.list_(Wanted(scores=(score,), states=WAITING, limit=1))]
    return sorted(best, key=lambda one: (-one.expected_value, one.external_id))[:SHOWN]


def _headline(store: Store) -> str:
    waiting = [one for one in store.counts() if one.state in WAITING]
    at_risk = " and ".join(money(one.money_at_risk, one.currency) for one in waiting_sums(store)) or "no money"
    scores = len({one.score for one in waiting})
    count = sum(one.exceptions for one in waiting)
    found = f"{counted(count, 'exception')} of {counted(scores, 'kind')}"
    return f"{found} {'waits' if count == 1 else 'wait'} for a person; together they put {at_risk} at risk."


def waiting_sums(store: Store) -> list[Sum]:
    """Return how much waits in each currency; what two exceptions both state counts once."""
    from leadline.queue.worklist import RowScope, Sought

    return store.worklist.sums(RowScope(), Sought(states=WAITING))


def _tell(number: int, one: QueuedException) -> None:
    print_text(f"\n{number}. {title_of(one, RENDERER)}", style="bold")
    print_text(f"   {one.score} · {chance(one)} · {money(one.money_at_risk, one.currency)} at risk · {one.external_id}")
    for reason in one.reasons[:REASONS]:
        print_text(f"   – {RENDERER.text(reason.statement)}")
    print_text(f"   Do: {RENDERER.text(one.action)}")
    print_text(f"   Owner: {one.owner}, due {one.due_at:%Y-%m-%d %H:%M} UTC\n")


def _places(home: Home, database: object) -> dict[str, str]:
    return {
        "warehouse, DuckDB": str(database),
        "warehouse, Parquet": str(home.warehouse / "current" / "parquet"),
        "queue": _queue_place(home),
        "deliveries": str(home.outbox),
        "MLflow": str(home.mlflow),
    }


def _queue_place(home: Home) -> str:
    from sqlalchemy.engine import make_url

    return make_url(home.ops_store_url).render_as_string(hide_password=True)


def _next_steps(home: Home, store: Store) -> dict[str, str]:
    from leadline.tracking.store import tracking_uri

    option = f"--home {home.path}"
    first = next(iter(top(store)), None)
    shown = first.external_id if first else "ID"
    decided = "--verdict confirmed --reason corrected --by you"
    return {
        f"leadline queue list {option}": "what waits, the most valuable first",
        f"leadline queue show {shown} {option}": "one exception in full",
        f"leadline queue decide {shown} {decided} {option}": "decide; it becomes a label",
        f"leadline evaluate {option}": "each model beside its baselines",
        f"leadline status {option}": "what ran and what is red",
        f"mlflow ui --backend-store-uri {tracking_uri(home)}": "experiments and registry",
    }
