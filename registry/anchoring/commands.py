"""`tem anchor status`, `tem anchor resume`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from anchor import status as anchoring
from anchor import store as logs
from anchor.clock import system_clock
from anchor.database import reading
from anchor.resuming import resume
from anchor.status import LogStatus, Status, WorkerStatus
from registry.errors import NotFound
from registry.invocation import Invocation
from registry.running import database, installation
from verifier.names import instant

LOOK = 1
"""Exit code if something needs a look."""

anchor = typer.Typer(help="How anchoring stands.", no_args_is_help=True)


@anchor.command("status")
def show_status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    patience: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="How long an entry may wait.")
    ] = anchoring.PATIENCE,
) -> None:
    """Show how far each log is published and anchored, and what holds it up.

    Reads the database alone, so it works while the chain is away. The exit code is 0 if all is
    well, 1 if something needs a look.

    Example: tem anchor status
    """
    run: Invocation = context.obj
    with database(run.settings) as engine:
        found = anchoring.status(engine, system_clock())
    concerns = found.concerns(patience)
    if as_json:
        typer.echo(json.dumps(_members(found, concerns), indent=2, ensure_ascii=False))
    else:
        _show(found, concerns)
    raise typer.Exit(LOOK if concerns else 0)


@anchor.command("resume")
def resume_log(
    context: typer.Context,
    log: Annotated[str, typer.Argument(metavar="LOG|ORIGIN", help="Its id (hex), or its name.")],
) -> None:
    """Let a halted log go on, after its cause was mended and the chain agrees with the log.

    Example: tem anchor resume tem.example/body
    """
    run: Invocation = context.obj
    keyring = run.keyring()
    with installation(run.settings, keyring) as here:
        state = _find(here.engine, log)
        resume(here.engine, here.contracts, keyring.operator().address, state.log)
    typer.echo(f"{state.origin} goes on.")


def _find(engine: Engine, name: str) -> logs.LogState:
    with reading(engine) as session:
        known = logs.states(session)
    found = [state for state in known if name in (state.origin, state.log.hex())]
    if not found:
        names = ", ".join(state.origin for state in known) or "none"
        raise NotFound("log_unknown", f"There is no log {name} here; there are: {names}.", "log")
    return found[0]


def _members(found: Status, concerns: list[str]) -> dict[str, Any]:
    return {
        "logs": [{**asdict(log), "log": log.log.hex()} for log in found.logs],
        "workers": [asdict(worker) for worker in found.workers],
        "acts": found.acts,
        "now": found.now,
        "concerns": concerns,
    }


def _show(found: Status, concerns: list[str]) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    table = Table("log", "size", "published", "anchored", "waits", "state")
    for log in found.logs:
        waits = "" if log.waits is None else f"{log.waits} s"
        sizes = (str(log.size), str(log.published), str(log.anchored))
        table.add_row(log.origin, *sizes, waits, _word(log), style="red" if log.halted else "")
    console.print(table)
    under_way = ", ".join(f"{count} {state}" for state, count in found.acts.items() if count)
    console.print(f"Transactions under way: {under_way or 'none'}.", markup=False)
    for worker in found.workers:
        console.print(_said(worker, found.now), markup=False)
    for concern in concerns:
        console.print(f"! {concern}", markup=False, style="bold red", soft_wrap=True)


def _word(log: LogStatus) -> str:
    if log.halted is not None:
        return "halted"
    if log.published < log.size:
        return "to be published"
    return "to be anchored" if log.anchored < log.size else "anchored"


def _said(worker: WorkerStatus, now: int) -> str:
    answered = "never" if worker.answered is None else instant(worker.answered)
    since = "" if worker.since is None else f", in trouble since {instant(worker.since)}"
    ago = max(0, now - worker.round)
    return f"Worker {worker.account}: at work {ago} s ago, the chain answered {answered}{since}."
