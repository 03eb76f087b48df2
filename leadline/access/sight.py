"""What a user may see of the queue: the one place where permissions and scope become a filter on rows."""

from __future__ import annotations

from leadline.access.permissions import ABOUT_PEOPLE
from leadline.access.users import User
from leadline.queue.worklist import Sight


def sight_of(user: User) -> Sight:
    """Return which rows a user sees; nobody sees any without ``see_queue``."""
    entities = user.legal_entities if user.may("see_queue") else frozenset()
    return Sight(legal_entities=entities, hidden_stems=() if user.may("see_personal_data") else ABOUT_PEOPLE)
