"""Users, passwords, sessions, tokens and codes: what they let through, and what they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from leadline.access import login_throttle, sessions
from leadline.access.codes import FIRST_ADMIN_LIFE, PASSWORD_LIFE
from leadline.access.login_throttle import LOCKOUT, MAX_ATTEMPTS, TooManyAttemptsError, WrongPasswordError
from leadline.access.permissions import allowed
from leadline.access.service import Access
from leadline.kernel.errors import UsageError
from leadline.queue.engine import rows
from leadline.queue.store import Store
from leadline.queue.tables import AUDIT
from tests.support.access import PASSWORD, QuickHasher, quick, somebody
from tests.support.queue import AT

MINUTE = timedelta(minutes=1)
WRONG = "wrong horse battery staple"
NEW = "another donkey entirely"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'ops.db'}", checkpoints=tmp_path / "heads.jsonl") as opened:
        yield opened


@pytest.fixture
def access(store: Store) -> Access:
    return quick(store)


def _audited(store: Store) -> list[tuple[str, str, dict[str, object]]]:
    with store.reading() as connection:
        found = list(rows(connection, select(AUDIT).order_by(AUDIT.c.number)))
    return [(row["actor"], row["event"], json.loads(row["detail"])) for row in found]


def test_a_user_may_what_their_roles_may_and_sees_their_scope(access: Access) -> None:
    somebody(access, "Ana", "operator", "analyst", legal_entities=("FR", "DE"), person_id="P-1")
    (ana,) = access.users()
    assert (ana.login, ana.legal_entities, ana.person_id) == ("ana", frozenset({"DE", "FR"}), "P-1")
    assert ana.permissions == allowed(("operator", "analyst"))
    assert ana.may("decide")
    assert not ana.may("manage_users")


def test_argon2id_keeps_the_password(store: Store) -> None:
    access = Access(store)
    somebody(access)
    with store.reading() as connection:
        kept = connection.execute(text("select password_hash from access_user")).scalar_one()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert access.user_of_session(access.log_in("ana", PASSWORD, at=AT), at=AT) is not None
    with pytest.raises(WrongPasswordError):
        access.log_in("ana", WRONG, at=AT)


@pytest.mark.parametrize("login", ["", " ", "ana b", "<b>", "-x", "a" * 81, "ana\n", "ä"])
def test_a_login_that_is_none_is_refused(access: Access, login: str) -> None:
    if login == "ana\n":
        assert somebody(access, login).login == "ana"
        return
    with pytest.raises(UsageError, match="Invalid login"):
        somebody(access, login)


def test_a_taken_login_an_unknown_role_and_an_empty_scope_are_refused(access: Access) -> None:
    somebody(access)
    with pytest.raises(UsageError, match="Login already exists"):
        somebody(access, "ANA")
    with pytest.raises(UsageError, match="Unknown role"):
        somebody(access, "ben", "boss")
    with pytest.raises(UsageError, match="No legal entity given"):
        somebody(access, "ben", legal_entities=("", " "))
    assert [user.login for user in access.users()] == ["ana"]


@pytest.mark.parametrize(
    "password", ["", "short", "elevenchars", "a" * 30, "abababababab", "x" * 201, "i am ana and fine"]
)
def test_an_easy_password_is_refused(access: Access, password: str) -> None:
    somebody(access)
    with pytest.raises(UsageError, match="too weak"):
        access.set_password("ana", password, actor="test", at=AT)


def test_a_password_is_the_same_however_its_letters_are_composed(access: Access) -> None:
    somebody(access)
    access.set_password("ana", "Zu\u0308rich am Morgen", actor="test", at=AT)
    assert access.log_in("ana", "Z\u00fcrich am Morgen", at=AT)


def test_a_session_finds_its_user_until_it_is_idle_or_old(access: Access) -> None:
    somebody(access)
    token = access.log_in(" ANA ", PASSWORD, at=AT)
    found = access.user_of_session(token, at=AT)
    assert found is not None
    assert found.login == "ana"
    assert access.user_of_session(token + "x", at=AT) is None
    assert access.user_of_session("", at=AT) is None
    assert access.user_of_session(token, at=AT + sessions.MAX_IDLE) is None
    moment = AT
    while moment + sessions.MAX_IDLE - MINUTE < AT + sessions.MAX_AGE:
        moment += sessions.MAX_IDLE - MINUTE
        assert access.user_of_session(token, at=moment) is not None
    assert access.user_of_session(token, at=AT + sessions.MAX_AGE) is None


def test_neither_the_session_nor_any_secret_is_stored(access: Access, store: Store, tmp_path: Path) -> None:
    somebody(access)
    secrets = [PASSWORD, access.log_in("ana", PASSWORD, at=AT)]
    secrets.append(access.first_admin_code(actor="test", at=AT))
    secrets.append(access.password_code("ana", actor="test", at=AT))
    secrets.append(access.make_token("ana", scopes=["see_queue"], days=1, actor="test", at=AT)[0].split("_", 2)[2])
    store.close()
    kept = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert [secret for secret in secrets if secret.encode() in kept] == []


def test_log_out_ends_the_session_and_only_that(access: Access) -> None:
    somebody(access)
    one, other = (access.log_in("ana", PASSWORD, at=AT) for _ in range(2))
    access.log_out(one, at=AT)
    access.log_out(one, at=AT)
    assert access.user_of_session(one, at=AT) is None
    assert access.user_of_session(other, at=AT) is not None


def test_a_change_of_password_ends_the_other_sessions(access: Access) -> None:
    somebody(access)
    mine, elsewhere = (access.log_in("ana", PASSWORD, at=AT) for _ in range(2))
    with pytest.raises(WrongPasswordError):
        access.change_password("ana", WRONG, NEW, at=AT, keep=mine)
    access.change_password("ana", PASSWORD, NEW, at=AT, keep=mine)
    assert access.user_of_session(mine, at=AT) is not None
    assert access.user_of_session(elsewhere, at=AT) is None
    with pytest.raises(WrongPasswordError):
        access.log_in("ana", PASSWORD, at=AT)
    assert access.log_in("ana", NEW, at=AT)


def test_a_disabled_user_is_out_at_once_and_tokens_with_them(access: Access) -> None:
    somebody(access)
    session = access.log_in("ana", PASSWORD, at=AT)
    token, _ = access.make_token("ana", scopes=["see_queue"], days=1, actor="test", at=AT)
    assert not access.disable("ana", actor="test", at=AT).permissions
    assert access.user_of_session(session, at=AT) is None
    assert access.user_of_token(token, at=AT) is None
    with pytest.raises(WrongPasswordError):
        access.log_in("ana", PASSWORD, at=AT)
    access.enable("ana", actor="test", at=AT)
    assert access.user_of_session(session, at=AT) is None
    assert access.user_of_token(token, at=AT) is not None


def test_other_roles_count_from_the_next_click(access: Access) -> None:
    somebody(access)
    session = access.log_in("ana", PASSWORD, at=AT)
    access.change("ana", roles=["auditor"], legal_entities=["DE"], person_id="P-2", actor="test", at=AT)
    found = access.user_of_session(session, at=AT)
    assert found is not None
    assert (found.roles, found.legal_entities, found.person_id) == (("auditor",), frozenset({"DE"}), "P-2")
    assert not found.may("decide")


def test_five_wrong_tries_keep_a_login_waiting(access: Access) -> None:
    somebody(access)
    for second in range(MAX_ATTEMPTS):
        with pytest.raises(WrongPasswordError):
            access.log_in("ana", WRONG, at=AT + timedelta(seconds=second))
    last = AT + timedelta(seconds=MAX_ATTEMPTS - 1)
    with pytest.raises(TooManyAttemptsError, match="Try again in 15 minutes"):
        access.log_in("ana", PASSWORD, at=last)
    with pytest.raises(TooManyAttemptsError, match="Try again in 1 minutes"):
        access.log_in("ana", PASSWORD, at=last + LOCKOUT - timedelta(seconds=1))
    assert access.log_in("ana", PASSWORD, at=last + LOCKOUT)


def test_the_count_outlives_the_process_and_holds_for_unknown_logins(store: Store) -> None:
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(WrongPasswordError):
            quick(store).log_in("unknown", WRONG, at=AT)
    with pytest.raises(TooManyAttemptsError):
        quick(store).log_in("Unknown", WRONG, at=AT)


def test_a_right_password_and_a_new_one_forget_the_tries(access: Access) -> None:
    somebody(access)
    for _ in range(3):
        for _ in range(MAX_ATTEMPTS - 1):
            with pytest.raises(WrongPasswordError):
                access.log_in("ana", WRONG, at=AT)
        access.log_in("ana", PASSWORD, at=AT)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(WrongPasswordError):
            access.log_in("ana", WRONG, at=AT)
    access.set_password("ana", NEW, actor="shell", at=AT)
    assert access.log_in("ana", NEW, at=AT)


def test_an_unknown_login_costs_as_much_as_a_wrong_password(store: Store) -> None:
    hasher = QuickHasher()
    access = Access(store, hasher=hasher)
    somebody(access)
    asked = []
    for login in ("ana", "unknown"):
        before = hasher.asked
        with pytest.raises(WrongPasswordError):
            access.log_in(login, WRONG, at=AT)
        asked.append(hasher.asked - before)
    assert asked == [1, 1]


def test_who_waits_is_not_even_hashed_for(store: Store) -> None:
    hasher = QuickHasher()
    access = Access(store, hasher=hasher)
    with store.writing(at=AT) as connection:
        for _ in range(MAX_ATTEMPTS):
            login_throttle.register_attempt(connection, "ana", at=AT)
    with pytest.raises(TooManyAttemptsError):
        access.log_in("ana", WRONG, at=AT)
    assert hasher.asked == 0


def test_a_token_may_no_more_than_its_scopes_and_its_user(access: Access) -> None:
    somebody(access, "ana", "manager", legal_entities=("DE",))
    token, reader = access.make_token("ana", scopes=["see_queue", "decide"], days=30, actor="test", at=AT)
    found = access.user_of_token(token, at=AT)
    assert found is not None
    assert found.permissions == {"see_queue", "decide"}
    assert found.legal_entities == frozenset({"DE"})
    access.change("ana", roles=["auditor"], legal_entities=["DE"], person_id=None, actor="test", at=AT)
    narrowed = access.user_of_token(token, at=AT)
    assert narrowed is not None
    assert narrowed.permissions == {"see_queue"}
    assert access.user_of_token(token, at=reader.expires_at) is None
    assert access.user_of_token(token[:-1], at=AT) is None
    assert access.user_of_token(token.replace("leadline_", "other_"), at=AT) is None
    assert access.user_of_token("", at=AT) is None
    access.revoke_token(reader.token_id, actor="test", at=AT)
    access.revoke_token(reader.token_id, actor="test", at=AT)
    assert access.user_of_token(token, at=AT) is None
    assert [one.revoked_at for one in access.tokens()] == [AT]


def test_a_token_beyond_the_user_or_for_too_long_is_refused(access: Access) -> None:
    somebody(access)
    for scopes, days in ((["manage_users"], 1), (["fly"], 1), ([], 1), (["decide"], 0), (["decide"], 367)):
        with pytest.raises(UsageError):
            access.make_token("ana", scopes=scopes, days=days, actor="test", at=AT)
    with pytest.raises(UsageError, match="No such token"):
        access.revoke_token("000000000000", actor="test", at=AT)
    assert access.tokens() == []


def test_the_first_admin_comes_by_a_code_that_works_once_and_while_there_is_none(access: Access) -> None:
    stale = access.first_admin_code(actor="shell", at=AT)
    code = access.first_admin_code(actor="shell", at=AT)
    for wrong in (stale, "", "guess"):
        with pytest.raises(UsageError, match="Invalid or expired code"):
            access.make_first_admin(wrong, "root", NEW, at=AT)
    with pytest.raises(UsageError, match="Invalid or expired code"):
        access.make_first_admin(code, "root", NEW, at=AT + FIRST_ADMIN_LIFE)
    with pytest.raises(UsageError, match="too weak"):
        access.make_first_admin(code, "root", "easy", at=AT)
    admin = access.make_first_admin(code, "root", NEW, at=AT)
    assert (admin.roles, admin.legal_entities) == (("admin",), None)
    assert access.has_admin()
    with pytest.raises(UsageError, match="Invalid or expired code"):
        access.make_first_admin(code, "root2", NEW, at=AT)
    with pytest.raises(UsageError, match="admin already"):
        access.first_admin_code(actor="shell", at=AT)


def test_a_first_admin_code_is_void_once_an_admin_came_another_way(access: Access) -> None:
    code = access.first_admin_code(actor="shell", at=AT)
    somebody(access, "ada", "admin")
    with pytest.raises(UsageError, match="admin already"):
        access.make_first_admin(code, "eve", NEW, at=AT)


def test_a_password_code_sets_the_password_of_its_user_once(access: Access) -> None:
    access.add("ben", roles=["analyst"], legal_entities=None, actor="ada", at=AT)
    with pytest.raises(WrongPasswordError):
        access.log_in("ben", "", at=AT)
    code = access.password_code("ben", actor="ada", at=AT)
    with pytest.raises(UsageError, match="Invalid or expired code"):
        access.make_first_admin(code, "eve", NEW, at=AT)
    with pytest.raises(UsageError, match="Invalid or expired code"):
        access.redeem_password_code(code, NEW, at=AT + PASSWORD_LIFE)
    with pytest.raises(UsageError, match="too weak"):
        access.redeem_password_code(code, "easy", at=AT)
    assert access.redeem_password_code(code, NEW, at=AT).login == "ben"
    assert access.log_in("ben", NEW, at=AT)
    with pytest.raises(UsageError, match="Invalid or expired code"):
        access.redeem_password_code(code, NEW, at=AT)


def test_disabling_takes_the_codes_and_no_new_ones_are_given(access: Access) -> None:
    somebody(access)
    code = access.password_code("ana", actor="ada", at=AT)
    access.disable("ana", actor="ada", at=AT)
    with pytest.raises(UsageError, match="Invalid or expired code"):
        access.redeem_password_code(code, NEW, at=AT)
    with pytest.raises(UsageError, match="disabled"):
        access.password_code("ana", actor="ada", at=AT)


def test_somebody_can_always_manage_users(access: Access) -> None:
    somebody(access, "ada", "admin")
    with pytest.raises(UsageError, match="At least one active admin"):
        access.disable("ada", actor="ada", at=AT)
    with pytest.raises(UsageError, match="At least one active admin"):
        access.change("ada", roles=["operator"], legal_entities=None, person_id=None, actor="ada", at=AT)
    somebody(access, "eva", "admin")
    access.disable("ada", actor="eva", at=AT)
    with pytest.raises(UsageError, match="No such user"):
        access.disable("unknown", actor="eva", at=AT)


def test_every_change_is_in_the_audit_with_who_did_it(access: Access, store: Store) -> None:
    somebody(access)
    access.change("ana", roles=["manager"], legal_entities=["DE"], person_id=None, actor="ada", at=AT)
    access.disable("ana", actor="ada", at=AT)
    access.enable("ana", actor="ada", at=AT)
    access.set_password("ana", NEW, actor="shell:root", at=AT)
    _, token = access.make_token("ana", scopes=["decide"], days=1, actor="ada", at=AT)
    access.revoke_token(token.token_id, actor="ada", at=AT)
    access.log_out(access.log_in("ana", NEW, at=AT), at=AT)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(WrongPasswordError):
            access.log_in("ana", WRONG, at=AT)
    entries = _audited(store)
    assert [(actor, event) for actor, event, _ in entries] == [
        ("test", "user_added"),
        *[("ada", event) for event in ("user_changed", "user_disabled", "user_enabled")],
        ("shell:root", "password_set"),
        *[("ada", event) for event in ("token_made", "token_revoked")],
        *[("ana", event) for event in ("logged_in", "logged_out")],
        ("log-in page", "last_try"),
    ]
    assert (entries[1][2]["roles"], entries[1][2]["legal_entities"]) == (["manager"], ["DE"])
    assert store.verify().entries == len(entries)
    assert access.faults() == []


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("update access_user set roles = '[\"admin\"]' where login = 'ana'", "access, login ana"),
        ("update access_user set legal_entities = null", "access, login ana"),
        ("update access_user set password_hash = 'quick$0'", "access, login ana"),
        ("delete from access_token", "access, token "),
        ("update access_token set scopes = '[\"manage_users\"]'", "access, token "),
        ("update access_token set expires_at = '2099-01-01 00:00:00.000000'", "access, token "),
        (
            "insert into access_user (login, roles, created_at)"
            " values ('eve', '[\"admin\"]', '2026-07-01 00:00:00.000000')",
            "access, login eve",
        ),
    ],
)
def test_what_is_written_behind_the_audits_back_is_found(
    access: Access, store: Store, statement: str, where: str
) -> None:
    somebody(access, "ana", legal_entities=("DE",))
    access.make_token("ana", scopes=["decide"], days=1, actor="ada", at=AT)
    assert access.faults() == []
    with store.engine.begin() as connection:
        connection.execute(text(statement))
    assert [fault.where for fault in access.faults() if fault.where.startswith(where)]
