"""The composition root: which real part implements each step. Everything else receives them.

Each part is imported when it is first used, so that a command loads only what it needs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from leadline.kernel import clock
from leadline.kernel.project import activate

if TYPE_CHECKING:
    import polars as pl

    from leadline.delivery.target import Target
    from leadline.evaluator.firm_report import FirmReport
    from leadline.kernel.home import Home
    from leadline.queue.holdout import Enrolled
    from leadline.queue.ownership import Escalation
    from leadline.queue.store import Store
    from leadline.simulator.firm import SimulationReport
    from leadline.sources.doctor import EntityFacts
    from leadline.sources.land import LandReport
    from leadline.tracking import Champion
    from leadline.warehouse.entity_files import EntityFile
    from leadline.warehouse.export import Exported
    from leadline.warehouse.landing import BatchManifest
    from leadline.warehouse.point_in_time import PointInTimeReader
    from leadline.warehouse.snapshot import Snapshot
    from models.framework.risk_model import RiskModel
    from scoring.batch import RunReport
    from scoring.sensitivity import Choice
    from scoring.uplift import Uplift
    from training.evaluate import EvaluationRow
    from training.fit import TrainReport

# A step's text and the share done, 0 to 1.
Tell = Callable[[str, float], None]


def _simulate(
    size: str,
    *,
    seed: int,
    out: Path,
    progress: Tell,
    profile: str = "consulting",
    books: str = "usual",
    draw: int = 0,
) -> SimulationReport:
    from leadline.simulator.firm import simulate

    return simulate(size, seed=seed, out=out, profile=profile, books=books, draw=draw, progress=progress)


def _firm_report(world: Path) -> FirmReport:
    activate()
    from leadline.evaluator.firm_report import report

    return report(world)


def _land(
    folder: Path,
    mappings: Sequence[Path],
    *,
    home: Home,
    loaded_at: datetime,
    progress: Callable[[int, int, str], None],
) -> LandReport:
    from leadline.sources.land import land

    return land(folder, mappings, home=home, loaded_at=loaded_at, progress=progress)


def _land_rows(
    entity: str, rows: pl.DataFrame, *, source_system: str, home: Home, loaded_at: datetime, name: str
) -> BatchManifest:
    from leadline.sources.land import land_rows

    return land_rows(entity, rows, source_system=source_system, home=home, loaded_at=loaded_at, name=name)


def _build(home: Home, *, as_of: datetime | None, force: bool, progress: Tell) -> Snapshot:
    from leadline.warehouse.build import build

    return build(home, as_of=as_of, force=force, progress=progress)


def _open_current(warehouse: Path) -> Snapshot:
    from leadline.warehouse.snapshot import open_current

    return open_current(warehouse)


def _export(snapshot: Snapshot, tables: Sequence[str], *, to: Path, where: str, progress: Tell) -> Sequence[Exported]:
    from leadline.warehouse.export import export

    return export(snapshot, tables, to=to, where=where, progress=progress)


def _export_entities(snapshot: Snapshot, *, to: Path, progress: Tell) -> Sequence[EntityFile]:
    from leadline.warehouse.entity_files import export_entities

    return export_entities(snapshot, to=to, progress=progress)


def _contracts(folder: Path) -> Mapping[str, Sequence[Path]]:
    from leadline.sources import odcs, odcs_marts

    return {"sources": odcs.export(folder / "sources"), "published": odcs_marts.export(folder / "published")}


def _risk_model(score: str) -> RiskModel:
    activate()
    return cast("RiskModel", import_module(f"models.{score}"))


def _train(home: Home, reader: PointInTimeReader, score: str, *, as_of: datetime, seed: int) -> TrainReport:
    module = _risk_model(score)
    from training.fit import train

    return train(home, reader, module, as_of=as_of, seed=seed)


def _evaluate(
    home: Home, reader: PointInTimeReader, score: str, *, as_of: datetime, seeds: Sequence[int], folds: int
) -> list[EvaluationRow]:
    module = _risk_model(score)
    from training.evaluate import evaluate, log_evaluation

    rows = evaluate(reader, module, as_of=as_of, seeds=seeds, folds=folds)
    log_evaluation(home, reader, module, rows, as_of=as_of, seeds=seeds, folds=folds)
    return rows


def _leaks(reader: PointInTimeReader, *, as_of: datetime) -> pl.DataFrame:
    activate()
    from features.revenue_leakage.frame import leaks

    return leaks(reader, as_of=as_of)


def _score(
    home: Home, reader: PointInTimeReader, scores: Sequence[str], *, as_of: datetime, progress: Tell
) -> RunReport:
    activate()
    from scoring.batch import score
    from scoring.rephrasing_command import open_rephraser

    rephraser = open_rephraser(home.settings)
    return score(home, reader, scores, as_of=as_of, progress=progress, rephraser=rephraser)


def _escalations(reader: PointInTimeReader) -> Mapping[str, Escalation]:
    activate()
    from scoring.escalation import escalations

    return escalations(reader)


def _sensitivity(report: RunReport, reader: PointInTimeReader, *, as_of: datetime) -> list[Choice]:
    activate()
    from scoring.sensitivity import sensitivity

    return sensitivity(report, reader, as_of=as_of)


def _uplift(enrolled: Sequence[Enrolled], reader: PointInTimeReader, *, as_of: datetime) -> list[Uplift]:
    activate()
    from scoring.uplift import uplift

    return uplift(enrolled, reader, as_of=as_of)


def _champion(home: Home, score: str) -> Any:
    from leadline.tracking import champion

    return champion(home, score)


def _examine(home: Home, *, now: datetime) -> tuple[EntityFacts, ...]:
    from leadline.sources.doctor import examine

    return examine(home, now=now)


def _open_store(home: Home) -> Store:
    from leadline.queue.store import Store

    return Store(home.ops_store_url, checkpoints=home.audit_checkpoints)


def _open_targets(home: Home) -> Sequence[Target]:
    from leadline.delivery.configured_targets import open_targets

    return open_targets(home, os.environ)


@dataclass(frozen=True)
class Parts:
    """What the commands are made of. Tests put small fakes in place of single fields."""

    now: Callable[[], datetime] = clock.now
    pause: Callable[[float], None] = time.sleep
    simulate: Callable[..., SimulationReport] = _simulate
    firm_report: Callable[[Path], FirmReport] = _firm_report
    land: Callable[..., LandReport] = _land
    land_rows: Callable[..., BatchManifest] = _land_rows
    build: Callable[..., Snapshot] = _build
    open_current: Callable[[Path], Snapshot] = _open_current
    export: Callable[..., Sequence[Exported]] = _export
    export_entities: Callable[..., Sequence[EntityFile]] = _export_entities
    contracts: Callable[[Path], Mapping[str, Sequence[Path]]] = _contracts
    risk_model: Callable[[str], RiskModel] = _risk_model
    train: Callable[..., TrainReport] = _train
    evaluate: Callable[..., list[EvaluationRow]] = _evaluate
    leaks: Callable[..., pl.DataFrame] = _leaks
    score: Callable[..., RunReport] = _score
    escalations: Callable[[PointInTimeReader], Mapping[str, Escalation]] = _escalations
    sensitivity: Callable[..., list[Choice]] = _sensitivity
    uplift: Callable[..., list[Uplift]] = _uplift
    champion: Callable[[Home, str], Champion | None] = _champion
    examine: Callable[..., tuple[EntityFacts, ...]] = _examine
    open_store: Callable[[Home], Store] = _open_store
    open_targets: Callable[[Home], Sequence[Target]] = _open_targets
