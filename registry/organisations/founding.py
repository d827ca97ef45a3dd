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
from anchor.database import reading, writing
from anchor.sender import Sender
from registry.errors import Conflict, NotFound
from registry.keyring import Keyring
from registry.organisations import store
from registry.organisations.store import Organisation
from registry.records import service as records
from registry.records import store as record_store
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
        sponsor.settle()
        own.settle()
        organisation = self._begin_log(body)
        self._open_log(own, organisation)
        return organisation

    def _begin_log(self, body: Body) -> Organisation:
        """The body's log in the database: entry 0, signed by its key."""
        org = org_id(body.did)
        with reading(self._engine) as session:
            existing = store.get(session, org)
        if existing is not None:
            if existing.log.origin != body.origin:
                said = f"{body.did} has the log {existing.log.origin}."
                raise Conflict("organisation_exists", said, "origin")
            return existing
        prepared = self._genesis(body)
        now = self._clock()
        with writing(self._engine) as session:
            entry = logs.Entry(prepared.statement, prepared.iat)
            log = logs.create(session, org, body.origin, entry, now)
            record_store.add(session, log.number, 0, prepared.record)
            store.add(session, org, body.did, body.name, now, log.log)
            return store.get_one(session, org)

    def _genesis(self, body: Body) -> records.Prepared:
        now = self._clock()
        core = {
            "iss": body.did,
            "sub": GENESIS_NUMBER,
            "issued": datetime.fromtimestamp(now, VIETNAM).date().isoformat(),
            "scope": "log",
            "log": body.origin,
            "outcome": "none",
        }
        fields = {
            "chain": f"eip155:{self._trust.chain_id}",
            "genesis_block": "0x" + self._trust.genesis.hex(),
            "contracts": {
                "trust_registry": self._trust.trust_registry,
                "log_anchor": self._trust.log_anchor,
                "status_registry": self._trust.status_registry,
            },
        }
        signer = self._keyring.signer(body.did)
        return records.prepare(signer, KNOWN[GENESIS], core, fields, now)

    def _open_log(self, own: Administration, body: Organisation) -> None:
        log, origin = body.log.log, body.log.origin
        own.open_log(log, origin)
        key = self._keyring.checkpoint(body.did).public_key()
        own.set_checkpoint_key(log, key, f"{origin} {key.public_bytes_raw().hex()}")
        operator = self._keyring.operator().address
        own.set_operator(operator, Role.ANCHOR, True, f"{body.did} {operator}")
        own.settle()

    def _sender(self, did: str) -> Sender:
        return Sender(self._engine, self._contracts.node, self._keyring.admin(did))

    def _did(self, org: bytes) -> str:
        found = self._contracts.trust_registry.organisation(org)
        if not found.did:
            raise NotFound("organisation_unknown", "The root is not on this chain.", "root")
        return found.did
