"""What a chain lost comes back: everything, in order, from the stored bytes alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from anchor import recovery
from anchor.chain.deploy import connect
from anchor.chain.embedded import EmbeddedChain
from anchor.chain.models import State
from anchor.chain.node import Node
from anchor.chain.trust_registry import Role
from anchor.errors import ContractRefused
from tests.integration.anchor.founding import key_of
from tests.integration.anchor.ground import Ground
from tests.rpc_proxy import Altered, Ask, Message, RpcProxy, forwarded
from verifier.chain_view import Kind
from verifier.errors import ChainUnavailable, ConfigurationError
from verifier.names import org_id


@pytest.fixture
def ground(binary: Path, engine: Engine, tmp_path: Path) -> Iterator[Ground]:
    with EmbeddedChain(binary, tmp_path / "chain", block_time=86_400) as chain:
        yield Ground(chain, engine, tmp_path / "public")


@pytest.mark.parametrize("stage", ["contracts", "body", "log", "anchors"])
def test_all_that_vanished_comes_true_again_in_order(
    ground: Ground, stage: str, caplog: pytest.LogCaptureFixture
) -> None:
    saved = list[Path]()
    ground.found(lambda now: saved.append(ground.save()) if now == stage else None)
    before, facts = ground.acts(), ground.facts()
    assert {act.state for act in before} == {State.FINAL}
    ground.lose(saved[0])
    ground.settle()
    assert ground.facts() == facts
    after = ground.acts()
    same = [(act.id, act.account, act.nonce, act.state) for act in before]
    assert [(act.id, act.account, act.nonce, act.state) for act in after] == same
    blocks = [act.block or 0 for act in after]
    assert blocks == sorted(blocks)
    assert [(one.size, one.time, one.block_number) for one in ground.anchors()] == [
        (one.size, one.time, one.block_number)
        for one in ground.contracts.log_anchor.anchors(ground.log, 0, 50)
    ]
    (said,) = [one.getMessage() for one in caplog.records if one.levelname == "CRITICAL"]
    lost = sum(old.block_hash != new.block_hash for old, new in zip(before, after, strict=True))
    assert f"{lost} acts" in said
    assert lost > 0


def test_nothing_but_the_stored_bytes_brings_it_back(ground: Ground) -> None:
    """The contracts themselves are gone: at a start, this comes before they are asked for."""
    saved = list[Path]()
    ground.found(lambda now: saved.append(ground.save()) if now == "contracts" else None)
    facts = ground.facts()
    ground.lose(saved[0])
    with pytest.raises(ConfigurationError) as caught:
        connect(ground.node, ground.addresses)
    assert caught.value.code == "wrong_contract"
    recovery.replay(ground.engine, ground.node, pause=ground.mine)
    connect(ground.node, ground.addresses)
    assert ground.facts() == facts


def test_what_was_not_final_yet_comes_back_too(ground: Ground) -> None:
    """One act in a block, one of another account that needs it, and one that was only sent."""
    ground.found()
    ground.settle()
    saved = ground.save()
    trust, stranger = ground.contracts.trust_registry, key_of("stranger")
    did = "did:web:new.example"
    call = trust.register(
        org_id(did), did, "New", Kind.BODY, org_id("did:web:accreditor.example"), stranger.address
    )
    allow = trust.set_operator(org_id(did), stranger.address, Role.STATUS, True)
    forbid = trust.set_operator(ground.body.org, ground.body.operator.address, Role.STATUS, True)
    assert not ground.sender("accreditor").perform(call, "new").final
    assert not ground.sender("stranger").perform(allow, "its operator").final
    ground.sender("body").submit(forbid, "only sent")
    before = ground.acts()
    assert [act.state for act in before[-3:]] == [State.SIGNED] * 3
    assert [act.block is None for act in before[-3:]] == [False, False, True]
    ground.lose(saved)
    ground.settle()
    after = ground.acts()[-3:]
    assert [(act.id, act.state) for act in after] == [(act.id, "final") for act in before[-3:]]
    assert (after[0].block or 0) < (after[1].block or 0) <= (after[2].block or 0)
    assert trust.is_operator(org_id(did), stranger.address, Role.STATUS)


def test_a_refusal_that_used_a_nonce_is_repeated_as_well(ground: Ground) -> None:
    """Or no later act of its account could come back."""
    ground.found()
    ground.settle()
    saved = ground.save()
    trust, org = ground.contracts.trust_registry, ground.body.org
    old, new = ground.sender("body"), ground.sender("new admin")
    allow = trust.set_operator(org, key_of("somebody").address, Role.STATUS, True)
    old.submit(trust.change_admin(org, key_of("new admin").address), "hand over")
    with pytest.raises(ContractRefused):  # both are right when they ask; then the first is done
        old.perform(allow, "allow")
    new.perform(trust.change_admin(org, old.address), "hand back", final=True)
    assert old.perform(allow, "allow", final=True).final
    before = [(act.id, act.state, act.nonce) for act in ground.acts()]
    assert [state for _, state, _ in before[-4:]] == ["final", "refused", "final", "final"]
    ground.lose(saved)
    ground.settle()
    assert [(act.id, act.state, act.nonce) for act in ground.acts()] == before
    assert trust.is_operator(org, key_of("somebody").address, Role.STATUS)


def test_an_anchor_that_a_reorganisation_took_away_is_made_again(ground: Ground) -> None:
    ground.found()
    ground.settle()
    before = ground.acts()[-1].id
    ground.append(2)
    worker = ground.worker()
    while (act := ground.acts()[-1]).id == before or act.block_hash is None:
        ground.mine()
        worker.round()
    assert act.state == State.SIGNED
    depth = ground.node.head().number - (act.block or 0) + 1
    ground.node.request("anvil_reorg", depth, [])
    ground.settle(worker)
    again = ground.acts()[-1]
    assert (again.id, again.state) == (act.id, State.FINAL)
    assert again.block_hash != act.block_hash
    assert ground.sizes()[-1] == ground.size()


class Behind:
    """A node that knows nothing after a block."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.fired = 0

    def __call__(self, request: Message, ask: Ask) -> Message:
        if request["method"] != "eth_getBlockByNumber":
            return ask(request)
        block = request["params"][0]
        if block.startswith("0x") and int(block, 16) <= self.limit:
            return ask(request)
        self.fired += 1
        if not block.startswith("0x"):
            return ask({**request, "params": [hex(self.limit), False]})
        return {"jsonrpc": "2.0", "id": request["id"], "result": None}


def another_hash(number: int) -> Altered:
    """A node that has another block of that number."""

    def change(params: list[Any], result: Any) -> Any:
        return {**result, "hash": "0x" + "ab" * 32} if params[0] == hex(number) else None

    return Altered("eth_getBlockByNumber", change)


@pytest.fixture
def founded(ground: Ground) -> Ground:
    """All of it is final, and there are entries that wait for an anchor."""
    ground.found()
    ground.settle()
    ground.append(1)
    return ground


def newest_block(ground: Ground) -> int:
    return max(act.block or 0 for act in ground.acts())


def state(ground: Ground) -> list[tuple[object, ...]]:
    """Everything that must not change."""
    acts = [(act.id, act.state, act.block, act.block_hash) for act in ground.acts()]
    return [*((size,) for size in ground.sizes()), *acts]


def through(ground: Ground, *rpcs: str) -> Node:
    return Node(replace(ground.node.network, rpcs=rpcs))


def require_untouched(proxy: RpcProxy) -> None:
    for method in ("eth_estimateGas", "eth_sendRawTransaction", "eth_call"):
        assert proxy.count(method) == 0


def test_a_node_that_is_behind_never_looks_like_a_loss(founded: Ground) -> None:
    before = state(founded)
    with RpcProxy(founded.node.network.rpcs[0], Behind(newest_block(founded) - 1)) as proxy:
        worker = founded.worker(through(founded, proxy.address))
        for _ in range(3):
            (trouble,) = worker.round()
            assert trouble.code == "node_behind"
        require_untouched(proxy)
        assert state(founded) == before
        proxy.behave = forwarded
        founded.settle(worker)
    assert set(state(founded)) >= set(before)


def test_another_address_is_asked_when_one_is_behind(founded: Ground) -> None:
    real = founded.node.network.rpcs[0]
    with RpcProxy(real, Behind(newest_block(founded) - 1)) as proxy:
        node = through(founded, proxy.address, real)
        founded.settle(founded.worker(node))
        assert node.rpc == real
        assert proxy.count("eth_sendRawTransaction") == 0


def test_two_addresses_that_disagree_about_a_block_stop_everything(founded: Ground) -> None:
    real, before = founded.node.network.rpcs[0], state(founded)
    with RpcProxy(real, another_hash(newest_block(founded))) as proxy:
        (trouble,) = founded.worker(through(founded, proxy.address, real)).round()
        assert trouble.code == "nodes_disagree"
        assert proxy.address in trouble.said
        assert real in trouble.said
        require_untouched(proxy)
    assert state(founded) == before


def test_a_node_that_lies_about_a_loss_does_no_lasting_harm(founded: Ground) -> None:
    """Sending the same bytes again changes nothing on a chain that has them."""
    nonces = {act.account: founded.node.nonce(act.account) for act in founded.acts()}
    facts, before = founded.facts(), founded.acts()
    with RpcProxy(founded.node.network.rpcs[0], another_hash(newest_block(founded))) as proxy:
        worker = founded.worker(through(founded, proxy.address))
        worker.round()
        assert founded.acts()[len(before) - 1].state == State.SIGNED
        proxy.behave = forwarded
        founded.settle(worker)
    after = founded.acts()
    assert [(act.id, act.block_hash) for act in after[: len(before)]] == [
        (act.id, act.block_hash) for act in before
    ]
    assert len(after) == len(before) + 1
    operator = founded.body.operator.address.lower()
    nonces[operator] += 1
    assert {account: founded.node.nonce(account) for account in nonces} == nonces
    assert founded.facts()["anchors"][:-1] == facts["anchors"]


def test_another_chain_is_not_one_that_lost_something(founded: Ground) -> None:
    before = state(founded)
    with RpcProxy(founded.node.network.rpcs[0], another_hash(newest_block(founded))) as proxy:
        network = replace(founded.node.network, rpcs=(proxy.address,), genesis=b"\x01" * 32)
        (trouble,) = founded.worker(Node(network)).round()
        assert trouble.code == "wrong_chain"
        with pytest.raises(ConfigurationError):
            recovery.replay(founded.engine, Node(network), pause=founded.mine)
    assert state(founded) == before


def test_a_chain_that_does_not_get_on_ends_the_wait(
    founded: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "PATIENCE", 0.1)
    with RpcProxy(founded.node.network.rpcs[0], Behind(newest_block(founded) - 1)) as proxy:
        with pytest.raises(ChainUnavailable) as caught:
            recovery.replay(founded.engine, through(founded, proxy.address), pause=time.sleep)
        assert caught.value.code == "node_behind"
