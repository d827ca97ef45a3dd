"""`tem found …` and `tem apikey …`: organisations, and who may ask in their name."""

from __future__ import annotations

from typing import Annotated

import typer

from anchor.chain.node import Node
from anchor.clock import system_clock
from registry import chain
from registry.invocation import Invocation
from registry.organisations import access, founding
from registry.organisations.founding import Body
from registry.running import database, installation

found = typer.Typer(help="Found organisations on the chain.", no_args_is_help=True)
apikey = typer.Typer(help="Keys with which programs issue.", no_args_is_help=True)

Did = Annotated[str, typer.Option(help="Its DID, such as did:web:body.example.")]
Name = Annotated[str, typer.Option(help="The name that every verification shows.")]
Scopes = Annotated[list[str], typer.Option("--scope", help="Scope; may be given several times.")]


@found.command("root")
def found_root(context: typer.Context, did: Did, name: Name) -> None:
    """Deploy the contracts under a root authority, and write the trust file.

    Example: tem found root --did did:web:authority.example --name "Root authority"
    """
    run: Invocation = context.obj
    keyring, settings = run.keyring(confirm=True), run.settings
    with database(settings) as engine, chain.reachable(settings) as network:
        founding.found_root(engine, Node(network), keyring, did, name, settings.trust_file)
    typer.echo(f"Founded {did}. Verifiers trust what {settings.trust_file} names.")


@found.command("accreditor")
def found_accreditor(context: typer.Context, did: Did, name: Name, scopes: Scopes) -> None:
    """Register an accreditor, and let it accredit bodies for its scopes.

    Example: tem found accreditor --did did:web:boa.example --name "Bureau" --scope verification
    """
    run: Invocation = context.obj
    with installation(run.settings, run.keyring()) as here:
        here.founding.accreditor(did, name, scopes)
    typer.echo(f"Founded {did}. It may accredit for: {', '.join(scopes)}.")


@found.command("body")
def found_body(
    context: typer.Context,
    did: Did,
    name: Name,
    accreditor: Annotated[str, typer.Option(help="DID of the accreditor that accredits it.")],
    origin: Annotated[str, typer.Option(help="Name of its log, such as tem.example/body.")],
    scopes: Scopes,
) -> None:
    """Register a body, accredit it, make its keys and open its log.

    Example: tem found body --did did:web:body.example --name "Body" --origin tem.example/body
    --accreditor did:web:boa.example --scope verification/scales
    """
    run: Invocation = context.obj
    with installation(run.settings, run.keyring()) as here:
        here.founding.body(Body(did, name, origin, scopes), accreditor)
    typer.echo(f"Founded {did}. It issues for {', '.join(scopes)} into {origin}.")


@apikey.command("create")
def create_api_key(
    context: typer.Context,
    did: Annotated[str, typer.Argument(help="DID of the organisation that it speaks for.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Make an API key and show it, once.

    Example: tem apikey create did:web:body.example --label laboratory
    """
    run: Invocation = context.obj
    with database(run.settings) as engine:
        key = access.create(engine, did, label, system_clock())
    typer.echo("This key is not shown again:", err=True)
    typer.echo(key)


@apikey.command("revoke")
def revoke_api_key(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The middle part of the key.")],
) -> None:
    """Let an API key open nothing any more.

    Example: tem apikey revoke 0123456789abcdef
    """
    run: Invocation = context.obj
    with database(run.settings) as engine:
        access.revoke(engine, key_id, system_clock())
    typer.echo(f"Revoked {key_id}.", err=True)
