"""Compare records and tell how probably each pair is one: splink's model, its chances learned from the records."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import Any

import polars as pl

from leadline.matching.cleaning import cleaned
from leadline.matching.roles import ID, Role, columns, levels
from leadline.warehouse.scratch import scratch_database

SEED = 20261127
# Fewer records than this teach nothing reliable: the roles' own chances are kept.
ENOUGH_TO_LEARN = 500
# Share of true pairs that agree on two identifying columns to the letter; with it the rarity of pairs is estimated.
AGREEING_SHARE = 0.7
# Among fewer records than this a pair is no likelier for it.
FEW = 100
SAMPLED_PAIRS = 2_000_000
UNKNOWN = "not known"

PAIRS_SCHEMA = {
    "left_id": pl.String(),
    "right_id": pl.String(),
    "probability": pl.Decimal(9, 6),
    "evidence": pl.String(),
}


def compare(records: pl.DataFrame, roles: Sequence[Role], *, least: float) -> pl.DataFrame:
    """Return the pairs of records that are one with a probability of at least ``least``.

    ``records`` has the column ``record_id`` and those of the roles. One row per pair, the smaller id left, by id:
    probability to six digits, and evidence, column by column with the weight (log2 of the odds) that it adds.
    The same records give the same rows, in whatever order they come.
    """
    if records.height < 2:
        return pl.DataFrame(schema=PAIRS_SCHEMA)
    rows = cleaned(records, roles)
    with scratch_database() as connection, _quiet():
        linker = _linker(connection, rows, roles)
        if rows.height >= ENOUGH_TO_LEARN:
            _learn(linker, roles)
        found = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
        pairs = pl.from_arrow(found.as_duckdbpyrelation().to_arrow_table())
    return _labelled(pl.DataFrame(pairs), roles)


def _linker(connection: Any, rows: pl.DataFrame, roles: Sequence[Role]) -> Any:
    from splink import Linker, SettingsCreator
    from splink.backends.duckdb import DuckDBAPI

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=ID,
        comparisons=[_comparison(role, learns=rows.height >= ENOUGH_TO_LEARN) for role in roles],
        blocking_rules_to_generate_predictions=[_block(rule) for rule in _candidates(roles)],
        probability_two_random_records_match=_rarity(rows.height),
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
    )
    table = DuckDBAPI(connection).register(rows.to_arrow())
    return Linker(table, settings, log_level=logging.CRITICAL)


def _rarity(records: int) -> float:
    """Return the chance that two records are one before it is learned: as if one in two had a double."""
    return 1 / (2 * max(records, FEW))


def _comparison(role: Role, *, learns: bool) -> Any:
    """Return how a role is compared; how rare a value is counts only where the records are enough to tell."""
    import splink.comparison_level_library as level_library
    import splink.comparison_library as comparison_library

    known = columns(role)[0]
    steps: list[Any] = [level_library.NullLevel(known)]
    for step in levels(role):
        level = level_library.CustomLevel(step.condition) if step.condition else level_library.ElseLevel()
        steps.append(level.configure(m_probability=step.m, u_probability=step.u, label_for_charts=step.words))
    first = steps[1]
    if learns and role.kind != "address":
        first.configure(tf_adjustment_column=known, disable_tf_exact_match_detection=True)
    return comparison_library.CustomComparison(steps, output_column_name=role.column)


def _exact(roles: Sequence[Role]) -> list[tuple[str, ...]]:
    """Return, for each identifying role, the expressions that are equal in two records agreeing on it."""
    return [
        (f"{role.column}_number", f"{role.column}_street") if role.kind == "address" else (role.column,)
        for role in roles
        if role.kind in ("name", "address", "code")
    ]


def _candidates(roles: Sequence[Role]) -> list[tuple[str, ...]]:
    """Return the rules that pick pairs worth comparing: agreement on one code, or on parts of two columns."""
    rules = _exact(roles)
    for role in roles:
        if role.kind == "name":
            rules.append((f"substr({role.column}, 1, 6)",))
        if role.kind == "address":
            rules.append((f"{role.column}_number", f"substr({role.column}_street, 1, 3)"))
    return rules


def _block(rule: tuple[str, ...]) -> Any:
    from splink import block_on

    return block_on(*rule)


def _learn(linker: Any, roles: Sequence[Role]) -> None:
    """Learn from the records themselves how often values agree by chance (u), and in true pairs (m, by EM)."""
    exact = _exact(roles)
    rules = [_block((*one, *other)) for one, other in combinations(exact, 2)]
    training = linker.training
    training.estimate_probability_two_random_records_match(rules, recall=AGREEING_SHARE)
    training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
    for one in exact:
        training.estimate_parameters_using_expectation_maximisation(
            _block(one), fix_probability_two_random_records_match=False
        )


def _labelled(pairs: pl.DataFrame, roles: Sequence[Role]) -> pl.DataFrame:
    """Return the pairs with their evidence in words, the smaller id on the left."""
    left, right = pl.col(f"{ID}_l"), pl.col(f"{ID}_r")
    return pairs.select(
        pl.min_horizontal(left, right).alias("left_id"),
        pl.max_horizontal(left, right).alias("right_id"),
        pl.col("match_probability").round(6).cast(pl.Decimal(9, 6)).alias("probability"),
        pl.concat_str([_evidence(role) for role in roles], separator="; ").alias("evidence"),
    ).sort("left_id", "right_id")


def _evidence(role: Role) -> pl.Expr:
    """Return one column's part: what was found, and the weight it adds; splink numbers levels from the bottom."""
    words = [step.words for step in levels(role)]
    numbered = {-1: UNKNOWN} | dict(enumerate(reversed(words)))
    level = pl.col(f"gamma_{role.column}").cast(pl.Int64)
    return pl.format(
        "{} {} ({})",
        pl.lit(role.column),
        level.replace_strict(numbered, return_dtype=pl.String),
        pl.col(f"mw_{role.column}").round(1),
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep splink's talk about its training out of the log while it works."""
    logger = logging.getLogger("splink")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
