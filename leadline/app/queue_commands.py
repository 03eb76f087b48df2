"""queue list, show, take, decide, export, deliver, read-back: what waits for people, and what they say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadline.app import claim_commands, decision_commands, digest_commands, measure_commands
from leadline.app.boundary import BoundedGroup, session_of
from leadline.app.decision_commands import IdArgument
from leadline.app.narrative_printing import check_reader, narrative_values, print_narrative
from leadline.app.night import deliver as deliver_messages
from leadline.app.night import delivery_notes, raise_unusable
from leadline.app.night import read_back as read_decisions_back
from leadline.app.options import FormatOption, HomeOption, examples
from leadline.app.printing import NARROW, Format, console, money, print_rows, print_table, print_text
from leadline.app.progress import note
from leadline.app.work import looking_at_queue, working
from leadline.kernel.compose import below_title, title_of
from leadline.kernel.counts import counted
from leadline.kernel.errors import HomeError, UsageError
from leadline.kernel.files import replacing
from leadline.kernel.rendering import Renderer
from leadline.kernel.scores import choose
from leadline.queue.states import WAITING, check_states

if TYPE_CHECKING:
    from leadline.kernel.findings import Record
    from leadline.queue.records import QueuedException
    from leadline.queue.store import Wanted

queue_app = typer.Typer(
    cls=BoundedGroup, no_args_is_help=True, help="The exception queue: what waits for review, and decisions on it."
)

SHOWN = 25
SHOWN_DIGITS = 8
ALL = "all"
# On the terminal an operator sees everything, in English.
RENDERER = Renderer()

LIST_COLUMNS = {
    "external_id": "id",
    "score": "score",
    "title": "what",
    "chance": "likely",
    "money": "at risk",
    "owner": "owner",
    "due": "due",
    "state": "state",
}

RELATED_COLUMNS = {
    "external_id": "id",
    "score": "score",
    "title": "what",
    "expected_value": "expected value",
    "owner": "owner",
}

DISPENSABLE = ("chance", "owner", "state")

ScoreOption = Annotated[list[str] | None, typer.Option("--score", help="Only this score; may be given several times.")]
StateOption = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only this state, or all. (default: open, re_opened, in_review)"),
]
OwnerOption = Annotated[str | None, typer.Option("--owner", help="Only this owner's.")]
OverdueOption = Annotated[bool, typer.Option("--overdue", help="Only what is past its due time.")]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, help=f"At most so many, the most valuable first. (default: {SHOWN} in a table)"),
]


@queue_app.command(
    "list",
    epilog=examples(
        "leadline queue list --score invoice_dispute --limit 10", "leadline queue list --state all --format json"
    ),
)
def list_(
    ctx: typer.Context,
    score: ScoreOption = None,
    state: StateOption = None,
    owner: OwnerOption = None,
    overdue: OverdueOption = False,
    limit: LimitOption = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List exceptions, the highest expected value first."""
    shown = limit or (SHOWN if form is Format.TABLE else None)
    session = session_of(ctx)
    wanted = replace(_wanted(score, state, owner, shown), due_before=session.parts.now() if overdue else None)
    with looking_at_queue(session, home) as store:
        found, total = store.list_(wanted), store.count(wanted)
    if form is not Format.TABLE:
        print_rows(_records(found), form, columns=LIST_COLUMNS)
        return
    spared = DISPENSABLE if console().width < NARROW else ()
    columns = {key: heading for key, heading in LIST_COLUMNS.items() if key not in spared}
    print_rows([list_row(one) for one in found], form, columns=columns)
    note(f"{len(found):,} of {total:,}. leadline queue show ID tells one in full.")


@queue_app.command(
    epilog=examples(
        "leadline queue show 3fa94c",
        "leadline queue show 3fa94c --reader controller",
        "leadline queue show 3fa94c --format json",
    )
)
def show(
    ctx: typer.Context,
    external_id: IdArgument,
    reader: Annotated[
        str | None, typer.Option("--reader", help="Whose narrative: controller, project_manager or account_manager.")
    ] = None,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show one exception in full: reasons, records, what to do, and its decisions so far.

    With --reader in that reader's words, each figure with the query key it comes from.
    """
    check_reader(reader)
    with looking_at_queue(session_of(ctx), home) as store:
        found = store.get(external_id)
        history = store.history(found.external_id)
        related = store.related(found)
    if form is not Format.TABLE:
        records = _records([found])
        print_rows([one | narrative_values(found, reader) for one in records], form, columns=LIST_COLUMNS)
        return
    if reader:
        print_narrative(found, reader)
        return
    print_exception(found)
    if related:
        waiting = [list_row(one) for one in related]
        print_table(waiting, RELATED_COLUMNS, title="Also waiting on the same object or project")
    if history:
        rows: list[dict[str, Any]] = [
            {"at": f"{one.decided_at:%Y-%m-%d %H:%M}", "verdict": one.verdict, "reason": one.reason_code}
            | {"by": one.decided_by, "note": one.note}
            for one in history
        ]
        print_table(rows, {name: name for name in rows[0]}, title="Decisions")


queue_app.command(epilog=examples("leadline queue claims", "leadline queue claims --format csv"))(claim_commands.claims)
queue_app.command(epilog=examples("leadline queue digest", "leadline queue digest --format json"))(
    digest_commands.digest
)
queue_app.command(epilog=examples("leadline queue metrics", "leadline queue metrics --format csv"))(
    measure_commands.metrics
)
queue_app.command(epilog=examples("leadline queue uplift", "leadline queue uplift --as-of 2026-06-30 --format json"))(
    measure_commands.uplift
)
queue_app.command(epilog=examples("leadline queue take 3fa94c --by ana"))(decision_commands.take)
queue_app.command(epilog=examples("leadline queue assign 3fa94c --to ben --by ana"))(decision_commands.assign)
queue_app.command(epilog=examples("leadline queue deal billing --to ana --to ben --by cem"))(decision_commands.deal)
queue_app.command(
    epilog=examples(
        "leadline queue decide 3fa94c --verdict confirmed --reason billed --by ana --value-recovered 1200",
        "leadline queue decide 3fa94c --verdict dismissed --reason agreed_exception --by ana --note 'see the addendum'",
        "leadline queue decide 3fa94c --verdict snoozed --reason waiting_for_client --by ana --until 2026-07-15",
        "leadline queue decide 3fa94c 81c0de 55aa01 --verdict dismissed --reason immaterial --by ana",
    )
)(decision_commands.decide)
queue_app.command(epilog=examples("leadline queue undo 3fa94c --by ana"))(decision_commands.undo)


@queue_app.command(
    epilog=examples(
        "leadline queue export --format xlsx --out queue.xlsx", "leadline queue export --format csv --out -"
    )
)
def export(
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="File to write; - is stdout (not for xlsx).")],
    form: Annotated[str, typer.Option("--format", help="csv, json or xlsx.")] = "csv",
    score: ScoreOption = None,
    state: StateOption = None,
    owner: OwnerOption = None,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Write exceptions to a file. Text that a spreadsheet would execute is put behind an apostrophe (CSV, XLSX)."""
    content = _checked_format(form, out)
    with looking_at_queue(session_of(ctx), home) as store:
        records = _records(store.list_(_wanted(score, state, owner, limit)))
    written = _render(records, content)
    if str(out) == "-":
        typer.echo(written.decode(), nl=False)
        return
    _write(out, written)
    note(f"{counted(len(records), 'exception')} written to {out}.")


@queue_app.command(epilog=examples("leadline queue deliver", "leadline queue deliver --retry-dead"))
def deliver(
    ctx: typer.Context,
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Try the dead letters again.")] = False,
    home: HomeOption = None,
) -> None:
    """Deliver what waits in the outbox, target by target. Each message has a key by which it is taken once.

    A target that cannot be used, or fails several times in a row, is reported and does not hold up the others.
    """
    with working(session_of(ctx), home, "deliver") as job:
        reports = deliver_messages(job, retry_dead=retry_dead)
        for one in reports:
            print_text(
                f"{one.target}: {one.delivered} delivered, {one.waiting} to be tried again, {one.dead} given up on."
            )
        for sentence in delivery_notes(reports):
            note(sentence)
        raise_unusable(reports)


@queue_app.command("read-back", epilog=examples("leadline queue read-back"))
def read_back(ctx: typer.Context, home: HomeOption = None) -> None:
    """Take over what was decided in the receiving system. A decision here is never overwritten by one there.

    Reads the files in decisions/ of the outbox folder (docs/delivery.md). Ends with exit code 3 when a file was refused
    or a decision contradicts ours; they are kept in rejected/ and conflicts/ there.
    """
    with working(session_of(ctx), home, "read-back") as job:
        report = read_decisions_back(job)
        kept = f"{len(report.conflicts)} in conflict, {len(report.rejected)} faults of refused files"
        print_text(f"{report.taken} decisions taken over, {report.known} known already, {kept}.")
        report.raise_left()


def list_row(one: QueuedException) -> dict[str, Any]:
    """Return an exception as a row of the table."""
    return {
        "external_id": one.external_id[:SHOWN_DIGITS],
        "score": one.score,
        "title": title_of(one, RENDERER),
        "chance": chance(one),
        "money": money(one.money_at_risk, one.currency),
        "expected_value": money(one.expected_value, one.currency),
        "owner": one.answers,
        "due": f"{one.due_at:%Y-%m-%d}",
        "state": one.state,
    }


def chance(one: QueuedException) -> str:
    """Return how likely: ``62%``; how large where version 0.1 scored without a probability."""
    return size(one) if one.probability is None else f"{one.probability:.0%}"


def size(one: QueuedException) -> str:
    """Return between what and what a harm lies that has a size: ``1.2 … 3.4 FTE``."""
    if one.band_low is None or one.band_high is None:
        return "–"
    return f"{_rounded(one.band_low)} … {_rounded(one.band_high)} {one.band_unit or ''}".strip()


def _rounded(figure: float) -> str:
    digits = 0 if abs(figure) >= 10 else (1 if abs(figure) >= 1 else 2)
    return f"{figure:,.{digits}f}"


def print_exception(one: QueuedException) -> None:
    """Print one exception for a person."""
    print_text(title_of(one, RENDERER), style="bold")
    print_text(below_title(one, RENDERER).text)
    facts = {
        "id": f"{one.external_id} (version {one.version}, {one.state})",
        "object": f"{one.score}: {one.object_type} {one.object_id}",
        "likely": chance(one),
        **({"size": size(one)} if one.band else {}),
        "money at risk": money(one.money_at_risk, one.currency),
        "expected value": money(one.expected_value, one.currency),
        "expected": RENDERER.text(one.expected),
        "seen": RENDERER.text(one.seen),
        "do": RENDERER.text(one.action),
        "owner": f"{one.answers} ({_how_answered(one)}), due {one.due_at:%Y-%m-%d %H:%M} UTC",
        "similar, clean": ", ".join(one.similar) or "–",
        "scored": f"as of {one.as_of:%Y-%m-%d %H:%M} UTC by {one.model_version} on snapshot {one.snapshot_id}",
    }
    if one.claimed_by:
        claimed = sum((claim.money for claim in one.claimed_by), Decimal(0))
        names = ", ".join(claim.claimed_by for claim in one.claimed_by)
        facts["of that"] = f"{money(claimed, one.currency)} also in {names}"
    if one.ended_because:
        facts["ended"] = one.ended_because
    print_table([{"name": name, "value": value} for name, value in facts.items()], {"name": "", "value": ""})
    reasons = [
        {
            "why": RENDERER.text(reason.statement),
            "records": ", ".join(_record_text(record) for record in reason.records) or "–",
        }
        for reason in one.reasons
    ]
    print_table(reasons, {"why": "why", "records": "records that prove it"})


def _how_answered(one: QueuedException) -> str:
    if one.assigned_to:
        return f"given by hand; routed to {one.owner}"
    if one.escalated_to:
        return f"overdue, gone up from {one.owner}"
    return one.owner_kind


def _record_text(record: Record) -> str:
    text = f"{record.entity} {record.key}"
    if not record.column:
        return text
    value = "empty" if record.value is None else RENDERER.written(record.value)
    return f"{text}.{record.column} = {value}" + (" (computed)" if record.is_computed else "")


def _wanted(score: list[str] | None, state: list[str] | None, owner: str | None, limit: int | None) -> Wanted:
    from leadline.queue.store import Wanted

    scores = choose(score) if score else ()
    states = () if state and ALL in state else check_states(state or list(WAITING))
    return Wanted(scores=scores, states=states, owner=owner, limit=limit)


def _records(found: Sequence[QueuedException]) -> list[dict[str, Any]]:
    from leadline.queue.records import as_record

    return [as_record(one) for one in found]


def _checked_format(form: str, out: Path) -> str:
    from leadline.queue.export import FORMATS

    if form not in FORMATS or (form == "xlsx" and str(out) == "-"):
        raise UsageError(
            "That format cannot be written there.",
            where="--format",
            expected="one of " + ", ".join(FORMATS) + " (xlsx needs a file)",
            found=form,
        )
    return form


def _render(records: list[dict[str, Any]], form: str) -> bytes:
    from leadline.queue.export import as_csv, as_json, as_xlsx
    from leadline.queue.records import RECORD_KEYS

    if form == "xlsx":
        return as_xlsx(records, RECORD_KEYS, sheet="queue")
    return (as_json(records) if form == "json" else as_csv(records, RECORD_KEYS)).encode()


def _write(out: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        with replacing(out) as hidden:
            hidden.write_bytes(content)
    except OSError as exc:
        raise HomeError(
            "Cannot write the file.",
            where=str(out),
            found=exc.strerror or str(exc),
            next_step="pass another --out, or check the folder and its permissions",
        ) from exc
