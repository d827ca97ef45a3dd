"""What a node's answers mean, and what it means when none come."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from anchor.chain.deploy import Addresses, Contracts, connect, deploy
from anchor.chain.embedded import EmbeddedChain
from anchor.chain.log_anchor import LogAnchor
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.chain.status_registry import StatusRegistry
from anchor.errors import ContractRefused, NodeFault
from anchor.sender import Sender
from verifier.errors import ChainUnavailable, ConfigurationError


@pytest.fixture
def dead() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The address of a server that gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        answer: ClassVar[bytes] = body

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(self.answer)))
            self.end_headers()
            self.wfile.write(self.answer)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_configured_chain_is_accepted(node: Node) -> None:
    Node(replace(node.network, genesis=node.genesis())).check()


@pytest.mark.parametrize("change", [{"chain_id": 1}, {"genesis": bytes(32)}])
def test_another_chain_is_refused(node: Node, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Node(replace(node.network, **change)).check()
    assert caught.value.code == "wrong_chain"


@pytest.mark.parametrize("rpcs", [(), ("ws://127.0.0.1:1",), ("http://127.0.0.1:1", "file:///x")])
def test_addresses_that_cannot_work_are_refused(rpcs: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError):
        Network(rpcs, 1)


def test_a_node_that_is_down_is_unreachable(node: Node, dead: str) -> None:
    with pytest.raises(ChainUnavailable) as caught:
        Node(replace(node.network, rpcs=(dead, dead))).head()
    assert caught.value.code == "chain_unreachable"


def test_the_next_address_is_asked_when_one_is_down(node: Node, dead: str) -> None:
    both = Node(replace(node.network, rpcs=(dead, *node.network.rpcs)))
    assert both.head() == node.head()


def test_a_node_that_says_nothing_is_unreachable(node: Node) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        rpc = f"http://127.0.0.1:{server.getsockname()[1]}"
        silent = Node(replace(node.network, rpcs=(rpc,), timeout=0.1))
        with pytest.raises(ChainUnavailable) as caught:
            silent.head()
    assert caught.value.code == "chain_unreachable"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>maintenance</html>"),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, b"null"),
        (200, b'"text"'),
        (200, b"{}"),
        (200, b'{"jsonrpc": "2.0", "id": 1}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": null}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": "x"}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "result": {}}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "no state"}}'),
        (200, b'{"jsonrpc": "2.0", "id": 1, "error": "broken"}'),
        (302, b""),
        (500, b"{}"),
        (502, b"bad gateway"),
    ],
)
def test_an_answer_that_is_none_says_nothing(node: Node, status: int, body: bytes) -> None:
    with answering(status, body) as rpc:
        strange = Node(replace(node.network, rpcs=(rpc,)))
        with pytest.raises(ChainUnavailable):
            strange.head()
        with pytest.raises(ChainUnavailable):
            strange.check()
        with pytest.raises(ChainUnavailable):
            strange.call("0x" + "01" * 20, b"")


@pytest.mark.parametrize("block", [10**9, bytes(32)])
def test_a_block_that_is_not_there_is_a_fault_of_the_node(node: Node, block: int | bytes) -> None:
    with pytest.raises(NodeFault):
        node.head(block)


def test_a_block_by_its_hash(node: Node) -> None:
    head = node.head()
    assert node.head(head.hash) == node.head(head.number) == head


def test_a_transaction_that_nobody_sent(node: Node) -> None:
    assert not node.knows(bytes(32))
    assert node.receipt(bytes(32)) is None


def test_a_chain_that_stands_still_has_no_fresh_block(binary: Path, tmp_path: Path) -> None:
    with EmbeddedChain(binary, tmp_path, block_time=86_400) as chain:
        with pytest.raises(ChainUnavailable) as caught:
            Node(chain.network()).fresh_head(0.2)
        assert caught.value.code == "chain_stalled"


def test_a_refusal_of_a_view_comes_with_its_arguments(contracts: Contracts) -> None:
    with pytest.raises(ContractRefused) as caught:
        contracts.log_anchor.verify_inclusion(b"\x07" * 32, 9, 0, bytes(32), [])
    assert caught.value.error in ("SizeNotAnchored", "UnknownLog")
    assert caught.value.values["log"] == "0x" + "07" * 32


def test_an_address_without_contract_is_refused(node: Node, contracts: Contracts) -> None:
    with pytest.raises(ConfigurationError) as caught:
        LogAnchor(node, "0x" + "01" * 20).latest(bytes(32))
    assert caught.value.code == "wrong_contract"


def test_the_address_of_another_contract_is_refused(node: Node, addresses: Addresses) -> None:
    with pytest.raises((ConfigurationError, ContractRefused)):
        StatusRegistry(node, addresses.trust_registry).status_at(bytes(32), bytes(32), 0)


@pytest.mark.parametrize("name", ["trust_registry", "log_anchor", "status_registry"])
def test_connecting_asks_for_all_three(node: Node, addresses: Addresses, name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(node, replace(addresses, **{name: "0x" + "02" * 20}))
    assert caught.value.code == "wrong_contract"


SWAPPED = [
    ("log_anchor", "status_registry"),
    ("log_anchor", "trust_registry"),
    ("status_registry", "log_anchor"),
    ("trust_registry", "log_anchor"),
    ("trust_registry", "status_registry"),
]


@pytest.mark.parametrize(("name", "other"), SWAPPED)
def test_a_contract_in_the_place_of_another_is_refused(
    node: Node, addresses: Addresses, name: str, other: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(node, replace(addresses, **{name: getattr(addresses, other)}))
    assert caught.value.code == "wrong_contract"


@pytest.mark.parametrize("name", ["trust_registry", "log_anchor", "status_registry"])
def test_a_contract_of_another_deployment_is_refused(
    root_sender: Sender, node: Node, addresses: Addresses, name: str
) -> None:
    """The three name each other, so that none can be exchanged."""
    second = deploy(root_sender, "did:web:second.example", "Second", "second deployment")
    connect(node, second)
    with pytest.raises(ConfigurationError) as caught:
        connect(node, replace(addresses, **{name: getattr(second, name)}))
    assert caught.value.code == "wrong_contract"
    assert "trust file" in caught.value.message


def test_an_address_that_does_not_take_a_transaction_is_named(node: Node) -> None:
    with pytest.raises(NodeFault):
        node.send(b"no transaction")
