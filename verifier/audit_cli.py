"""`tem audit`: recompute published logs, and say what is wrong with them and where."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from verifier import cli, published
from verifier.audit import Depth, Terms, audit
from verifier.audit_findings import Finding
from verifier.audit_pool import in_parallel
from verifier.audit_report import PARTS, Audit
from verifier.display import plain
from verifier.errors import TemError
from verifier.names import instant
from verifier.published import Published
from verifier.static_log import LogUnreadable

# What audits come to, from good to bad: exit code, style, headline.
_RESULTS = {
    "clean": (0, "bold green", "nothing wrong was found"),
    "unknown": (4, "bold yellow", "not everything could be judged"),
    "wrong": (1, "bold white on red", "something is wrong"),
}
_SEVERITY = [*_RESULTS]
_INTERRUPTED = 130  # as shells say it; 1 would be a verdict
_PARTS = {
    "tree": "the tree, recomputed",
    "entries": "the entries and their numbers",
    "signatures": "the entries' signatures",
    "checkpoint": "the checkpoint, against the chain",
    "anchors": "every anchored root",
}


def audit_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="DIR|URL",
            help="Published files of a log, or of a whole registry: a folder or an address.",
        ),
    ],
    trust_file: cli.TrustFile = None,
    rpc: cli.RpcAddresses = None,
    snapshot_file: cli.SnapshotFile = None,
    snapshot_key: cli.SnapshotKey = None,
    no_signatures: Annotated[
        bool, typer.Option("--no-signatures", help="Do not verify the entries' signatures.")
    ] = False,
    tree_only: Annotated[
        bool, typer.Option("--tree-only", help="Recompute the tree; do not open the entries.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Recompute published logs, and compare them with their checkpoints and the chain.

    Without --trust no chain is asked: signatures and anchored roots are then not checked.

    Exit codes: 0 nothing wrong, 1 something is wrong, 4 something could not be read or judged,
    2 wrong use.

    Example: tem audit https://tem.example --trust trust.json --rpc https://rpc.example
    """
    depth = Depth.ENTRIES if no_signatures else Depth.SIGNATURES
    found = list[Audit]()
    try:
        asked = trust_file or rpc or snapshot_file
        view = cli.chain_view(trust_file, rpc or [], snapshot_file, snapshot_key) if asked else None
        terms = Terms(view, int(time.time()), Depth.TREE if tree_only else depth, in_parallel)
        with published.find(source) as logs:
            for log in logs:
                found.append(_with_bar(log, terms))
                if not as_json:
                    _show(found[-1], Console())
    except KeyboardInterrupt:
        typer.echo("tem: interrupted; nothing is decided", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    except LogUnreadable as error:
        cli.fail(error, _RESULTS["unknown"][0])
    except TemError as error:
        cli.fail(error, cli.WRONG_USE)
    if as_json:
        cli.print_json({"logs": [run.to_json() for run in found]})
    worst = max((run.result for run in found), key=_SEVERITY.index)
    raise typer.Exit(_RESULTS[worst][0])


def _with_bar(log: Published, terms: Terms) -> Audit:
    """Audit one log, with a bar on the terminal if there is one."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    silent = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=silent) as bar:
        task = bar.add_task("Entries", total=None)

        def progress(done: int, size: int) -> None:
            bar.update(task, completed=done, total=size)

        return audit(log.log, log.place, log.name, replace(terms, progress=progress))


def _show(run: Audit, console: Console) -> None:
    _, style, headline = _RESULTS[run.result]
    console.print(Text(f" {run.result} ", style), plain(f"{run.place}: {headline}"))
    for line in _facts(run):
        console.print(plain(f"  {line}"), soft_wrap=True)
    for part in PARTS:
        why = run.unchecked.get(part)
        said = f"not checked: {why}" if why else "checked"
        console.print(Text("  ✓" if not why else "  –"), plain(f"{_PARTS[part]}: {said}"))
    for finding in run.findings.shown:
        console.print(_line(finding), soft_wrap=True)
    for code, count in run.findings.hidden().items():
        console.print(plain(f"  … and {count} more of {code}"))


def _facts(run: Audit) -> Iterator[str]:
    signed, outlook = run.checkpoint, run.outlook
    if run.log:
        yield f"log {run.log.hex()}"
    if run.did:
        yield f"of {run.did}"
    if signed:
        yield f"{signed.origin}: {signed.size} entries, root {signed.root.hex()}"
    if outlook:
        anchors = f", {len(outlook.log.anchors)} anchors" if outlook.log else ""
        yield f"chain at block {outlook.block.number} of {instant(outlook.block.time)}{anchors}"


def _line(finding: Finding) -> Text:
    entry = "" if finding.entry is None else f", entry {finding.entry}"
    line = Text("  ? " if finding.unknown else "  ✗ ", "yellow" if finding.unknown else "red")
    line.append(plain(f"{finding.file}{entry}: {finding.message}"))
    return line.append(f"  {finding.code}", "dim")
