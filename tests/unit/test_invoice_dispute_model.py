"""The dispute model learns, explains itself exactly, and never says less than its baseline."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

import numpy as np
import polars as pl
import pytest

import models.invoice_dispute.risk_model as score
from features.invoice_dispute.frame import FEATURES, UNLIMITED, features
from leadline.kernel.errors import InsufficientDataError, IntegrityError
from leadline.kernel.findings import Finding
from leadline.kernel.money import cents
from leadline.warehouse.point_in_time import naive
from models.framework.artefact import from_json, to_json
from models.framework.logistic import Floats, contributions, fit_logistic, logit, platt, predict_logit, sigmoid
from models.framework.parameters import KEPT
from models.framework.risk_model import Artefact
from models.invoice_dispute.blend import BLEND_FILE, TREES_FILE, design, explain, fit_blend, predict_blend
from models.invoice_dispute.reasons import GROUPS
from tests.support.invoice_firm import invoice_firm
from tests.support.narratives import read
from tests.support.point_in_time import MemoryReader
from training.splits import gather

AS_OF = datetime(2025, 12, 3, 23, tzinfo=UTC)
FIRM = invoice_firm(seed=3)


@cache
def _examples() -> pl.DataFrame:
    return gather(score, FIRM, score.observation_times(FIRM, until=AS_OF), as_of=AS_OF)


@cache
def _artefact() -> Artefact:
    return score.fit(_examples(), seed=1)


@cache
def _findings() -> tuple[Finding, ...]:
    return tuple(score.findings(FIRM, as_of=AS_OF, artefact=_artefact()))


def test_examples_are_only_those_whose_ninety_days_have_passed() -> None:
    rows = _examples()
    assert rows["label"].is_not_null().all()
    assert rows["issued_on"].max() < naive(AS_OF).date()  # type: ignore[operator]
    seen = score.examples(
        FIRM, observed_at=datetime(2025, 3, 2, 23, tzinfo=UTC), as_of=datetime(2025, 4, 1, tzinfo=UTC)
    )
    assert seen.filter(pl.col("is_draft") == 1).height == 0  # some are disputed already, none has matured


def test_fitting_twice_gives_the_same_text() -> None:
    assert score.fit(_examples(), seed=1) == _artefact()
    shuffled = _examples().sample(fraction=1.0, shuffle=True, seed=5)
    assert score.fit(shuffled, seed=1) == _artefact()


def test_the_artefact_is_text_and_json_only() -> None:
    assert sorted(_artefact()) == sorted([BLEND_FILE, TREES_FILE, KEPT])
    assert from_json(_artefact(), KEPT)["features"] == list(FEATURES)
    assert _artefact()[TREES_FILE].startswith("tree\n")


def test_the_model_ranks_held_out_invoices_better_than_the_clients_own_rate() -> None:
    rows = _examples().sort("observed_at")
    cut = rows["observed_at"][int(rows.height * 0.6)]
    benchmark = score.benchmark(
        rows.filter(pl.col("observed_at") < cut), rows.filter(pl.col("observed_at") >= cut), seed=1
    )
    assert benchmark.candidates == ("blend", "logistic", "client_rate", "base_rate")
    auc = {name: benchmark.metrics["auc↑"](benchmark.frame, name) for name in benchmark.candidates}
    assert auc["blend"] > auc["client_rate"] + 0.05 > auc["base_rate"]
    assert (benchmark.frame["blend"].is_between(0, 1)).all()


def test_explanations_add_up_to_the_score() -> None:
    rows = features(FIRM, as_of=AS_OF)
    predicted = logit(predict_blend(rows, _artefact())["prediction"].to_numpy())
    total = explain(rows, _artefact()).to_numpy().sum(axis=1)
    assert np.ptp(predicted - total) < 1e-6


def test_every_feature_belongs_to_one_group_of_reasons() -> None:
    grouped = [name for group in GROUPS for name in group.features]
    assert sorted(grouped) == sorted(FEATURES)


def test_a_row_where_everything_is_wrong_has_words_for_every_group_but_the_stage() -> None:
    wrong = dict.fromkeys((*FEATURES, *UNLIMITED), 1.0) | {"firm_dispute_rate": 0.05, "client_invoices_year": 0.0}
    silent = [group.code for group in GROUPS if group.says(wrong) is None]
    assert silent == ["stage"]


def test_a_row_of_nulls_gives_no_reason_and_no_fault() -> None:
    empty = dict.fromkeys((*FEATURES, *UNLIMITED)) | {"client_invoices_year": 3.0, "project_invoices_year": 3.0}
    assert [group.code for group in GROUPS if group.says(empty)] == []


@pytest.mark.parametrize(
    ("limited", "value", "shown"),
    [
        ("amount_to_previous", 272.61, "272.6 times"),
        ("contract_burn", 6.5, "650%"),
        ("hours_burn", 4.2, "420%"),
        ("terms_differ_days", 90.0, "90 days later"),
        ("days_after_contract_end", 400.0, "400 days after"),
        ("days_past_planned_end", 800.0, "800 days past"),
        ("days_period_to_issue", 300.0, "300 days after"),
        ("client_open_disputes", 11.0, "11 disputes"),
        ("pending_changes", 7.0, "7 change orders"),
    ],
)
def test_a_reason_states_the_value_and_not_the_limit_that_the_model_sees(
    limited: str, value: float, shown: str
) -> None:
    quiet = dict.fromkeys((*FEATURES, *UNLIMITED)) | {"client_invoices_year": 3.0, "project_invoices_year": 3.0}
    row = quiet | {limited: 3.0, f"raw_{limited}": value, "firm_dispute_rate": 0.05}
    said = [read(statement) for group in GROUPS if (statement := group.says(row)) is not None]
    assert len(said) == 1
    assert shown in said[0]


def test_findings_state_money_chance_reasons_and_action() -> None:
    found = _findings()
    assert found
    assert [f.expected_loss for f in found] == sorted((f.expected_loss for f in found), reverse=True)
    rows = features(FIRM, as_of=AS_OF)
    for finding in found:
        own = rows.filter(invoice_id=finding.object_id).row(0, named=True)
        assert finding.probability is not None
        assert finding.money_at_risk == cents(own["at_risk"])
        assert Decimal("49.99") <= finding.money_at_risk < own["amount_reporting"]
        assert finding.currency == "USD"
        assert finding.action
        assert finding.reasons
        assert all(reason.records[0].entity == "invoice" for reason in finding.reasons)
        assert finding.object_id not in finding.similar


def test_a_missing_purchase_order_is_shown_with_its_contract_and_what_to_do() -> None:
    reasons = {(f.object_id, r.code): r for f in _findings() for r in f.reasons}
    missing = features(FIRM, as_of=AS_OF).filter(pl.col("po_missing") == 1)["invoice_id"].to_list()
    shown = [key for key in missing if (key, "purchase_order") in reasons]
    assert shown
    assert {r.entity for r in reasons[shown[0], "purchase_order"].records} == {"invoice", "contract"}
    first = [f for f in _findings() if f.reasons[0].code == "purchase_order"]
    assert {read(f.action) for f in first} <= {
        "Add the purchase-order number before issuing.",
        "Send the invoice again with the purchase-order number.",
    }


def test_similar_cases_are_clean_and_of_the_same_client_first() -> None:
    with_similar = [f for f in _findings() if f.similar]
    assert with_similar
    disputed = set(FIRM.core("dispute", as_of=AS_OF).collect()["invoice_id"])
    assert not {key for f in with_similar for key in f.similar} & disputed
    assert all(f.similar[0][:3] == f.object_id[:3] for f in with_similar)


def test_without_a_model_the_clients_own_rate_speaks() -> None:
    rows = {row["invoice_id"]: row for row in features(FIRM, as_of=AS_OF).iter_rows(named=True)}
    found = score.findings(FIRM, as_of=AS_OF, artefact=None)
    assert found
    assert all(f.probability == round(rows[f.object_id]["client_dispute_rate"], 6) for f in found)


def test_without_any_outcome_the_documented_prior_speaks() -> None:
    invoice = {"invoice_id": "I1", "account_id": "A", "status": "draft", "amount": "5000.00", "currency": "USD"}
    reader = MemoryReader({"invoice": [invoice | {"billing_run_date": datetime(2025, 12, 1).date()}]})
    (finding,) = score.findings(reader, as_of=AS_OF, artefact=None)
    assert (finding.probability, finding.money_at_risk) == (0.06, Decimal("1532.88"))
    assert "Nothing stands out" in read(finding.reasons[0].statement)


def test_an_amount_without_a_rate_is_stated_in_its_own_currency() -> None:
    invoice = {"invoice_id": "I1", "account_id": "A", "status": "draft", "amount": "5000.00", "currency": "CHF"}
    reader = MemoryReader({"invoice": [invoice | {"billing_run_date": datetime(2025, 12, 1).date()}]})
    (finding,) = score.findings(reader, as_of=AS_OF, artefact=None)
    assert (finding.money_at_risk, finding.currency) == (Decimal("1532.88"), "CHF")


def test_no_open_invoice_gives_no_finding() -> None:
    assert score.findings(MemoryReader({}), as_of=AS_OF, artefact=None) == []
    assert score.findings(MemoryReader({}), as_of=AS_OF, artefact=_artefact()) == []


def test_too_few_disputes_are_too_little_to_learn_from() -> None:
    with pytest.raises(InsufficientDataError, match="Too few invoices"):
        score.fit(_examples().head(60), seed=1)
    with pytest.raises(InsufficientDataError, match="No held-out invoice"):
        score.benchmark(_examples(), _examples().filter(pl.col("days_since_issue") > 20), seed=1)


def test_a_model_of_other_features_is_refused() -> None:
    kept = from_json(_artefact(), KEPT)
    other = {**_artefact(), KEPT: to_json(kept | {"features": ["x"]})}
    with pytest.raises(IntegrityError, match="other features"):
        predict_blend(features(FIRM, as_of=AS_OF), other)
    with pytest.raises(IntegrityError, match="lacks features"):
        design(pl.DataFrame({"amount_log": [1.0]}), FEATURES)
    with pytest.raises(IntegrityError, match="Cannot read"):
        from_json({}, BLEND_FILE)


def test_a_version_is_scored_by_the_parameters_it_was_trained_with() -> None:
    shipped = score.parameters()
    late = shipped.late.model_copy(update={"stated_days": 0})
    other = fit_blend(
        _examples(), seed=1, parameters=shipped.model_copy(update={"leave_out": ("amount_log",), "late": late})
    )
    rows = features(FIRM, as_of=AS_OF)
    assert "amount_log" not in explain(rows, other).columns
    stated = predict_blend(rows, other).with_columns(rows["days_since_issue"]).drop_nulls("late")
    assert stated["days_since_issue"].max() == 0
    assert predict_blend(rows, _artefact())["late"].count() > stated.height
    assert score.findings(FIRM, as_of=AS_OF, artefact=other)


def _separable() -> tuple[Floats, Floats]:
    draw = np.random.default_rng(1)
    x = draw.normal(size=(400, 3))
    y = (draw.random(400) < sigmoid(1.5 * x[:, 0] - 1)).astype(float)
    x[draw.random(400) < 0.2, 1] = np.nan
    return x, y


def test_logistic_regression_finds_the_weight_that_made_the_data() -> None:
    x, y = _separable()
    model = fit_logistic(x, y, names=["a", "b", "c"], penalty=1.0, widest=5.0)
    per_unit = np.array(model["weights"][:3]) / np.array(model["scale"][:3])
    assert per_unit == pytest.approx([1.5, 0, 0], abs=0.3)
    assert sigmoid(predict_logit(x, model)).mean() == pytest.approx(y.mean(), abs=1e-6)
    shares, base = contributions(x, model)
    assert shares.sum(axis=1) + base == pytest.approx(predict_logit(x, model))


def test_with_a_heavy_penalty_the_anchor_speaks() -> None:
    x, y = _separable()
    model = fit_logistic(x, y, names=["a", "b", "c"], penalty=1e9, widest=5.0, anchors={"a": 1.0})
    moved = predict_logit(np.array([[1.0, 0, 0]]), model) - predict_logit(np.array([[0.0, 0, 0]]), model)
    assert moved == pytest.approx([1.0], abs=1e-3)


def test_calibration_never_turns_a_ranking_round() -> None:
    raw, y = np.linspace(-2, 2, 50), np.r_[np.ones(25), np.zeros(25)]
    assert platt(raw, y, penalty=0.1) == (0.0, 0.0)
    slope, intercept = platt(raw, 1 - y, penalty=1e6)
    assert [slope, intercept] == pytest.approx([1.0, 0.0], abs=0.01)
