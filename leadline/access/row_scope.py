"""What a user may see of the queue: the one place where permissions and scope become a filter on rows."""

from __future__ import annotations

from leadline.access.permissions import ABOUT_PEOPLE
from leadline.access.users import User
from leadline.queue.entries import Readership
from leadline.queue.worklist import RowScope


def scope_of(user: User) -> RowScope:
    """Return which rows a user sees; no one sees any without ``see_queue``."""
    entities = user.legal_entities if user.may("see_queue") else frozenset()
    return RowScope(legal_entities=entities, hidden_scores=() if user.may("see_personal_data") else ABOUT_PEOPLE)


def readership_of(user: User) -> Readership:
    """Return whose audit entries a user may read.

    What belongs to no legal entity (users, tokens, sessions, exports) is for who sees all of them, and for admins.
    """
    scope, sees_all_entities = scope_of(user), user.legal_entities is None
    return Readership(
        login=user.login,
        scope=scope,
        sees_all=user.may("see_queue") and sees_all_entities and not scope.hidden_scores,
        sees_access=sees_all_entities or user.may("manage_users"),
    )
