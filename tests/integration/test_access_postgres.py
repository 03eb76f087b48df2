"""Access on PostgreSQL does what it does on SQLite, also when several try at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from leadline.access.login_throttle import MAX_ATTEMPTS, TooManyAttemptsError, WrongPasswordError
from leadline.kernel.errors import UsageError
from leadline.queue.store import Store
from tests.support.access import PASSWORD, quick, somebody
from tests.support.queue import AT

pytestmark = pytest.mark.postgres


def test_a_users_life(url: str) -> None:
    with Store(url) as store:
        access = quick(store)
        code = access.first_admin_code(actor="shell", at=AT)
        access.make_first_admin(code, "ada", PASSWORD, at=AT)
        somebody(access, "ana", legal_entities=("DE", "FR"))
        session = access.log_in("ana", PASSWORD, at=AT)
        later = AT + timedelta(minutes=5)
        seen = access.user_of_session(session, at=later)
        assert seen is not None
        assert seen.legal_entities == frozenset({"DE", "FR"})
        token, known = access.make_token("ana", scopes=["decide"], days=2, actor="ada", at=AT)
        assert access.user_of_token(token, at=later) is not None
        assert access.tokens() == [known]
        access.disable("ana", actor="ada", at=later)
        assert access.user_of_session(session, at=later) is None
        assert access.user_of_token(token, at=later) is None
        store.verify()
        assert access.faults() == []
        with store.engine.begin() as connection:
            connection.execute(text("update access_user set disabled_at = null"))
        assert [fault.where for fault in access.faults()] == ["access, login ana"]


def _at_once(threads: int, work: object) -> list[BaseException]:
    failures: list[BaseException] = []
    start = threading.Barrier(threads)

    def run() -> None:
        start.wait()
        try:
            work()  # type: ignore[operator]
        except BaseException as exc:
            failures.append(exc)

    started = [threading.Thread(target=run) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return failures


def test_tries_at_the_same_moment_are_all_counted(url: str) -> None:
    with Store(url) as store:
        access = quick(store)
        somebody(access)
        failures = _at_once(8, lambda: access.log_in("ana", "a wrong password", at=AT))
        kinds = [type(failure) for failure in failures]
        assert kinds.count(WrongPasswordError) == MAX_ATTEMPTS
        assert kinds.count(TooManyAttemptsError) == 8 - MAX_ATTEMPTS


def test_one_code_makes_one_admin(url: str) -> None:
    with Store(url) as store:
        access = quick(store)
        code = access.first_admin_code(actor="shell", at=AT)
        names = iter(("ada", "eva", "ida"))
        failures = _at_once(3, lambda: access.make_first_admin(code, next(names), PASSWORD, at=AT))
        assert [type(failure) for failure in failures] == [UsageError, UsageError]
        assert len(access.users()) == 1
        store.verify()
