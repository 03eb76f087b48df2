"""The word list of `make lint`: what it refuses, what it leaves alone, and that it is checked where it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.architecture.check_words import ROOT, Hit, main, read_words

WORDS = read_words()


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("# The table is built anew.", "anew"),
        ("def told_to(one):", "told"),
        ("Nobody may log in.", "Nobody"),
        ("queue that mends it", "mends"),
    ],
)
def test_a_banned_word_is_reported_with_its_place_and_what_to_write(line: str, word: str) -> None:
    (hit,) = WORDS.hits("leadline/x.py", f"first\n{line}\n")
    assert (hit.path, hit.line, hit.word) == ("leadline/x.py", 2, word)
    assert str(hit).startswith(f"leadline/x.py:2: '{word}': write ")


@pytest.mark.parametrize("line", ["an amendment", "a standard", "hours_to_mend bigint", "renewed", "retold"])
def test_a_word_within_a_word_or_a_published_name_is_fine(line: str) -> None:
    assert list(WORDS.hits("leadline/x.py", line)) == []


def test_an_exception_holds_for_its_path_alone() -> None:
    (path, _), *_ = WORDS.exceptions
    assert list(WORDS.hits(path, "anew")) == []
    assert list(WORDS.hits("leadline/x.py", "anew")) != []


def test_only_listed_folders_and_text_files_are_checked() -> None:
    some = replace(WORDS, checked=("leadline/kernel",), pending=("leadline/kernel/texts/*",))
    assert some.covers("leadline/kernel/clock.py")
    assert not some.covers("leadline/kernels.py")
    assert not some.covers("leadline/kernel/texts/plain.yml")
    assert not some.covers("leadline/kernel/logo.png")


def test_every_checked_path_and_exception_exists() -> None:
    paths = [*WORDS.checked, *(path for path, _ in WORDS.exceptions)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_command_fails_on_a_file_with_a_banned_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.architecture.check_words.read_words", lambda: replace(WORDS, checked=(".",), pending=(), exceptions=())
    )
    assert main(["tests/architecture/test_words.py"]) == 1
    assert str(Hit("tests/architecture/test_words.py", 17, "anew", "again, from scratch")) in capsys.readouterr().out
