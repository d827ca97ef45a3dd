"""Founding: root, accreditors and bodies, from keys and accounts to an open log.

Every act on the chain is named after what it is for, so that founding the same thing again goes on
where it was interrupted and otherwise does nothing. It returns when everything is final.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from anchor import store as logs
from anchor.administration import Administration
from anchor.chain.deploy import Contracts, deploy
from anchor.chain.node import Node
from anchor.chain.trust_registry import Role
from anchor.database import writing
from anchor.sender import Sender
from registry.errors import Conflict, NotFound
from registry.keyring import Keyring, Signer
from registry.organisations import store
from registry.organisations.store import Organisation
from registry.records import store as record_store
from registry.records.service import Prepared, prepare
from verifier.chain_view import Custody, Kind
from verifier.names import VIETNAM, org_id, require_name
from verifier.trust import Trust
from verifier.types import KNOWN

GENESIS = "urn:tem:log:genesis:1"
GENESIS_NUMBER = "genesis"


def found_root(
    engine: Engine, node: Node, keyring: Keyring, did: str, name: str, trust_file: Path
) -> Trust:
    """Deploy the contracts with a root organisation, and write the trust file."""
    require_name("did", did, "did")
    keyring.make_installation()
    keyring.make_admin(did)
    sender = Sender(engine, node, keyring.admin(did))
    addresses = deploy(sender, did, name, f"found {did}")
    trust = Trust(
        chain_id=node.network.chain_id,
        genesis=node.genesis(),
        trust_registry=addresses.trust_registry,
        log_anchor=addresses.log_anchor,
        status_registry=addresses.status_registry,
        root=org_id(did),
    )
    trust_file.parent.mkdir(parents=True, exist_ok=True)
    trust_file.write_bytes(trust.encode())
    return trust


@dataclass(frozen=True, slots=True)
class Body:
    """A body to be founded: ``origin`` is its log's, ``scopes`` what it is accredited for."""

    did: str
    name: str
    origin: str
    scopes: Sequence[str]


def begin_log(engine: Engine, keyring: Keyring, trust: Trust, body: Body, now: int) -> Organisation:
    """The body with its log in the database, whose entry 0 says which chain it belongs to.

    Raises Conflict (``organisation_exists``) if the body writes to another log already.
    """
    org = org_id(body.did)
    prepared = _genesis(keyring.signer(body.did), trust, body, now)
    with writing(engine) as session:
        existing = store.get(session, org)
        if existing is not None:
            if existing.log.origin != body.origin:
                said = f"{body.did} has the log {existing.log.origin}."
                raise Conflict("organisation_exists", said, "origin")
            return existing
        log = logs.create(session, org, body.origin, prepared.entry, now)
        record_store.add(session, log.number, 0, prepared.record)
        store.add(session, org, body.did, body.name, now, log.log)
        return store.get_one(session, org)


def _genesis(signer: Signer, trust: Trust, body: Body, now: int) -> Prepared:
    """Entry 0 of a log (formats, Log): origin, body, chain, contracts."""
    core = {
        "iss": body.did,
        "sub": GENESIS_NUMBER,
        "issued": datetime.fromtimestamp(now, VIETNAM).date().isoformat(),
        "scope": "log",
        "log": body.origin,
        "outcome": "none",
    }
    fields = {
        "chain": f"eip155:{trust.chain_id}",
        "genesis_block": "0x" + trust.genesis.hex(),
        "contracts": {
            "trust_registry": trust.trust_registry,
            "log_anchor": trust.log_anchor,
            "status_registry": trust.status_registry,
        },
    }
    return prepare(signer, KNOWN[GENESIS], core, fields, now)


class Founding:
    """Founds organisations below a root, making the keys that are not there yet."""

    def __init__(
        self,
        engine: Engine,
        contracts: Contracts,
        keyring: Keyring,
        trust: Trust,
        clock: Callable[[], int],
    ) -> None:
        self._engine, self._contracts, self._keyring = engine, contracts, keyring
        self._trust, self._clock = trust, clock

    def administration(self, did: str) -> Administration:
        """An organisation's own acts on the chain, by its administrator's account."""
        return Administration(self._contracts, self._sender(did), org_id(did))

    def accreditor(self, did: str, name: str, scopes: Sequence[str]) -> None:
        """Register an accreditor under the root, entitled to accredit for ``scopes``."""
        for scope in scopes:
            require_name("scope", scope, "scope")
        self._keyring.make_admin(require_name("did", did, "did"))
        admin = self._keyring.admin(did).address
        root = self.administration(self._did(self._trust.root))
        org = root.register(did, name, Kind.ACCREDITOR, admin, did)
        for scope in scopes:
            root.grant_scope(org, scope, f"{did} {scope}")
        root.settle()

    def body(self, body: Body, accreditor: str) -> Organisation:
        """Register and accredit a body, add its key, and open its log."""
        require_name("origin", body.origin, "origin")
        for scope in body.scopes:
            require_name("scope", scope, "scope")
        sponsor = self.administration(accreditor)
        self._keyring.make_body(require_name("did", body.did, "did"))
        admin = self._keyring.admin(body.did).address
        org = sponsor.register(body.did, body.name, Kind.BODY, admin, body.did)
        for scope in body.scopes:
            sponsor.accredit(org, scope, f"{body.did} {scope}")
        own = self.administration(body.did)
        signer = self._keyring.signer(body.did)
        own.add_key(signer.public, Custody.OPERATOR, f"{body.did} {signer.kid.hex()}")
        organisation = begin_log(self._engine, self._keyring, self._trust, body, self._clock())
        self._open_log(own, organisation)
        sponsor.settle()
        own.settle()
        return organisation

    def _open_log(self, own: Administration, body: Organisation) -> None:
        log, origin = body.log.log, body.log.origin
        own.open_log(log, origin)
        key = self._keyring.checkpoint(body.did).public_key()
        own.set_checkpoint_key(log, key, f"{origin} {key.public_bytes_raw().hex()}")
        operator = self._keyring.operator().address
        own.set_operator(operator, Role.ANCHOR, True, f"{body.did} {operator}")

    def _sender(self, did: str) -> Sender:
        return Sender(self._engine, self._contracts.node, self._keyring.admin(did))

    def _did(self, org: bytes) -> str:
        found = self._contracts.trust_registry.organisation(org)
        if not found.did:
            raise NotFound("organisation_unknown", "The root is not on this chain.", "root")
        return found.did
