"""How fast a published log is audited: the tree alone, the entries too, and their signatures."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from anchor import store
from anchor.batch import Entry
from anchor.database import reading, writing
from anchor.public_files import log_folder
from anchor.publishing import Publisher
from bench.logs import NOW, database, prepared
from registry.keyring import LocalSigner
from verifier.audit import Depth, Terms, audit, in_order
from verifier.audit_pool import in_parallel
from verifier.chain_view import Anchor, Block, Custody, Kind, Organisation
from verifier.names import org_id
from verifier.published import Folder
from verifier.statement import Header, assemble, to_be_signed
from verifier.static_log import StaticLog
from verifier.trust import Trust
from verifier.view.state import ChainState, KeyRecord, LogRecord, OrganisationRecord

SIZE = 100_000
REPEATS = 5
DID, ORIGIN = "did:web:body.example", "tem.example/body"
JUDGES = ((Depth.TREE, in_order), (Depth.ENTRIES, in_parallel), (Depth.SIGNATURES, in_parallel))
NOBODY = 20 * "00"


def run() -> Iterator[dict[str, Any]]:
    """One row a depth: entries a second, of a log whose every signature is real."""
    signer, key = LocalSigner(generate_private_key(SECP256R1())), Ed25519PrivateKey.generate()
    with database("sqlite") as url, prepared(url) as engine, tempfile.TemporaryDirectory() as name:
        begin = time.perf_counter()
        log = _fill(engine, signer)
        filled = time.perf_counter()
        publisher = Publisher(engine, Path(name), lambda _org: key)
        while publisher.publish(log) < SIZE:
            pass
        published = time.perf_counter()
        yield _row("signed and appended", [filled - begin])
        yield _row("published", [published - filled])
        with reading(engine) as session:
            view = _view(store.state(session, log), signer, key)
        files = StaticLog(Folder(log_folder(Path(name), log)))
        for depth, judge in JUDGES:
            terms = Terms(view, NOW, depth, judge)
            spent = list[float]()
            for _ in range(REPEATS):
                begin = time.perf_counter()
                found = audit(files, "log", log.hex(), terms)
                spent.append(time.perf_counter() - begin)
                if found.result != "clean":
                    raise RuntimeError(found.to_json())
            yield _row(f"audited: {depth.name.lower()}", spent)


def _row(what: str, spent: list[float]) -> dict[str, Any]:
    return {
        "what": what,
        "entries": SIZE,
        "entries_per_second": round(SIZE / median(spent)),
        "least": round(SIZE / max(spent)),
        "most": round(SIZE / min(spent)),
    }


def _fill(engine: Engine, signer: LocalSigner) -> bytes:
    """A log of SIZE signed statements."""
    genesis = _entry(signer, 0, "urn:tem:log:genesis:1", "genesis")
    with writing(engine) as session:
        log = store.create(session, org_id(DID), ORIGIN, genesis, NOW).log
    vct = "urn:tem:cert:verification:1"
    for first in range(1, SIZE, 10_000):
        entries = [
            _entry(signer, n, vct, f"V26.{n}") for n in range(first, min(first + 10_000, SIZE))
        ]
        with writing(engine) as session:
            store.append(session, log, entries, NOW)
    return log


def _entry(signer: LocalSigner, number: int, vct: str, sub: str) -> Entry:
    facts = {} if sub == "genesis" else {"serial": f"SN-{number}", "outcome": "pass"}
    header = Header(kid=signer.kid, iss=DID, sub=sub, iat=NOW, exp=None, vct=vct, facts=facts)
    protected, payload = header.encode(), sha256(b"claims %d" % number).digest()
    signature = signer.sign(to_be_signed(protected, payload))
    return Entry(assemble(protected, payload, signature), NOW)


def _view(log: store.LogState, signer: LocalSigner, key: Ed25519PrivateKey) -> ChainState:
    """What the contracts would hold of this log, anchored once at its newest size."""
    point = signer.public.public_numbers()
    signing = KeyRecord(
        point.x.to_bytes(32), point.y.to_bytes(32), NOW - 1, 0, NOW - 1, Custody.OPERATOR
    )
    body = OrganisationRecord(Organisation(DID, "Body", Kind.BODY, log.org), NOW - 1)
    body.keys[signer.kid] = signing
    chained = LogRecord(log.org, log.origin)
    chained.anchors.append(Anchor(log.size, NOW, 1, log.root))
    chained.checkpoint_keys.append(key.public_key().public_bytes_raw())
    address = "0x" + NOBODY
    trust = Trust(31337, bytes(32), address, address, address, log.org)
    return ChainState(trust, Block(1, bytes(32), NOW), {log.org: body}, {log.log: chained})
