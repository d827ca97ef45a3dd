"""Things that can happen to a registry's database, so that they happen to two of them alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel

from anchor import store as logs
from anchor.chain import act_store, anchor_store
from anchor.chain import store as acts
from anchor.chain.act_store import Signed
from anchor.chain.contract import Call
from anchor.chain.log_anchor import Anchor
from anchor.chain.models import WorkerRow
from anchor.chain.node import Head
from anchor.database import reading, writing
from anchor.errors import ContractRefused
from anchor.sequencer import Sequencer
from anchor.store import Entry
from registry.certificates.schemas import CertificateRequest
from registry.certificates.service import CertificateService
from registry.keyring import Keyring
from registry.organisations import store as organisations
from registry.organisations.founding import begin_log
from registry.proofs.service import ProofService
from tests.integration.registry.conftest import BODY, NOW, OTHER, TRUST
from tests.integration.registry.requests import certificate
from verifier.errors import TemError
from verifier.merkle import leaf_hash

CHAIN = 31337
MISSING = bytes(32)

Answer = Any


class Refused(NamedTuple):
    """An error, as its reader sees it."""

    kind: str
    code: str
    message: str
    place: str


@dataclass
class Side:
    """One of two registries that live through the same."""

    engine: Engine
    keyring: Keyring
    drawn: int = 0

    def __post_init__(self) -> None:
        self.bodies = [
            begin_log(self.engine, self.keyring, TRUST, one, NOW - 3600) for one in (BODY, OTHER)
        ]
        self.logs = [*(body.log.log for body in self.bodies), MISSING]
        self.certificates = CertificateService(
            Sequencer(self.engine, lambda: NOW), self.keyring, lambda: NOW, lambda: None, self._draw
        )
        self.proofs = ProofService(self.engine, self.keyring, TRUST)

    def _draw(self, count: int) -> bytes:
        self.drawn += 1
        return sha256(b"%d" % self.drawn).digest()[:count]

    def write(self, act: Callable[[Session], Answer]) -> Answer:
        with writing(self.engine) as session:
            return act(session)

    def read(self, act: Callable[[Session], Answer]) -> Answer:
        with reading(self.engine) as session:
            return act(session)


def answer(act: Callable[[], Answer]) -> Answer:
    """What is returned, or what is refused and how."""
    try:
        return _plain(act())
    except TemError as error:
        return Refused(type(error).__name__, error.code, error.message, error.place)


def refused(found: Answer) -> bool:
    return isinstance(found, Refused)


def _plain(found: Answer) -> Answer:
    """Without the numbers that a database gives its logs: they are nobody else's."""
    if isinstance(found, logs.LogState):
        return found._replace(number=0)
    if isinstance(found, list):
        return [_plain(one) for one in found]
    if isinstance(found, SQLModel):
        return found.model_dump()
    return found


# What may happen; each takes a side and what was drawn for it.


def issue(side: Side, body: int, number: str, key: str | None, unit: str) -> Answer:
    request = CertificateRequest(**certificate(number, fields={"place": unit}))
    return side.certificates.issue(side.bodies[body], request, key)


def append(side: Side, log: int, first: int, count: int, ahead: int) -> Answer:
    entries = [Entry(b"statement %d" % n, NOW + ahead) for n in range(first, first + count)]
    return side.write(lambda session: logs.append(session, side.logs[log], entries, NOW))


def begin(side: Side, origin: str) -> Answer:
    genesis = Entry(b"genesis", NOW)
    return side.write(lambda session: logs.create(session, bytes(32), origin, genesis, NOW))


def halt(side: Side, log: int, reason: str) -> Answer:
    return side.write(lambda session: logs.halt(session, side.logs[log], reason))


def resume(side: Side, log: int) -> Answer:
    return side.write(lambda session: logs.resume(session, side.logs[log]))


def prove(side: Side, body: int, index: int, whole: bool) -> Answer:
    """The proof file of an entry, which is signed: the same bytes."""
    signed = side.read(lambda session: logs.statement(session, side.logs[body], index))
    asks = side.bodies[body].org if whole else None
    return side.proofs.public(leaf_hash(signed).hex(), asks)


def publish(side: Side, log: int, size: int) -> Answer:
    return side.write(lambda session: logs.note_published(session, side.logs[log], size))


def anchor(side: Side, log: int, size: int, block: int, right: bool) -> Answer:
    def act(session: Session) -> None:
        root = logs.root_at(session, side.logs[log], size) if right else bytes(32)
        made = Anchor(size, NOW + block, block, root)
        acts.require_own(session, side.logs[log], made)
        acts.record_anchor(session, side.logs[log], made)

    return side.write(act)


def ask(side: Side, account: str, reference: str, data: bytes) -> Answer:
    call = Call(anchor_store.ANCHORING, None, data)
    return side.write(lambda session: acts.enqueue(session, CHAIN, account, call, reference, NOW))


def sign(side: Side, account: str, used: int) -> Answer:
    """Sign what waits, as a sender does."""

    def act(session: Session) -> list[int]:
        nonces = []
        for row in acts.waiting(session, CHAIN, account, 2):
            nonce = acts.take_nonce(session, CHAIN, account, used)
            digest = sha256(f"{account} {nonce}".encode()).digest()
            acts.store_signature(session, row, nonce, bytes([nonce]), digest, NOW)
            nonces.append(nonce)
        return nonces

    return side.write(act)


def refuse(side: Side, account: str, block: int) -> Answer:
    def act(session: Session) -> None:
        for row in acts.waiting(session, CHAIN, account, 1):
            head = Head(block, b"%d" % block, NOW) if block else None
            acts.refuse(session, row, head, ContractRefused("BadName", {"name": "Sở 'x\u0000'"}))

    return side.write(act)


def follow(side: Side, how: str, block: int) -> Answer:
    """The oldest half of what is signed takes a step on its way."""

    def act(session: Session) -> None:
        found = act_store.signed(session, CHAIN)
        some = [one._replace(block=block, block_hash=b"%d" % block) for one in found[::2]]
        if how == "sent":
            act_store.note_sent(session, some, NOW)
        elif how == "seen":
            act_store.note_seen(session, some, NOW)
        else:
            act_store.note_final(session, [(one, NOW) for one in found if one.block_hash])

    return side.write(act)


def lose(side: Side, above: int) -> Answer:
    return side.write(lambda session: act_store.take_back(session, CHAIN, above))


def note_worker(side: Side, account: str, said: str | None) -> Answer:
    row = WorkerRow(chain_id=CHAIN, account=account, round=NOW, trouble=said and "code", said=said)
    return side.write(lambda session: anchor_store.note_worker(session, row))


def make_key(side: Side, key: str, body: int) -> Answer:
    def act(session: Session) -> None:
        if organisations.api_key(session, key) is None:
            org = side.bodies[body].org
            organisations.add_api_key(session, key, org, b"digest", "Phòng 1", NOW)

    return side.write(act)


def revoke_key(side: Side, key: str, now: int) -> Answer:
    def act(session: Session) -> None:
        row = organisations.api_key(session, key)
        if row is not None:
            organisations.revoke_api_key(session, row, now)

    return side.write(act)


def questions(side: Side, size: int, prefix: bytes) -> list[Callable[[Session], Answer]]:
    """All that can be asked about ``side``, of its logs at ``size``, of leaves with ``prefix``."""
    about_log: list[Callable[[Session, bytes], Answer]] = [
        logs.state,
        lambda session, log: logs.statement(session, log, size),
        lambda session, log: logs.statements(session, log, size // 2, size),
        lambda session, log: logs.root_at(session, log, size),
        lambda session, log: logs.inclusion_path(session, log, size // 2, size),
        lambda session, log: logs.consistency_proof(session, log, size // 2 or 1, size),
        lambda session, log: logs.tile(session, log, 0, size // 256, size),
        lambda session, log: logs.tile(session, log, 1, 0, size),
        lambda session, log: logs.first_ahead(session, log, size // 2, NOW),
        lambda session, log: acts.first_anchor_covering(session, log, size),
        lambda session, log: acts.anchor_at(session, log, size),
        acts.latest_anchor,
        anchor_store.standing,
    ]
    found = [
        lambda session, ask=ask, log=log: ask(session, log)
        for ask in about_log
        for log in side.logs
        if (ask, log) != (anchor_store.standing, MISSING)
    ]
    return [
        *found,
        logs.states,
        lambda session: logs.find(session, prefix),
        lambda session: acts.has_unfinished(session, CHAIN, "0xaa"),
        lambda session: acts.find(session, CHAIN, anchor_store.ANCHORING, "b"),
        lambda session: acts.waiting(session, CHAIN, "0xaa", 10),
        lambda session: act_store.signed(session, CHAIN),
        lambda session: act_store.newest_block(session, CHAIN, size),
        lambda session: act_store.blocks(session, CHAIN),
        lambda session: act_store.has_finished(session, CHAIN, size),
        lambda session: _signatures(session, act_store.signed(session, CHAIN)),
        anchor_store.standings,
        anchor_store.due,
        anchor_store.counts,
        anchor_store.workers,
        lambda session: sorted(anchor_store.under_way(session, CHAIN)),
        lambda session: [one.did for one in organisations.all_of_them(session)],
        lambda session: organisations.api_key(session, "k"),
    ]


def _signatures(session: Session, signed: list[Signed]) -> Answer:
    return [_plain(rows) for _, rows in sorted(act_store.signatures(session, signed).items())]
