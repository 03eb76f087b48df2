"""queue take, assign, decide, undo: what people do with an exception."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from leadline.app.boundary import session_of
from leadline.app.options import HomeOption, moment
from leadline.app.printing import print_text
from leadline.app.work import looking_at_queue
from leadline.kernel.errors import Fault, LeadlineError, UsageError

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The exception's id, or its first characters.")]
IdsArgument = Annotated[
    list[str], typer.Argument(metavar="ID…", help="The exceptions' ids, or their first characters.")
]
ByOption = Annotated[str, typer.Option("--by", help="Who you are; kept in the audit.")]
VersionOption = Annotated[
    int | None,
    typer.Option("--expected-version", min=1, help="Refuse if the exception is no longer at this version."),
]


def take(
    ctx: typer.Context,
    external_id: IdArgument,
    by: ByOption,
    expected_version: VersionOption = None,
    home: HomeOption = None,
) -> None:
    """Take an exception into review, so that no one else does: its state becomes in_review."""
    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        taken = store.take(external_id, by=by, at=session.parts.now(), expected_version=expected_version)
    print_text(f"{taken.external_id} is in review by {by}.")


def decide(
    ctx: typer.Context,
    external_ids: IdsArgument,
    verdict: Annotated[str, typer.Option("--verdict", help="confirmed, dismissed, snoozed or re_opened.")],
    reason: Annotated[str, typer.Option("--reason", help="A reason code of the verdict (docs/commands.md).")],
    by: ByOption,
    note_: Annotated[str | None, typer.Option("--note", help="Free text, for people only.")] = None,
    value_recovered: Annotated[
        str | None, typer.Option("--value-recovered", help="Money saved or recovered, in the exception's currency.")
    ] = None,
    intervention: Annotated[
        bool | None,
        typer.Option(
            "--intervention/--no-intervention", help="Whether something was done that can prevent the outcome."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="When a snoozed one comes back. (default: in 7 days)")
    ] = None,
    expected_version: VersionOption = None,
    home: HomeOption = None,
) -> None:
    """Decide on exceptions. Each decision is kept, audited, delivered, and learned from at the next training.

    Several are decided on one by one: what is refused is named at the end and holds up none of the others.
    """
    from leadline.queue.decisions import Verdict

    session = session_of(ctx)
    if expected_version is not None and len(external_ids) > 1:
        raise UsageError(
            "One version cannot be that of several exceptions.",
            where="--expected-version",
            expected="one ID, or no --expected-version",
            found=f"{len(external_ids)} ids",
        )
    spoken = Verdict(
        verdict=verdict,
        reason_code=reason,
        by=by,
        note=note_,
        value_recovered=_amount(value_recovered),
        is_intervention=intervention,
        snoozed_until=moment(until),
    )
    refused = []
    with looking_at_queue(session, home) as store:
        chosen = [(name, expected_version) for name in dict.fromkeys(external_ids)]
        for result in store.decide_each(chosen, spoken, at=session.parts.now()):
            if isinstance(result, LeadlineError):
                refused.append(result)
            else:
                print_text(f"{result.external_id} is {result.state} by {by} (version {result.version}).")
    _raise_refused(refused, of=len(chosen))


def undo(ctx: typer.Context, external_id: IdArgument, by: ByOption, home: HomeOption = None) -> None:
    """Undo your last decision on an exception, within 15 minutes."""
    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        back = store.undo(external_id, by=by, at=session.parts.now())
    print_text(f"{back.external_id} is {back.state} again (version {back.version}).")


def assign(
    ctx: typer.Context,
    external_id: IdArgument,
    by: ByOption,
    to: Annotated[
        str | None, typer.Option("--to", help="The assignee. (default: back to the owner by the routing rules)")
    ] = None,
    expected_version: VersionOption = None,
    home: HomeOption = None,
) -> None:
    """Assign an exception to someone, or back to its owner."""
    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        given = store.assign(external_id, to=to, by=by, at=session.parts.now(), expected_version=expected_version)
    print_text(f"{given.external_id} is for {given.answers} to act on (version {given.version}).")


def deal(
    ctx: typer.Context,
    team: Annotated[str, typer.Argument(metavar="TEAM", help="The team whose queue is dealt out, e.g. billing.")],
    by: ByOption,
    to: Annotated[list[str] | None, typer.Option("--to", help="A member; given several times.")] = None,
    home: HomeOption = None,
) -> None:
    """Share out what waits for a team, most expensive first, each to the member with the fewest waiting."""
    session = session_of(ctx)
    with looking_at_queue(session, home) as store:
        dealt = store.deal(team, to or [], by=by, at=session.parts.now())
    for member in to or []:
        print_text(f"{member}: {sum(one.assigned_to == member for one in dealt)} given")


def _raise_refused(refused: list[LeadlineError], *, of: int) -> None:
    """End as the only refusal would, or with all of them listed."""
    if not refused:
        return
    if of == 1:
        raise refused[0]
    raise type(refused[0])(
        f"{len(refused)} of {of} exceptions were not decided on; the others were.",
        faults=[Fault(one.where or one.what, one.expected or one.what, one.found) for one in refused],
        next_step="leadline queue show ID tells what it says now",
    )


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
        if amount.is_finite():
            return amount
    except InvalidOperation:
        pass
    raise UsageError("That is no amount.", where="--value-recovered", expected="a number such as 1200.50", found=text)
