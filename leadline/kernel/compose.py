"""Put together what is said of an exception: the text for everyone, and the facts that it answers for, each by its key.

Every fact carries the key by which it is found again, so that a figure in a text is never older, or other, than its
source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Protocol

from leadline.kernel import facts
from leadline.kernel.facts import COST, Fact
from leadline.kernel.findings import Band, Reason
from leadline.kernel.money import cents
from leadline.kernel.narratives import Line
from leadline.kernel.rendering import RenderedText, Renderer, ended, joined
from leadline.kernel.statements import Statement, say

MOST_REASONS = 3
# Their money is wages, or what is left of a price after them: a cost rate could be learned from it.
OF_WAGES = ("pipeline_capacity", "staffing_match")


class Said(Protocol):
    """An exception, as scoring made it or as the queue holds it."""

    @property
    def score(self) -> str: ...
    @property
    def object_type(self) -> str: ...
    @property
    def object_id(self) -> str: ...
    @property
    def money_at_risk(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def probability(self) -> float | None: ...
    @property
    def band(self) -> Band | None: ...
    @property
    def title(self) -> Statement: ...
    @property
    def expected(self) -> Statement: ...
    @property
    def seen(self) -> Statement: ...
    @property
    def action(self) -> Statement: ...
    @property
    def reasons(self) -> tuple[Reason, ...]: ...
    @property
    def facts(self) -> Mapping[str, Fact]: ...
    @property
    def is_random_slice(self) -> bool: ...


def title_of(one: Said, renderer: Renderer) -> str:
    """Return an exception's title; where this reader may not see all of it, the score and the object."""
    text = renderer.text(one.title)
    if text is not None:
        return text
    named = {"score": facts.term(one.score), "kind": facts.term(one.object_type), "object": facts.ident(one.object_id)}
    return renderer.text(say("plain.title", **named)) or ""


def for_everyone(one: Said, renderer: Renderer) -> RenderedText:
    """Return the narrative for everyone: what it is, what was expected and seen, money and chance, up to three reasons,
    the action; without what this reader may not see.
    """
    return joined([ended(RenderedText(title_of(one, renderer))), below_title(one, renderer)])


def below_title(one: Said, renderer: Renderer) -> RenderedText:
    """Return the narrative for everyone without the title that it begins with."""
    return joined(_rendered(_lines(one), renderer))


def render_lines(lines: tuple[Line, ...], renderer: Renderer) -> RenderedText:
    """Return lines as one text; a line is left out where this reader may not see all of it."""
    return joined(_rendered(lines, renderer))


def own_facts(one: Said) -> dict[str, Fact]:
    """Return what an exception says of itself, by the names that templates use."""
    at_risk = facts.money(cents(one.money_at_risk), one.currency, about=_about_money(one))
    found = {"money": at_risk.by("finding.money_at_risk"), "object": facts.ident(one.object_id).by("finding.object_id")}
    if one.probability is not None:
        found["chance"] = facts.percent(one.probability).by("finding.probability")
    if one.band is not None:
        for name, end in (("low", "low"), ("size", "middle"), ("high", "high")):
            value = getattr(one.band, end)
            found[name] = facts.number(value, one.band.unit, digits=2).by(f"finding.band_{end}")
        found["level"] = facts.percent(one.band.level).by("finding.band_level")
    if one.object_type == "capacity_gap" and one.object_id.count(":") > 1:
        role, region, week = one.object_id.rsplit(":", 2)
        parts = {"role_of_gap": facts.name(role), "region_of_gap": facts.name(region), "week_of_gap": facts.day(week)}
        found |= {name: part.by(f"finding.object_id/{name}") for name, part in parts.items()}
    return found


def known_facts(one: Said) -> dict[str, Fact]:
    """Return every fact that an exception itself answers for, by its key."""
    keyed = [*own_facts(one).values(), *(fact.by(f"facts.{name}") for name, fact in one.facts.items())]
    for place, reason in enumerate(one.reasons):
        keyed += keyed_reason(place, reason).facts.values()
    keyed += keyed_action(one).facts.values()
    return {fact.key: fact for fact in keyed}


def keyed_reason(place: int, reason: Reason) -> Statement:
    """Return a reason's statement, its facts with their keys; ``place`` is the reason's place among all."""
    return reason.statement.keyed(f"reasons[{place}].{reason.code}")


def keyed_action(one: Said) -> Statement:
    """Return the action's statement, its facts with their keys."""
    return one.action.keyed("action")


def strongest(one: Said) -> list[tuple[int, Reason]]:
    """Return the reasons with their places, the strongest first."""
    return sorted(enumerate(one.reasons), key=lambda pair: (-abs(pair[1].weight), pair[1].code, pair[0]))


def _lines(one: Said) -> Iterator[Line]:
    yield say("plain.expected"), one.expected.keyed("expected")
    yield say("plain.seen"), one.seen.keyed("seen")
    yield (_stake(one),)
    for place, reason in strongest(one)[:MOST_REASONS]:
        yield say("plain.why"), keyed_reason(place, reason)
    if one.is_random_slice:
        yield (say("plain.random"),)
    yield say("plain.proposed"), keyed_action(one)


def _stake(one: Said) -> Statement:
    own = own_facts(one)
    if "chance" not in own:  # version 0.1 scored some findings without
        return say("plain.stake", money=own["money"])
    said = {name: own[name] for name in ("money", "chance")}
    if one.band is None:
        return say("plain.stake_chance", **said)
    said |= {name: own[name] for name in ("low", "high", "level")}
    return say("plain.stake_band", **said, middle=own["size"])


def _rendered(lines: Iterable[Line], renderer: Renderer) -> Iterator[RenderedText]:
    for line in lines:
        parts = [renderer.render(statement) for statement in line]
        rendered = joined(part for part in parts if part is not None)
        if None not in parts and rendered.text:
            yield ended(rendered)


def _about_money(one: Said) -> str:
    return COST if one.score in OF_WAGES else ""
