"""A small world for tests: organisations, keys, one log and the chain's state.

Keys, salts and times are fixed and signatures follow RFC 6979, so the same call gives the same
bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

from tests import reference_tree
from verifier import checkpoint, claims, statement
from verifier.chain_view import (
    Kind,
)
from verifier.encoding import canonical_json
from verifier.names import day_end, log_id, org_id
from verifier.proof import ProofFile
from verifier.statement import Header
from verifier.trust import Trust
from verifier.types import KNOWN

# 2026-09-21, 21:13:20 in Viet Nam. The record is signed at T, anchored at TA, looked at from BLOCK.
T = 1_790_000_000
TA = T + 10
BLOCK = T + 20
NOW = T + 30
FOUNDED = T - 100 * 86_400
DAY = 86_400


def secret(what: str) -> bytes:
    """32 bytes that stand for ``what``."""
    return sha256(b"tem test world: " + what.encode()).digest()


@dataclass(frozen=True)
class Signer:
    """A P-256 key that signs as RFC 6979 says."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def named(cls, what: str) -> Signer:
        number = int.from_bytes(secret(what)) % (statement.P256_ORDER - 1) + 1
        return cls(ec.derive_private_key(number, ec.SECP256R1()))

    @property
    def point(self) -> tuple[bytes, bytes]:
        numbers = self.private.public_key().public_numbers()
        return numbers.x.to_bytes(32), numbers.y.to_bytes(32)

    @property
    def kid(self) -> bytes:
        return statement.key_thumbprint(*self.point)[:8]

    def sign(self, message: bytes) -> bytes:
        """Raw r ‖ s, low or high as it comes."""
        signature = self.private.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(signature)
        return r.to_bytes(32) + s.to_bytes(32)


def ed25519_key(what: str) -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(secret(what))


@dataclass(frozen=True)
class Org:
    """An organisation of the test world."""

    did: str
    name: str
    kind: Kind

    @property
    def id(self) -> bytes:
        return org_id(self.did)


ROOT = Org("did:web:root.example", "Root authority", Kind.ROOT)
BOA = Org("did:web:boa.example", "Bureau of Accreditation", Kind.ACCREDITOR)
AOSC = Org("did:web:aosc.example", "Second accreditor", Kind.ACCREDITOR)
REGULATOR = Org("did:web:stameq.example", "Regulator", Kind.REGULATOR)
BODY = Org("did:web:quatest3.example", "QUATEST 3", Kind.BODY)
ORIGIN = "tem.example/quatest3"
LOG = log_id(BODY.id, ORIGIN)
VCT = "urn:tem:cert:verification:1"
GENESIS_VCT = "urn:tem:log:genesis:1"

KEY = Signer.named("body's key")
STRANGER = Signer.named("stranger's key")
LOG_KEY = ed25519_key("log's checkpoint key")
OTHER_LOG_KEY = ed25519_key("another checkpoint key")

TRUST = Trust(
    chain_id=31337,
    genesis=secret("block 0"),
    trust_registry="0x" + "01" * 20,
    log_anchor="0x" + "02" * 20,
    status_registry="0x" + "03" * 20,
    root=ROOT.id,
)

CORE: Mapping[str, Any] = {
    "iss": BODY.did,
    "sub": "V26.00001",
    "vct": VCT,
    "iat": T,
    "issued": "2026-09-21",
    "exp": day_end(date(2027, 9, 30)),
    "scope": "verification/scales",
    "log": ORIGIN,
    "outcome": "pass",
}
FIELDS: Mapping[str, Any] = {
    "object": "Cân đồng hồ lò xo",
    "model": "NHS-60",
    "serial": "2604417",
    "kind": "periodic",
    "procedure": "ĐLVN 30 : 2019",
    "conclusion": "Đạt",
    "valid_until": "2027-09-30",
    "asset": "BT-0417",
    "holder": "Sạp 214",
    "place": "Chợ Bến Thành",
}
GENESIS_CORE: Mapping[str, Any] = {
    **{name: CORE[name] for name in ("iss", "log")},
    "sub": "genesis",
    "vct": GENESIS_VCT,
    "iat": T - 5000,
    "issued": "2026-09-21",
    "scope": "log",
    "outcome": "none",
}
GENESIS_FIELDS: Mapping[str, Any] = {
    "chain": "eip155:31337",
    "genesis_block": "0x" + TRUST.genesis.hex(),
    "contracts": {
        "trust_registry": TRUST.trust_registry,
        "log_anchor": TRUST.log_anchor,
        "status_registry": TRUST.status_registry,
    },
}


@dataclass(frozen=True)
class Issued:
    """A signed record: its claims, its disclosures, its statement."""

    claims: bytes
    disclosures: tuple[str, ...]
    statement: bytes

    @property
    def leaf(self) -> bytes:
        return reference_tree.leaf(self.statement)


def without(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name not in names}


def salts() -> Iterable[bytes]:
    """Salts that repeat: 01 01 …, 02 02 …, and so on."""
    return (bytes([number]) * 16 for number in range(1, 129))


def header_of(members: Mapping[str, Any], signer: Signer = KEY) -> Header:
    """The header that belongs to claims."""
    names = KNOWN[members["vct"]].facts if members["vct"] in KNOWN else ()
    return Header(
        kid=signer.kid,
        iss=members["iss"],
        sub=members["sub"],
        iat=members["iat"],
        exp=members.get("exp"),
        vct=members["vct"],
        facts={name: members[name] for name in names if name in members},
    )


def signed(data: bytes, header: Header, signer: Signer = KEY) -> bytes:
    """A statement over the claims ``data``."""
    return signed_raw(header.encode(), sha256(data).digest(), signer)


def signed_raw(protected: bytes, payload: bytes, signer: Signer = KEY) -> bytes:
    """A statement with any protected header and payload."""
    signature = signer.sign(statement.to_be_signed(protected, payload))
    return statement.assemble(protected, payload, signature)


def issue(
    core: Mapping[str, Any] = CORE,
    fields: Mapping[str, Any] = FIELDS,
    signer: Signer = KEY,
) -> Issued:
    """A record as an honest issuer makes it."""
    made = claims.compose(core, fields, KNOWN[core["vct"]], salts())
    header = header_of(made.members, signer)
    return Issued(made.data, made.disclosures, signed(made.data, header, signer))


def issue_raw(members: Mapping[str, Any], signer: Signer = KEY, **header: Any) -> Issued:
    """A record of any claims, with a header that is derived from them but for ``header``."""
    data = canonical_json(members)
    return Issued(data, (), signed(data, replace(header_of({**CORE, **members}), **header), signer))


RECORD = issue()
GENESIS = issue(GENESIS_CORE, GENESIS_FIELDS)
INDEX, SIZE = 3, 5


def leaves_with(record: Issued = RECORD, size: int = SIZE) -> list[bytes]:
    """Leaf hashes of a log in which ``record`` has index 3, after the genesis entry."""
    rest = [reference_tree.leaf(f"entry {number}".encode()) for number in range(size)]
    return [GENESIS.leaf, *rest[1:INDEX], record.leaf, *rest[INDEX + 1 :]]


def proof_of(
    record: Issued = RECORD,
    leaves: Sequence[bytes] | None = None,
    index: int = INDEX,
    size: int | None = None,
) -> ProofFile:
    """The proof of ``record`` at ``index`` of the first ``size`` leaves, with its checkpoint."""
    tree = list(leaves or leaves_with(record))[:size]
    return ProofFile(
        claims=record.claims,
        disclosures=record.disclosures,
        statement=record.statement,
        origin=ORIGIN,
        index=index,
        size=len(tree),
        path=tuple(reference_tree.path(index, tree)),
        checkpoint=checkpoint.sign(ORIGIN, len(tree), reference_tree.root(tree), LOG_KEY),
        chain_id="eip155:31337",
        anchor=TRUST.log_anchor,
    )
