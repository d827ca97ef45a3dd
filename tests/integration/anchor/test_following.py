"""Following what was sent: nodes that forget, estimate too little, or word things their own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine

from anchor import following
from anchor.chain import store
from anchor.chain.contract import Call
from anchor.chain.deploy import Contracts
from anchor.chain.models import State
from anchor.chain.node import Node
from anchor.database import reading
from anchor.errors import ContractRefused, NodeFault, SendUnknown
from anchor.sender import Sender
from tests.integration.anchor.acting import allow, rows
from tests.integration.anchor.founding import Body, key_of
from tests.rpc_proxy import Altered, Ask, Message, RpcProxy

Mine = Callable[[float], None]


@pytest.fixture
def other(contracts: Contracts, body: Body) -> Call:
    return allow(contracts, body)


def test_a_transaction_that_a_node_forgot_is_sent_again(
    engine: Engine,
    node: Node,
    sender: Sender,
    body: Body,
    account: LocalAccount,
    other: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sender.settle()
    before = node.nonce(account.address)
    identity = sender.submit(other, "act")
    with reading(engine) as session:
        (signature,) = store.signatures(session, identity)
    node.request("anvil_dropAllTransactions")
    sender.advance()
    assert not node.knows(signature.hash)  # it is not asked for all the time
    monkeypatch.setattr(following, "RESEND", 0.0)
    sender.advance()
    assert node.knows(signature.hash)
    assert sender.perform(other, "act", final=True).id == identity
    assert node.nonce(account.address) == before + 1


class MiserlyNode(Node):
    """A node that estimates too little."""

    def estimate(self, to: str | None, data: bytes, sender: str) -> int:
        return min(super().estimate(to, data, sender), self.gas)

    gas = 0


@pytest.mark.parametrize("gas", [30_000, 1])
def test_too_little_gas_has_a_name(
    engine: Engine,
    node: Node,
    body: Body,
    account: LocalAccount,
    mine: Mine,
    other: Call,
    gas: int,
    sender: Sender,
) -> None:
    sender.settle()
    miser = MiserlyNode(node.network)
    miser.gas = gas
    poor = Sender(engine, miser, account, pause=mine)
    if gas == 1:  # less than any transaction needs: no node takes it
        with pytest.raises(SendUnknown) as unknown:
            poor.perform(other, "act")
        assert unknown.value.code == "not_accepted"
        assert "gas" in unknown.value.message
        assert rows(engine, account.address)[-1].state == State.SIGNED
        return
    with pytest.raises(ContractRefused) as caught:
        poor.perform(other, "act")
    assert (caught.value.error, caught.value.values) == ("OutOfGas", {"used": gas * 3 // 2})
    assert sender.perform(other, "act", final=True).final  # asked for again, with enough


def no_pending_receipts(request: Message, ask: Ask) -> Message:
    """As evmd: the receipt of a transaction that is in no block is an error, not null."""
    answer = ask(request)
    if request["method"] == "eth_getTransactionReceipt" and answer.get("result") is None:
        error = {"code": -32000, "message": "transaction not found"}
        return {"jsonrpc": "2.0", "id": request["id"], "error": error}
    return answer


def test_a_node_without_receipts_of_what_waits_is_no_obstacle(
    engine: Engine, node: Node, body: Body, account: LocalAccount, mine: Mine, other: Call
) -> None:
    with RpcProxy(node.network.rpcs[0], no_pending_receipts) as proxy:
        strange = Node(replace(node.network, rpcs=(proxy.address,)))
        identity = Sender(engine, strange, account).submit(other, "act")
        with reading(engine) as session:
            (signature,) = store.signatures(session, identity)
        assert strange.receipt(signature.hash) is None
        assert strange.receipt(bytes(32)) is None
        assert Sender(engine, strange, account, pause=mine).perform(other, "act", final=True).final
        receipt = strange.receipt(signature.hash)
        assert receipt is not None
        proxy.behave = Altered("eth_getTransactionReceipt", lambda _params, _result: "broken")
        with pytest.raises(NodeFault):  # it is in a block, so that this is not known
            strange.receipt(signature.hash)


def test_an_act_that_may_need_another_account_s_waits_for_its_block(
    engine: Engine, node: Node, contracts: Contracts, body: Body, mine: Mine, sender: Sender
) -> None:
    """Refused today, right tomorrow: nothing is judged while an earlier act is under way."""
    sender.settle()
    new = Sender(engine, node, key_of(f"{body.origin} new"), pause=mine)
    sender.submit(contracts.trust_registry.change_admin(body.org, new.address), "hand over")
    identity = new.submit(allow(contracts, body), "act of the new one")
    assert rows(engine, new.address)[-1].state == State.WAITING
    assert new.perform(allow(contracts, body), "act of the new one").id == identity
