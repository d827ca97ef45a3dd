"""Asking a node of the chain: what it answers, and what it means when it does not.

Three outcomes are kept apart. An answer. A refusal by a contract (ContractRefused): a decision,
the same at every node. Everything else (ChainUnavailable): nothing is known, ask again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from web3.types import RPCEndpoint

from anchor.chain.abi import refusal
from anchor.chain.network import Network
from anchor.errors import ContractRefused, NodeFault
from verifier.errors import ChainUnavailable, ConfigurationError
from verifier.view.rpc import JsonRpc

BlockId = str | int | bytes
"""A tag such as ``latest``, a number, or a hash of 32 bytes."""

POLL = 0.1
"""Seconds between two looks at the chain while waiting for a block."""

_REVERTED = 3
"""Error code of a revert at most nodes; others give the revert's bytes as ``data``."""


@dataclass(frozen=True, slots=True)
class Head:
    """A block: ``time`` in seconds since 1970."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction in a block; ``ok`` is False if the contract refused it there."""

    block_number: int
    block_hash: bytes
    ok: bool
    gas_used: int


class Node:
    """One chain, asked through one of its addresses for as long as that one answers.

    Every question may raise NodeFault, when an address answers with an error or with nonsense,
    and ChainUnavailable (``chain_unreachable``), when none answers.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        # Repeating is our own decision: a transaction is sent again from its stored bytes.
        self._providers = tuple(JsonRpc.to(rpc, network.timeout) for rpc in network.rpcs)

    @property
    def rpc(self) -> str:
        """The address that is asked first."""
        return str(self._providers[0].endpoint_uri)

    def each(self) -> list[Node]:
        """A node for each of the addresses, to compare what they say."""
        return [Node(replace(self.network, rpcs=(rpc,))) for rpc in self.network.rpcs]

    def prefer(self, rpc: str) -> None:
        """Ask this address first from now on."""
        self._providers = tuple(sorted(self._providers, key=lambda one: one.endpoint_uri != rpc))

    def request(self, method: str, *params: Any) -> Any:
        """The result of a JSON-RPC method; raises ContractRefused for a revert."""
        silent = list[str]()
        for provider in self._providers:
            try:
                response: Any = provider.make_request(RPCEndpoint(method), list(params))
            except (OSError, ValueError) as error:  # ValueError: what came is not JSON
                silent.append(f"{provider.endpoint_uri} ({type(error).__name__})")
                continue
            if silent:  # or every question would wait for the one that is away
                self.prefer(str(provider.endpoint_uri))
            return _result(response)
        raise ChainUnavailable("chain_unreachable", f"No node answers: {', '.join(silent)}.", "rpc")

    def check(self) -> None:
        """Raise ConfigurationError (``wrong_chain``) unless this is the configured chain."""
        network, found = self.network, _number(self.request("eth_chainId"))
        if found != network.chain_id:
            raise ConfigurationError(
                "wrong_chain", f"The node is on chain {found}, not {network.chain_id}.", "chain_id"
            )
        if network.genesis is not None and self.genesis() != network.genesis:
            raise ConfigurationError(
                "wrong_chain", "Another chain with the same id: block 0 differs.", "genesis"
            )

    def genesis(self) -> bytes:
        """Hash of block 0."""
        return self.head(0).hash

    def head(self, block: BlockId = "latest") -> Head:
        """The block with this tag, number or hash; NodeFault if the node has none."""
        by = "Hash" if isinstance(block, bytes) else "Number"
        return _head(self.request(f"eth_getBlockBy{by}", _block(block), False))

    def find(self, number: int) -> Head | None:
        """The block with this number, or None while the chain is not that long."""
        found = self.request("eth_getBlockByNumber", _block(number), False)
        return None if found is None else _head(found)

    def fresh_head(self, deadline: float, pause: Callable[[float], None] = time.sleep) -> Head:
        """A block that arrives while we watch, by whose time a clock may be judged.

        Waits at most ``deadline`` seconds; raises ChainUnavailable (``chain_stalled``) after.
        """
        first = self.head()
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            pause(POLL)
            head = self.head()
            if head.number > first.number:
                return head
        raise ChainUnavailable("chain_stalled", f"No new block in {deadline} s.", "chain")

    def call(
        self, to: str | None, data: bytes, block: BlockId | None = None, sender: str | None = None
    ) -> bytes:
        """What a contract answers at ``block`` (default: the newest final one).

        Raises ContractRefused if it reverts.
        """
        at = _block(self.network.finality if block is None else block)
        return _bytes(self.request("eth_call", _request(to, data, sender), at))

    def estimate(self, to: str | None, data: bytes, sender: str) -> int:
        """The gas that a transaction would use on top of the latest block.

        Raises ContractRefused if it would revert there.
        """
        return _number(self.request("eth_estimateGas", _request(to, data, sender), "latest"))

    def code(self, address: str, block: BlockId = "latest") -> bytes:
        """The code at an address, empty if there is none."""
        return _bytes(self.request("eth_getCode", address, _block(block)))

    def nonce(self, account: str, block: BlockId = "latest") -> int:
        """How many transactions of the account are in the chain up to ``block``."""
        return _number(self.request("eth_getTransactionCount", account, _block(block)))

    def send(self, raw: bytes) -> None:
        """Hand over a signed transaction; NodeFault if no address takes it."""
        first: NodeFault | None = None
        for _ in self._providers:
            try:
                self.request("eth_sendRawTransaction", _hex(raw))
            except (NodeFault, ContractRefused) as error:  # some say with data why they do not
                first = first or NodeFault("node_fault", error.message, "rpc")
                self._providers = (*self._providers[1:], self._providers[0])
            else:
                return
        if first is not None:
            raise first

    def knows(self, transaction: bytes) -> bool:
        """Whether the node has the transaction with this hash, in a block or waiting."""
        return self._transaction(transaction) is not None

    def gas_limit(self, transaction: bytes) -> int:
        """How much gas the transaction with this hash may use; NodeFault if it is not known."""
        return _number(_members(self._transaction(transaction)).get("gas"))

    def receipt(self, transaction: bytes) -> Receipt | None:
        """The receipt of the transaction with this hash if it is in a block."""
        try:
            found = self.request("eth_getTransactionReceipt", _hex(transaction))
        except NodeFault:
            # Some nodes have an error where others say null. Only one that says of the
            # transaction itself that it is in no block has no receipt of it.
            pending = self._transaction(transaction)
            if pending is not None and _members(pending).get("blockNumber") is not None:
                raise
            return None
        if found is None:
            return None
        found = _members(found)
        return Receipt(
            _number(found.get("blockNumber")),
            _bytes(found.get("blockHash")),
            bool(_number(found.get("status"))),
            _number(found.get("gasUsed")),
        )

    def _transaction(self, transaction: bytes) -> Any:
        return self.request("eth_getTransactionByHash", _hex(transaction))


def _head(found: Any) -> Head:
    found = _members(found)
    return Head(
        _number(found.get("number")), _bytes(found.get("hash")), _number(found.get("timestamp"))
    )


def _result(response: Any) -> Any:
    response = _members(response)
    error = response.get("error")
    if error is None and "result" in response:
        return response["result"]
    if isinstance(error, dict) and (error.get("code") == _REVERTED or _is_hex(error.get("data"))):
        raise refusal(error.get("data"))
    raise NodeFault("node_fault", f"The node answers: {str(error)[:300]}", "rpc")


def _request(to: str | None, data: bytes, sender: str | None) -> dict[str, str]:
    request = {"to": to, "data": _hex(data), "from": sender}
    return {name: value for name, value in request.items() if value is not None}


def _block(block: BlockId) -> str:
    if isinstance(block, bytes):
        return _hex(block)
    return block if isinstance(block, str) else hex(block)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _is_hex(value: object) -> bool:
    return isinstance(value, str) and value.startswith("0x")


def _members(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NodeFault("node_fault", f"The node has no answer: {str(value)[:100]}", "rpc")
    return value


def _number(value: object) -> int:
    try:
        return int(str(value), 16)
    except ValueError as error:
        raise NodeFault("node_fault", f"Not a number: {str(value)[:100]}", "rpc") from error


def _bytes(value: object) -> bytes:
    try:
        return bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError as error:
        raise NodeFault("node_fault", f"Not bytes: {str(value)[:100]}", "rpc") from error
