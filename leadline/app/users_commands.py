"""users add, list, change, disable, enable, password, token, revoke, first-admin: who may use Leadline, and how far."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadline.access.permissions import ROLES
from leadline.app.boundary import BoundedGroup, session_of
from leadline.app.options import FormatOption, HomeOption, examples
from leadline.app.printing import Format, print_line, print_rows, print_text
from leadline.app.progress import note
from leadline.app.work import looking_at_queue
from leadline.kernel.errors import InputError, UsageError

if TYPE_CHECKING:
    from leadline.access.service import Access
    from leadline.access.tokens import Token
    from leadline.access.users import User

users_app = typer.Typer(cls=BoundedGroup, no_args_is_help=True, help="Users, their roles and scope, and API tokens.")

USER_COLUMNS = {
    "login": "login",
    "roles": "roles",
    "legal_entities": "legal entities",
    "person_id": "person",
    "state": "state",
}
TOKEN_COLUMNS = {"token_id": "token", "login": "login", "scopes": "scopes", "expires_at": "until", "state": "state"}
TOKEN_DAYS = 90

LoginArgument = Annotated[str, typer.Argument(metavar="LOGIN", help="The user's login.")]
RoleOption = Annotated[
    list[str] | None,
    typer.Option("--role", help=f"A role: {', '.join(ROLES)} (docs/access.md); may be given several times."),
]
EntityOption = Annotated[
    list[str] | None,
    typer.Option("--legal-entity", help="A legal entity whose rows they see; may be given several times."),
]
AllEntitiesOption = Annotated[bool, typer.Option("--all-legal-entities", help="They see the rows of all.")]
PersonOption = Annotated[str | None, typer.Option("--person-id", help="Their person_id in the warehouse.")]
PasswordFileOption = Annotated[
    str | None,
    typer.Option("--password-file", help="File whose first line is the password; - is stdin. (default: ask)"),
]


@users_app.command(
    epilog=examples(
        "leadline users add ana --role operator --legal-entity LE-DE --person-id P-17",
        "leadline users add ben --role manager --role analyst --all-legal-entities --password-file -",
    )
)
def add(
    ctx: typer.Context,
    login: LoginArgument,
    role: RoleOption = None,
    legal_entity: EntityOption = None,
    all_legal_entities: AllEntitiesOption = False,
    person_id: PersonOption = None,
    password_file: PasswordFileOption = None,
    home: HomeOption = None,
) -> None:
    """Add a user with their roles, scope and password."""
    scope = _scope(legal_entity, everything=all_legal_entities)
    with _access(ctx, home) as access:
        added = access.add(
            login,
            roles=role or (),
            legal_entities=scope,
            person_id=person_id,
            password=_password(password_file),
            actor=_actor(),
            at=session_of(ctx).parts.now(),
        )
    print_text(f"{added.login} may log in as {', '.join(added.roles)}.")


@users_app.command(
    epilog=examples("leadline users change ana --role manager --all-legal-entities --person-id P-17"),
)
def change(
    ctx: typer.Context,
    login: LoginArgument,
    role: RoleOption = None,
    legal_entity: EntityOption = None,
    all_legal_entities: AllEntitiesOption = False,
    person_id: PersonOption = None,
    home: HomeOption = None,
) -> None:
    """Replace a user's roles, scope and person. Takes effect with their next request."""
    scope = _scope(legal_entity, everything=all_legal_entities)
    with _access(ctx, home) as access:
        at = session_of(ctx).parts.now()
        changed = access.change(
            login, roles=role or (), legal_entities=scope, person_id=person_id, actor=_actor(), at=at
        )
    print_text(f"{changed.login} is {', '.join(changed.roles)} now.")


@users_app.command("list", epilog=examples("leadline users list", "leadline users list --tokens --format json"))
def list_(
    ctx: typer.Context,
    tokens: Annotated[bool, typer.Option("--tokens", help="List API tokens instead.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List users with roles and scope, or their API tokens; never a secret."""
    at = session_of(ctx).parts.now()
    with _access(ctx, home) as access:
        if tokens:
            print_rows([_token_row(one, at) for one in access.tokens()], form, columns=TOKEN_COLUMNS)
            return
        print_rows([_user_row(one) for one in access.users()], form, columns=USER_COLUMNS)


@users_app.command(epilog=examples("leadline users disable ana"))
def disable(ctx: typer.Context, login: LoginArgument, home: HomeOption = None) -> None:
    """Disable a user: their sessions and tokens stop working at once."""
    with _access(ctx, home) as access:
        user = access.disable(login, actor=_actor(), at=session_of(ctx).parts.now())
    print_text(f"{user.login} is disabled.")


@users_app.command(epilog=examples("leadline users enable ana"))
def enable(ctx: typer.Context, login: LoginArgument, home: HomeOption = None) -> None:
    """Enable a disabled user again, with the password and tokens they had."""
    with _access(ctx, home) as access:
        user = access.enable(login, actor=_actor(), at=session_of(ctx).parts.now())
    print_text(f"{user.login} may log in again.")


@users_app.command(
    epilog=examples("leadline users password ana", "leadline users password ana --password-file secret.txt")
)
def password(
    ctx: typer.Context, login: LoginArgument, password_file: PasswordFileOption = None, home: HomeOption = None
) -> None:
    """Set a user's password; their sessions end, and failed attempts are reset."""
    with _access(ctx, home) as access:
        new = _password(password_file)
        user = access.set_password(login, new, actor=_actor(), at=session_of(ctx).parts.now())
    print_text(f"{user.login} has a new password; their sessions ended.")


@users_app.command(epilog=examples("leadline users token ana --scope see_queue --scope export --days 30"))
def token(
    ctx: typer.Context,
    login: LoginArgument,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="A permission the token has; may be given several times.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Days until it expires.")] = TOKEN_DAYS,
    home: HomeOption = None,
) -> None:
    """Make an API token that acts for a user. It is shown this once, on stdout."""
    with _access(ctx, home) as access:
        at = session_of(ctx).parts.now()
        secret, made = access.make_token(login, scopes=scope or (), days=days, actor=_actor(), at=at)
    print_line(secret)
    note(f"Keep it safe, it is not shown again. leadline users revoke {made.token_id} ends it before its time.")


@users_app.command(epilog=examples("leadline users revoke 3fa94c01b2c3"))
def revoke(
    ctx: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="TOKEN_ID", help="The token's id: users list --tokens.")],
    home: HomeOption = None,
) -> None:
    """Revoke an API token."""
    with _access(ctx, home) as access:
        revoked = access.revoke_token(token_id, actor=_actor(), at=session_of(ctx).parts.now())
    print_text(f"{revoked.token_id} of {revoked.login} works no more.")


@users_app.command("first-admin", epilog=examples("leadline users first-admin"))
def first_admin(ctx: typer.Context, home: HomeOption = None) -> None:
    """Print a code that creates the first admin at /first-admin of the console. Only while there is no admin."""
    with _access(ctx, home) as access:
        code = access.first_admin_code(actor=_actor(), at=session_of(ctx).parts.now())
    print_line(code)
    note("Good once, for an hour: leadline console, then the page /first-admin.")


@contextmanager
def _access(ctx: typer.Context, home: Path | None) -> Iterator[Access]:
    from leadline.access.service import Access

    with looking_at_queue(session_of(ctx), home) as store:
        yield Access(store)


def _actor() -> str:
    """Return who the audit says it was: the account on the machine, since the command line has no log-in."""
    try:
        return f"shell:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "shell"


def _scope(named: list[str] | None, *, everything: bool) -> list[str] | None:
    if everything and named:
        raise UsageError("Either all legal entities or some.", where="--all-legal-entities, --legal-entity")
    return None if everything else (named or [])


def _password(file: str | None) -> str:
    """Return a password that was typed unseen, or is the first line of a file or of stdin."""
    if file is None:
        if not sys.stdin.isatty():
            raise UsageError(
                "There is no terminal to ask for the password on.",
                where="--password-file",
                next_step="pass --password-file FILE, or --password-file - and the password on stdin",
            )
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        found = exc.strerror if isinstance(exc, OSError) else "text that is not UTF-8"
        raise InputError("The password cannot be read.", where=file, found=str(found)) from exc
    return text.split("\n", 1)[0].rstrip("\r")


def _user_row(user: User) -> dict[str, Any]:
    entities = "all" if user.legal_entities is None else sorted(user.legal_entities)
    state = "disabled" if user.disabled_at else ("active" if user.has_password else "no password yet")
    row = {"login": user.login, "roles": list(user.roles), "legal_entities": entities, "person_id": user.person_id}
    return row | {"state": state}


def _token_row(token: Token, at: Any) -> dict[str, Any]:
    state = "revoked" if token.revoked_at else ("expired" if at >= token.expires_at else "good")
    row = {"token_id": token.token_id, "login": token.login, "scopes": list(token.scopes)}
    return row | {"expires_at": f"{token.expires_at:%Y-%m-%d %H:%M}", "state": state}
