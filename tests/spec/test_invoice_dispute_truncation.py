"""Nothing that lands later changes what the dispute score saw."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import features.invoice_dispute.frame
from tests.support.invoice_firm import invoice_firm
from tests.support.truncation import assert_truncation_invariant


@pytest.mark.parametrize("seed", [1, 2])
def test_features_and_labels_do_not_change_when_later_rows_arrive(seed: int) -> None:
    cuts = [
        datetime(2024, 9, 2, 23, tzinfo=UTC),
        datetime(2025, 3, 3, 1, tzinfo=UTC),
        datetime(2025, 8, 14, tzinfo=UTC),
    ]
    assert_truncation_invariant(features.invoice_dispute.frame, invoice_firm(seed=seed), cuts)
