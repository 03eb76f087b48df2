"""Twenty people act on one queue at once, one action in five on what somebody else acts on at the same moment.

Run: ``.venv/bin/python -m benchmarks.queue_actions`` (``--actions 10000 --people 20 --conflicts 0.2 --url URL``). Each
action names the version that its person looked at. Of two who meet on one exception exactly one may act; afterwards
every action that was taken has its decision and its audit entry, and the chain verifies. Ends with code 1 otherwise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from leadline.kernel.errors import BusyError
from leadline.kernel.findings import Finding, ScoredException
from leadline.kernel.statements import plain
from leadline.queue.decisions import Verdict
from leadline.queue.store import Store

AT = datetime(2026, 7, 1, 6, tzinfo=UTC)
VERDICTS = (("confirmed", "billed"), ("dismissed", "not_true"), ("snoozed", "not_now"))
# How long a writer waits for the write lock before giving up; none should have to.
PATIENCE = 120.0

# Exception, verdict and reason of one action.
Action = tuple[str, tuple[str, str]]


def main() -> None:
    """Act, count, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actions", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--conflicts", type=float, default=0.2, help="share of actions that meet another")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="an empty store (default: SQLite in a folder of its own)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.url or f"sqlite:///{Path(folder) / 'ops.db'}"
        lists, names = drawn_actions(arguments.actions, arguments.people, arguments.conflicts, arguments.seed)
        with Store(url, busy_seconds=PATIENCE) as store:
            store.upsert([_exception(name) for name in names], at=AT)
        started = time.perf_counter()
        taken, refused, seconds = acted(url, lists)
        wall = time.perf_counter() - started
        faults = checked(url, taken)
    print("| actions | people | taken | refused | double | not audited | p50 | p95 | actions a second |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    print(
        f"| {len(taken) + refused:,} | {arguments.people} | {len(taken):,} | {refused:,} | {faults['double']} | "
        f"{faults['not audited']} | {_quantile(seconds, 0.5):.0f} ms | {_quantile(seconds, 0.95):.0f} ms | "
        f"{(len(taken) + refused) / wall:,.0f} |"
    )
    sys.exit(1 if faults.total() else 0)


def drawn_actions(actions: int, people: int, conflicts: float, seed: int) -> tuple[list[list[Action]], list[str]]:
    """Return each person's actions, in their order, and the exceptions that they are about.

    Those who meet come to the same exception at the same place of their lists.
    """
    draw = random.Random(seed)  # noqa: S311 (no secret hangs on it)
    meetings = round(actions * conflicts / 2)
    names = [f"{number:016x}" for number in range(actions - meetings)]
    lists: list[list[Action]] = [[] for _ in range(people)]
    for number, name in enumerate(names):
        for one in draw.sample(range(people), 2 if number < meetings else 1):
            lists[one].append((name, draw.choice(VERDICTS)))
    for one in lists:
        one.sort()
        random.Random(seed).shuffle(one)  # noqa: S311
    return lists, names


def acted(url: str, lists: list[list[Action]]) -> tuple[list[str], int, list[float]]:
    """Let each person act in a process of their own; return whom action was taken on, refusals, milliseconds."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(len(lists)) as pool:
        results = pool.starmap(_person, [(url, f"person {place}", ours) for place, ours in enumerate(lists)])
    taken = [name for ours, _, _ in results for name in ours]
    return taken, sum(refused for _, refused, _ in results), [one for _, _, ours in results for one in ours]


def checked(url: str, taken: list[str]) -> Counter[str]:
    """Return how many exceptions were acted on twice, and how many actions have no decision; verify the audit."""
    with Store(url) as store:
        decided = Counter(decision.external_id for decision in store.decisions_since())
        store.verify()
    double = sum(count - 1 for count in Counter(taken).values()) + sum(count - 1 for count in decided.values())
    return Counter({"double": double, "not audited": len(set(taken) ^ set(decided))})


def _person(url: str, name: str, actions: list[Action]) -> tuple[list[str], int, list[float]]:
    taken, refused, seconds = [], 0, []
    with Store(url, busy_seconds=PATIENCE) as store:
        for external_id, (verdict, reason) in actions:
            started = time.perf_counter()
            try:
                store.decide(external_id, Verdict(verdict, reason, name, expected_version=1), at=AT)
                taken.append(external_id)
            except BusyError:
                refused += 1
            seconds.append((time.perf_counter() - started) * 1000)
    return taken, refused, seconds


def _exception(name: str) -> ScoredException:
    finding = Finding(
        score="invoice_dispute",
        object_type="invoice",
        object_id=name,
        as_of=AT,
        money_at_risk=Decimal(1000),
        currency="USD",
        title=plain(f"Invoice {name} may be disputed"),
        action=plain("Call the client before sending it."),
        expected=plain(""),
        seen=plain(""),
        reasons=(),
        probability=0.5,
    )
    return ScoredException(
        finding=finding,
        external_id=name,
        owner="billing",
        owner_kind="team",
        due_at=AT + timedelta(days=1),
        model_version="invoice_dispute@1",
        snapshot_id="drawn",
        expected_value=Decimal(470),
        rank=1,
    )


def _quantile(figures: list[float], share: float) -> float:
    return sorted(figures)[min(int(len(figures) * share), len(figures) - 1)]


if __name__ == "__main__":
    main()
