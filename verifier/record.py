"""A proof file taken apart: everything the checks need, before the chain is asked."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from verifier import checkpoint, claims, disclosure, merkle, proof, statement
from verifier.checkpoint import Checkpoint
from verifier.claims import Claims
from verifier.disclosure import Disclosure
from verifier.errors import ContentError, UnsupportedError
from verifier.names import log_id, org_id
from verifier.proof import ProofFile
from verifier.statement import Statement
from verifier.types import KNOWN


@dataclass(frozen=True, slots=True)
class Decoded:
    """Well-formed parts, not yet compared with each other (check 1)."""

    file: ProofFile
    statement: Statement
    members: dict[str, Any]
    disclosures: tuple[Disclosure, ...]
    checkpoint: Checkpoint | None

    @property
    def leaf(self) -> bytes:
        """The record's leaf hash."""
        return merkle.leaf_hash(self.file.statement)


@dataclass(frozen=True, slots=True)
class Record:
    """Parts that agree with each other (check 2); ids are those of the chain."""

    file: ProofFile
    statement: Statement
    claims: Claims
    disclosures: tuple[Disclosure, ...]
    checkpoint: Checkpoint | None
    leaf: bytes
    org: bytes
    log: bytes


def decode(data: bytes) -> Decoded:
    """Decode a proof file and all its parts; raises FormatError or UnsupportedError."""
    file = proof.parse(data)
    signed = statement.parse(file.statement)
    members = claims.parse(file.claims)
    disclosures = tuple(
        disclosure.decode(item, f"disclosures[{position}]")
        for position, item in enumerate(file.disclosures)
    )
    head = checkpoint.parse(file.checkpoint) if file.checkpoint is not None else None
    return Decoded(file, signed, members, disclosures, head)


def compare(decoded: Decoded) -> Record:
    """Compare the parts with each other; raises ContentError or FormatError."""
    file, signed = decoded.file, decoded.statement
    if sha256(file.claims).digest() != signed.payload:
        raise ContentError("claims_hash_differs", "These are not the signed claims.", "claims")
    checked = claims.check(decoded.members)
    if file.origin != checked.log:
        raise ContentError("log_differs", "The claims name another log.", "log.origin")
    kind = KNOWN.get(checked.members["vct"])
    if kind:
        claims.check_type(checked, kind)
        _compare_facts(signed, checked, kind.facts)
    claims.check_disclosures(checked, decoded.disclosures, kind)
    _compare_header(signed, checked)
    org = org_id(checked.iss)
    return Record(
        file=file,
        statement=signed,
        claims=checked,
        disclosures=decoded.disclosures,
        checkpoint=decoded.checkpoint,
        leaf=decoded.leaf,
        org=org,
        log=log_id(org, checked.log),
    )


def require_known_type(record: Record) -> None:
    """Raise UnsupportedError if this verifier does not know the record's type."""
    vct = record.claims.members["vct"]
    if vct not in KNOWN:
        raise UnsupportedError("type_unknown", f"The type {vct} is not known here.", "claims.vct")


def _compare_header(signed: Statement, checked: Claims) -> None:
    header = signed.header
    for name, signed_value, claimed in (
        ("iss", header.iss, checked.iss),
        ("sub", header.sub, checked.sub),
        ("iat", header.iat, checked.iat),
        ("exp", header.exp, checked.exp),
        ("vct", header.vct, checked.members["vct"]),
    ):
        if signed_value != claimed:
            raise ContentError("header_differs", f"{name} differs.", f"statement.{name}")


def _compare_facts(signed: Statement, checked: Claims, names: tuple[str, ...]) -> None:
    expected = {name: checked.members[name] for name in names if name in checked.members}
    # True equals 1 in Python, and nowhere else.
    booleans = any(type(value) is bool for value in expected.values())
    if booleans or signed.header.facts != expected:
        raise ContentError(
            "facts_differ", "The facts are not those of the claims.", "statement.facts"
        )
