"""match, match list, match decide: which customer records are one. Verdicts are landed; the next build applies them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadline.app.boundary import BoundedGroup, Session, session_of
from leadline.app.customer_matching import MatchReport, land_verdicts, match_records
from leadline.app.options import FormatOption, HomeOption, examples
from leadline.app.printing import Format, print_rows, print_text
from leadline.app.progress import note
from leadline.app.work import Job, look, working
from leadline.kernel.errors import InsufficientDataError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from leadline.kernel.home import Home
    from leadline.matching.decisions import MatchState
    from leadline.warehouse.snapshot import Snapshot

match_app = typer.Typer(
    cls=BoundedGroup,
    invoke_without_command=True,
    epilog=examples(
        "leadline match", "leadline match list", "leadline match decide K5 K9 --as match --reason 'same VAT'"
    ),
)

MATCH_COLUMNS = {"verdict": "verdict", "pairs": "pairs", "new": "new or changed", "withdrawn": "withdrawn"}
LIST_COLUMNS = {
    "left_account_id": "left",
    "left_name": "name",
    "right_account_id": "right",
    "right_name": "name",
    "probability": "likely",
    "verdict": "verdict",
    "state": "state",
    "evidence": "evidence",
}
SIDE_BY_SIDE = ("name", "source_system", "tax_id", "country_code", "region", "industry")


@match_app.callback()
def match(ctx: typer.Context, home: HomeOption = None, form: FormatOption = Format.TABLE) -> None:
    """Match customer records: merge the sure pairs, propose the likely ones. The same accounts land nothing new.

    Verdicts are landed as entity account_match and count from the next leadline build.
    """
    if ctx.invoked_subcommand:
        if home or form is not Format.TABLE:
            # Left of its name an option would be read and dropped: another home would be looked at, unsaid.
            raise UsageError(
                "Options of a command go after its name.",
                where=f"leadline match … {ctx.invoked_subcommand}",
                next_step=f"leadline match {ctx.invoked_subcommand} --home DIR",
            )
        return
    with working(session_of(ctx), home, "match") as job:
        report = _match(job)
        print_rows(report.verdicts, form, columns=MATCH_COLUMNS, title="Customer records")
    note("leadline match list shows the pairs; leadline build applies the verdicts.")


@match_app.command("list", epilog=examples("leadline match list", "leadline match list --all --format csv"))
def list_(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also pairs that need no review.")] = False,
    home: HomeOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List pairs of customer records that await review, both records side by side, most likely first."""
    session = session_of(ctx)
    opened = look(session, home)
    snapshot, as_of = _snapshot(session, opened)
    accounts, now = _match_state(opened, snapshot, as_of)
    rows = _pairs(accounts, now)
    shown = rows if everything else [row for row in rows if row["state"] != "settled"]
    print_rows(shown, form, columns=LIST_COLUMNS)
    note(f"{len(shown):,} of {len(rows):,} pairs. leadline match decide LEFT RIGHT --as match (or split) decides one.")


@match_app.command(
    epilog=examples(
        "leadline match decide 001 K500 --as match --reason 'same tax id, renamed' --by ana",
        "leadline match decide 001 K500 --as split --reason 'sister companies' --by ana",
    )
)
def decide(
    ctx: typer.Context,
    left: Annotated[str, typer.Argument(help="One record's account_id.", show_default=False)],
    right: Annotated[str, typer.Argument(help="The other's.", show_default=False)],
    verdict: Annotated[str, typer.Option("--as", help="match or split; the latest verdict on a pair counts.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever asks later.")],
    by: Annotated[str, typer.Option("--by", help="Who you are; kept with the verdict.")] = "steward",
    home: HomeOption = None,
) -> None:
    """Decide whether two customer records are one. A steward overrules the matcher, from the next build on."""
    from leadline.matching import decisions

    session = session_of(ctx)
    with working(session, home, "match decide") as job:
        snapshot, as_of = _snapshot(session, job.home)
        _, now = _match_state(job.home, snapshot, as_of)
        row = decisions.decide(now, (left, right), verdict, reason=reason, by=by, at=job.at)
        if row.height:
            land_verdicts(job, row, f"decision-{left}-{right}")
        job.outcome.counts["verdicts_landed"] = row.height
    print_text(f"{left} and {right}: {verdict}, by {by}. leadline build applies it.")


def _match(job: Job) -> MatchReport:
    """Match the accounts of the published snapshot and land what is new."""
    from leadline.matching import accounts

    snapshot = job.parts.open_current(job.home.warehouse)
    as_of = _known_until(snapshot, job.home)
    job.outcome.snapshot_id = snapshot.snapshot_id
    records = accounts.records(snapshot, as_of=as_of)
    return match_records(job, records, as_of=as_of, name=f"matches-{snapshot.snapshot_id}")


def _snapshot(session: Session, home: Home) -> tuple[Snapshot, datetime]:
    snapshot = session.parts.open_current(home.warehouse)
    return snapshot, _known_until(snapshot, home)


def _known_until(snapshot: Snapshot, home: Home) -> datetime:
    from datetime import UTC

    if snapshot.known_until is None:
        raise InsufficientDataError(
            "There are no customer records to match.",
            where=str(home.path),
            next_step="leadline land, then leadline build",
        )
    return snapshot.known_until.replace(tzinfo=UTC)


def _match_state(home: Home, snapshot: Snapshot, as_of: datetime) -> tuple[pl.DataFrame, MatchState]:
    from leadline.matching.accounts import match_state
    from leadline.matching.decisions import match_state_of
    from leadline.warehouse.landing import Landing

    rows = snapshot.core("account", as_of=as_of).collect().sort("account_id", "source_system")
    accounts = rows.unique("account_id", keep="first", maintain_order=True)
    return accounts, match_state_of(accounts, match_state(Landing(home.landing)))


def _pairs(accounts: pl.DataFrame, now: MatchState) -> list[dict[str, Any]]:
    """Return a row per pair with a verdict, both records side by side; the likeliest first, then by id."""
    records = {row["account_id"]: row for row in accounts.select("account_id", *SIDE_BY_SIDE).iter_rows(named=True)}
    rows = [
        {
            "left_account_id": pair[0],
            "right_account_id": pair[1],
            **{
                f"{side}_{name}": records.get(one, {}).get(name)
                for side, one in zip(("left", "right"), pair, strict=True)
                for name in SIDE_BY_SIDE
            },
            "probability": None if verdict["probability"] is None else float(verdict["probability"]),
            "verdict": verdict["verdict"],
            "judge": verdict["judge"],
            "judged_by": verdict["judged_by"],
            "judged_on": str(verdict["judged_on"]),
            "reason": verdict["reason"],
            "state": now.state(pair),
            "evidence": verdict["evidence"],
        }
        for pair, verdict in now.verdicts.items()
    ]
    return sorted(rows, key=lambda row: (-(row["probability"] or 0.0), row["left_account_id"], row["right_account_id"]))
