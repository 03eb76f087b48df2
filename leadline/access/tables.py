"""The tables of users, sessions, tokens, codes, logins and stored responses, beside the queue's in the ops store.

Made by the queue's migrations, which are the one chain of the store. Secrets are stored as digests only.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from leadline.queue.columns import Moment, json_type
from leadline.queue.tables import METADATA

LOGIN = 80

USER = Table(
    "access_user",
    METADATA,
    Column("login", String(LOGIN), primary_key=True),
    Column("roles", json_type(), nullable=False),
    Column("legal_entities", json_type()),  # null: all
    Column("person_id", Text),
    Column("password_hash", Text),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)

SESSION = Table(
    "access_session",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("login", String(LOGIN), ForeignKey("access_user.login"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index(None, "login"),
)

TOKEN = Table(
    "access_token",
    METADATA,
    Column("token_id", String(12), primary_key=True),
    Column("login", String(LOGIN), ForeignKey("access_user.login"), nullable=False),
    Column("scopes", json_type(), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Index(None, "login"),
)

# One-time codes: for one user to set a password, or (login is null) for the first admin.
CODE = Table(
    "access_code",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("login", String(LOGIN), ForeignKey("access_user.login")),
    Column("expires_at", Moment, nullable=False),
)

# Failed login attempts, also for logins that do not exist.
FAILED_LOGIN = Table(
    "access_try",
    METADATA,
    Column("login", String(LOGIN), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)

# Responses to changing API requests by idempotency key, so that a repeated request changes nothing twice.
ANSWER = Table(
    "api_answer",
    METADATA,
    Column("digest", String(64), primary_key=True),  # of the user and their key
    Column("request_digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)

# Used logins by a provider; each opens one session.
SPENT_STATE = Table(
    "access_spent",
    METADATA,
    Column("state", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)
