"""Several addresses of one chain: one that lies is found out, one that is away holds up nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import col, select

from anchor import store
from anchor.chain.deploy import Addresses
from anchor.chain.models import AnchorRow, TransactionRow
from anchor.chain.node import Node
from anchor.database import reading
from anchor.publishing import Publisher
from anchor.trouble import Trouble
from anchor.worker import PURPOSE, AnchorWorker
from tests.integration.anchor.founding import Body, append, open_log
from tests.integration.anchor.ground import contracts_on
from tests.rpc_proxy import Altered, Ask, Message, RpcProxy, dropped_before, forwarded, refused

Working = Callable[..., AnchorWorker]
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def log(engine: Engine, body: Body, node: Node) -> bytes:
    log = open_log(engine, body, node.head().time)
    body.acts.settle()
    return log


@pytest.fixture
def working(
    engine: Engine,
    node: Node,
    addresses: Addresses,
    body: Body,
    mine: Callable[[float], None],
    tmp_path: Path,
) -> Working:
    """Makes a worker that talks to these addresses."""
    key = Ed25519PrivateKey.generate()
    publisher = Publisher(engine, tmp_path, lambda _org: key)

    def make(*rpcs: str) -> AnchorWorker:
        there = contracts_on(Node(replace(node.network, rpcs=rpcs)), addresses)
        return AnchorWorker(engine, there, body.operator, publisher, pause=mine)

    return make


@pytest.fixture
def proxy(node: Node) -> Iterator[RpcProxy]:
    with RpcProxy(node.network.rpcs[0]) as proxy:
        yield proxy


def sizes(engine: Engine) -> list[int]:
    with reading(engine) as session:
        return list(session.exec(select(AnchorRow.size).order_by(col(AnchorRow.size))))


def asked(engine: Engine) -> int:
    """How many anchors were asked for."""
    with reading(engine) as session:
        query = select(TransactionRow).where(TransactionRow.purpose == PURPOSE)
        return len(session.exec(query).all())


def root_at(engine: Engine, log: bytes, size: int) -> bytes:
    with reading(engine) as session:
        return store.root_at(session, log, size)


def another_root(root: bytes) -> Altered:
    """Lies about one root, wherever it stands in an answer of a contract."""

    def change(_params: list[Any], result: Any) -> Any:
        there = root.hex() in result
        return result.replace(root.hex(), "13" * 32) if there else None

    return Altered("eth_call", change)


def require_disagreement(
    troubles: list[Trouble], proxy: RpcProxy, node: Node, engine: Engine, log: bytes
) -> None:
    """Both are named, and nothing was decided."""
    (trouble,) = troubles
    assert trouble.code == "nodes_disagree"
    for name in (proxy.address, node.network.rpcs[0], "Find out which one"):
        assert name in trouble.said
    with reading(engine) as session:
        assert store.state(session, log).halted is None


ORDERS = pytest.mark.parametrize("first", [True, False], ids=["the first lies", "the second lies"])


@ORDERS
def test_nothing_is_built_on_a_root_that_two_addresses_do_not_share(
    engine: Engine, node: Node, log: bytes, working: Working, proxy: RpcProxy, first: bool
) -> None:
    both = (proxy.address, node.network.rpcs[0])
    worker = working(*both if first else reversed(both))
    assert worker.round() == []
    assert sizes(engine) == [1]
    append(engine, log, 2, node.head().time)
    lie = proxy.behave = another_root(root_at(engine, log, 1))
    for _ in range(2):
        require_disagreement(worker.round(), proxy, node, engine, log)
    assert lie.fired
    assert asked(engine) == 0
    assert proxy.count("eth_sendRawTransaction") == 0
    proxy.behave = forwarded
    assert worker.anchor_newest(log).size == 3


@ORDERS
def test_nothing_is_noted_that_two_addresses_do_not_share(
    engine: Engine, node: Node, log: bytes, working: Working, proxy: RpcProxy, first: bool
) -> None:
    both = (proxy.address, node.network.rpcs[0])
    worker = working(*both if first else reversed(both))
    append(engine, log, 2, node.head().time)
    worker.round()
    node.request("anvil_mine", 3)
    lie = proxy.behave = another_root(root_at(engine, log, 3))
    for _ in range(2):
        require_disagreement(worker.round(), proxy, node, engine, log)
    assert lie.fired
    assert sizes(engine) == [1]
    proxy.behave = forwarded
    assert worker.round() == []
    assert sizes(engine) == [1, 3]


def test_another_block_at_a_final_height_is_an_alarm(
    engine: Engine,
    node: Node,
    log: bytes,
    working: Working,
    proxy: RpcProxy,
) -> None:
    final = node.head("finalized").number

    def change(params: list[Any], result: Any) -> Any:
        return {**result, "hash": "0x" + "ab" * 32} if params[0] == hex(final) else None

    worker = working(node.network.rpcs[0], proxy.address)
    append(engine, log, 2, node.head().time)
    lie = proxy.behave = Altered("eth_getBlockByNumber", change)
    require_disagreement(worker.round(), proxy, node, engine, log)
    assert lie.fired
    assert (asked(engine), sizes(engine)) == (0, [])


def only(method: str, fault: Callable[[Message, Ask], Message]) -> Callable[..., Message]:
    def behave(request: Message, ask: Ask) -> Message:
        return fault(request, ask) if request["method"] == method else ask(request)

    return behave


def nothing_yet(request: Message, ask: Ask) -> Message:
    """A node that is behind."""
    return {"jsonrpc": "2.0", "id": request["id"], "result": None}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (dropped_before, "has no answer (chain_unreachable)"),
        (refused, "has no answer (node_fault)"),
        (only("eth_getBlockByNumber", nothing_yet), "is behind"),
        (only("eth_call", dropped_before), "has no answer (chain_unreachable)"),
        (only("eth_call", refused), "has no answer (node_fault)"),
    ],
)
def test_an_address_that_says_nothing_holds_up_nothing(
    engine: Engine,
    node: Node,
    log: bytes,
    working: Working,
    proxy: RpcProxy,
    caplog: pytest.LogCaptureFixture,
    fault: Callable[..., Message],
    said: str,
) -> None:
    proxy.behave = fault
    append(engine, log, 2, node.head().time)
    assert working(node.network.rpcs[0], proxy.address).anchor_newest(log).size == 3
    assert proxy.calls
    assert f"{proxy.address} {said}" in caplog.text


@pytest.mark.parametrize("fault", [dropped_before, refused])
def test_what_one_address_does_not_take_another_does(
    engine: Engine,
    node: Node,
    log: bytes,
    working: Working,
    proxy: RpcProxy,
    fault: Callable[..., Message],
) -> None:
    proxy.behave = only("eth_sendRawTransaction", fault)
    append(engine, log, 2, node.head().time)
    assert working(proxy.address, node.network.rpcs[0]).anchor_newest(log).size == 3
    assert proxy.count("eth_sendRawTransaction") > 0


def test_an_address_that_is_away_is_not_asked_first_again(
    engine: Engine, node: Node, log: bytes, working: Working
) -> None:
    both = Node(replace(node.network, rpcs=(NOBODY, node.network.rpcs[0])))
    assert both.rpc == NOBODY
    assert both.head() == node.head()
    assert both.rpc == node.network.rpcs[0]
