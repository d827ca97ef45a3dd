"""A record for tests that need one and no database."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from registry.certificates.routes import example
from registry.keyring import LocalSigner
from registry.records.service import prepare
from verifier.proof import ProofFile
from verifier.types import KNOWN

VERIFICATION = "urn:tem:cert:verification:1"
IAT = 1_790_000_000
SIGNER = LocalSigner(derive_private_key(0x7E3, SECP256R1()))


def proof_file(vct: str = VERIFICATION, outcome: str = "pass", **fields: Any) -> bytes:
    """A proof file whose log is not real; ``fields`` replace the example's, None leaves one out."""
    kind = KNOWN[vct]
    values = example(vct)["fields"] if vct == VERIFICATION else {}
    core = {
        "iss": "did:web:body.example",
        "sub": "V26.11001",
        "issued": "2026-09-21",
        "scope": kind.scope,
        "log": "tem.example/body",
        "outcome": outcome,
    }
    kept = {name: value for name, value in {**values, **fields}.items() if value is not None}
    made = prepare(SIGNER, kind, core, kept, IAT, bytes)
    return ProofFile(
        claims=made.record.claims,
        disclosures=made.record.disclosures,
        statement=made.entry.statement,
        origin="tem.example/body",
        index=1,
        size=2,
        path=(bytes(32),),
        checkpoint=None,
        chain_id="eip155:31337",
        anchor="0x" + 40 * "a",
    ).encode()
