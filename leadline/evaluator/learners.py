"""Plain learners on what the truth shows of invoices: a yardstick for how learnable the firm's disputes are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from lightgbm import Dataset, train
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.framework.metrics import auc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# What invoices show apart from history, as the simulator names it.
NOT_VISIBLE = frozenset(
    (
        *(
            "invoice_id",
            "run_on",
            "client",
            "chance",
            "observable",
            "chance_reviewed",
            "reviewed",
            "disputed",
            "hidden",
        ),
        *("short_paid", "credited", "lost", "lost_reviewed", "cause", "coded_cause", "amount", "currency", "known_on"),
        "changed",
    )
)
PRIOR_INVOICES, PRIOR_SHARE = 3.0, 0.065
BOOSTING = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 8,
    "min_data_in_leaf": 60,
    "lambda_l2": 20.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
}
ROUNDS = 120


@dataclass(frozen=True)
class Invoices:
    """Invoices as learners see them: a row each, what is visible, the client's past, and whether it was disputed.

    ``table`` holds the visible columns, then the past share of disputes and the number of invoices behind it.
    """

    names: tuple[str, ...]
    table: Floats
    history: Floats
    label: Floats
    changed: npt.NDArray[np.bool_]


def invoices_of(disputes: pl.DataFrame) -> Invoices:
    """Return a world's invoices; history counts only disputes raised and invoices settled before the draft's day."""
    names = tuple(name for name in disputes.columns if name not in NOT_VISIBLE)
    share, count = _history(disputes)
    visible = disputes.select(pl.col(names).cast(pl.Float64)).to_numpy()
    label = (disputes["disputed"] | disputes["hidden"]).cast(pl.Float64).to_numpy()
    return Invoices(
        names, np.column_stack([visible, share, count]), share, label, disputes["changed"].to_numpy().astype(bool)
    )


def _history(disputes: pl.DataFrame) -> tuple[Floats, Floats]:
    rows = disputes.with_row_index("row")
    share, count = np.zeros(rows.height), np.zeros(rows.height)
    for _, own in rows.group_by("client", maintain_order=True):
        known = own["known_on"].to_numpy()[None, :] < own["run_on"].to_numpy()[:, None]
        disputes = (known & own["disputed"].to_numpy()[None, :]).sum(axis=1)
        place = own["row"].to_numpy()
        count[place] = known.sum(axis=1)
        share[place] = (disputes + PRIOR_INVOICES * PRIOR_SHARE) / (count[place] + PRIOR_INVOICES)
    return share, count


def boosted(invoices: Invoices, learn: Ints, test: Ints, *, seed: int) -> float:
    """Return the AUC on ``test`` of boosted trees that learned from ``learn``."""
    data = Dataset(invoices.table[learn], invoices.label[learn])
    scores = train({**BOOSTING, "seed": seed}, data, ROUNDS).predict(invoices.table[test])
    return area(invoices.label[test], np.asarray(scores))


def logistic(invoices: Invoices, learn: Ints, test: Ints) -> float:
    """Return the AUC on ``test`` of a logistic regression that learned from ``learn``."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    model.fit(invoices.table[learn], invoices.label[learn])
    return area(invoices.label[test], model.predict_proba(invoices.table[test])[:, 1])


def area(label: Floats, score: Floats) -> float:
    """Return the AUC of a score."""
    return auc(pl.DataFrame({"label": label, "score": score}), "score")
