"""Transactions that are never lost and never sent in two versions, on a real chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Thread

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine
from sqlmodel import select

from anchor import following
from anchor import sender as sender_module
from anchor import store as logs
from anchor.chain import store
from anchor.chain.contract import Call
from anchor.chain.deploy import Contracts
from anchor.chain.models import AccountRow, SignatureRow, State, TransactionRow
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.chain.trust_registry import Role
from anchor.database import reading, writing
from anchor.errors import ContractRefused, SendUnknown, TransactionError
from anchor.sender import Sender
from tests.integration.anchor.acting import SOMEBODY, allow, rows
from tests.integration.anchor.founding import Body, append, key_of, open_log
from verifier.errors import ChainUnavailable
from verifier.names import log_id, org_id

Mine = Callable[[float], None]


class Cut(ChainUnavailable):
    """The line that a test cuts."""


class CutNode(Node):
    """A node whose line is cut at the next sending: before it arrives, or after."""

    def __init__(self, network: Network, *, arrives: bool) -> None:
        super().__init__(network)
        self.arrives = arrives
        self.sent = list[bytes]()

    def send(self, raw: bytes) -> None:
        self.sent.append(raw)
        if self.arrives:
            super().send(raw)
        raise Cut("chain_unreachable", "cut", "rpc")


@pytest.fixture
def other(contracts: Contracts, body: Body) -> Call:
    return allow(contracts, body)


def test_an_act_is_stored_before_it_is_sent(
    engine: Engine, node: Node, body: Body, account: LocalAccount, mine: Mine, other: Call
) -> None:
    before = node.nonce(account.address)
    cut = CutNode(node.network, arrives=False)
    with pytest.raises(Cut):
        Sender(engine, cut, account, pause=mine).submit(other, "act")
    row = rows(engine, account.address)[-1]
    assert (row.state, row.nonce, row.sent) == (State.SIGNED, before, None)
    assert (row.purpose, row.reference) == ("TrustRegistry.setOperator", "act")
    with reading(engine) as session:
        (signature,) = store.signatures(session, row.id)
    assert [signature.raw] == cut.sent
    assert not node.knows(signature.hash)


@pytest.mark.parametrize("arrives", [False, True])
def test_a_cut_line_neither_loses_nor_doubles_an_act(
    engine: Engine,
    node: Node,
    contracts: Contracts,
    body: Body,
    account: LocalAccount,
    mine: Mine,
    other: Call,
    arrives: bool,
) -> None:
    before = node.nonce(account.address)
    cut = CutNode(node.network, arrives=arrives)
    with pytest.raises(Cut):
        Sender(engine, cut, account, pause=mine).submit(other, "act")
    again = Sender(engine, node, account, pause=mine)  # as after a restart
    again.settle()
    row = rows(engine, account.address)[-1]
    with reading(engine) as session:
        (signature,) = store.signatures(session, row.id)
    assert [signature.raw] == cut.sent
    assert node.nonce(account.address) == before + 1
    assert contracts.trust_registry.is_operator(body.org, SOMEBODY, Role.STATUS)
    receipt = node.receipt(signature.hash)
    assert receipt is not None
    assert (row.state, row.block, row.block_hash) == (
        State.FINAL,
        receipt.block_number,
        receipt.block_hash,
    )
    assert row.block_time == node.head(receipt.block_number).time


def test_the_same_reference_is_the_same_act(
    engine: Engine, node: Node, account: LocalAccount, sender: Sender, body: Body, other: Call
) -> None:
    before = node.nonce(account.address)
    identity = sender.submit(other, "act")
    assert sender.submit(other, "act") == identity
    assert sender.perform(other, "act", final=True).id == identity
    assert sender.perform(other, "act").final
    assert node.nonce(account.address) == before + 1
    assert sender.perform(other, "another act").id != identity
    assert node.nonce(account.address) == before + 2


def test_a_reference_names_one_act(
    contracts: Contracts, sender: Sender, body: Body, other: Call
) -> None:
    sender.perform(other, "act")
    different = allow(contracts, body, "0x" + "0b" * 20)
    with pytest.raises(TransactionError) as caught:
        sender.submit(different, "act")
    assert caught.value.code == "reference_reused"


def test_a_refusal_comes_before_anything_is_signed(
    engine: Engine, node: Node, sender: Sender, account: LocalAccount, contracts: Contracts
) -> None:
    stranger = org_id("did:web:nobody.example")
    call = contracts.trust_registry.set_operator(stranger, SOMEBODY, Role.ANCHOR, True)
    for _ in range(2):
        with pytest.raises(ContractRefused) as caught:
            sender.perform(call, "act")
        assert caught.value.values["org"] == "0x" + stranger.hex()
        assert caught.value.place == "TrustRegistry.setOperator act"
    refused = rows(engine, account.address)
    assert [(row.state, row.nonce) for row in refused] == [(State.REFUSED, None)] * 2
    assert node.nonce(account.address) == 0


def test_a_refused_act_may_be_asked_for_again(
    contracts: Contracts, sender: Sender, body: Body
) -> None:
    trust = contracts.trust_registry
    grant = trust.set_operator(body.org, SOMEBODY, Role.ANCHOR, True)
    sender.perform(trust.change_admin(body.org, key_of("new admin").address), "hand over")
    with pytest.raises(ContractRefused):
        sender.perform(grant, "act")
    new = Sender(sender.engine, sender.node, key_of("new admin"), pause=sender._pause)
    with pytest.raises(ContractRefused):
        sender.perform(grant, "act")
    back = trust.change_admin(body.org, sender.address)
    new.perform(back, f"hand back {body.origin}")
    assert not sender.perform(grant, "act").final


def test_an_act_that_waits_for_another_is_not_refused(
    engine: Engine, contracts: Contracts, sender: Sender, body: Body, account: LocalAccount
) -> None:
    """The second and the third can only be judged when the first is in a block."""
    anchoring, log = contracts.log_anchor, log_id(body.org, body.origin)
    sender.settle()
    sender.submit(anchoring.open_log(body.org, body.origin, b"\x01" * 32), "open")
    sender.submit(anchoring.set_checkpoint_key(log, b"\x02" * 32), "its key")
    sender.submit(anchoring.set_checkpoint_key(b"\x03" * 32, b"\x02" * 32), "no such log")

    def states() -> list[str]:
        return [row.state for row in rows(engine, account.address)[-3:]]

    assert states() == [State.SIGNED, State.WAITING, State.WAITING]
    sender.settle()
    assert states() == [State.FINAL, State.FINAL, State.REFUSED]


def test_an_act_counts_as_final_only_in_a_final_block(
    engine: Engine, node: Node, sender: Sender, body: Body, account: LocalAccount, other: Call
) -> None:
    assert not sender.perform(other, "act").final
    assert rows(engine, account.address)[-1].state == State.SIGNED
    sender.advance()
    assert rows(engine, account.address)[-1].state == State.SIGNED
    node.request("anvil_mine", 2)
    sender.advance()
    assert rows(engine, account.address)[-1].state == State.FINAL


def test_an_act_that_a_reorganisation_took_away_is_sent_again(
    engine: Engine, node: Node, sender: Sender, body: Body, account: LocalAccount, other: Call
) -> None:
    sender.settle()
    before = node.nonce(account.address)
    sender.perform(other, "act")
    row = rows(engine, account.address)[-1]
    with reading(engine) as session:
        (signature,) = store.signatures(session, row.id)
    node.request("anvil_rollback", 1)
    assert node.receipt(signature.hash) is None
    assert sender.perform(other, "act", final=True).id == row.id
    assert node.receipt(signature.hash) is not None
    assert node.nonce(account.address) == before + 1


def test_an_act_refused_in_its_block_names_the_error(
    engine: Engine, node: Node, contracts: Contracts, body: Body, mine: Mine
) -> None:
    """Both operators are right when they ask; only the first is still right in the block."""
    log = open_log(engine, body, node.head().time)
    append(engine, log, 2, node.head().time)
    operators = [body.operator, key_of(f"{body.origin} second")]
    body.acts.set_operator(operators[1].address, Role.ANCHOR, True, "second")
    senders = [Sender(engine, node, operator, pause=mine) for operator in operators]
    for sender, size in zip(senders, (2, 3), strict=True):
        with reading(engine) as session:
            root = logs.root_at(session, log, size)
            proof = logs.consistency_proof(session, log, 1, size)
        sender.submit(contracts.log_anchor.anchor(log, 1, size, root, proof), f"to {size}")
    for sender in senders:
        sender.settle()
    found = [rows(engine, operator.address)[-1] for operator in operators]
    loser = next(row for row in found if row.state == State.REFUSED)
    assert sorted(row.state for row in found) == [State.FINAL, State.REFUSED]
    assert loser.nonce is not None
    assert loser.block == found[0].block == found[1].block
    refusal = store.refusal_of(loser)
    assert isinstance(refusal, ContractRefused)
    assert refusal.error in ("NotLatestSize", "SizeNotAboveLatest")
    assert refusal.values["log"] == "0x" + log.hex()
    with reading(engine) as session:
        halted = logs.state(session, log).halted
    assert halted is not None
    assert refusal.error in halted


def test_a_foreign_transaction_of_the_account_is_an_alarm(
    engine: Engine, node: Node, body: Body, account: LocalAccount, mine: Mine, other: Call
) -> None:
    with pytest.raises(Cut):
        Sender(engine, CutNode(node.network, arrives=False), account).submit(other, "act")
    foreign = account.sign_transaction(
        {
            "chainId": node.network.chain_id,
            "nonce": node.nonce(account.address),
            "gas": 21_000,
            "gasPrice": 0,
            "to": account.address,
            "value": 0,
        }
    )
    node.send(bytes(foreign.raw_transaction))
    node.request("anvil_mine", 1)
    sender = Sender(engine, node, account, pause=mine)
    for _ in range(following.TAKEN_BLOCKS + 2):  # perhaps this node only lacks the receipt
        sender.advance()
        assert rows(engine, account.address)[-1].state == State.SIGNED
        node.request("anvil_mine", 1)
    with pytest.raises(TransactionError) as caught:
        sender.advance()
    assert caught.value.code == "nonce_taken"
    refused = rows(engine, account.address)[-1]
    said = store.refusal_of(refused)
    assert (refused.state, said.code) == (State.REFUSED, "nonce_taken")
    assert account.address.lower() in said.message
    assert not sender.perform(other, "act").final  # asked for again, with a nonce of its own


def test_a_node_that_takes_nothing_leaves_the_outcome_open(
    engine: Engine, node: Node, account: LocalAccount, other: Call, body: Body, mine: Mine
) -> None:
    dear = Node(replace(node.network, gas_price=10**9))  # and the account has no money
    with pytest.raises(SendUnknown) as caught:
        Sender(engine, dear, account, pause=mine).submit(other, "act")
    assert caught.value.code == "not_accepted"
    assert rows(engine, account.address)[-1].state == State.SIGNED


def test_nonces_go_on_where_the_chain_is(
    engine: Engine, node: Node, account: LocalAccount, sender: Sender, body: Body, other: Call
) -> None:
    """A database that is older than the chain, such as a restored one."""
    sender.settle()
    used = node.nonce(account.address)
    assert used > 0
    with writing(engine) as session:
        for table in (SignatureRow, TransactionRow, AccountRow):
            for row in session.exec(select(table)):
                session.delete(row)
            session.flush()
    sender.perform(other, "act")
    assert rows(engine, account.address)[0].nonce == used


def test_two_senders_of_one_account_sign_an_act_once(
    engine: Engine, node: Node, account: LocalAccount, mine: Mine, body: Body, other: Call
) -> None:
    before = node.nonce(account.address)
    with writing(engine) as session:
        for n in range(10):
            store.enqueue(
                session, node.network.chain_id, account.address.lower(), other, f"act {n}", 0
            )
    senders = [Sender(engine, Node(node.network), account, pause=mine) for _ in range(3)]
    threads = [Thread(target=sender.settle) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finished = rows(engine, account.address)[-10:]
    assert {row.state for row in finished} == {State.FINAL}
    assert sorted(row.nonce or 0 for row in finished) == list(range(before, before + 10))
    assert node.nonce(account.address) == before + 10


def test_waiting_ends_without_a_verdict(
    engine: Engine,
    node: Node,
    account: LocalAccount,
    body: Body,
    other: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender_module, "PATIENCE", 0.05)
    still = Sender(engine, node, account, pause=lambda _: None)  # and nobody makes a block
    for wait in (lambda: still.perform(other, "act"), still.settle):
        with pytest.raises(SendUnknown) as caught:
            wait()
        assert caught.value.code == "transaction_pending"


def test_what_is_asked_for_falls_with_its_decision(
    engine: Engine, node: Node, account: LocalAccount, other: Call, body: Body
) -> None:
    count = len(rows(engine, account.address))

    def decide() -> None:
        with writing(engine) as session:
            store.enqueue(session, node.network.chain_id, account.address.lower(), other, "act", 0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        decide()
    assert len(rows(engine, account.address)) == count
