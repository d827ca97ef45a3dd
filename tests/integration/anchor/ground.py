"""A chain of its own for a test that destroys it, with everything that is founded on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import col, select

from anchor import store
from anchor.administration import Administration
from anchor.chain.chain_state import COPY, STATE
from anchor.chain.deploy import Addresses, Contracts, deploy
from anchor.chain.embedded import EmbeddedChain
from anchor.chain.log_anchor import LogAnchor
from anchor.chain.models import AnchorRow, State, TransactionRow
from anchor.chain.node import Node
from anchor.chain.status_registry import StatusRegistry
from anchor.chain.trust_registry import TrustRegistry
from anchor.database import reading
from anchor.publishing import Publisher
from anchor.sender import Sender
from anchor.worker import AnchorWorker
from tests.integration.anchor.founding import (
    ROOT_DID,
    SCOPE,
    Accreditor,
    Body,
    append,
    found_body,
    key_of,
    open_log,
)
from verifier.chain_view import Kind, Status, StatusReason
from verifier.names import org_id

ROUNDS = 100
LEAF = b"\x09" * 32
KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)


def contracts_on(node: Node, addresses: Addresses) -> Contracts:
    """The contracts as seen through a node, which is not asked whether they are there."""
    return Contracts(
        node,
        TrustRegistry(node, addresses.trust_registry),
        LogAnchor(node, addresses.log_anchor),
        StatusRegistry(node, addresses.status_registry),
    )


@dataclass
class Ground:
    """A chain that makes a block whenever somebody waits, and one database of all who act on it.

    ``found`` does everything once, each act by the account whose right it is.
    """

    chain: EmbeddedChain
    engine: Engine
    public: Path
    addresses: Addresses = field(init=False)
    body: Body = field(init=False)
    log: bytes = field(init=False)

    @property
    def node(self) -> Node:
        return Node(self.chain.network())

    @property
    def contracts(self) -> Contracts:
        return contracts_on(self.node, self.addresses)

    def mine(self, _seconds: float = 0) -> None:
        """Takes the place of waiting."""
        self.node.request("anvil_mine", 1)

    def sender(self, name: str) -> Sender:
        return Sender(self.engine, self.node, key_of(name), pause=self.mine)

    def found(self, before: Callable[[str], object] = lambda stage: None) -> None:
        """Go through all the stages; ``before`` each of them, and at the end."""
        before("contracts")
        root = self.sender("root")
        self.addresses = deploy(root, ROOT_DID, "Root", "first")
        before("accreditor")
        did, account = "did:web:accreditor.example", key_of("accreditor")
        acts = Administration(self.contracts, root, org_id(ROOT_DID))
        org = acts.register(did, "Accreditor", Kind.ACCREDITOR, account.address, did)
        acts.grant_scope(org, "verification", did)
        before("body")
        accreditor = Accreditor(org, Administration(self.contracts, self.sender("accreditor"), org))
        own = Administration(self.contracts, self.sender("body"), org_id("did:web:body.example"))
        self.body = found_body("body.example", accreditor, own, key_of("body").address)
        before("log")
        own = Administration(self.contracts, self.sender("body"), self.body.org)
        self.body = Body(self.body.org, self.body.origin, own, self.body.operator, self.body.kid)
        self.log = open_log(self.engine, self.body, self.node.head().time)
        own.set_checkpoint_key(self.log, KEY.public_key(), "checkpoint key")
        before("status")
        own = Administration(self.contracts, self.sender("body"), self.body.org)
        own.set_status(self.log, LEAF, Status.SUSPENDED, StatusReason.INVESTIGATION, "suspend")
        own.set_status(self.log, LEAF, Status.ACTIVE, StatusReason.RESOLVED, "resume")
        before("anchors")
        for count in (3, 1):
            self.append(count)
            self.worker().anchor_newest(self.log)
        before("end")

    def worker(self, node: Node | None = None) -> AnchorWorker:
        """A worker of the body's operator, as after a restart."""
        publisher = Publisher(self.engine, self.public, lambda _org: KEY)
        contracts = contracts_on(node or self.node, self.addresses)
        operator = self.body.operator
        return AnchorWorker(self.engine, contracts, operator, publisher, pause=self.mine)

    def append(self, count: int) -> None:
        append(self.engine, self.log, count, self.node.head().time)

    def settle(self, worker: AnchorWorker | None = None) -> None:
        """Let a worker go on until every act is final, and all of the log is anchored."""
        worker = worker or self.worker()
        for _ in range(ROUNDS):
            troubles = worker.round()
            finished = {act.state for act in self.acts()} <= {State.FINAL, State.REFUSED}
            if not troubles and finished and self.sizes()[-1:] == [self.size()]:
                return
            self.mine()
        states = [(act.id, act.purpose, act.state, act.block) for act in self.acts()]
        raise AssertionError((troubles, states, self.sizes()))

    def acts(self) -> list[TransactionRow]:
        with reading(self.engine) as session:
            return list(session.exec(select(TransactionRow).order_by(col(TransactionRow.id))))

    def size(self) -> int:
        with reading(self.engine) as session:
            return store.state(session, self.log).size

    def anchors(self) -> list[AnchorRow]:
        """The anchors that the database knows."""
        with reading(self.engine) as session:
            return list(session.exec(select(AnchorRow).order_by(col(AnchorRow.size))))

    def sizes(self) -> list[int]:
        return [row.size for row in self.anchors()]

    def save(self) -> Path:
        """The chain's state on disk as it is now, to go back to."""
        assert self.chain.process is not None
        self.chain.process.terminate()  # it writes its state first
        self.chain.process.wait()
        saved = self.chain.folder / "saved.json"
        if (self.chain.folder / STATE).exists():
            shutil.copyfile(self.chain.folder / STATE, saved)
        self.chain.restart()
        self.mine()
        self.mine()  # until then it cannot be asked at its final block
        return saved

    def lose(self, saved: Path) -> None:
        """Kill the chain, and let it find an older state, or none, when it starts again."""
        assert self.chain.process is not None
        self.chain.process.kill()
        self.chain.process.wait()
        for name in (STATE, COPY):
            (self.chain.folder / name).unlink(missing_ok=True)
        if saved.exists():
            shutil.copyfile(saved, self.chain.folder / STATE)
        self.chain.restart()

    def facts(self) -> dict[str, Any]:
        """What the contracts hold, without the times, which no repetition can keep."""
        contracts, org = self.contracts, self.body.org
        trust, now = contracts.trust_registry, self.node.head().time
        said = contracts.status_registry.history(self.log, LEAF, 0, 10, block="latest")
        return {
            "organisations": [
                (one, trust.organisation(one, block="latest").name)
                for one in trust.organisations(0, 50, block="latest")
            ],
            "keys": trust.keys(org, 0, 10, block="latest"),
            "accredited": trust.accreditation_at(org, SCOPE, now, block="latest").state,
            "statuses": [(one.status, one.reason, one.author) for one in said],
            "checkpoint keys": [
                one.key
                for one in contracts.log_anchor.checkpoint_keys(self.log, 0, 9, block="latest")
            ],
            "anchors": [
                (one.size, one.root)
                for one in contracts.log_anchor.anchors(self.log, 0, 50, block="latest")
            ],
        }
