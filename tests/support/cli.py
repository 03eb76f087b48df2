"""Run commands in process as a person would, and small twins of the heavy parts behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from leadline.app.main import app
from leadline.app.wiring import Parts
from leadline.kernel.findings import ScoredException
from leadline.queue.ownership import Escalation
from scoring.rephrasing import Rephrased
from tests.support.queue import AS_OF, AT, banded, drawn


def leadline(*words: str | Path, parts: Parts | None = None) -> Result:
    """Run one command; the result has exit_code, stdout and stderr."""
    return CliRunner().invoke(
        app, [str(word) for word in words], obj=parts or Parts(now=lambda: AT, pause=lambda _: None)
    )


@dataclass(frozen=True)
class ScoreTwin:
    """What one score said."""

    score: str
    exceptions: tuple[ScoredException, ...]
    skipped: str = ""
    model_version: str = "twin@1"
    drawn: tuple[Any, ...] = ()
    rephrased: Rephrased = field(default_factory=Rephrased)

    @property
    def found(self) -> tuple[Any, ...]:
        return tuple(one.finding for one in self.exceptions)


@dataclass(frozen=True)
class RunTwin:
    """What a night's score said."""

    as_of: datetime
    snapshot_id: str
    scores: tuple[ScoreTwin, ...]

    @property
    def exceptions(self) -> tuple[ScoredException, ...]:
        return tuple(one for score in self.scores for one in score.exceptions)


def twins(found: Sequence[ScoredException] | None = None) -> Parts:
    """Return parts of which the heavy ones are twins: a firm, a warehouse and a score that cost nothing."""
    night = [drawn(), banded()] if found is None else list(found)

    def score(_: object, __: object, scores: Sequence[str], *, as_of: datetime, progress: Any) -> RunTwin:
        progress("all", 1.0)
        seen = tuple(replace(one, finding=replace(one.finding, as_of=as_of)) for one in night)
        names = tuple(scores) or ("invoice_dispute", "margin_erosion")
        return RunTwin(
            as_of, "twin", tuple(ScoreTwin(n, tuple(e for e in seen if e.finding.score == n)) for n in names)
        )

    return Parts(
        now=lambda: AT,
        pause=lambda _: None,
        simulate=_simulate,
        build=lambda home, **_: _snapshot(home.warehouse),
        open_current=_snapshot,
        train=_train,
        leaks=_leaks,
        score=score,
        escalations=lambda _: {"invoice_dispute": Escalation("controller", lambda due: due + timedelta(hours=24))},
        champion=lambda _, __: None,
    )


def land_invoice(home: Path, *, known_at: datetime = AS_OF) -> None:
    """Give a home one landed row, by the real landing."""
    import polars as pl

    from leadline.kernel.home import open_home
    from leadline.sources.land import land_rows

    row = {"account_id": "A1", "name": "Acme", "known_at": known_at.astimezone(UTC).replace(tzinfo=None)}
    opened = open_home(home, create=True)
    land_rows("account", pl.DataFrame([row]), source_system="crm", home=opened, loaded_at=AT, name="accounts")


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, without what opening a home may leave (store, lock, logs)."""
    own = ("ops.db", "run.lock", "run.holder", "logs")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(own)
    }


def _simulate(size: str, *, seed: int, out: Path, progress: Any, **_: Any) -> Any:
    """Write a firm of one account."""
    progress("one account", 1.0)
    (out / "mappings").mkdir(parents=True)
    (out / "accounts.csv").write_text("Id,Name,Stamp\nA1,Acme,2026-06-30T23:59:59\n")
    (out / "mappings" / "crm.yml").write_text(
        "source_system: crm\n"
        "files:\n"
        "  - match: 'accounts.csv'\n"
        "    entity: account\n"
        "    format: csv\n"
        "    known_at: {column: Stamp, format: '%Y-%m-%dT%H:%M:%S'}\n"
        "    columns: {account_id: Id, name: Name}\n"
    )
    (out / "simulation.json").write_text(f'{{"as_of": "2026-06-30", "seed": {seed}, "size": "{size}"}}')
    return SimpleNamespace(size=size, seed=seed, as_of=date(2026, 6, 30), out=out, rows={"account": 1})


def _snapshot(warehouse: Path) -> Any:
    tables = {"core_account": {"rows": 1, "sha256": ""}}
    return SimpleNamespace(
        snapshot_id="twin",
        folder=warehouse,
        tables=tuple(tables),
        manifest={"tables": tables, "gates": {"test": 3}},
        database=warehouse / "warehouse.duckdb",
        reporting_currency="USD",
        known_until=AS_OF.replace(tzinfo=None),
    )


def _leaks(_: object, **__: object) -> Any:
    import polars as pl

    return pl.DataFrame({"object_id": ["L1", "L2"], "money": [Decimal("1200.50"), None]})


def _train(_: object, __: object, score: str, *, as_of: datetime, seed: int) -> Any:
    return SimpleNamespace(
        score=score,
        as_of=as_of,
        version=str(seed),
        promoted=True,
        unchanged=False,
        examples=10,
        held_out={"auc↑": {"model": 0.7, "base_rate": 0.5}},
        message="Promoted to champion.",
    )
