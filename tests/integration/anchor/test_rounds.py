"""Rounds over many logs: fair, cheap, and through every trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from anchor import following, sender, store
from anchor.chain import anchor_store
from anchor.chain.deploy import Addresses, Contracts
from anchor.chain.models import TransactionRow
from anchor.chain.node import Node
from anchor.chain.trust_registry import Role
from anchor.database import reading, writing
from anchor.publishing import Publisher
from anchor.sender import Sender
from anchor.store import Entry
from anchor.worker import PURPOSE, AnchorWorker
from tests.integration.anchor.founding import Accreditor, Body, key_of
from tests.integration.anchor.ground import KEY, contracts_on
from tests.integration.anchor.many import found_many
from tests.rpc_proxy import RpcProxy

COUNT = 40
Mine = Callable[[float], None]
Founding = Callable[[int], list[bytes]]


@pytest.fixture
def found_logs(
    engine: Engine,
    contracts: Contracts,
    accreditor: Accreditor,
    root_database: Engine,
    sender: Sender,
    body: Body,
    mine: Mine,
) -> Founding:
    sponsor = Sender(root_database, contracts.node, key_of("accreditor"), pause=mine)
    return lambda count: found_many(engine, contracts, accreditor, sponsor, sender, body, count)


@pytest.fixture
def logs(found_logs: Founding) -> list[bytes]:
    return found_logs(COUNT)


@pytest.fixture
def proxy(node: Node) -> Iterator[RpcProxy]:
    with RpcProxy(node.network.rpcs[0]) as proxy:
        yield proxy


@pytest.fixture
def worker(
    engine: Engine, addresses: Addresses, node: Node, body: Body, proxy: RpcProxy, mine: Mine,
    tmp_path: Path,
) -> AnchorWorker:  # fmt: skip
    """A worker whose questions are counted."""
    there = contracts_on(Node(replace(node.network, rpcs=(proxy.address,))), addresses)
    publisher = Publisher(engine, tmp_path, lambda _org: KEY)
    return AnchorWorker(engine, there, body.operator, publisher, pause=mine)


def add(engine: Engine, log: bytes, text: str, now: int) -> None:
    with writing(engine) as session:
        store.append(session, log, [Entry(text.encode(), now)], now)


def due(engine: Engine) -> list[bytes]:
    with reading(engine) as session:
        return [log.log for log in anchor_store.due(session)]


def asked_for(engine: Engine) -> list[bytes]:
    """The logs of the acts of anchoring, in the order in which they were asked for."""
    with reading(engine) as session:
        query = select(TransactionRow).where(TransactionRow.purpose == PURPOSE)
        rows = session.exec(query.order_by(col(TransactionRow.id)))
        return [bytes.fromhex(row.reference.partition("/")[0]) for row in rows]


def settle(engine: Engine, worker: AnchorWorker, mine: Mine) -> int:
    """Rounds with a block after each until nothing is due; how many."""
    assert worker.publish() == []
    for rounds in range(1, 100):
        assert worker.round() == []
        if not due(engine):
            return rounds
        mine(0)
    raise AssertionError("it does not come to an end")


def test_who_waited_longest_comes_first(
    engine: Engine,
    node: Node,
    body: Body,
    logs: list[bytes],
    worker: AnchorWorker,
    mine: Mine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settle(engine, worker, mine)
    now = node.head().time
    order = logs[::3] + logs[1::3] + logs[2::3]
    for age, log in enumerate(reversed(order)):
        add(engine, log, "one more", now - 1000 + age)
    order.reverse()
    for module in (following, sender):
        monkeypatch.setattr(module, "IN_FLIGHT", 8)
    worker.publish()
    worker.round()
    assert set(asked_for(engine)) == set(order[:8])
    for _ in range(3):
        worker.round()
    assert node.nonce(body.operator.address, "pending") == 8  # no node takes any number
    settle(engine, worker, mine)
    places = [order.index(log) for log in asked_for(engine)]
    assert sorted(places) == list(range(COUNT))
    assert all(abs(place - n) < 8 for n, place in enumerate(places))


def test_a_log_that_is_never_done_keeps_nobody_waiting(
    engine: Engine,
    node: Node,
    found_logs: Founding,
    worker: AnchorWorker,
    mine: Mine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs = found_logs(10)
    settle(engine, worker, mine)
    now = node.head().time
    for log in logs:
        add(engine, log, "one more", now)
    for module in (following, sender):
        monkeypatch.setattr(module, "IN_FLIGHT", 2)
    for n in range(100):
        add(engine, logs[0], f"busy {n}", now + 1 + n // 10)
        worker.round()
        if set(asked_for(engine)) == set(logs):
            break
        mine(0)
    counted = Counter(asked_for(engine))
    assert counted.keys() == set(logs)
    assert {counted[log] for log in logs[1:]} == {1}


def test_what_has_nothing_to_do_costs_nothing(
    engine: Engine,
    node: Node,
    logs: list[bytes],
    worker: AnchorWorker,
    proxy: RpcProxy,
    mine: Mine,
) -> None:
    settle(engine, worker, mine)
    for _ in range(3):  # a few logs in each round are asked whether they may be anchored
        worker.round()
    proxy.calls.clear()
    worker.round()
    assert len(proxy.calls) <= 3
    now = node.head().time
    for log in logs:
        add(engine, log, "one more", now)
    proxy.calls.clear()
    rounds = settle(engine, worker, mine)
    asked = Counter(proxy.calls)
    assert asked["eth_estimateGas"] == asked["eth_sendRawTransaction"] == COUNT
    assert asked["eth_getTransactionReceipt"] == COUNT
    assert asked["eth_call"] <= 2 * COUNT
    assert len(proxy.calls) <= 5 * COUNT + 12 * rounds


def test_an_account_without_the_right_is_named_before_it_is_refused(
    engine: Engine,
    contracts: Contracts,
    found_logs: Founding,
    worker: AnchorWorker,
    sender: Sender,
    body: Body,
    mine: Mine,
) -> None:
    logs = found_logs(3)
    settle(engine, worker, mine)
    with reading(engine) as session:
        org, origin = store.state(session, logs[1]).org, store.state(session, logs[1]).origin
    forbid = contracts.trust_registry.set_operator(org, body.operator.address, Role.ANCHOR, False)
    sender.perform(forbid, "forbid", final=True)
    worker._next_check = 0.0
    found = [worker.round() for _ in range(3)][-1]
    assert [(one.code, one.place) for one in found] == [("not_anchor_operator", origin)]
    assert body.operator.address.lower() in found[0].said
    assert due(engine) == []
