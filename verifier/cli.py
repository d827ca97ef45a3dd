"""`tem verify`: judge one record, from a file, a picture or a code.

What it is judged by (`--trust`), the chain or snapshot that is asked, and the registry at which a
code is looked up are configuration. Nothing in a file or a QR code chooses them.
"""

from __future__ import annotations

import os
import re
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn
from urllib.parse import urlsplit

import orjson
import typer
from rich.console import Console

from verifier import display, lookup, note, proof, qr, shortcode, trust, verify
from verifier.chain_view import ChainView
from verifier.errors import ConfigurationError, TemError
from verifier.lookup import LookupFailed
from verifier.report import EXIT_CODES, Verdict
from verifier.trust import Trust
from verifier.view import snapshot
from verifier.view.live import LiveChain

WRONG_USE = 2

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{24,60}[0-9A-Za-z*~$=]")


class Language(StrEnum):
    """The languages of the sentences."""

    VI = "vi"
    EN = "en"


class Input(NamedTuple):
    """What is judged: the bytes of a proof file, and whether they came from a page."""

    data: bytes
    page: bool


TrustFile = Annotated[
    Path | None,
    typer.Option("--trust", envvar="TEM_TRUST", help="Trust file: chain, contracts, root."),
]
RpcAddresses = Annotated[
    list[str] | None,
    typer.Option(
        "--rpc", envvar="TEM_RPC", help="RPC address of the chain; give two to compare them."
    ),
]
SnapshotFile = Annotated[
    Path | None,
    typer.Option("--snapshot", help="A signed snapshot, instead of a live chain."),
]
SnapshotKey = Annotated[
    str | None,
    typer.Option(
        "--snapshot-key", envvar="TEM_SNAPSHOT_KEY", help="The key that must have signed it."
    ),
]


def verify_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|CODE",
            help="A .tem file, a certificate as PDF, a picture (PNG, JPEG) of a QR code, "
            "or a record's short code.",
        ),
    ],
    trust_file: TrustFile = None,
    rpc: RpcAddresses = None,
    snapshot_file: SnapshotFile = None,
    snapshot_key: SnapshotKey = None,
    registry: Annotated[
        str | None,
        typer.Option(envvar="TEM_REGISTRY", help="Registry at which codes are looked up."),
    ] = None,
    language: Annotated[
        Language | None,
        typer.Option(envvar="TEM_LANGUAGE", help="Language of the sentences (default: locale's)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check a record: eight checks, one verdict.

    Exit codes: 0 valid, 1 not_genuine, 3 not_in_force, 4 unverifiable or nothing found,
    5 not_authorised, 2 wrong use.

    Example: tem verify record.tem --trust trust.json --rpc https://rpc.example
    """
    try:
        given = _input(source, registry)
        view = chain_view(trust_file, rpc or [], snapshot_file, snapshot_key)
    except LookupFailed as error:
        if as_json:
            print_json({"verdict": None, "lookup": error.code, "detail": error.message})
        fail(error, EXIT_CODES[Verdict.UNVERIFIABLE])
    except TemError as error:
        fail(error, WRONG_USE)
    report = verify(given.data, view, int(time.time()))
    if as_json:
        print_json(report.to_json() | ({"page_compared": False} if given.page else {}))
    else:
        display.show(report, language or _locale(), Console(), page=given.page)
    raise typer.Exit(report.exit_code)


def fail(error: TemError, exit_code: int) -> NoReturn:
    """End the command with an error."""
    say(error)
    raise typer.Exit(exit_code)


def say(error: TemError) -> None:
    """Print an error in one line, with its code and its place."""
    place = f" ({error.place})" if error.place else ""
    typer.echo(f"tem: {error.message} [{error.code}]{place}", err=True)


def _input(source: str, registry: str | None) -> Input:
    path = Path(source)
    if not path.exists():
        if _CODE.fullmatch(source.strip()):
            return Input(_looked_up(source, registry), page=False)
        raise ConfigurationError(
            "source_unknown", "There is no such file, and it is no record's code.", source
        )
    data = _read(path, qr.MAX_FILE)
    if not qr.is_readable(data):
        return Input(data, page=False)
    found = qr.read(data)
    if isinstance(found, bytes):
        return Input(found, page=True)
    data = _looked_up(found.code, registry)
    if registry is not None and urlsplit(registry).netloc.lower() != found.host:
        typer.echo(
            f"tem: the QR code names {found.host}, which was not asked; "
            f"{registry} was, as configured.",
            err=True,
        )
    return Input(data, page=True)


def _looked_up(code: str, registry: str | None) -> bytes:
    shortcode.decode(code)
    if registry is None:
        raise ConfigurationError(
            "registry_missing",
            "A code is looked up at a registry: give --registry URL or set TEM_REGISTRY.",
        )
    return lookup.fetch(registry, code)


def chain_view(
    trust_file: Path | None, rpc: list[str], snapshot_file: Path | None, key: str | None
) -> ChainView:
    """The view that the options ask for; raises ConfigurationError or FormatError."""
    if trust_file is None:
        raise ConfigurationError(
            "trust_missing", "Say what to trust: give --trust FILE or set TEM_TRUST."
        )
    trusted = trust.parse(_read(trust_file, proof.MAX_BYTES))
    if snapshot_file is not None:
        return _snapshot(snapshot_file, key, trusted)
    if not rpc:
        raise ConfigurationError(
            "rpc_missing", "Say which chain to ask: give --rpc URL, or --snapshot FILE."
        )
    return LiveChain(trusted, rpc).view()


def _snapshot(path: Path, key: str | None, trusted: Trust) -> ChainView:
    if key is None:
        raise ConfigurationError(
            "snapshot_key_missing", "Say who must have signed it: give --snapshot-key."
        )
    return snapshot.read(_read(path, snapshot.MAX_BYTES), note.parse_key(key), trusted)


def _read(path: Path, limit: int) -> bytes:
    """The file, or as much as shows that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        said = error.strerror or "It cannot be read"
        raise ConfigurationError("file_unreadable", f"{said}.", str(path)) from error


def _locale() -> Language:
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((name for name in names if name), "")
    return Language.VI if first.startswith("vi") else Language.EN


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.flush()
