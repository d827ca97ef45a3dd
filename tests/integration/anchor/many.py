"""Many logs at once, founded in a few blocks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from anchor import store
from anchor.chain import store as chain_store
from anchor.chain.contract import Call
from anchor.chain.deploy import Contracts
from anchor.chain.trust_registry import Role
from anchor.database import writing
from anchor.sender import Sender
from anchor.store import Entry
from tests.integration.anchor.founding import Accreditor, Body
from verifier.chain_view import Kind
from verifier.names import org_id


def found_many(
    engine: Engine,
    contracts: Contracts,
    accreditor: Accreditor,
    sponsor: Sender,
    admin: Sender,
    like: Body,
    count: int,
) -> list[bytes]:
    """So many bodies with a log each, all administered by ``admin``, and anchored by the operator
    of ``like``; ``sponsor`` sends for the accreditor. Their logs, in order."""
    trust, anchoring = contracts.trust_registry, contracts.log_anchor
    names = [f"{n}.{like.origin.partition('/')[2]}" for n in range(count)]
    orgs = [org_id(f"did:web:{name}") for name in names]
    do(
        sponsor,
        [
            trust.register(org, f"did:web:{name}", name, Kind.BODY, accreditor.org, admin.address)
            for org, name in zip(orgs, names, strict=True)
        ],
        names,
    )
    now = contracts.node.head().time
    with writing(engine) as session:
        logs = [
            store.create(session, org, f"tem.example/{name}", Entry(name.encode(), now), now)
            for org, name in zip(orgs, names, strict=True)
        ]
    operator = like.operator.address
    do(admin, [trust.set_operator(org, operator, Role.ANCHOR, True) for org in orgs], names)
    do(admin, [anchoring.open_log(log.org, log.origin, log.root) for log in logs], names)
    return [log.log for log in logs]


def do(sender: Sender, calls: Sequence[Call], names: Sequence[str]) -> None:
    """Ask for all of these acts, and wait until they are final."""
    with writing(sender.engine) as session:
        for call, name in zip(calls, names, strict=True):
            chain_id = sender.node.network.chain_id
            chain_store.enqueue(session, chain_id, sender.address, call, name, 0)
    sender.settle()
