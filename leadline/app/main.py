"""leadline: the command line. Heavy libraries load inside the commands that need them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import typer

from leadline import __version__
from leadline.app import (
    analyst_commands,
    console_commands,
    data_commands,
    demo,
    model_commands,
    night_commands,
    profile_commands,
    state_commands,
)
from leadline.app.boundary import BoundedGroup, Session, end_on_signals
from leadline.app.contract_commands import contracts_app
from leadline.app.match_commands import match_app
from leadline.app.metric_commands import metrics_app
from leadline.app.options import examples
from leadline.app.queue_commands import queue_app
from leadline.app.users_commands import users_app
from leadline.app.wiring import Parts

app = typer.Typer(
    name="leadline",
    cls=BoundedGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Decision support for professional-services firms: which exceptions deserve a person's time, and why.",
    epilog="Exit codes: docs/exit-codes.md. Start with: leadline demo",
)

EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {
    demo.demo: ("leadline demo", "leadline demo --size m --home /srv/demo"),
    data_commands.simulate: (
        "leadline simulate --out firm",
        "leadline simulate --size m --seed 3 --out firm",
        "leadline simulate --books faulty --out faulty-firm",
    ),
    data_commands.land: ("leadline land exports", "leadline land exports --mapping erp.yml --mapping crm.yml"),
    data_commands.build: ("leadline build", "leadline build --as-of 2026-03-31"),
    profile_commands.profiles: (
        "leadline profiles",
        "leadline profiles --out side-by-side.md",
        "leadline profiles --format csv",
    ),
    model_commands.train: ("leadline train", "leadline train invoice_dispute --as-of 2026-06-30"),
    model_commands.evaluate: (
        "leadline evaluate margin_erosion",
        "leadline evaluate --seeds 5 --format csv",
        "leadline evaluate --books faulty-firm",
    ),
    model_commands.score: (
        "leadline score --as-of 2026-06-30",
        "leadline score --as-of 2026-03-31 --dry-run",
        "leadline score --sensitivity",
    ),
    night_commands.run: (
        "leadline run --from exports",
        "0 5 * * *  leadline run --from /data/exports --home /srv/leadline",
    ),
    analyst_commands.export: (
        "leadline export receivables invoice_ageing --to receivables.xlsx",
        "leadline export core_invoice --where \"currency = 'EUR'\" --to invoices.csv",
        "leadline export --per-legal-entity --to entities",
        "leadline export --list",
    ),
    analyst_commands.quality: ("leadline quality", "leadline quality --format json"),
    analyst_commands.lineage: (
        "leadline lineage",
        "leadline lineage days_sales_outstanding",
        "leadline lineage billable_utilization --mermaid",
    ),
    console_commands.console: ("leadline console", "leadline console --port 8080 --home /srv/leadline"),
    state_commands.status: ("leadline status", "leadline status --fail-on-red --format json"),
    state_commands.verify: ("leadline verify",),
    state_commands.migrate: ("leadline migrate --home /srv/leadline",),
    state_commands.doctor: ("leadline doctor", "leadline doctor --entities --format csv"),
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"leadline {__version__}")
        raise typer.Exit


@app.callback()
def start(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[  # noqa: ARG001 (its callback answers)
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Open the session shared by the commands."""
    parts = ctx.obj if isinstance(ctx.obj, Parts) else Parts()
    ctx.obj = Session(parts=parts, debug=debug or os.environ.get("LEADLINE_DEBUG") == "1")


for command, lines in EXAMPLES.items():
    app.command(epilog=examples(*lines))(command)
    if command is night_commands.run:
        app.add_typer(match_app, name="match")
        app.add_typer(queue_app, name="queue")
        app.add_typer(users_app, name="users")
    elif command is analyst_commands.export:
        app.add_typer(contracts_app, name="contracts")
    elif command is analyst_commands.lineage:
        app.add_typer(metrics_app, name="metrics")


def main() -> None:
    """Run the command line (entry point ``leadline``)."""
    end_on_signals()
    app(prog_name="leadline")
