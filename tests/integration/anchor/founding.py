"""Founding organisations and logs for tests, by the same acts as everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine

from anchor import store
from anchor.administration import Administration
from anchor.chain.trust_registry import Role
from anchor.database import writing
from anchor.store import Entry
from verifier.chain_view import Custody, Kind
from verifier.names import org_id

ROOT_DID = "did:web:root.example"
SCOPE = "verification/scales"


def key_of(name: str) -> LocalAccount:
    """The account of ``name``, the same in every run."""
    account: LocalAccount = Account.from_key(sha256(b"tem test account " + name.encode()).digest())
    return account


@dataclass(frozen=True)
class Accreditor:
    """An accreditor with a grant for ``verification``, and its acts."""

    org: bytes
    acts: Administration


@dataclass(frozen=True)
class Body:
    """A body with a key, an anchor operator and a scope; its log is ``log`` once opened."""

    org: bytes
    origin: str
    acts: Administration
    operator: LocalAccount
    kid: bytes


def found_body(name: str, accreditor: Accreditor, acts: Administration, admin: str) -> Body:
    """Register a body whose administrator is ``admin``, with key, operator and scope."""
    org = accreditor.acts.register(f"did:web:{name}", f"Body {name}", Kind.BODY, admin, name)
    accreditor.acts.accredit(org, SCOPE, name)
    signing = ec.derive_private_key(int.from_bytes(sha256(name.encode()).digest()), ec.SECP256R1())
    kid = acts.add_key(signing.public_key(), Custody.BODY, f"{name} key")
    operator = key_of(f"{name} operator")
    acts.set_operator(operator.address, Role.ANCHOR, True, f"{name} operator")
    assert org == org_id(f"did:web:{name}") == acts.org
    return Body(org, f"tem.example/{name}", acts, operator, kid)


def open_log(engine: Engine, body: Body, now: int) -> bytes:
    """Begin the body's log in the database, and open it on the chain."""
    with writing(engine) as session:
        genesis = Entry(b"genesis of " + body.origin.encode(), now)
        log = store.create(session, body.org, body.origin, genesis, now).log
    body.acts.open_log(log, f"{body.origin} open")
    return log


def append(engine: Engine, log: bytes, count: int, now: int) -> None:
    """Append ``count`` statements that differ from all before."""
    with writing(engine) as session:
        size = store.state(session, log).size
        entries = [Entry(b"statement %d" % n, now) for n in range(size, size + count)]
        store.append(session, log, entries, now)
