"""The worked example of docs/protocol.md: every intermediate value of one small record."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

from verifier import checkpoint, claims, merkle, proof, shortcode, statement
from verifier.names import day_end, log_id, org_id
from verifier.types import KNOWN

BEGIN, END = "<!-- example: made by `make generate` -->\n", "<!-- end of example -->\n"

CORE = {
    "iss": "did:web:body.example",
    "sub": "V26.00001",
    "vct": "urn:tem:cert:verification:1",
    "iat": 1790000000,
    "issued": "2026-09-21",
    "exp": day_end(date(2027, 9, 30)),
    "scope": "verification/scales",
    "log": "tem.example/body",
    "outcome": "pass",
}
FIELDS = {
    "object": "Cân đồng hồ lò xo",
    "model": "NHS-60",
    "serial": "2604417",
    "kind": "periodic",
    "procedure": "ĐLVN 30 : 2019",
    "conclusion": "Đạt",
    "valid_until": "2027-09-30",
    "holder": "Sạp 214",
    "place": "Chợ Bến Thành",
}


def values() -> dict[str, str]:
    """Names and values, in the order in which they are computed."""
    issuer = ec.derive_private_key(1, ec.SECP256R1())
    point = issuer.public_key().public_numbers()
    x, y = point.x.to_bytes(32), point.y.to_bytes(32)
    kind = KNOWN[str(CORE["vct"])]
    made = claims.compose(CORE, FIELDS, kind, (bytes([n]) * 16 for n in (1, 2)))
    header = statement.Header(
        kid=statement.key_thumbprint(x, y)[:8],
        iss=str(CORE["iss"]),
        sub=str(CORE["sub"]),
        iat=1790000000,
        exp=day_end(date(2027, 9, 30)),
        vct=kind.vct,
        facts={name: made.members[name] for name in kind.facts if name in made.members},
    )
    protected, payload = header.encode(), sha256(made.data).digest()
    signed = statement.to_be_signed(protected, payload)
    r, s = utils.decode_dss_signature(
        issuer.sign(signed, ec.ECDSA(SHA256(), deterministic_signing=True))
    )
    entry = statement.assemble(protected, payload, r.to_bytes(32) + s.to_bytes(32))
    leaf, sibling = merkle.leaf_hash(entry), merkle.leaf_hash(b"entry 0")
    root = merkle.node_hash(sibling, leaf)
    org = org_id(str(CORE["iss"]))
    note = checkpoint.sign(
        str(CORE["log"]), 2, root, ed25519.Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
    )
    file = proof.ProofFile(
        claims=made.data,
        disclosures=made.disclosures,
        statement=entry,
        origin=str(CORE["log"]),
        index=1,
        size=2,
        path=(sibling,),
        checkpoint=note,
        chain_id="eip155:31337",
        anchor="0x" + "00" * 20,
    ).encode()
    return {
        "x": x.hex(),
        "y": y.hex(),
        "kid": header.kid.hex(),
        "org": org.hex(),
        "log": log_id(org, str(CORE["log"])).hex(),
        "claims, as text": made.data.decode(),
        **{f"disclosure {n}": item for n, item in enumerate(made.disclosures, start=1)},
        "payload": payload.hex(),
        "protected": protected.hex(),
        "to be signed": signed.hex(),
        "statement": entry.hex(),
        "leaf": leaf.hex(),
        "short code with check symbol": shortcode.encode(leaf)
        + shortcode.check_symbol(shortcode.encode(leaf)),
        'path[0] = leaf hash of "entry 0"': sibling.hex(),
        "root": root.hex(),
        "checkpoint, as text": note,
        "proof file, as text": file.decode(),
    }


def insert(document: str) -> str:
    """``document`` with the example between its two marks."""
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    blocks = (f"{name}:\n```\n{value.rstrip()}\n```\n" for name, value in values().items())
    return f"{head}{BEGIN}{''.join(blocks)}{END}{tail}"
