"""Records are compared by the roles of their columns; only sure pairs in like groups are merged without a person."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import polars as pl
import pytest

from leadline.kernel.errors import UsageError
from leadline.matching.accounts import ROLES, news, verdicts
from leadline.matching.clusters import Scored, clusters, sure_pairs
from leadline.matching.decisions import PROPOSAL, SETTLED, UNDONE, MatchState, decide, ordered
from leadline.matching.engine import compare
from leadline.matching.pairwise import pairwise
from leadline.matching.roles import Role

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)


def _accounts(*rows: tuple[str, str, str | None, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"record_id": record, "name": name, "tax_id": tax, "country_code": country, "region": country}
            | {"industry": "Retail"}
            for record, name, tax, country in rows
        ],
        schema=dict.fromkeys(("record_id", *(role.column for role in ROLES)), pl.String()),
    )


DRAWN = _accounts(
    ("A1", "Indigo Energy GmbH", "DE 71-000-296", "DE"),
    ("K1", "INDIGO ENERGY", "DE71000296", "DE"),
    ("K2", "Indig Energy Ltd.", "DE71000296", "DE"),
    ("A2", "Indigo Energy", None, "US"),
    ("A3", "Harbor Works Ltd", "GB71000703", "GB"),
)


def test_the_same_customer_is_found_through_case_legal_form_slips_and_blanks() -> None:
    found = compare(DRAWN, ROLES, least=0.95).select("left_id", "right_id").rows()
    assert found == [("A1", "K1"), ("A1", "K2"), ("K1", "K2")]


def test_the_evidence_names_every_column_with_what_was_found() -> None:
    row = compare(DRAWN, ROLES, least=0.95).row(0, named=True)
    assert [part.split(" (")[0] for part in row["evidence"].split("; ")] == [
        "name same",
        "tax_id same",
        "country_code same",
        "region same",
        "industry same",
    ]


def test_the_same_records_in_any_order_give_the_same_pairs() -> None:
    expected = compare(DRAWN, ROLES, least=0.01)
    assert compare(DRAWN.reverse(), ROLES, least=0.01).equals(expected)


def test_records_enough_to_learn_from_give_the_same_bytes_twice() -> None:
    names = [f"{one} {other}" for one, other in itertools.product(("Amber", "Birch", "Cedar", "Delta"), repeat=2)]
    rows = [
        (f"{kind}{number:03}", f"{names[number % 16]} {number}", f"T{number:06}", "DE")
        for number in range(300)
        for kind in "AK"
    ]
    drawn = _accounts(*rows)
    roles = (Role("name", "name"), Role("tax_id", "code"))
    first = compare(drawn, roles, least=0.5)
    assert compare(drawn.sample(fraction=1, shuffle=True, seed=1), roles, least=0.5).equals(first)
    truth = {record: record[1:] for record, *_ in rows}
    assert pairwise(first.filter(pl.col("probability") > 0.95).select("left_id", "right_id").rows(), truth).f1 == 1.0


@pytest.mark.parametrize("records", [DRAWN.head(0), DRAWN.head(1)])
def test_fewer_than_two_records_have_no_pairs(records: pl.DataFrame) -> None:
    assert compare(records, ROLES, least=0.5).is_empty()


@pytest.mark.parametrize("merge", [0.5, 0.9, 0.99, 0.999, 1.0])
def test_no_pair_below_the_threshold_is_merged_without_a_person(merge: float) -> None:
    judged = verdicts(DRAWN, merge=merge, propose=0.01, as_of=AT)
    merged, proposed = (judged.filter(verdict=word) for word in ("merged", "proposed"))
    assert proposed.height > 0
    assert all(float(probability) >= merge for probability in merged["probability"])
    assert judged.height == merged.height + proposed.height
    assert set(judged["judge"]) == {"matcher"}
    assert set(judged["known_at"]) == {AT.replace(tzinfo=None)}


def test_a_chain_of_sure_pairs_through_unlike_records_is_not_merged_to_its_end() -> None:
    chain = [Scored("A", "B", 0.99), Scored("B", "C", 0.98), Scored("C", "D", 0.97)]
    assert sure_pairs(chain, merge=0.95) == {("A", "B"), ("B", "C")}
    close = [*chain, Scored("A", "C", 0.6), Scored("A", "D", 0.6), Scored("B", "D", 0.6)]
    assert sure_pairs(close, merge=0.95) == {("A", "B"), ("B", "C"), ("C", "D")}


def test_two_groups_with_one_pair_between_them_stay_two() -> None:
    groups = [Scored("A", "B", 0.99), Scored("C", "D", 0.99), Scored("B", "C", 0.96)]
    assert sure_pairs(groups, merge=0.95) == {("A", "B"), ("C", "D")}


def test_pairs_are_counted_with_clusters_closed() -> None:
    truth = {"A": "1", "B": "1", "C": "1", "D": "2"}
    closed = pairwise([("A", "B"), ("B", "C")], truth)
    assert (closed.found, closed.true, closed.hit) == (3, 3, 3)
    wrong = pairwise([("A", "B"), ("B", "D")], truth)
    assert (wrong.precision, wrong.recall, wrong.f1) == (1 / 3, 1 / 3, 1 / 3)
    assert pairwise([], {}).f1 is None
    assert clusters([("C", "B"), ("B", "A")]) == {"A": "A", "B": "A", "C": "A"}


def test_only_news_is_delivered_and_what_is_no_longer_found_is_withdrawn() -> None:
    judged = verdicts(DRAWN, merge=0.95, propose=0.5, as_of=AT)
    later = AT.replace(day=1, month=7)
    assert news(verdicts(DRAWN, merge=0.95, propose=0.5, as_of=later), judged, as_of=later).is_empty()
    fewer = news(
        verdicts(DRAWN.filter(pl.col("record_id") != "K2"), merge=0.95, propose=0.5, as_of=later), judged, as_of=later
    )
    gone = fewer.filter("is_deleted").select("left_account_id", "right_account_id").rows()
    assert ("A1", "K2") in gone
    assert ("K1", "K2") in gone
    assert not [pair for pair in gone if "K2" not in pair]


def _match_state(*verdicts_: tuple[str, str, str], masters: tuple[tuple[str, str], ...] = ()) -> MatchState:
    found = {
        ordered(left, right): {"verdict": word, "judge": "steward" if word in ("match", "split") else "matcher"}
        | {"judged_by": "ana", "reason": "so"}
        for left, right, word in verdicts_
    }
    return MatchState(frozenset("ABCD"), frozenset(ordered(*pair) for pair in masters), found)


@pytest.mark.parametrize(
    ("match_state", "pair", "verdict", "words"),
    [
        (_match_state(), ("A", "A"), "match", "Both ids are the same"),
        (_match_state(), ("A", "Z"), "match", "No such customer record"),
        (_match_state(), ("A", "B"), "maybe", "Unknown verdict"),
        (_match_state(("A", "C", "merged"), ("C", "B", "match")), ("A", "B"), "split", "A – C – B"),
        (_match_state(("A", "B", "merged"), masters=(("A", "C"), ("B", "C"))), ("B", "A"), "split", "A – C – B"),
        (_match_state(("A", "B", "split"), ("B", "C", "merged")), ("A", "C"), "match", "A and B were split by ana"),
    ],
)
def test_a_decision_that_cannot_hold_is_refused_with_what_stands_in_its_way(
    match_state: MatchState, pair: tuple[str, str], verdict: str, words: str
) -> None:
    with pytest.raises(UsageError) as refused:
        decide(match_state, pair, verdict, reason="because", by="ana", at=AT)
    assert words in str(refused.value)


def test_a_decision_needs_a_reason() -> None:
    with pytest.raises(UsageError, match="reason"):
        decide(_match_state(), ("A", "B"), "match", reason=" ", by="ana", at=AT)


def test_a_steward_splits_what_was_merged_and_saying_it_twice_adds_nothing() -> None:
    row = decide(_match_state(("A", "B", "merged")), ("B", "A"), "split", reason="so", by="ana", at=AT).row(
        0, named=True
    )
    assert (row["left_account_id"], row["right_account_id"], row["judge"]) == ("A", "B", "steward")
    assert (row["verdict"], row["known_at"], row["judged_on"]) == ("split", AT.replace(tzinfo=None), AT.date())
    assert decide(_match_state(("A", "B", "split")), ("A", "B"), "split", reason="so", by="ana", at=AT).is_empty()


def test_a_pair_waits_while_it_is_proposed_and_apart_or_split_and_joined() -> None:
    match_state = _match_state(("A", "B", "proposed"), ("A", "C", "merged"), ("C", "D", "merged"), ("A", "D", "split"))
    assert match_state.state(("A", "B")) == PROPOSAL
    assert match_state.state(("A", "C")) == SETTLED
    assert match_state.state(("A", "D")) == UNDONE
    assert _match_state(("A", "B", "proposed"), masters=(("A", "B"),)).state(("A", "B")) == SETTLED
