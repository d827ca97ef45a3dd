"""`tem serve`, `tem issue`, `tem export`, `tem snapshot`."""

from __future__ import annotations

import json
import logging
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from sqlalchemy import Engine

from anchor.clock import require_agreement, system_clock
from anchor.database import reading
from registry import chain
from registry.app import create_app
from registry.certificates import pdf, qrcodes
from registry.certificates.schemas import parse_request
from registry.errors import NotFound
from registry.invocation import Invocation
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from registry.proofs.service import ProofService
from registry.running import Installation, anchoring, database, installation
from registry.serving import listening, serving
from verifier import proof, shortcode
from verifier.errors import ChainUnavailable, ConfigurationError
from verifier.merkle import leaf_hash
from verifier.names import instant, org_id, require_name
from verifier.note import NoteKey
from verifier.view import snapshot
from verifier.view.live import LiveChain
from verifier.view.replay import read_state

FRESH_SECONDS = 10.0
"""How long a command waits for a block to compare the clock with."""


class Format(StrEnum):
    """What a record is exported as."""

    TEM = "tem"
    PDF = "pdf"
    PNG = "png"


def serve(context: typer.Context) -> None:
    """Serve the registry, run the embedded chain if none is configured, and anchor.

    Ctrl-C or SIGTERM stops all of it.

    Example: TEM_HOST=tem.example tem serve
    """
    run: Invocation = context.obj
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = run.settings
    with (
        listening(settings.listen, settings.port) as listener,
        installation(settings, run.keyring()) as here,
    ):
        _require_clock(here)
        with (
            anchoring(here, settings.anchor_interval),
            serving(create_app(here.services), listener),
        ):
            rpc = " ".join(here.contracts.node.network.rpcs)
            typer.echo(f"Chain {rpc} · trust file {settings.trust_file}", err=True)
            typer.echo("Serving http://{}:{}".format(*listener.getsockname()), err=True)
            Event().wait()


def issue(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The request as JSON, as the API takes it.")],
    body: Annotated[
        str | None, typer.Option(help="DID of the issuer; may be left out if there is one.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: the same again issues nothing new.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is anchored.")] = False,
) -> None:
    """Issue a certificate from a file, and print what it became as JSON.

    Example: tem issue examples/verification.json --wait
    """
    run: Invocation = context.obj
    request = parse_request(_read(file))
    with installation(run.settings, run.keyring()) as here:
        _require_clock(here)
        issuer = _issuer(here.engine, body)
        issued = here.services.certificates.issue(issuer, request, key)
        anchored = here.worker.anchor_newest(issuer.log.log) if wait else None
    answer = {
        "number": issued.number,
        "issued": issued.issued,
        "code": issued.code,
        "leaf": issued.leaf.hex(),
        "log": issued.origin,
        "index": issued.index,
        "anchored": None if anchored is None else instant(anchored.time),
    }
    typer.echo(json.dumps(answer, indent=2))


def export(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="Short code or leaf hash of the record.")],
    to: Annotated[Format, typer.Option(help="Proof file, certificate, or QR picture.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
) -> None:
    """Write a record as proof file, certificate (PDF) or QR code (PNG), with every field.

    Example: tem export 53MF0RQ871W3KQ2AAAAABBBBBC --to pdf -o certificate.pdf
    """
    run: Invocation = context.obj
    settings = run.settings
    trusted = chain.read_trust(settings)
    with database(settings) as engine:
        data, issuer = ProofService(engine, run.keyring(), trusted).whole(code)
    leaf = leaf_hash(proof.parse(data).statement)
    if to is Format.PDF:
        data = pdf.render(data, issuer.name, settings.host)
    elif to is Format.PNG:
        data = qrcodes.png(qrcodes.content(settings.host, leaf))
    _write(output, data)
    symbol = shortcode.check_symbol(shortcode.encode(leaf))
    typer.echo(f"Wrote {output}: record {shortcode.encode(leaf)} {symbol}.", err=True)


def write_snapshot(
    context: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
) -> None:
    """Write what the contracts hold as a signed file, for verifying without the chain.

    Example: tem snapshot -o chain.snapshot
    """
    run: Invocation = context.obj
    settings = run.settings
    private = run.keyring().snapshot()
    trusted = chain.read_trust(settings)
    with chain.reachable(settings) as network:
        live = LiveChain(trusted, network.rpcs[:2], settings.finality)
        state = read_state(live, lambda _done, _all: None)
    name = f"{settings.host}/snapshot"
    _write(output, snapshot.write(state, name, private))
    block = state.block()
    typer.echo(f"Wrote {output}: block {block.number} of {instant(block.time)}.", err=True)
    typer.echo("Verifiers check it with --snapshot-key:", err=True)
    typer.echo(str(NoteKey(name, private.public_key().public_bytes_raw())))


def _require_clock(here: Installation) -> None:
    """Raise ClockError if the clock is off; a chain that stands still says nothing about it."""
    try:
        head = here.contracts.node.fresh_head(FRESH_SECONDS)
    except ChainUnavailable as error:
        typer.echo(f"tem: the clock could not be compared with the chain: {error}", err=True)
    else:
        require_agreement(system_clock(), head.time)


def _issuer(engine: Engine, did: str | None) -> Organisation:
    with reading(engine) as session:
        if did is not None:
            found = organisations.get(session, org_id(require_name("did", did, "--body")))
            bodies = [] if found is None else [found]
        else:
            bodies = organisations.all_of_them(session)
    if not bodies:
        raise NotFound("organisation_unknown", "No such organisation issues here.", "--body")
    if len(bodies) > 1:
        known = ", ".join(body.did for body in bodies)
        raise ConfigurationError("issuer_missing", f"Say which: --body {known}.", "--body")
    return bodies[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        said = f"{error.strerror or 'It cannot be read'}."
        raise ConfigurationError("file_unreadable", said, str(path)) from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        said = f"{error.strerror or 'It cannot be written'}."
        raise ConfigurationError("file_unwritable", said, str(path)) from error
