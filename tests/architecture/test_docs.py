"""The documentation holds together: a short README, pages within reach, working links, commands that parse."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import click
import pytest
import typer

from leadline.app.main import app

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README_WORDS = 900
EXAMPLES = ROOT.glob("examples/*/README.md")
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *EXAMPLES, ROOT / "benchmarks/README.md"])
USERS = ("operator", "analyst", "data-scientist", "data-engineer")
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", flags=re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# Before the command there may be the five fields of a line of cron, a variable, or the environment's folder.
_COMMAND = re.compile(r"^(?:[\d*]+ +[\d*]+ +\* +\* +\* +)?(?:[A-Z_]+=\S+ +)*(?:\.venv/bin/)?(leadline .*)$")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _links(page: Path) -> Iterator[tuple[Path, str]]:
    """Give the pages and anchors within the repository that a page links to."""
    for target in _LINK.findall(_prose(page)):
        if "://" not in target and not target.startswith("mailto:"):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def _commands(page: Path) -> Iterator[str]:
    """Give the lines of a page's blocks that run a command of ours; a block `text` is what one printed."""
    blocks = [block for kind, block in _FENCE.findall(page.read_text("utf-8")) if kind != "text"]
    for block in blocks:
        yield from (found.group(1) for line in block.splitlines() if (found := _COMMAND.match(line.strip())))


def _parts(line: str) -> Iterator[list[str]]:
    """Give the words of each of our commands in a line: without its comment, pipes and redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.wordchars += "@:,+%…<"
    lexer.commenters = "#"
    words = list(lexer)
    ends = [place for place, word in enumerate(words) if set(word) <= set("&|;>()")]
    for first, last in zip([-1, *ends], [*ends, len(words)], strict=True):
        if words[first + 1 : first + 2] == ["leadline"]:
            yield words[first + 2 : last]


def _fault(words: Sequence[str]) -> str:
    """Return why words are no command of ours; empty where they are one."""
    command: Any = typer.main.get_command(app)
    context = click.Context(command, info_name="leadline")
    if words == ["--version"]:
        return ""
    try:
        # A group that works by itself takes options before any command of its own.
        while words and hasattr(command, "commands") and not words[0].startswith("--"):
            _, command, words = command.resolve_command(context, list(words))
        command.make_context(command.name, list(words), parent=context)
    except Exception as exc:
        return str(getattr(exc, "message", "") or exc) or type(exc).__name__
    return ""


def _exists(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_the_readme_is_read_in_a_few_minutes() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    before, mark, links = text.partition("\n## Reference\n")
    assert mark, "the reference links have a heading of their own"
    assert len(before.split()) <= README_WORDS
    assert len(_LINK.findall(links)) >= 10


def test_every_page_is_within_reach_of_the_start_page() -> None:
    seen, todo = set[Path](), [DOCS / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md" or not page.is_file():
            continue
        seen.add(page)
        todo += [target / "README.md" if target.is_dir() else target for target, _ in _links(page)]
    assert [_name(page) for page in sorted(DOCS.rglob("*.md")) if page not in seen] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_to_a_page_and_a_heading_that_are_there(page: Path) -> None:
    broken = [
        f"{_name(target) if target.is_relative_to(ROOT) else target}#{anchor}"
        for target, anchor in _links(page)
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target))
    ]
    assert broken == []


@pytest.mark.parametrize("page", [page for page in PAGES if any(_commands(page))], ids=_name)
def test_every_command_in_a_block_parses(page: Path) -> None:
    faults = {line: fault for line in _commands(page) for words in _parts(line) if (fault := _fault(words))}
    assert faults == {}


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("leadline nothing", 1),
        ("leadline queue list --colour red", 1),
        ("leadline queue show", 1),
        ("leadline queue list --limit x  # four", 1),
        ("leadline build && leadline nothing > file", 1),
        ("leadline metrics query billable_hours --where \"month >= '2026-01-01'\" | head", 0),
    ],
)
def test_a_line_that_is_no_command_is_found(line: str, faults: int) -> None:
    assert sum(bool(_fault(words)) for words in _parts(line)) == faults


def test_make_targets_in_the_documentation_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.M))
    texts = [page.read_text("utf-8") for page in PAGES if page.parent.name != "adr"]
    blocks = [block for text in texts for _, block in _FENCE.findall(text)]
    named = {name for text in texts for name in re.findall(r"`make ([a-z]+)", text)}
    named |= {name for block in blocks for name in re.findall(r"^make ([a-z]+)", block, flags=re.M)}
    assert named >= {"demo", "test", "check"}
    assert named <= targets


@pytest.mark.parametrize("page", ["docs/architecture.md", "GLOSSARY.md", "SECURITY.md"])
def test_modules_and_functions_named_in_the_documentation_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8").replace("leadline.toml", "")
    named = set(re.findall(r"`((?:leadline|training|scoring|models|features|tests)(?:\.\w+)+)", text))
    assert [name for name in sorted(named) if not _exists(name)] == []


@pytest.mark.parametrize("user", USERS)
def test_each_user_has_a_tutorial_with_commands_and_what_they_print(user: str) -> None:
    page = DOCS / "tutorials" / f"{user}.md"
    assert any(_commands(page))
    assert "```text" in page.read_text("utf-8")
