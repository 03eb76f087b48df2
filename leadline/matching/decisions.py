"""A steward's word on a pair of customer records: checked against what else joins them, then kept as a verdict."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import polars as pl

from leadline.kernel.errors import UsageError
from leadline.matching.accounts import MATCH, MERGED, PROPOSED, SCHEMA, SPLIT, STEWARD
from leadline.matching.clusters import clusters

Pair = tuple[str, str]
PROPOSAL, UNDONE, SETTLED = "proposal", "split_undone", "settled"


@dataclass(frozen=True)
class MatchState:
    """What holds of customer records: the ids there are, what sources say is one, and the verdict in force per pair."""

    accounts: frozenset[str]
    masters: frozenset[Pair]
    verdicts: Mapping[Pair, Mapping[str, Any]]

    def links(self, *, without: Pair | None = None) -> Mapping[str, set[str]]:
        """Return the neighbours of each record: masters, merged and matched pairs, without what was split."""
        said = {pair for pair, row in self.verdicts.items() if row["verdict"] in (MERGED, MATCH)}
        split = {pair for pair, row in self.verdicts.items() if row["verdict"] == SPLIT}
        neighbours: dict[str, set[str]] = defaultdict(set)
        for left, right in (said | self.masters) - split - {without}:
            neighbours[left].add(right)
            neighbours[right].add(left)
        return neighbours

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """The smallest id of the customer each linked record belongs to."""
        return clusters((one, other) for one, others in self.links().items() for other in others)

    def state(self, pair: Pair) -> str:
        """Return whether a pair waits for a steward: an open proposal, or a split that other links undo."""
        verdict = self.verdicts[pair]["verdict"]
        if verdict not in (PROPOSED, SPLIT):
            return SETTLED
        joined = self.groups.get(pair[0], pair[0]) == self.groups.get(pair[1], pair[1])
        if verdict == SPLIT:
            return UNDONE if joined else SETTLED
        return SETTLED if joined else PROPOSAL


def match_state_of(accounts: pl.DataFrame, rows: pl.DataFrame) -> MatchState:
    """Return what holds, from current accounts and the verdicts in landing; a steward overrules the matcher."""
    masters = accounts.filter(pl.col("master_account_id").is_not_null())
    pairs = [ordered(*row) for row in masters.select("account_id", "master_account_id").iter_rows()]
    verdicts: dict[Pair, Mapping[str, Any]] = {}
    for row in rows.sort("judge").iter_rows(named=True):  # matcher before steward
        verdicts[ordered(row["left_account_id"], row["right_account_id"])] = row
    return MatchState(
        accounts=frozenset(accounts["account_id"]),
        masters=frozenset((left, right) for left, right in pairs if left != right),
        verdicts=verdicts,
    )


def decide(now: MatchState, pair: Pair, verdict: str, *, reason: str, by: str, at: datetime) -> pl.DataFrame:
    """Return a steward's verdict as one row to land, or no row where the steward has said so already.

    Raises:
        UsageError: the verdict, a record, or another link or split of the two contradicts it; the error says which.
    """
    _check_words(now, pair, verdict, reason)
    left, right = ordered(*pair)
    before = now.verdicts.get((left, right))
    if before and before["judge"] == STEWARD and (before["verdict"], before["reason"]) == (verdict, reason):
        return pl.DataFrame(schema=SCHEMA)
    if verdict == SPLIT:
        _check_split(now, (left, right))
    else:
        _check_match(now, (left, right))
    row = dict.fromkeys(SCHEMA) | {
        "left_account_id": left,
        "right_account_id": right,
        "judge": STEWARD,
        "verdict": verdict,
        "judged_by": by,
        "judged_on": at.date(),
        "reason": reason,
        "is_deleted": False,
        "known_at": at.astimezone(UTC).replace(tzinfo=None),
    }
    return pl.DataFrame([row], schema=SCHEMA)


def ordered(one: str, other: str) -> Pair:
    """Return two ids as a pair, the smaller first."""
    return (one, other) if one < other else (other, one)


def path(neighbours: Mapping[str, set[str]], start: str, end: str) -> Sequence[str]:
    """Return the shortest chain of records from one to another, both included; empty where there is none."""
    before = {start: ""}
    todo = deque([start])
    while todo:
        record = todo.popleft()
        if record == end:
            return tuple(reversed(list(_back(before, end))))
        for other in sorted(neighbours.get(record, ())):
            if other not in before:
                before[other] = record
                todo.append(other)
    return ()


def _back(before: Mapping[str, str], record: str) -> Iterator[str]:
    while record:
        yield record
        record = before[record]


def _check_words(now: MatchState, pair: Pair, verdict: str, reason: str) -> None:
    if verdict not in (MATCH, SPLIT):
        raise UsageError("Unknown verdict.", where="--as", expected="match or split", found=verdict)
    if not reason.strip():
        raise UsageError("Missing reason.", where="--reason", expected="a few words", found="nothing")
    if pair[0] == pair[1]:
        raise UsageError("Both ids are the same.", expected="two different ids", found=pair[0])
    for record in pair:
        if record not in now.accounts:
            near = get_close_matches(record, sorted(now.accounts), n=3)
            raise UsageError(
                "No such customer record.",
                found=record,
                expected="an account_id" + (f" such as {', '.join(near)}" if near else ""),
                next_step="leadline match list --all shows the pairs that are known",
            )


def _check_split(now: MatchState, pair: Pair) -> None:
    chain = path(now.links(without=pair), *pair)
    if chain:
        raise UsageError(
            "Splitting this pair has no effect: other links still make it one customer.",
            where=" and ".join(pair),
            found=" – ".join(chain),
            next_step="split a pair of this chain first, then this one",
        )


def _check_match(now: MatchState, pair: Pair) -> None:
    neighbours = {record: set(others) for record, others in now.links().items()}
    for one, other in (pair, pair[::-1]):
        neighbours.setdefault(one, set()).add(other)
    for parted, row in sorted(now.verdicts.items()):
        if row["verdict"] != SPLIT or parted == pair or not path(neighbours, *parted):
            continue
        if not path(now.links(), *parted):
            raise UsageError(
                "Matching this pair would undo a split.",
                where=" and ".join(pair),
                found=f"{' and '.join(parted)} were split by {row['judged_by']}: {row['reason']}",
                next_step=f"leadline match decide {' '.join(parted)} --as match, if they are one after all",
            )
