"""A log of real statements in a database, on a real chain, and in published files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from anchor import store
from anchor.chain.deploy import Contracts
from anchor.database import reading, writing
from anchor.publishing import Publisher
from anchor.sender import Sender
from anchor.store import Entry, LogState
from registry.keyring import LocalSigner
from tests.integration.anchor.founding import Body
from verifier.statement import Header, assemble, to_be_signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01")
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x02")
Mine = Callable[[float], None]


def signer_of(name: str) -> LocalSigner:
    """The key with which ``founding.found_body`` lets the body of this name sign."""
    secret = int.from_bytes(sha256(name.encode()).digest())
    return LocalSigner(ec.derive_private_key(secret, ec.SECP256R1()))


@dataclass
class Place:
    """A log in a database, on a chain, and in published files."""

    engine: Engine
    contracts: Contracts
    public: Path
    body: Body
    log: bytes
    now: int
    mine: Mine

    @property
    def name(self) -> str:
        return self.body.origin.removeprefix("tem.example/")

    def grow(self, size: int, history: str = "") -> None:
        """Let the log have ``size`` entries; another history signs other numbers."""
        first = self.state().size
        self.append([self.statement(f"{history}{number}") for number in range(first, size)])

    def statement(self, number: str, signer: LocalSigner | None = None, **changes: Any) -> bytes:
        """A statement of the body, unless ``signer`` or ``changes`` say otherwise."""
        signer = signer or signer_of(self.name)
        vct = "urn:tem:cert:verification:1"
        header = Header(signer.kid, f"did:web:{self.name}", number, self.now, None, vct, {})
        protected = replace(header, **changes).encode()
        payload = sha256(number.encode()).digest()
        return assemble(protected, payload, signer.sign(to_be_signed(protected, payload)))

    def append(self, statements: Sequence[bytes]) -> None:
        with writing(self.engine) as session:
            entries = [Entry(one, self.now) for one in statements]
            store.append(session, self.log, entries, self.now)

    def publish(self, key: Ed25519PrivateKey = KEY) -> None:
        Publisher(self.engine, self.public, lambda _org: key).publish(self.log)

    def anchor(self, size: int, old: int = 1) -> None:
        """Anchor a size, in a block that is not final yet."""
        with reading(self.engine) as session:
            root = store.root_at(session, self.log, size)
            proof = store.consistency_proof(session, self.log, old, size)
        call = self.contracts.log_anchor.anchor(self.log, old, size, root, proof)
        sender = Sender(self.engine, self.contracts.node, self.body.operator, pause=self.mine)
        sender.perform(call, f"{old} {size}")

    def state(self) -> LogState:
        with reading(self.engine) as session:
            return store.state(session, self.log)

    @property
    def folder(self) -> Path:
        """Where the log's published files stand."""
        return self.public / "logs" / self.log.hex()

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint"
