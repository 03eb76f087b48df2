"""Rephrasing behind a command: off by default, without data, in its time; what it gets wrong changes nothing."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from leadline.kernel.compose import render_lines
from leadline.kernel.findings import ScoredException
from leadline.kernel.rendering import READERS, Renderer
from leadline.kernel.settings import Settings
from models import revenue_leakage
from scoring.batch import score
from scoring.rephrasing import Rephrased, RephrasingFailed, Text, refusal, rephrased
from scoring.rephrasing_command import CommandRephraser, open_rephraser
from tests.support.narratives import DISPUTE, narrated_exception
from tests.unit.test_narratives_canary import CANARIES, PEOPLE, SENTENCES, planted

ECHO = "import json, sys; asked = json.load(sys.stdin); print(json.dumps({'texts': asked['texts']}))"


def command(code: str, *, seconds: int = 30, environment: dict[str, str] | None = None) -> CommandRephraser:
    """Return a rephraser that runs a line of Python."""
    words = shlex.join([sys.executable, "-I", "-c", code])
    return CommandRephraser(words, seconds=seconds, environment=environment or {})


class Noting:
    """A rephraser that notes what it is asked and answers the same."""

    def __init__(self) -> None:
        self.asked: list[Text] = []

    def rephrase(self, texts: Sequence[Text]) -> list[tuple[str, ...]]:
        self.asked += texts
        return [text.sentences for text in texts]


def test_without_a_setting_there_is_no_rephraser() -> None:
    assert open_rephraser(Settings()) is None
    assert isinstance(open_rephraser(Settings(rephrase_command="speak --plainly"), {}), CommandRephraser)
    one = narrated_exception(DISPUTE)
    assert rephrased(None, [one]) == ((one,), Rephrased())


def test_a_command_gets_words_and_reader_and_answers_with_words() -> None:
    polite = ECHO.replace("print(", "[t['sentences'].__setitem__(-1, 'Please: ' + t['sentences'][-1])"
                          " for t in asked['texts']]; print(")  # fmt: skip
    one = narrated_exception(DISPUTE)
    (other,), told = rephrased(command(polite), [one])
    assert (told.refused, told.failure) == ((), "")
    assert told.taken == sum(len(text.sentences) for text in asked_of(one))
    before, after = one.narratives.by_reader["controller"][-1], other.narratives.by_reader["controller"][-1]
    assert after[-1].facts == before[-1].facts
    words = Renderer(audience="controller")
    assert words.text(after[-1]) == f"Please: {words.text(before[-1])}"


def asked_of(one: ScoredException) -> list[Text]:
    """Return what a rephraser is asked about an exception."""
    noting = Noting()
    rephrased(noting, [one])
    return noting.asked


def test_a_lead_such_as_why_is_no_sentence_to_put_in_other_words() -> None:
    sentences = [sentence for text in asked_of(narrated_exception(DISPUTE)) for sentence in text.sentences]
    assert "Its amount is ⟦0⟧ times the contract's last invoice." in sentences
    assert "Why:" not in sentences


def test_what_is_refused_stays_as_it_was_and_is_counted() -> None:
    wrong = ECHO.replace("print(", "asked['texts'][0]['sentences'][0] = 'It costs 5 EUR.'; print(")
    one = narrated_exception(DISPUTE)
    (other,), told = rephrased(command(wrong), [one])
    assert other == one
    assert told.refused == ("other figures, or in another order",)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("import sys; sys.exit(3)", "the command ended with 3"),
        ("print('yes')", "its answer is not the JSON that was asked for"),
        ('print(\'{"texts": [{"sentences": [1]}]}\')', "its answer is not the JSON that was asked for"),
        ("print('{\"texts\": []}')", "it answered with another number of sentences"),
        ("print('[' * 100000)", "its answer is not the JSON that was asked for"),
    ],
)
def test_a_command_that_fails_leaves_the_texts_as_they_were(code: str, failure: str) -> None:
    one = narrated_exception(DISPUTE)
    assert rephrased(command(code), [one]) == ((one,), Rephrased(failure=failure))


def test_a_command_that_is_not_there_or_is_none_is_told() -> None:
    for words in ("/nowhere/model", "'"):
        with pytest.raises(RephrasingFailed, match="cannot be run"):
            CommandRephraser(words, seconds=1, environment={}).rephrase([])


def test_a_command_that_takes_too_long_is_ended_with_what_it_started() -> None:
    lasting = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', 'import signal; signal.pause()'])"
    one = narrated_exception(DISPUTE)
    (same,), told = rephrased(command(lasting, seconds=1), [one])
    assert (same, told.failure) == (one, "the command took longer than 1 seconds")


def test_a_command_sees_no_secret_of_ours() -> None:
    telling = "import json, os, sys; print(json.dumps({'texts': [{'sentences': sorted(os.environ)}]}))"
    environment = {"LEADLINE_EMAIL_PASSWORD": "x", "MODEL_KEY": "y"}
    ((*names,),) = command(telling, environment=environment).rephrase([])
    assert "MODEL_KEY" in names
    assert not [name for name in names if name.startswith("LEADLINE_")]


def test_a_model_sees_no_data_let_alone_a_persons(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from dataclasses import replace

    from leadline.kernel.home import Home
    from tests.support.findings import AS_OF
    from tests.support.leakage import leaking

    found = [replace(planted("revenue_leakage", text), object_id=f"TE{n}") for n, text in enumerate(SENTENCES)]
    monkeypatch.setattr(
        revenue_leakage, "findings", lambda *_, **__: [*found, replace(DISPUTE, score="revenue_leakage")]
    )
    noting, home = Noting(), Home(path=tmp_path, settings=Settings())
    report = score(home, leaking(**PEOPLE), ["revenue_leakage"], as_of=AS_OF, rephraser=noting)
    asked = json.dumps([text.sentences for text in noting.asked], ensure_ascii=False)
    assert noting.asked
    assert [canary for canary in CANARIES if canary in asked] == []
    values = {
        fact.value
        for one in report.exceptions
        for lines in one.narratives.by_reader.values()
        for line in lines
        for statement in line
        for fact in statement.facts.values()
        if fact.kind != "term" and len(fact.value) > 1
    }
    assert values
    assert [value for value in values if value in asked] == []
    (one,) = report.scores
    assert one.rephrased == Rephrased(taken=sum(len(text.sentences) for text in noting.asked))


def test_the_same_words_read_the_same() -> None:
    one = narrated_exception(DISPUTE)
    (same,), _ = rephrased(Noting(), [one])
    for reader in READERS:
        words = Renderer(audience=reader)
        assert render_lines(same.narratives.by_reader[reader], words) == render_lines(
            one.narratives.by_reader[reader], words
        )


@pytest.mark.parametrize("answer", ["", ".", "...", " ?"])
def test_an_answer_without_words_is_refused(answer: str) -> None:
    assert refusal("Look at it.", answer) == "no words"
