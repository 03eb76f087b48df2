"""leadline users: what a person types, and that no secret is an argument or left in the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from leadline.access.service import Access
from leadline.app.main import app
from leadline.app.wiring import Parts
from leadline.kernel.home import open_home
from leadline.queue.store import Store
from tests.support.access import PASSWORD, quick
from tests.support.cli import leadline
from tests.support.queue import AT


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return open_home(tmp_path / "home", create=True).path


@pytest.fixture
def access(home: Path) -> Iterator[Access]:
    with Store(open_home(home).ops_store_url) as store:
        yield Access(store)


def users(home: Path, *words: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app, ["users", *words, "--home", str(home)], obj=Parts(now=lambda: AT), input=said)


def _add(home: Path, *words: str) -> Result:
    return users(home, "add", *words, "--password-file", "-", said=f"{PASSWORD}\n")


def test_a_user_is_added_with_a_password_from_stdin_or_a_file(home: Path, access: Access, tmp_path: Path) -> None:
    assert _add(home, "ana", "--role", "operator", "--legal-entity", "DE").exit_code == 0
    file = tmp_path / "secret"
    file.write_text(f"{PASSWORD}\r\nsecond line")
    words = ("add", "ben", "--role", "admin", "--role", "manager", "--all-legal-entities", "--person-id", "P-1")
    assert users(home, *words, "--password-file", str(file)).exit_code == 0
    assert access.log_in("ana", PASSWORD, at=AT)
    assert access.log_in("ben", PASSWORD, at=AT)
    expected = json.loads(users(home, "list", "--format", "json").stdout)
    assert expected == [
        {"login": "ana", "roles": ["operator"], "legal_entities": ["DE"], "person_id": None, "state": "active"},
        {"login": "ben", "roles": ["manager", "admin"], "legal_entities": "all", "person_id": "P-1", "state": "active"},
    ]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("add", "ana", "--role", "boss", "--all-legal-entities"), 2, "Unknown role"),
        (("add", "ana", "--role", "operator"), 2, "No legal entity given"),
        (("add", "ana", "--role", "operator", "--legal-entity", "DE", "--all-legal-entities"), 2, "Either"),
        (("add", "ana", "--all-legal-entities"), 2, "Missing role"),
        (("password", "unknown"), 2, "No such user"),
    ],
)
def test_what_is_off_is_reported_and_nothing_is_changed(
    home: Path, access: Access, words: tuple[str, ...], code: int, expected: str
) -> None:
    result = users(home, *words, "--password-file", "-", said=f"{PASSWORD}\n")
    assert (result.exit_code, expected in result.stderr) == (code, True)
    assert access.users() == []


def test_without_a_terminal_or_a_readable_file_no_password_is_taken(home: Path, access: Access) -> None:
    words = ("add", "ana", "--role", "operator", "--all-legal-entities")
    assert (result := users(home, *words)).exit_code == 2
    assert "--password-file" in result.stderr
    assert users(home, *words, "--password-file", str(home / "none")).exit_code == 3
    assert users(home, *words, "--password-file", "-", said="easy\n").exit_code == 2
    assert access.users() == []


def test_a_user_is_changed_disabled_and_enabled(home: Path, access: Access) -> None:
    _add(home, "ana", "--role", "operator", "--legal-entity", "DE")
    session = access.log_in("ana", PASSWORD, at=AT)
    assert users(home, "change", "ana", "--role", "auditor", "--all-legal-entities").exit_code == 0
    assert users(home, "disable", "ana").exit_code == 0
    assert access.user_of_session(session, at=AT) is None
    assert "disabled" in users(home, "list").stdout
    assert users(home, "enable", "ana").exit_code == 0
    new = "another donkey entirely"
    assert users(home, "password", "ana", "--password-file", "-", said=new).exit_code == 0
    assert access.log_in("ana", new, at=AT)
    assert {user.roles for user in access.users()} == {("auditor",)}


def test_a_token_is_shown_once_and_revoked_by_its_id(home: Path, access: Access) -> None:
    _add(home, "ana", "--role", "operator", "--all-legal-entities")
    made = users(home, "token", "ana", "--scope", "see_queue", "--days", "2")
    token = made.stdout.strip()
    found = access.user_of_token(token, at=AT + timedelta(days=1))
    assert found is not None
    assert found.permissions == {"see_queue"}
    listed = users(home, "list", "--tokens", "--format", "json").stdout
    (one,) = json.loads(listed)
    assert (one["login"], one["state"], token in listed) == ("ana", "good", False)
    assert users(home, "revoke", one["token_id"]).exit_code == 0
    assert access.user_of_token(token, at=AT) is None
    assert "revoked" in users(home, "list", "--tokens").stdout


def test_the_first_admins_code_is_printed_alone_and_only_while_there_is_none(home: Path) -> None:
    printed = users(home, "first-admin")
    with Store(open_home(home).ops_store_url) as store:
        assert quick(store).make_first_admin(printed.stdout.strip(), "ada", PASSWORD, at=AT).login == "ada"
    again = users(home, "first-admin")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "ada" in again.stderr


def test_verify_finds_a_role_that_was_written_into_the_table(home: Path, access: Access) -> None:
    from sqlalchemy import text

    _add(home, "ana", "--role", "operator", "--all-legal-entities")
    assert leadline("verify", "--home", home).exit_code == 0
    with access.store.engine.begin() as connection:
        connection.execute(text("update access_user set roles = '[\"admin\"]'"))
    failed = leadline("verify", "--home", home)
    assert (failed.exit_code, "access, login ana" in failed.stderr) == (8, True)


def test_no_command_takes_a_password_as_an_argument() -> None:
    import typer.main

    group = typer.main.get_command(app).commands["users"]  # type: ignore[attr-defined]
    options = {option for command in group.commands.values() for p in command.params for option in p.opts}
    assert {option for option in options if "password" in option} == {"--password-file"}
