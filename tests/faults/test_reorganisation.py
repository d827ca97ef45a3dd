"""The chain takes back blocks that are not final: nothing was noted of them, nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from anchor import store
from anchor.anchoring import Step
from anchor.chain.embedded import EmbeddedChain
from anchor.chain.models import AnchorRow, State, TransactionRow
from anchor.database import reading
from anchor.worker import PURPOSE
from registry.certificates.schemas import CertificateRequest
from registry.organisations import access
from registry.running import Installation
from tests.faults.clients import Acknowledged, Ledger
from tests.faults.invariants import require_all
from tests.faults.places import Place
from tests.integration.registry.requests import certificate
from verifier import Verdict, verify
from verifier.view.live import LiveChain

PATIENCE = 60.0


@pytest.fixture
def here(place: Place, chain: EmbeddedChain) -> Iterator[Installation]:
    """The installation, on a chain that from now on makes a block only when it is told to."""
    with place.opened() as here:
        here.contracts.node.request("evm_setIntervalMining", 0)
        yield here


def test_an_anchor_in_a_block_that_is_taken_back(here: Installation, place: Place) -> None:
    node, log, ledger = here.contracts.node, place.log, Ledger()
    assert here.worker.step(log) is Step.ANCHORED
    answer = issue(here, place, ledger)
    before = sizes(here, log)
    await_mined(here, log)
    taken = act(here)
    assert taken.block is not None
    assert node.head().number - taken.block < 2, "it may still be taken back"
    assert sizes(here, log) == before, "noted before it was final"
    assert judged(here, answer) == (Verdict.UNVERIFIABLE, "not_yet_anchored")

    depth = node.head().number - taken.block + 1
    node.request("anvil_reorg", depth, [])
    assert node.head(taken.block).hash != taken.block_hash, "the chain took nothing back"
    here.worker.step(log)
    assert sizes(here, log) == before
    assert judged(here, answer) == (Verdict.UNVERIFIABLE, "not_yet_anchored")

    end = time.monotonic() + PATIENCE
    while here.worker.step(log) is not Step.ANCHORED:
        assert time.monotonic() < end
        node.request("anvil_mine", 1)
        newest = sizes(here, log)
        again = act(here)
        if again.state != State.FINAL:
            assert newest == before, "noted before it was final"
    assert sizes(here, log) == [*before, 2]
    assert act(here).id == taken.id, "the same act, sent again"
    assert judged(here, answer)[0] is Verdict.VALID
    here.worker.round()
    require_all(place, ledger)


def issue(here: Installation, place: Place, ledger: Ledger) -> Acknowledged:
    body = access.organisation_of(here.engine, place.api_key)
    request = CertificateRequest(**certificate("R1"))
    issued = here.services.certificates.issue(body, request, "key R1")
    answer = Acknowledged(issued.number, issued.leaf.hex(), issued.code, issued.index)
    ledger.acknowledge("key R1", answer)
    return answer


def await_mined(here: Installation, log: bytes) -> None:
    """Until the act of anchoring stands in a block, with no block after it."""
    end = time.monotonic() + PATIENCE
    while not (found := acts(here)) or found[0].block is None:
        assert time.monotonic() < end
        here.worker.step(log)
        sent = [row for row in acts(here) if row.sent is not None]
        if sent:
            here.contracts.node.request("anvil_mine", 1)
            here.worker.step(log)


def acts(here: Installation) -> list[TransactionRow]:
    with reading(here.engine) as session:
        query = select(TransactionRow).where(TransactionRow.purpose == PURPOSE)
        return list(session.exec(query.order_by(col(TransactionRow.id))))


def act(here: Installation) -> TransactionRow:
    (found,) = acts(here)
    return found


def sizes(here: Installation, log: bytes) -> list[int]:
    """Sizes whose anchors are known to be final."""
    with reading(here.engine) as session:
        number = store.state(session, log).number
        query = select(AnchorRow.size).where(AnchorRow.log == number)
        return sorted(session.exec(query))


def judged(here: Installation, answer: Acknowledged) -> tuple[Verdict, str]:
    live = LiveChain(here.trust, here.contracts.node.network.rpcs)
    data, _ = here.services.proofs.whole(answer.leaf)
    report = verify(data, live.view(), int(time.time()))
    return report.verdict, report.deciding.code
