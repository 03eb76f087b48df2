"""The console in German: the browser's language or the chosen one, figures as Germans write them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from markupsafe import Markup

from leadline.app.console.view import visible
from leadline.app.console.wording import amount, cents, percent, readable, whole_percent, words
from leadline.queue.store import Store
from tests.support.access import somebody
from tests.support.console import Browser, Console, console_on
from tests.support.queue import AT, drawn


@pytest.fixture
def ana(tmp_path: Path) -> Iterator[Browser]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}") as store:
        console: Console = console_on(store)
        somebody(console.access, "ana", "manager")
        store.upsert([drawn("INV-1", scored={"expected_value": Decimal("70000.40")})], at=AT)
        yield console.browser("ana")


def test_figures_are_written_as_the_language_writes_them() -> None:
    assert (amount(Decimal("12400.5")), amount(Decimal("12400.5"), language="de")) == ("12,400", "12.400")
    assert cents(Decimal("-12400.505"), language="de") == "-12.400,50"
    assert (percent(Decimal("0.3111")), percent(Decimal("0.3111"), language="de")) == ("31.1%", "31,1 %")
    assert (whole_percent(0.94), whole_percent(0.94, language="de")) == ("94%", "94 %")
    assert readable({"lead_time": 1.5}, language="de") == "lead time 1,50"
    assert readable("34420.00") == "34,420.00"  # money in a fact or record is text
    assert readable("-34420.50", language="de") == "-34.420,50"
    assert [readable(text) for text in ("revenue_leakage@1.25", "2026-06-30", "1.2.34", "0.333")] == (
        ["revenue_leakage@1.25", "2026-06-30", "1.2.34", "0.333"]
    )
    assert words("in_review", language="de") == "in Prüfung"


def test_the_browser_is_answered_in_its_language_until_the_account_page_says_another(ana: Browser) -> None:
    german = ana.client.get("/worklist", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert german.headers["content-language"] == "de"
    assert all(shown in german.text for shown in ('<html lang="de">', "70.000", "Erwarteter Wert"))
    assert "Expected value" in ana.client.get("/worklist", headers={"Accept-Language": "fr"}).text
    ana.post("/account/language", language="de")
    assert "Erwarteter Wert" in ana.client.get("/worklist", headers={"Accept-Language": "en"}).text


def test_an_unsupported_language_is_refused(ana: Browser) -> None:
    answer = ana.post("/account/language", language="../de")
    assert answer.status_code == 400
    assert "one of en, de" in answer.text


def test_a_translated_sentence_shows_no_character_that_turns_text() -> None:
    assert visible(Markup("by <b>\u202eana</b>")) == Markup("by <b>\N{REPLACEMENT CHARACTER}ana</b>")
