"""Refuse words that a native team would not write: `python -m tests.architecture.check_words`, part of `make lint`."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("words.toml")
SUFFIXES = frozenset((".css", ".html", ".js", ".md", ".py", ".sql", ".toml", ".txt", ".yml"))


@dataclass(frozen=True)
class Hit:
    """A banned word at a line of a file, and what to write instead."""

    path: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r}: write {self.instead}"


@dataclass(frozen=True)
class WordList:
    """Banned words (a pattern -> what to write instead), names that keep one, paths checked and not, exceptions."""

    words: tuple[tuple[re.Pattern[str], str], ...]
    any_word: re.Pattern[str]
    names: re.Pattern[str]
    checked: tuple[str, ...]
    pending: tuple[str, ...]
    exceptions: tuple[tuple[str, re.Pattern[str]], ...]

    def hits(self, path: str, text: str) -> Iterator[Hit]:
        """Yield every banned word of a file's text, line by line."""
        if not self.any_word.search(text):
            return
        exempt = [allowed for name, allowed in self.exceptions if _within(path, name)]
        for number, line in enumerate(text.splitlines(), start=1):
            prose = self.names.sub("", line)
            for pattern, instead in self.words:
                for found in pattern.finditer(prose):
                    if not any(allowed.fullmatch(found[0]) for allowed in exempt):
                        yield Hit(path, number, found[0], instead)

    def covers(self, path: str) -> bool:
        """Return whether a file is held to the list."""
        if Path(path).suffix not in SUFFIXES or any(fnmatch(path, pattern) for pattern in self.pending):
            return False
        return any(_within(path, folder) for folder in self.checked)


def read_words(file: Path = LIST) -> WordList:
    """Return the list of a TOML file."""
    raw: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    return WordList(
        words=tuple((_whole_word(word), instead) for word, instead in raw["words"].items()),
        any_word=_whole_word("|".join(raw["words"])),
        names=re.compile("|".join(re.escape(name) for name in raw["checked"]["names"]) or "(?!)"),
        checked=tuple(raw["checked"]["paths"]),
        pending=tuple(raw["checked"]["pending"]),
        exceptions=tuple(
            (one["path"], re.compile(one.get("word", ".*"), re.IGNORECASE)) for one in raw.get("exceptions", [])
        ),
    )


def main(arguments: Sequence[str]) -> int:
    """Check the tracked files, or those given; print each hit and return 1 when there is one."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    words = read_words()
    paths = [path for path in arguments or tracked.splitlines() if words.covers(path) and (ROOT / path).is_file()]
    hits = [hit for path in paths for hit in words.hits(path, (ROOT / path).read_text("utf-8"))]
    for hit in hits:
        sys.stdout.write(f"{hit}\n")
    return 1 if hits else 0


def _whole_word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])", re.IGNORECASE)


def _within(path: str, folder: str) -> bool:
    return folder == "." or path == folder or path.startswith(folder.rstrip("/") + "/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
