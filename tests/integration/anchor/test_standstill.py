"""An address that stands still while another goes on. tests/network/ has a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from anchor import standstill
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.standstill import Standstill
from tests.rpc_proxy import Altered, RpcProxy, dropped_before

BLOCK = "eth_getBlockByNumber"


@pytest.fixture
def proxy(node: Node) -> Iterator[RpcProxy]:
    with RpcProxy(node.rpc) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standstill, "STILL", 0.0)


def _frozen(node: Node) -> Altered:
    """Every question for a newest block has today's answer."""
    today = {tag: node.request(BLOCK, tag, False) for tag in ("latest", "finalized")}

    def change(params: list[Any], _: Any) -> Any:
        return today.get(params[0])

    return Altered(BLOCK, change)


def _both(node: Node, proxy: RpcProxy) -> Node:
    return Node(Network((proxy.address, node.rpc), node.network.chain_id, timeout=5.0))


def test_another_address_is_asked_when_the_first_stands_still(
    node: Node,
    proxy: RpcProxy,
    mine: Callable[[float], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    both = _both(node, proxy)
    watch = Standstill(both)
    first = watch.newest_final()
    proxy.behave = frozen = _frozen(node)
    assert watch.newest_final() == first
    for _ in range(3):  # the final block is two behind the newest
        mine(0)
    assert watch.newest_final() == node.head("finalized") != first
    assert frozen.fired
    assert both.rpc == node.rpc
    assert f"{proxy.address} stands still" in caplog.text


def test_a_chain_that_stands_still_is_no_reason(node: Node, proxy: RpcProxy) -> None:
    both = _both(node, proxy)
    watch = Standstill(both)
    assert watch.newest_final() == watch.newest_final() == watch.newest_final()
    assert both.rpc == proxy.address


def test_an_address_that_goes_on_with_another_chain_is_no_reason(
    node: Node, proxy: RpcProxy
) -> None:
    """It has not the block that we hold final: whom to believe is for an operator to say."""
    both = Node(Network((node.rpc, proxy.address), node.network.chain_id, timeout=5.0))
    watch = Standstill(both)
    final = watch.newest_final()

    def change(params: list[Any], block: Any) -> Any:
        if params[0] == "finalized":
            return {**block, "number": hex(final.number + 5)}
        return {**block, "hash": "0x" + 64 * "1"}

    proxy.behave = lie = Altered(BLOCK, change)
    assert watch.newest_final() == final
    assert lie.fired == 2
    assert both.rpc == node.rpc


def test_an_address_that_is_away_is_no_reason(node: Node, proxy: RpcProxy) -> None:
    both = Node(Network((node.rpc, proxy.address), node.network.chain_id, timeout=5.0))
    watch = Standstill(both)
    final = watch.newest_final()
    proxy.behave = dropped_before
    asked = proxy.count(BLOCK)
    assert watch.newest_final() == final
    assert proxy.count(BLOCK) > asked
