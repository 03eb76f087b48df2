"""Row-level security of the queue: permissions and scope become a filter on rows."""

from __future__ import annotations

from leadline.access.permissions import ABOUT_PEOPLE
from leadline.access.users import User
from leadline.queue.entries import Readership
from leadline.queue.worklist import RowScope


def scope_of(user: User) -> RowScope:
    """Return a user's row scope; no one sees any without ``see_queue``."""
    entities = user.legal_entities if user.may("see_queue") else frozenset()
    return RowScope(legal_entities=entities, hidden_scores=() if user.may("see_personal_data") else ABOUT_PEOPLE)


def readership_of(user: User) -> Readership:
    """Return whose audit entries a user may read.

    Entries without a legal entity (users, tokens, sessions, exports) need access to every legal entity, or an admin.
    """
    scope, sees_all_entities = scope_of(user), user.legal_entities is None
    return Readership(
        login=user.login,
        scope=scope,
        sees_all=user.may("see_queue") and sees_all_entities and not scope.hidden_scores,
        sees_access=sees_all_entities or user.may("manage_users"),
    )
