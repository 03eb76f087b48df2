"""A score's risk model is found by its one word, and only its module is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

import models
from leadline.kernel.errors import UsageError


def test_a_risk_model_is_loaded_by_its_score() -> None:
    module = models.load("invoice_dispute")
    assert (module.SCORE, module.OBJECT_TYPE, module.NEEDS) == ("invoice_dispute", "invoice", ("invoice",))


def test_an_unknown_score_is_named() -> None:
    with pytest.raises(UsageError, match="invoice_disputes"):
        models.load("invoice_disputes")


def test_reading_a_scores_needs_imports_no_learner() -> None:
    heavy = "{'sklearn', 'lightgbm', 'scipy', 'mlflow'}"
    code = f"import sys, models; models.load('invoice_dispute').NEEDS; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
