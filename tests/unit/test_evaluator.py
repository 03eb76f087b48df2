"""Judging a score against the truth, on frames small enough to work out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadline.evaluator.calibration import calibration
from leadline.evaluator.decision import CAPACITY, LARGEST, MODEL, NOTHING, OLDEST, ORACLE, decision_values
from leadline.evaluator.leaks import ALL, leak_rows, leak_values
from leadline.evaluator.report import as_json, as_markdown, raise_alarms, report_of, write
from leadline.evaluator.sealed import read
from leadline.evaluator.skill import skill_rows
from leadline.evaluator.trial import CEILING, FULL, Trial
from leadline.evaluator.worlds import BUILT, find_worlds, open_world, prepare
from leadline.kernel.errors import GateError, IntegrityError, UsageError
from models.framework.metrics import auc, brier


def _frame(*, model_knows: float, rows: int = 400) -> pl.DataFrame:
    """Invoices whose true chance has a visible and a hidden part; the model sees so much of the label itself."""
    rng = np.random.default_rng(3)
    seen, hidden = rng.normal(0, 1, rows), rng.normal(0, 1, rows)
    full = 1 / (1 + np.exp(1.0 - seen - hidden))
    label = (rng.random(rows) < full).astype(float)
    model = 1 / (1 + np.exp(1.0 - seen - model_knows * 6 * (label - 0.5))) * 0.9 + 0.05 * rng.random(rows)
    return pl.DataFrame(
        {
            "invoice_id": [f"D{number:04d}" for number in range(rows)],
            "group": [f"K{number % 40}" for number in range(rows)],
            "observed_at": pl.Series([20_000 + 7 * (number // 50) for number in range(rows)]).cast(pl.Date),
            "label": label,
            "money": 100.0 + np.arange(rows) % 7,
            "currency": ["USD"] * rows,
            "lost": label * 10,
            "lost_reviewed": np.zeros(rows),
            "model": model,
            "base_rate": np.full(rows, label.mean()),
            CEILING: 1 / (1 + np.exp(1.0 - seen)),
            FULL: full,
        }
    )


def _trial(*, model_knows: float = 0.0) -> Trial:
    frame = _frame(model_knows=model_knows)
    return Trial(
        score="invoice_dispute",
        world="s-1",
        folds=[[frame, frame]],
        model="model",
        baselines=("base_rate",),
        truths=(CEILING, FULL),
        metrics={"auc↑": auc, "brier↓": brier},
    )


def test_a_model_stands_between_the_best_baseline_and_what_can_be_known() -> None:
    row = skill_rows([_trial()], bootstrap=20)[0]
    assert row.baseline == "base_rate"
    assert row.baseline_value == pytest.approx(0.5)
    assert row.gain == pytest.approx(row.model - 0.5)
    assert row.ceiling is not None
    assert row.full is not None
    assert row.share is not None
    assert row.model < row.ceiling < row.full
    assert row.share == pytest.approx((row.model - 0.5) / (row.ceiling - 0.5))
    assert row.gain_low < row.gain < row.gain_high
    assert (row.rows, row.worlds, row.seeds, row.is_alarm) == (400, 1, 2, False)


def test_a_model_that_saw_the_outcome_raises_the_alarm() -> None:
    honest, leaking = report_of([_trial()]), report_of([_trial(model_knows=1.0)])
    raise_alarms([honest])
    with pytest.raises(GateError) as caught:
        raise_alarms([honest, leaking])
    assert "invoice_dispute auc↑" in str(caught.value.found)
    assert caught.value.exit_code == 7


def test_the_value_of_a_decision_counts_what_a_review_saves_at_the_capacity() -> None:
    trial = _trial()
    results = {row.policy: row for row in decision_values([trial])}
    weeks = trial.folds[0][0]["observed_at"].n_unique()
    assert results[NOTHING].value == 0
    assert results[ORACLE].value == 10 * CAPACITY["invoice_dispute"] * weeks  # in every week enough disputes to fill it
    assert results[NOTHING].value < results[OLDEST].value < results[MODEL].value < results[ORACLE].value
    assert results[LARGEST].share == pytest.approx(results[LARGEST].value / results[ORACLE].value)


def test_the_oldest_project_is_reviewed_first_and_lines_of_one_size_have_no_largest() -> None:
    first = date(2026, 1, 1)
    frame = pl.DataFrame(
        {
            "project_id": [f"P{number}" for number in range(8)],
            "begins_on": [first + timedelta(days=number) for number in range(8)],
            "observed_at": [datetime(2026, 2, 2)] * 8,
            "currency": ["USD"] * 8,
            "money": [float(number + 1) for number in range(8)],
            "true_final_cost": [100.0, 100.0, 100.0, 0.0, 0.0, 10.0, 10.0, 10.0],
            "final_cost_reviewed": [0.0] * 8,
            "label": [0.0, 1.0] * 4,
            "model": [0.5] * 8,
            "base_rate": [0.5] * 8,
        }
    )
    trial = replace(_trial(), score="margin_erosion", folds=[[frame]])
    results = {row.policy: row.value for row in decision_values([trial])}
    assert (results[OLDEST], results[LARGEST]) == (300, 30)
    lines = frame.select(
        "currency",
        "observed_at",
        "model",
        "base_rate",
        object_id="project_id",
        worth=pl.col("true_final_cost"),
        money=pl.lit(1.0),
    )
    odd = replace(trial, score="time_expense_anomaly", folds=[[lines]])
    assert LARGEST not in {row.policy for row in decision_values([odd])}


def test_the_calibration_curve_has_ten_steps_that_rise() -> None:
    curve = calibration([_trial()])
    assert curve["rows"].to_list() == [80] * 10
    assert curve["predicted"].is_sorted()
    assert curve["true"][-1] > curve["true"][0]


def test_a_judgement_is_written_for_people_and_programs_and_the_same_twice(tmp_path: Path) -> None:
    report = report_of([_trial()])
    first = {path.name: path.read_bytes() for path in write([report], tmp_path / "a")}
    assert set(first) == {"invoice_dispute.json", "invoice_dispute.md", "invoice_dispute.png", "summary.md"}
    assert first == {path.name: path.read_bytes() for path in write([report], tmp_path / "b")}
    assert "share of the possible gain" in as_markdown(report)
    results = json.loads(as_json(report), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert [row["is_alarm"] for row in results["skill"]] == [False, False]
    nothing = replace(report, skill=[replace(row, share=float("nan")) for row in report.skill])
    assert json.loads(as_json(nothing))["skill"][0]["share"] is None


def _leak_world(folder: Path) -> Path:
    rows: list[dict[str, Any]] = [
        {"leak_class": "unbilled_time", "contract_line_id": "C1-1", "month": "2026-01", "amount": 100.0},
        {"leak_class": "unbilled_time", "contract_line_id": "C1-1", "month": "2026-01", "amount": 50.0},
        {"leak_class": "unbilled_time", "contract_line_id": "C2-1", "month": "2026-02", "amount": 850.0},
        {"leak_class": "unpriced_scope", "contract_line_id": "C2-1", "month": "2026-02", "amount": 999.0},
    ]
    (folder / "truth").mkdir(parents=True)
    frame = pl.DataFrame(rows).with_columns(currency=pl.lit("USD"))
    frame.write_parquet(folder / "truth" / "leakage-001.parquet")
    return folder


def _finding(place: str, money: str) -> Any:
    class Fake:
        object_id, money_at_risk, probability = place, Decimal(money), 0.9

    return Fake()


def test_exact_leaks_are_counted_by_place_and_by_money(tmp_path: Path) -> None:
    world = _leak_world(tmp_path / "w")
    found = [_finding("C1-1:2026-01:unbilled_time", "150"), _finding("C9-1:2026-01:unbilled_time", "5")]
    rows = {row.leak_class: row for row in leak_rows([world], [found])}
    assert set(rows) == {"unbilled_time", ALL}
    assert (rows[ALL].planted, rows[ALL].found) == (2, 2)
    assert (rows[ALL].precision, rows[ALL].recall, rows[ALL].money_recall) == (0.5, 0.5, 0.15)
    values = {row.policy: row.value for row in leak_values([world], [found])}
    assert values[MODEL] == 150
    assert values[ORACLE] == 1000


def test_what_is_missing_of_the_truth_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No simulated firm"):
        read(tmp_path, "deals")
    with pytest.raises(IntegrityError) as caught:
        read(_leak_world(tmp_path / "w"), "deals")
    assert caught.value.found == "leakage"


def test_worlds_are_found_alone_or_side_by_side_and_prepared_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_worlds(tmp_path)
    assert "leadline simulate" in str(caught.value.next_step)
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "simulation.json").write_text('{"integration_profile": "crm_led"}')
    assert [world.name for world in find_worlds(tmp_path)] == ["a", "b"]
    assert find_worlds(tmp_path / "a") == [tmp_path / "a"]
    home = open_world(tmp_path / "a", tmp_path / "homes")
    assert home.settings.integration_profile == "crm_led"
    calls: list[str] = []
    for expected in (True, False):
        assert (
            prepare(tmp_path / "a", home, lambda *_: calls.append("land"), lambda _: calls.append("build")) is expected
        )
    assert calls == ["land", "build"]
    assert (home.path / BUILT).is_file()
