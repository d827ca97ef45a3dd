"""What holds whatever has died: the one place where it is said, for every test of faults."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session, col, select
from typer.testing import CliRunner

from anchor import store
from anchor.chain import store as chain_store
from anchor.chain.log_anchor import Anchor
from anchor.chain.models import AnchorRow, SignatureRow, State, TransactionRow
from anchor.chain.node import Node
from anchor.database import open_database, reading
from anchor.models import EntryRow, LogRow
from anchor.worker import PURPOSE
from registry import chain
from registry.cli import app
from registry.proofs.service import ProofService
from registry.records.models import IdempotencyRow, RecordRow
from tests import reference_tree
from tests.faults.clients import Acknowledged, Ledger
from tests.faults.places import Place
from verifier import Verdict, verify
from verifier.view.live import LiveChain

PATIENCE = 90.0
POLL = 0.05


@dataclass(frozen=True)
class Held:
    """What was found in order: how many records, and how many anchors of them."""

    records: int
    anchors: int


def await_settled(place: Place, patience: float = PATIENCE) -> None:
    """Wait until all that is in the log is published and finally anchored."""
    end = time.monotonic() + patience
    engine = open_database(place.database)
    try:
        while said := _unsettled(engine, place.log):
            assert time.monotonic() < end, f"not settled after {patience} s: {said}"
            time.sleep(POLL)
    finally:
        engine.dispose()


def _unsettled(engine: Engine, log: bytes) -> str:
    with reading(engine) as session:
        state = store.state(session, log)
        anchor = chain_store.latest_anchor(session, log)
        open_acts = [
            f"{row.purpose} {row.reference} {row.state}"
            for row in session.exec(select(TransactionRow))
            if row.state in (State.WAITING, State.SIGNED)
        ]
    assert state.halted is None, f"the log was halted: {state.halted}"
    anchored = 0 if anchor is None else anchor.size
    done = state.size == state.published == anchored and not open_acts
    return "" if done else f"{state.size=} {state.published=} {anchored=} {open_acts=}"


def require_all(place: Place, ledger: Ledger, sample: int = 20) -> Held:
    """Require everything of a registry at rest (``await_settled``) with a chain that answers."""
    assert not ledger.faults, ledger.faults[:5]
    engine = open_database(place.database)
    try:
        with reading(engine) as session:
            row = session.exec(select(LogRow).where(LogRow.log == place.log)).one()
            leaves = _require_log(session, row)
            _require_records(session, row, leaves, ledger)
            _require_acts(session, place)
            anchors = _require_chain(session, place, leaves)
        _require_proofs(engine, place, list(ledger.entries.values())[-sample:])
    finally:
        engine.dispose()
    require_audit(place)
    return Held(len(leaves), anchors)


def _require_log(session: Session, row: LogRow) -> list[bytes]:
    """No gap, every leaf the hash of its statement, the root that of the leaves; the leaves."""
    found = session.exec(
        select(EntryRow).where(EntryRow.log == row.number).order_by(col(EntryRow.index))
    ).all()
    assert [entry.index for entry in found] == list(range(row.size)), "a gap in the log"
    for entry in found:
        assert entry.leaf == reference_tree.leaf(entry.statement), f"entry {entry.index}"
    leaves = [entry.leaf for entry in found]
    assert len(set(leaves)) == len(leaves), "a leaf stands twice in the log"
    assert row.root == reference_tree.root(leaves), "the stored root is not that of the entries"
    assert row.published == row.size
    return leaves


def _require_records(
    session: Session, row: LogRow, leaves: Sequence[bytes], ledger: Ledger
) -> None:
    """Every acknowledged record once, at its index; one record an entry; one key a request."""
    records = session.exec(select(RecordRow).where(RecordRow.log == row.number)).all()
    assert sorted(record.index for record in records) == list(range(row.size))
    numbers = {record.sub: record.index for record in records}
    assert len(numbers) == len(records), "a number was used twice"
    keys = {
        one.key: one.index
        for one in session.exec(select(IdempotencyRow).where(IdempotencyRow.log == row.number))
    }
    for key, answer in ledger.entries.items():
        assert answer.index < row.size, f"{key}: an acknowledged record is lost"
        assert leaves[answer.index].hex() == answer.leaf, f"{key}: another record at its index"
        assert numbers[answer.number] == answer.index == keys[key], key
    unknown = set(keys) - set(ledger.entries)
    assert not unknown, f"recorded, and never acknowledged to who asked to the end: {unknown}"
    assert len(keys) == row.size - 1, "an entry that nobody asked for"


def _require_acts(session: Session, place: Place) -> None:
    """Every own act once, none refused, and the accounts' nonces without a gap, all used."""
    acts = session.exec(select(TransactionRow)).all()
    assert {act.state for act in acts} == {State.FINAL}
    names = Counter((act.purpose, act.reference) for act in acts)
    assert max(names.values()) == 1, names.most_common(3)
    account_of = {act.id: act.account for act in acts}
    nonces = defaultdict[str, set[int]](set)
    for signature in session.exec(select(SignatureRow)):
        nonces[account_of[signature.transaction]].add(signature.nonce)
    with chain.reachable(place.settings()) as network:
        node = Node(network)
        for account, used in nonces.items():
            assert used == set(range(len(used))), f"a gap in the nonces of {account}"
            assert node.nonce(account, "latest") == len(used), f"unused nonces of {account}"


def _require_chain(session: Session, place: Place, leaves: Sequence[bytes]) -> int:
    """The chain's anchors are roots of this log, none twice, all noted; how many there are."""
    with chain.reachable(place.settings()) as network:
        contract = chain.contracts(network, chain.read_trust(place.settings())).log_anchor
        final = contract.latest(place.log, block=network.finality)
        anchors = list[Anchor]()
        while page := contract.anchors(place.log, len(anchors), 256, block="latest"):
            anchors += page
    sizes = [anchor.size for anchor in anchors]
    assert sizes == sorted(set(sizes)), "two anchors of one size"
    for anchor in anchors[-50:]:
        assert anchor.root == reference_tree.root(leaves[: anchor.size]), anchor.size
    assert final.size == len(leaves) == sizes[-1], "the chain does not hold the newest root"
    number = session.exec(select(LogRow.number).where(LogRow.log == place.log)).one()
    noted = session.exec(
        select(AnchorRow).where(AnchorRow.log == number).order_by(col(AnchorRow.size))
    ).all()
    assert [(row.size, row.root, row.time) for row in noted] == [
        (anchor.size, anchor.root, anchor.time) for anchor in anchors
    ]
    acts = select(TransactionRow).where(TransactionRow.purpose == PURPOSE)
    mine = col(TransactionRow.reference).startswith(place.log.hex())
    asked = session.exec(acts.where(mine)).all()
    assert len(asked) == len(anchors) - 1, "acts of anchoring, and the log's opening"
    return len(anchors)


def _require_proofs(engine: Engine, place: Place, answers: Sequence[Acknowledged]) -> None:
    """A verifier that asks the chain finds these records valid."""
    trust = chain.read_trust(place.settings())
    proofs = ProofService(engine, place.keyring(), trust)
    live = LiveChain(trust, [place.rpc])
    for answer in answers:
        data, _ = proofs.whole(answer.leaf)
        report = verify(data, live.view(), int(time.time()))
        assert report.verdict is Verdict.VALID, report.to_json()


def require_audit(place: Place) -> None:
    """`tem audit` finds nothing wrong in the published files of this log, against the chain."""
    given = place.settings()
    log = given.public_folder / "logs" / place.log.hex()
    command = ["audit", str(log), "--trust", str(given.trust_file), "--rpc", place.rpc]
    audited = CliRunner().invoke(app, command)
    assert audited.exit_code == 0, audited.output
