"""Users for tests, with a hash that costs nothing."""

from __future__ import annotations

import hashlib

from argon2.exceptions import VerifyMismatchError

from leadline.access.service import Access
from leadline.access.users import User
from leadline.queue.store import Store
from tests.support.queue import AT

PASSWORD = "correct horse battery staple"  # noqa: S105 (of a test user)


class QuickHasher:
    """Replaces argon2id where a test is not about it; counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def hash(self, password: str) -> str:
        self.asked += 1
        return "quick$" + hashlib.sha256(password.encode()).hexdigest()

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002
        if self.hash(password) != hash:
            raise VerifyMismatchError
        return True


def quick(store: Store) -> Access:
    """Return the door with a hash that costs nothing."""
    return Access(store, hasher=QuickHasher())


def somebody(
    access: Access,
    login: str = "ana",
    *roles: str,
    legal_entities: tuple[str, ...] | None = None,
    person_id: str | None = None,
) -> User:
    """Add a user; an operator who sees all legal entities by default."""
    return access.add(
        login,
        roles=roles or ("operator",),
        legal_entities=legal_entities,
        person_id=person_id,
        password=PASSWORD,
        actor="test",
        at=AT,
    )
