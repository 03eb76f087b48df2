"""Whatever happens in whatever order: a session is good exactly when a small model of the rules says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from leadline.access import sessions
from leadline.access.login_throttle import WrongPasswordError
from leadline.queue.store import Store
from tests.support.access import PASSWORD, quick, somebody
from tests.support.queue import AT

LOGINS = ("ana", "ben")
PASSWORDS = (PASSWORD, "another donkey entirely", "a third long phrase")


@dataclass
class Known:
    """What the model knows of a session that was started."""

    login: str
    started: datetime
    seen: datetime
    ended: bool = False


class Sessions(RuleBasedStateMachine):
    """Log-ins, log-outs, changes of password, disabling and time."""

    tokens: Bundle[str] = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.store = Store("sqlite://")
        self.access = quick(self.store)
        self.now = AT
        self.password = dict.fromkeys(LOGINS, PASSWORD)
        self.disabled: set[str] = set()
        self.known: dict[str, Known] = {}
        for login in LOGINS:
            somebody(self.access, login)

    def teardown(self) -> None:
        self.store.verify()
        assert self.access.faults() == []
        self.store.close()

    @rule(minutes=st.sampled_from((1, 30, 59, 60, 300)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(target=tokens, login=st.sampled_from(LOGINS))
    def log_in(self, login: str) -> str:
        try:
            token = self.access.log_in(login, self.password[login], at=self.now)
        except WrongPasswordError:
            assert login in self.disabled
            self._wait_for_new_tries()
            return "no session"
        assert login not in self.disabled
        self.known[token] = Known(login, self.now, self.now)
        return token

    @rule(token=tokens)
    def click(self, token: str) -> None:
        found = self.access.user_of_session(token, at=self.now)
        assert (found.login if found else None) == self._expected(token)
        if found and self.now - self.known[token].seen >= sessions.TOUCH_INTERVAL:
            self.known[token].seen = self.now

    @rule(token=consumes(tokens))
    def log_out(self, token: str) -> None:
        self.access.log_out(token, at=self.now)
        if token in self.known:
            self.known[token].ended = True

    @rule(token=tokens, new=st.sampled_from(PASSWORDS))
    def change_password(self, token: str, new: str) -> None:
        login = self._expected(token)
        if login is None:
            return
        self.access.change_password(login, self.password[login], new, at=self.now, keep=token)
        self.password[login] = new
        self._end_all(login, but=token)

    @rule(login=st.sampled_from(LOGINS))
    def disable(self, login: str) -> None:
        self.access.disable(login, actor="test", at=self.now)
        self.disabled.add(login)
        self._end_all(login)

    @rule(login=st.sampled_from(LOGINS))
    def enable(self, login: str) -> None:
        self.access.enable(login, actor="test", at=self.now)
        self.disabled.discard(login)

    @invariant()
    def every_session_is_what_the_model_says(self) -> None:
        with self.store.reading() as connection:
            for token in self.known:
                found = sessions.user_behind(connection, token, at=self.now)
                assert (found[0].login if found else None) == self._expected(token)

    def _expected(self, token: str) -> str | None:
        one = self.known.get(token)
        if one is None or one.ended or one.login in self.disabled:
            return None
        is_over = self.now - one.seen >= sessions.MAX_IDLE or self.now - one.started >= sessions.MAX_AGE
        return None if is_over else one.login

    def _end_all(self, login: str, but: str | None = None) -> None:
        for token, one in self.known.items():
            if one.login == login and token != but:
                one.ended = True

    def _wait_for_new_tries(self) -> None:
        self.now += timedelta(hours=13)  # every session is over by then, and the tries are forgotten


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
