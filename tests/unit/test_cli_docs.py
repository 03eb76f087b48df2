"""The documentation cannot fall behind: every command, option, exit code, state, reason code and setting is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from leadline.app.main import app
from leadline.kernel.errors import EXIT_CODES
from leadline.kernel.settings import PROFILES, Settings
from leadline.queue.records import RECORD_KEYS
from leadline.queue.states import REASON_CODES, STATES

DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMANDS = (DOCS / "commands.md").read_text("utf-8")
SETTINGS = (DOCS / "settings.md").read_text("utf-8")


def _commands(group: Any, path: str = "leadline") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if getattr(command, "invoke_without_command", False):
            yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


NEED_NO_HOME = (
    "leadline simulate",
    "leadline contracts",
    "leadline contracts dbt",
    "leadline lineage",
    "leadline metrics list",
)
ALL = dict(_commands(typer.main.get_command(app)))


def test_the_commands_are_those_of_the_design() -> None:
    work = "demo simulate land build profiles train evaluate score run"
    words = f"{work} export lineage quality console status verify migrate doctor".split()
    queue = (
        "list",
        "show",
        "claims",
        "digest",
        "metrics",
        "uplift",
        "take",
        "assign",
        "deal",
        "decide",
        "undo",
        "export",
        "deliver",
        "read-back",
    )
    users = ("add", "change", "list", "disable", "enable", "password", "token", "revoke", "first-admin")
    people = {f"leadline users {word}" for word in users}
    matching = {"leadline match", "leadline match list", "leadline match decide"}
    metrics = {"leadline metrics list", "leadline metrics query"}
    contracts = {"leadline contracts", "leadline contracts dbt"}
    alone = {f"leadline {word}" for word in words}
    assert set(ALL) == alone | {f"leadline queue {word}" for word in queue} | matching | metrics | contracts | people


@pytest.mark.parametrize("command", ALL)
def test_every_command_and_each_of_its_options_is_documented(command: str) -> None:
    assert f"`{command}" in COMMANDS
    options = [option for parameter in ALL[command].params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"{option}" not in COMMANDS] == []


@pytest.mark.parametrize("command", ALL)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    assert ALL[command].help
    assert command in ALL[command].epilog


@pytest.mark.parametrize("command", [name for name in ALL if name not in NEED_NO_HOME])
def test_every_command_takes_a_home(command: str) -> None:
    assert "--home" in [option for parameter in ALL[command].params for option in parameter.opts]


def test_every_exit_code_is_documented_with_its_error() -> None:
    text = (DOCS / "exit-codes.md").read_text("utf-8")
    assert [e.__name__ for code, e in EXIT_CODES.items() if f"| {code} | `{e.__name__}` |" not in text] == []


@pytest.mark.parametrize("word", [*STATES, *(code for codes in REASON_CODES.values() for code in codes)])
def test_every_state_and_reason_code_is_documented(word: str) -> None:
    assert f"`{word}`" in COMMANDS


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_documented(profile: str) -> None:
    assert f"`{profile}`" in SETTINGS


def test_every_setting_is_documented_with_its_name() -> None:
    assert [name for name in Settings.model_fields if f"| `{name}` |" not in SETTINGS] == []


def test_every_key_of_a_record_is_documented() -> None:
    keys = COMMANDS.split("### What a record holds")[1].split("\n\n")[0]
    assert keys.replace("`", "").split() == list(RECORD_KEYS)


def test_every_page_that_an_error_or_a_page_of_ours_points_to_is_there() -> None:
    import re

    root = DOCS.parent
    sources = [*(root / "leadline" / "app").glob("*.py"), *(root / "leadline" / "queue").glob("*.py")]
    named = {name for path in sources for name in re.findall(r"docs/[\w/-]+\.md", path.read_text("utf-8"))}
    assert named
    assert [name for name in sorted(named) if not (root / name).is_file()] == []
    for page in (DOCS / "commands.md", DOCS / "exit-codes.md", *(DOCS / "runbooks").glob("*.md")):
        links = re.findall(r"\]\(([\w./-]+\.md)\)", page.read_text("utf-8"))
        assert [link for link in links if not (page.parent / link).is_file()] == []
