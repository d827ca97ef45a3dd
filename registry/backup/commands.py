"""`tem backup`, `tem restore`, `tem recall`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from anchor.clock import system_clock
from registry.backup import recalling, restoring, service
from registry.backup.store import Progress
from registry.invocation import Invocation
from registry.running import database
from verifier import cli as verifier_cli
from verifier.errors import ConfigurationError, TemError
from verifier.names import instant


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder to make; it must not be there yet.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Add the key files, as encrypted as they are.")
    ] = False,
) -> None:
    """Back up the registry, which may be serving meanwhile, into a new folder.

    The chain and the published files are not in it.

    Example: tem backup /mnt/backup/2026-11-20 --with-keys
    """
    run: Invocation = context.obj
    files = service.files_of(run.settings, keys=with_keys)
    with database(run.settings) as engine, _progress("Backing up") as progress:
        made = service.back_up(engine, folder, files, system_clock(), progress)
    entries = sum(log.size for log in made.logs)
    typer.echo(f"Wrote {folder}: {len(made.logs)} logs, {entries} entries, {instant(made.made)}.")
    if with_keys:
        said = "The keys in it open with their passphrase, which it does not hold."
    else:
        said = f"It holds no keys: keep {run.settings.keys} and the passphrase as well."
    typer.echo(said, err=True)


def restore(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[BACKUP]", help="Folder that `tem backup` made.")
    ] = None,
    published: Annotated[
        str | None,
        typer.Option(metavar="DIR|URL", help="Where the logs are published (default: TEM_PUBLIC)."),
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="No backup: bring the present database forward."),
    ] = False,
) -> None:
    """Put a backup into an empty installation, and bring it forward to what was published since.

    Every newer entry is verified. What would fork a log is refused, and changes nothing.

    Example: tem restore /mnt/backup/2026-11-20 --published https://tem.example
    """
    run: Invocation = context.obj
    if in_place == (folder is not None):
        raise ConfigurationError("restore_what", "Name a backup, or say --in-place.", "BACKUP")
    start = time.monotonic()
    now = system_clock()
    with _progress("Restoring") as progress:
        if folder is None:
            done = restoring.bring_in_place(run.settings, published, now, progress)
        else:
            done = restoring.restore(run.settings, folder, published, now, progress)
    seconds = time.monotonic() - start
    typer.echo(
        f"Restored {done.logs} logs with {done.entries} entries, {done.newer} of them from the "
        f"published files, in {seconds:.1f} s."
    )
    if done.newer:
        said = "Their statements are here, their claims are not: `tem recall` takes proof files."
        typer.echo(said, err=True)
    typer.echo(
        "What was decided after the backup is as it was then: revoke again the API keys that were "
        "revoked since.",
        err=True,
    )


def recall(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Proof files, or certificates as PDF.")
    ],
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Take files that withhold fields, which then stay lost."),
    ] = False,
) -> None:
    """Bring back claims that a restore has lost, from the files of those who hold them.

    The exit code is 1 if a file was refused; the others are taken all the same.

    Example: tem recall holders/*.tem
    """
    run: Invocation = context.obj
    refused = False
    with database(run.settings) as engine:
        for path in files:
            typer.echo(f"{path}: ", nl=False, err=True)
            try:
                again = recalling.recall(engine, path, partial=partial)
            except TemError as error:
                refused = True
                verifier_cli.say(error)
            else:
                typer.echo("recalled." if again else "nothing was lost.", err=True)
    raise typer.Exit(1 if refused else 0)


@contextmanager
def _progress(title: str) -> Iterator[Progress]:
    """A bar on the terminal; nothing if there is none."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
