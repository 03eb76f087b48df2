"""Accounts that are one client, however they are linked: the groups are those of a graph's connected components."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.point_in_time import MemoryReader

AS_OF = datetime(2026, 1, 1)
NAMES = [f"A{number:02}" for number in range(10)]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12)


def _groups(names: list[str], pairs: list[tuple[str, str]]) -> set[frozenset[str]]:
    verdicts = [
        {
            "left_account_id": left,
            "right_account_id": right,
            "judge": "steward",
            "verdict": "match",
            "judged_on": datetime(2025, 1, 1).date(),
        }
        for left, right in pairs
    ]
    reader = MemoryReader({"account": [{"account_id": name} for name in names], "account_match": verdicts})
    clients = reader.rule("int_account_client", as_of=AS_OF).collect()
    assert clients.height == len(names)
    return {frozenset(group["account_id"]) for _, group in clients.group_by("client_id")}


@settings(max_examples=20)
@given(PAIRS)
def test_linked_accounts_are_one_client(pairs: list[tuple[str, str]]) -> None:
    graph = nx.Graph([pair for pair in pairs if pair[0] != pair[1]])
    graph.add_nodes_from(NAMES)
    assert _groups(NAMES, pairs) == {frozenset(group) for group in nx.connected_components(graph)}


def test_a_chain_of_64_links_is_one_client() -> None:
    names = [f"A{number:02}" for number in range(65)]
    assert _groups(names, list(pairwise(names))) == {frozenset(names)}
