"""The narratives of an exception as they are read: each figure asked again of the row that the queue holds.

What was published is shown only while it still is what the exception says; a line whose figure moved is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from leadline.kernel.compose import known_facts, render_lines
from leadline.kernel.facts import Fact
from leadline.kernel.narratives import DUE, Line, from_values, with_due
from leadline.kernel.rendering import READERS, RenderedText, Renderer
from leadline.kernel.statements import Statement
from leadline.kernel.templates import strays
from leadline.queue.records import QueuedException

# Whose narrative of an exception is shown first, by the role that answers for it; anyone else reads the controller's.
READER_OF = {
    "project_manager": "project_manager",
    "resource_manager": "project_manager",
    "account_manager": "account_manager",
}
# Where a fact comes from that the row does not hold.
_ELSEWHERE = ("record:", "finding.account_id", "finding.project_id", DUE)


def reader_of(one: QueuedException) -> str:
    """Return the reader whose narrative suits the role that answers for an exception."""
    return READER_OF.get(one.owner_kind, READERS[0])


def render_narrative(one: QueuedException, renderer: Renderer) -> RenderedText:
    """Return the narrative for a renderer's audience, in its language; empty where there is none."""
    narratives = with_due(from_values(one.narratives), one.due_at)
    lines = narratives.by_reader.get(renderer.audience, ())
    known = known_facts(one)
    return render_lines(tuple(_checked(line) for line in lines if _holds(line, known)), renderer)


def _holds(line: Line, known: Mapping[str, Fact]) -> bool:
    """Return whether the row still says everything that a line quotes."""
    stated = [fact for statement in line for fact in statement.facts.values()]
    return all(fact.key.startswith(_ELSEWHERE) or _same(fact, known.get(fact.key)) for fact in stated)


def _same(fact: Fact, now: Fact | None) -> bool:
    return now is not None and (fact.kind, fact.value, fact.unit) == (now.kind, now.value, now.unit)


def _checked(line: Line) -> Line:
    """Return a line without wordings that hold a figure of their own."""
    return tuple(_plain(statement) if strays(statement.wording) else statement for statement in line)


def _plain(statement: Statement) -> Statement:
    return replace(statement, wording="")
