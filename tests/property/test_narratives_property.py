"""What must hold of any narrative: no figure outside its quotes, and each quote is what its key answers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.kernel import facts
from leadline.kernel.compose import for_everyone, known_facts
from leadline.kernel.facts import COST, PERSON, Fact
from leadline.kernel.findings import Finding, Reason, Record
from leadline.kernel.rendering import READERS, RenderedText, Renderer, written
from leadline.kernel.scores import SCORES
from leadline.kernel.statements import Statement
from leadline.kernel.templates import LANGUAGES, PLAIN, slots_of, strays, templates
from tests.support.findings import finding
from tests.support.narratives import narrated, told

NAMES = ("leakage_class", "direction", "series", "amount", "hours", "leaked_amount", "period", "role", "deals", "weeks")
OBJECTS = {"revenue_leakage": "contract_line_period", "pipeline_capacity": "capacity_gap"}
ABOUT = st.sampled_from(["", "", COST, PERSON])
FIGURES = st.decimals(-(10**9), 10**9, places=2)


@st.composite
def any_fact(draw: st.DrawFn) -> Fact:
    """Any fact, of any kind, about anything."""
    about = draw(ABOUT)
    return draw(
        st.one_of(
            FIGURES.map(lambda value: facts.money(value, "EUR", about=about)),
            FIGURES.map(lambda value: facts.hours(value, about=about)),
            st.integers(0, 10**6).map(lambda value: facts.number(value, "weeks", about=about)),
            st.floats(-50, 50).map(lambda value: facts.percent(value, about=about)),
            st.floats(-50, 50).map(lambda value: facts.change(value, about=about)),
            st.dates().map(lambda value: facts.day(value, about=about)),
            st.text("abc 0123{}⟦%", min_size=1, max_size=12).map(lambda value: facts.name(value, about=about)),
            st.sampled_from(["bench", "unbilled_time", "rate_below_contract", "none"]).map(facts.term),
        )
    )


@st.composite
def any_statement(draw: st.DrawFn) -> Statement:
    """Any sentence of the catalogue, with any facts in its slots."""
    template = draw(st.sampled_from(sorted(set(templates()) - {PLAIN})))
    return Statement(template, {name: draw(any_fact()) for name in slots_of(templates()[template]["en"])})


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """Any finding that is made of statements."""
    score = draw(st.sampled_from(SCORES))
    stated = {name: draw(any_fact()) for name in draw(st.lists(st.sampled_from(NAMES), max_size=8, unique=True))}
    records = (Record("time_entry", "TE1"), Record("invoice_line", "IL-1", "amount"), Record("person", "E7"))
    reasons = tuple(
        Reason(f"r{n}", draw(any_statement()), draw(st.floats(-1, 1)), records) for n in range(draw(st.integers(0, 3)))
    )
    return finding(
        draw(st.sampled_from(["L1:2026-01:unbilled_time", "Analyst:Nordics:2026-07-06", "P1", "INV 7"])),
        score=score,
        object_type=OBJECTS.get(score, "project"),
        **{name: draw(any_statement()) for name in ("title", "action", "expected", "seen")},
        reasons=reasons,
        facts=stated,
        money=str(draw(st.decimals(0, 10**6, places=2))),
        chance=draw(st.floats(0, 1)),
        project_id=draw(st.sampled_from([None, "P1", "P 2"])),
        account_id=draw(st.sampled_from([None, "K1"])),
        person_id="E7",
    )


def without_quotes(told: RenderedText) -> str:
    """Return a text with a blank in place of each quote."""
    rest = told.text
    for quote in reversed(told.quotes):
        assert rest[quote.at : quote.at + len(quote.written)] == quote.written
        rest = rest[: quote.at] + " " + rest[quote.at + len(quote.written) :]
    return rest


@settings(max_examples=60, deadline=None)
@given(one=findings(), language=st.sampled_from(LANGUAGES))
def test_every_figure_that_a_reader_is_told_is_a_quote_of_what_its_key_answers(one: Finding, language: str) -> None:
    known = known_facts(one)
    for reader in READERS:
        text = told(one, reader, language=language)
        assert strays(without_quotes(text)) == []
        assert not any(letter.isdigit() for letter in without_quotes(text))
        for quote in text.quotes:
            if not quote.key.startswith(("record:", "queue.", "finding.account_id", "finding.project_id")):
                assert quote.written.lower() == written(known[quote.key], language).lower()


@settings(max_examples=60, deadline=None)
@given(one=findings())
def test_an_account_manager_is_never_told_of_a_cost_or_a_person(one: Finding) -> None:
    lines = narrated(one).by_reader["account_manager"]
    assert {fact.about for line in lines for statement in line for fact in statement.facts.values()} <= {""}


@settings(max_examples=60, deadline=None)
@given(one=findings(), language=st.sampled_from(LANGUAGES))
def test_the_text_for_everyone_holds_no_figure_of_its_own(one: Finding, language: str) -> None:
    text = for_everyone(one, Renderer(language))
    title = Renderer(language).text(one.title) or ""
    # The title is quoted as one text: what else is there has its quotes.
    rest = without_quotes(text).replace(title, "", 1)
    assert not any(letter.isdigit() for letter in rest)


@settings(max_examples=60, deadline=None)
@given(statement=any_statement(), hidden=st.sampled_from([(), (COST,), (PERSON,), (COST, PERSON)]))
def test_a_hidden_fact_is_in_no_text(statement: Statement, hidden: tuple[str, ...]) -> None:
    told_ = Renderer(hidden=hidden).render(statement)
    if told_ is None:
        assert any(fact.about in hidden for fact in statement.facts.values())
        return
    quoted = [quote.written for quote in told_.quotes]
    secret = [fact for fact in statement.facts.values() if fact.about in hidden]
    assert not secret or len(quoted) < len(statement.facts)
