"""Whether every exception reaches a receiver exactly once with its latest version, whatever goes wrong on the way.

Run: ``.venv/bin/python -m benchmarks.delivery`` (``--items 1000 --share 0.3 --seed 1``). A stateful ERP on 127.0.0.1
goes wrong in six ways, each in a run of its own, then in all at once; of all arrivals ``--share`` goes wrong, drawn by
the seed. Half of the exceptions change before the first delivery, a quarter between two nights. Nights follow until
nothing waits; waiting costs no time here. Ends with code 1 when an object is missing, twice there, or not at its latest
version.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

from leadline.delivery.backoff import PATIENCE, Pace
from leadline.delivery.dispatch import TargetReport, deliver
from leadline.delivery.signature import read_secrets
from leadline.delivery.webhook import WebhookTarget
from leadline.queue.decisions import Verdict
from leadline.queue.deliveries import Intake
from leadline.queue.store import Store
from tests.support.erp import SECRET, Erp, Running, Wrong, seeded
from tests.support.queue import AT, drawn

NIGHT = timedelta(days=1)
MOST_NIGHTS = 100
TIMEOUT_SECONDS = 0.05


@dataclass(frozen=True)
class Figures:
    """What one run showed. ``wrong`` counts objects that are missing, twice there, out of order or not the latest."""

    fault: str
    messages: int
    sent: int
    retries: int
    duplicates: int
    effects: int
    dead: int
    nights: int
    seconds: float
    wrong: int


def main() -> None:
    """Print a row per fault; exit with 1 when any object is not there exactly once with its latest version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["no_proxy"] = "127.0.0.1"
    names = [field.name for field in fields(Figures)]
    print("| " + " | ".join(names) + " |\n|---|" + "--:|" * (len(names) - 1))
    wrong = 0
    for faults in [*((one,) for one in Wrong), tuple(Wrong)]:
        with tempfile.TemporaryDirectory() as folder:
            found = measured(Path(folder), faults, items=arguments.items, share=arguments.share, seed=arguments.seed)
        wrong += found.wrong
        cells = (getattr(found, name) for name in names)
        print("| " + " | ".join(f"{v:.1f}" if isinstance(v, float) else str(v) for v in cells) + " |", flush=True)
    sys.exit(1 if wrong else 0)


def measured(folder: Path, faults: Sequence[Wrong], *, items: int, share: float, seed: int) -> Figures:
    """Deliver to an ERP that goes wrong in the given ways, and compare what it believes with what is so."""
    erp, began = Erp(seeded(tuple(faults), share=share, seed=seed)), time.perf_counter()
    many = [drawn(f"INV-{number}") for number in range(items)]
    nights = dead = tries = delivered = 0
    with Store(f"sqlite:///{folder / 'ops.db'}") as store, Running(erp) as url:
        store.upsert(many, at=AT)
        _decide(store, [one.external_id for one in many[::2]])
        target = WebhookTarget(url, read_secrets(SECRET), timeout_seconds=TIMEOUT_SECONDS, intake=Intake.EVERYTHING)
        while nights < MOST_NIGHTS:
            report = _night(store, target, nights)
            nights, dead = nights + 1, dead + report.dead
            tries, delivered = tries + report.delivered + report.failed, delivered + report.delivered
            if nights == 1:
                _decide(store, [one.external_id for one in many[1::4]])
            elif not report.waiting:
                break
        latest = {one.external_id: one.version for one in store.list_()}
    return Figures(
        fault=faults[0].value if len(faults) == 1 else "all six",
        messages=items + len(many[::2]) + len(many[1::4]),
        sent=tries,
        retries=tries - delivered,
        duplicates=erp.duplicates,
        effects=sum(erp.effects.values()),
        dead=dead,
        nights=nights,
        seconds=time.perf_counter() - began,
        wrong=_wrong(erp, latest),
    )


def _night(store: Store, target: WebhookTarget, number: int) -> TargetReport:
    at = AT + number * NIGHT
    return deliver(store, [target], pace=lambda: Pace(lambda: at, lambda _: None, patience=PATIENCE))[0]


def _decide(store: Store, ids: Sequence[str]) -> None:
    for external_id in ids:
        store.decide(external_id, Verdict("dismissed", "not_true", "benchmark"), at=AT)


def _wrong(erp: Erp, latest: dict[str, int]) -> int:
    """Count what is not as it should be, object by object, key by key."""
    believed = {name: record["version"] for name, record in erp.objects.items()}
    missing = sum(believed.get(name) != version for name, version in latest.items())
    strange = len(set(believed) - set(latest))
    twice = sum(count != 1 for count in erp.effects.values())
    return missing + strange + twice + _overtaken(erp.order) + erp.bad_signatures


def _overtaken(keys: Sequence[str]) -> int:
    seen: dict[str, int] = {}
    overtaken = 0
    for key in keys:
        name, _, version = key.rpartition("-")
        overtaken += int(version) <= seen.get(name, 0)
        seen[name] = int(version)
    return overtaken


if __name__ == "__main__":
    main()
