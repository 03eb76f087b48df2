"""How well predictions were, as numbers: each metric takes a benchmark's frame and a candidate's column.

Rows without a label or a prediction are left out. A metric that is not defined on what remains (no rows, one class
only) is ``nan``, never a guess. Ties are resolved in expectation over all orders of the tied rows, so that no metric
depends on how rows happen to be sorted. The arrow that ends a metric's name in a benchmark says which way is better.

``auc``, ``average_precision``, ``brier``, ``log_loss``, ``mae``, ``mape``, ``pinball`` and ``ndcg_at`` equal
scikit-learn's to the last digits (a test draws ties and compares). They are computed here because an evaluation calls
them tens of thousands of times on resampled rows, and with scikit-learn's input checks takes six to nine times as long
(docs/adr/0018-libraries-instead-of-our-own.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Metric: TypeAlias = Callable[[pl.DataFrame, str], float]
Floats: TypeAlias = NDArray[np.float64]

NAN = float("nan")
MIN_PROBABILITY = 1e-6
BINS = 10


def columns(frame: pl.DataFrame, *names: str) -> list[Floats]:
    """Return columns as float arrays, without the rows in which any of them is null or nan."""
    values = [frame[name].cast(pl.Float64).to_numpy() for name in names]
    whole = np.ones(frame.height, dtype=bool)
    for value in values:
        whole &= ~np.isnan(value)
    return [value[whole] for value in values]


def auc(frame: pl.DataFrame, candidate: str) -> float:
    """Chance that a positive is ranked above a negative; ties count half (Mann-Whitney)."""
    label, score = columns(frame, "label", candidate)
    positives = int((label > 0).sum())
    negatives = len(label) - positives
    if not positives or not negatives:
        return NAN
    ranks = pl.Series(score).rank("average").to_numpy()
    below = ranks[label > 0].sum() - positives * (positives + 1) / 2
    return float(below / (positives * negatives))


def average_precision(frame: pl.DataFrame, candidate: str) -> float:
    """Area under precision over recall, one step per distinct score."""
    label, score = columns(frame, "label", candidate)
    if not (label > 0).any():
        return NAN
    _, place = np.unique(-score, return_inverse=True)
    hits = np.cumsum(np.bincount(place, weights=label > 0))
    seen = np.cumsum(np.bincount(place))
    recall = hits / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * hits / seen))


def brier(frame: pl.DataFrame, candidate: str) -> float:
    """Mean squared distance of probability and outcome."""
    label, probability = columns(frame, "label", candidate)
    return float(np.mean((probability - label) ** 2)) if len(label) else NAN


def log_loss(frame: pl.DataFrame, candidate: str) -> float:
    """Mean negative log-likelihood; probabilities are clipped one millionth away from 0 and 1."""
    label, probability = columns(frame, "label", candidate)
    if not len(label):
        return NAN
    p = np.clip(probability, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    return float(-np.mean(label * np.log(p) + (1 - label) * np.log(1 - p)))


def ece(frame: pl.DataFrame, candidate: str) -> float:
    """Expected calibration error over ten bins of equal size; equal probabilities share a bin."""
    label, probability = columns(frame, "label", candidate)
    if not len(label):
        return NAN
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, BINS + 1)[1:-1]))
    place = np.searchsorted(edges, probability, side="left")
    gap = np.bincount(place, weights=probability - label)
    return float(np.abs(gap).sum() / len(label))


def expected_top(score: Floats, value: Floats, size: float) -> float:
    """Return the summed value of the ``size`` rows with the highest score; a tied block counts in proportion."""
    _, place, count = np.unique(-score, return_inverse=True, return_counts=True)
    before = np.cumsum(count) - count
    taken = np.clip(size - before, 0, count) / count
    return float(np.sum(np.bincount(place, weights=value) * taken))


def value_captured(share: float, *, money: str = "money") -> Metric:
    """Share of all money on positive rows that lies in the top ``share`` of rows, ranked by prediction times money.

    ``money`` names the column with each row's amount in one currency.
    """

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        label, score, amount = columns(frame, "label", candidate, money)
        lost = (label > 0) * amount
        if not lost.sum() > 0:
            return NAN
        return expected_top(score * amount, lost, share * len(label)) / float(lost.sum())

    return metric


def precision_at(k: int) -> Metric:
    """Share of positives among the ``k`` rows ranked highest (all rows, where there are fewer)."""

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        label, score = columns(frame, "label", candidate)
        size = min(k, len(label))
        return expected_top(score, (label > 0).astype(float), size) / size if size else NAN

    return metric


def mae(frame: pl.DataFrame, candidate: str) -> float:
    """Mean absolute error, in the label's unit."""
    label, prediction = columns(frame, "label", candidate)
    return float(np.mean(np.abs(prediction - label))) if len(label) else NAN


def mape(frame: pl.DataFrame, candidate: str) -> float:
    """Mean absolute error relative to the label's size; rows whose label is zero are left out."""
    label, prediction = columns(frame, "label", candidate)
    some = label != 0
    return float(np.mean(np.abs(prediction[some] / label[some] - 1))) if some.any() else NAN


def bias(frame: pl.DataFrame, candidate: str) -> float:
    """Total predicted over total true, minus one: +0.86 means 86% too much."""
    label, prediction = columns(frame, "label", candidate)
    return float(prediction.sum() / label.sum() - 1) if label.sum() != 0 else NAN


def pinball(level: float, *, suffix: str) -> Metric:
    """Quantile loss of column ``<candidate><suffix>`` at ``level``."""

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        if candidate + suffix not in frame.columns:
            return NAN
        label, quantile = columns(frame, "label", candidate + suffix)
        return _pinball(label - quantile, level) if len(label) else NAN

    return metric


def _pinball(error: Floats, level: float) -> float:
    return float(np.mean(np.maximum(level * error, (level - 1) * error)))


def coverage(*, low: str = "_low", high: str = "_high") -> Metric:
    """Share of labels between ``<candidate><low>`` and ``<candidate><high>``, bounds included."""

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        if not {candidate + low, candidate + high} <= set(frame.columns):
            return NAN
        label, bottom, top = columns(frame, "label", candidate + low, candidate + high)
        return float(np.mean((bottom <= label) & (label <= top))) if len(label) else NAN

    return metric


def crps(levels: Sequence[float], *, suffix: Callable[[float], str] | None = None) -> Metric:
    """Continuous ranked probability score from quantile columns: twice the mean quantile loss over ``levels``.

    The column of level 0.1 is ``<candidate>_q10`` unless ``suffix`` says so. A candidate without quantile columns
    is a point forecast, whose score is its mean absolute error.
    """
    name = suffix or (lambda level: f"_q{round(level * 100)}")

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        wanted = [candidate + name(level) for level in levels]
        if not set(wanted) <= set(frame.columns):
            return mae(frame, candidate)
        label, *quantiles = columns(frame, "label", *wanted)
        if not len(label):
            return NAN
        losses = [_pinball(label - q, level) for q, level in zip(quantiles, levels, strict=True)]
        return 2 * float(np.mean(losses))

    return metric


def ndcg_at(k: int, *, query: str = "query") -> Metric:
    """Mean over queries of discounted gain in the top ``k`` over the best possible; queries without gain are left out.

    Labels are gains, not negative.
    """

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        return _per_query(frame, candidate, query, lambda label, score: _ndcg(label, score, k))

    return metric


def hit_at(k: int, *, query: str = "query") -> Metric:
    """Share of queries with a positive among the top ``k``; queries without a positive are left out."""

    def metric(frame: pl.DataFrame, candidate: str) -> float:
        return _per_query(frame, candidate, query, lambda label, score: _hit(label, score, k))

    return metric


def _per_query(frame: pl.DataFrame, candidate: str, query: str, of: Callable[[Floats, Floats], float]) -> float:
    whole = frame.select(query, "label", candidate).drop_nulls().sort(query, maintain_order=True)
    if not whole.height:
        return NAN
    label, score = (whole[name].cast(pl.Float64).to_numpy() for name in ("label", candidate))
    starts = np.flatnonzero(whole[query].rle_id().diff().fill_null(1).to_numpy())[1:]
    values = [of(a, b) for a, b in zip(np.split(label, starts), np.split(score, starts), strict=True)]
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else NAN


def _ndcg(label: Floats, score: Floats, k: int) -> float:
    best = _dcg(label, label, k)
    return _dcg(label, score, k) / best if best > 0 else NAN


def _dcg(label: Floats, score: Floats, k: int) -> float:
    discount = 1 / np.log2(np.arange(len(label)) + 2)
    discount[k:] = 0
    _, place, count = np.unique(-score, return_inverse=True, return_counts=True)
    mean_gain = np.bincount(place, weights=label) / count
    share = np.add.reduceat(discount, np.cumsum(count) - count)
    return float(np.sum(mean_gain * share))


def _hit(label: Floats, score: Floats, k: int) -> float:
    if not (label > 0).any():
        return NAN
    _, place, count = np.unique(-score, return_inverse=True, return_counts=True)
    right = np.bincount(place, weights=label > 0)
    missed, room = 1.0, k
    for size, good in zip(count, right, strict=True):
        drawn = min(int(size), room)
        bad = int(size - good)
        missed *= float(np.prod([(bad - i) / (size - i) for i in range(drawn)])) if drawn <= bad else 0.0
        room -= drawn
        if not room or missed == 0:
            break
    return 1 - missed
