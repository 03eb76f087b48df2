"""A real console over HTTP with 50,000 open exceptions: one person first, then twenty at once.

Run: ``.venv/bin/python -m benchmarks.console_pages`` (``--exceptions 50000 --people 20 --rounds 15 --pause 1``).
Each of the twenty opens the list, filters it, opens an exception, decides on it, and pauses between clicks as
long on average as given (0: not at all). Whoever decides on what another decided meanwhile is refused. Ends with code 1
when an answer was another than one of these. ``--home`` keeps the seeded home for another run.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx

from leadline.access.service import Access
from leadline.kernel.findings import Finding, Reason, Record, ScoredException
from leadline.kernel.home import open_home
from leadline.kernel.scores import SCORES
from leadline.kernel.statements import plain
from leadline.queue.store import Store

CURRENCIES = {"DE": "EUR", "FR": "EUR", "GB": "GBP", "US": "USD"}
TEAMS = tuple(f"team {number}" for number in range(1, 13))
PASSWORD = "as long as a password has to be"  # noqa: S105 (not a real one)
FILTERS = (
    "tab=mine",
    "tab=breached",
    f"score={SCORES[0]}",
    "state=all",
    "owner=team+3",
    "legal_entity=FR",
    "q=subject+49",
    "q=nowhere",
)
# Milliseconds that 95 of 100 answers keep to; the first page is one answer.
GOALS = {"first page": 1000, "next page": 300, "filter": 300, "exception": 300, "decision": 300}
GOAL_TOGETHER = 250
MOST_PAGES = 40


@dataclass
class Measured:
    """Milliseconds by what was done, refusals, and unexpected answers."""

    times: dict[str, list[float]] = field(default_factory=dict)
    refused: int = 0
    faults: list[str] = field(default_factory=list)

    def note(self, what: str, act: Callable[[], httpx.Response], expected: tuple[int, ...] = (200,)) -> httpx.Response:
        """Do it, and note how long it took."""
        started = time.perf_counter()
        answer = act()
        self.times.setdefault(what, []).append((time.perf_counter() - started) * 1000)
        if answer.status_code == httpx.codes.CONFLICT:
            self.refused += 1
        if answer.status_code not in expected:
            self.faults.append(f"{what}: {answer.status_code}")
        return answer


class Person:
    """Somebody with a browser of their own, logged in."""

    def __init__(self, base: str, login: str) -> None:
        self.client = httpx.Client(base_url=base, timeout=120)
        self.measured = Measured()
        fields = {"csrf": _found(r'name="csrf" value="(\w+)"', self.client.get("/log-in").text)[0]}
        answer = self.client.post("/log-in", data=fields | {"login": login, "password": PASSWORD})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise SystemExit(f"{login} cannot log in: {answer.status_code}")
        self._csrf = ""

    def look(self, what: str, path: str, *, is_part: bool = False) -> str:
        """Open a page and return it; ``is_part`` as the browser does where only the list is swapped."""
        headers = {"HX-Request": "true"} if is_part else {}
        page = self.measured.note(what, lambda: self.client.get(path, headers=headers)).text
        self._csrf = _found(r'name="csrf" value="(\w+)"', page)[0]
        return page

    def decide(self, what: str, path: str, page: str) -> None:
        """Dismiss the exception of a page as it was seen there."""
        version = _found(r'id="act-d".*?name="version" value="(\d+)"', page)
        if not version:
            return  # somebody decided before we looked
        fields = {"csrf": self._csrf, "version": version[0], "verdict": "dismissed", "reason_code": "not_true"}
        url = f"{path}/decide"
        self.measured.note(what, lambda: self.client.post(url, data=fields), (303, 409))


def main() -> None:
    """Seed, serve, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exceptions", type=int, default=50_000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15, help="times each of them looks, opens, decides")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between a person's clicks, on average")
    parser.add_argument("--home", type=Path, help="where to keep the seeded home")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = arguments.home or Path(folder) / "home"
        seed(home, arguments.exceptions, arguments.people)
        with served(home) as base:
            one = alone(Person(base, "person-0"))
            others = [Person(base, f"person-{number}") for number in range(arguments.people)]
            with ThreadPoolExecutor(arguments.people) as pool:
                list(pool.map(lambda at: work(others[at], at, arguments.rounds, arguments.pause), range(len(others))))
    faults = one.faults + [fault for other in others for fault in other.measured.faults]
    print(f"{arguments.exceptions:,} exceptions; load of the machine {os.getloadavg()[0]:.1f}\n")
    print("| people | what | answers | p50 | p95 | goal | |")
    print("|--:|---|--:|--:|--:|--:|---|")
    for what, times in one.times.items():
        _print_row(1, what, times, GOALS[what])
    for what in ("list", "filter", "exception", "decision"):
        times = [each for other in others for each in other.measured.times.get(what, [])]
        _print_row(arguments.people, what, times, GOAL_TOGETHER)
    print(f"\nrefused, because another was faster: {sum(other.measured.refused for other in others)}")
    for fault in faults[:10]:
        print(f"unexpected answer: {fault}")
    sys.exit(1 if faults else 0)


def seed(home: Path, exceptions: int, people: int) -> None:
    """Fill a home with open exceptions and operators, unless it is there: half of them see two legal entities."""
    if (home / "ops.db").exists():
        return
    at, draw = datetime.now(UTC), random.Random(1)  # noqa: S311 (no secret hangs on it)
    with Store(f"sqlite:///{open_home(home, create=True).path / 'ops.db'}") as store:
        store.upsert([_exception(number, at, draw) for number in range(exceptions)], at=at)
        access = Access(store)
        for number in range(people):
            scope = ("DE", "FR") if number % 2 else None
            name = f"person-{number}"
            access.add(name, roles=("operator",), legal_entities=scope, password=PASSWORD, actor="benchmark", at=at)


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve a home as a person would, on a free port; yield its address."""
    script = Path(sys.executable).with_name("leadline")
    command = [str(script), "console", "--port", "0", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


def alone(person: Person) -> Measured:
    """Let one person look at everything while no one else is there."""
    page = person.look("first page", "/worklist")
    for _ in range(MOST_PAGES):
        more = _found(r'class="more".*?href="([^"]+)"', page)
        page = person.look("next page", more[0].replace("&amp;", "&"), is_part=True) if more else page
    for _ in range(5):
        for query in FILTERS:
            person.look("filter", f"/worklist?{query}", is_part=True)
    for path in _exceptions(page):
        person.decide("decision", path, person.look("exception", path))
    return person.measured


def work(person: Person, number: int, rounds: int, pause: float) -> None:
    """Let a person look, open and decide, so many times."""
    draw = random.Random(number)  # noqa: S311
    for _ in range(rounds):
        _wait(draw, pause)
        person.look("list", "/worklist")
        _wait(draw, pause)
        paths = _exceptions(person.look("filter", f"/worklist?{draw.choice(FILTERS[:-1])}", is_part=True))
        if not paths:
            continue
        path = draw.choice(paths)
        _wait(draw, pause)
        page = person.look("exception", path)
        _wait(draw, pause)
        person.decide("decision", path, page)


def _wait(draw: random.Random, pause: float) -> None:
    time.sleep(draw.uniform(0, 2 * pause))


def _exceptions(page: str) -> list[str]:
    return _found(r'<tr data-href="(/exceptions/\w+)', page)


def _found(pattern: str, page: str) -> list[str]:
    return re.findall(pattern, page, flags=re.DOTALL)


def _print_row(people: int, what: str, times: list[float], goal: int) -> None:
    ordered = sorted(times)
    p50, p95 = (ordered[min(int(len(ordered) * share), len(ordered) - 1)] for share in (0.5, 0.95))
    verdict = "kept" if p95 <= goal else "missed"
    print(f"| {people} | {what} | {len(times):,} | {p50:.0f} ms | {p95:.0f} ms | {goal} ms | {verdict} |")


def _exception(number: int, at: datetime, draw: random.Random) -> ScoredException:
    entity = draw.choice(sorted(CURRENCIES))
    worth = Decimal(draw.randrange(5_000, 5_000_000)) / 100
    finding = Finding(
        score=SCORES[number % len(SCORES)],
        object_type="invoice",
        object_id=f"OBJECT-{number}",
        as_of=at,
        money_at_risk=worth * 2,
        currency=CURRENCIES[entity],
        title=plain(f"Subject {number} needs a review"),
        action=plain("Ask before it goes out."),
        expected=plain("hours as in the statement of work"),
        seen=plain("31 hours more"),
        reasons=tuple(
            Reason(f"reason_{place}", plain(f"Reason {place} of {number}"), 0.5, (Record("invoice", str(number)),))
            for place in range(3)
        ),
        probability=0.5,
        legal_entity_id=entity,
        project_id=f"PROJECT-{number // 20}",
    )
    return ScoredException(
        finding=finding,
        external_id=f"{number:016x}",
        owner=draw.choice(TEAMS),
        owner_kind="team",
        due_at=at + timedelta(hours=draw.randrange(-100, 400)),
        model_version="drawn@1",
        snapshot_id="drawn",
        expected_value=worth,
        rank=number + 1,
    )


if __name__ == "__main__":
    main()
