"""Deploying the three contracts, and connecting to deployed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anchor.chain.abi import creation
from anchor.chain.contract import Call, Contract
from anchor.chain.log_anchor import LogAnchor
from anchor.chain.node import Node
from anchor.chain.status_registry import StatusRegistry
from anchor.chain.trust_registry import TrustRegistry
from anchor.errors import ContractRefused
from anchor.sender import Sender
from verifier.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the contracts are: lower-case 0x-hex."""

    trust_registry: str
    log_anchor: str
    status_registry: str


@dataclass(frozen=True, slots=True)
class Contracts:
    """The three contracts of one deployment, on one node."""

    node: Node
    trust_registry: TrustRegistry
    log_anchor: LogAnchor
    status_registry: StatusRegistry


def deploy(sender: Sender, did: str, name: str, reference: str) -> Addresses:
    """Create the three contracts; the sender's account becomes the root's administrator.

    ``did`` and ``name`` are those of the root organisation. Returns once all three are final. The
    same ``reference`` again gives the same contracts, whatever happened in between. Raises
    ContractRefused and ChainUnavailable, as ``Sender.perform``.
    """
    sender.node.check()
    trust = _create(sender, reference, "TrustRegistry", did, name, sender.address)
    log_anchor = _create(sender, reference, "LogAnchor", trust)
    status = _create(sender, reference, "StatusRegistry", trust, log_anchor)
    sender.settle()
    return Addresses(trust, log_anchor, status)


def connect(node: Node, addresses: Addresses) -> Contracts:
    """The clients of deployed contracts.

    Raises ConfigurationError (``wrong_contract``) where there is no code, or a contract that does
    not belong to the other two, and what ``Node.check`` raises for another chain.
    """
    node.check()
    for address in (addresses.trust_registry, addresses.log_anchor, addresses.status_registry):
        if not node.code(address):
            raise _wrong(f"No contract is at {address}")
    contracts = Contracts(
        node,
        TrustRegistry(node, addresses.trust_registry),
        LogAnchor(node, addresses.log_anchor),
        StatusRegistry(node, addresses.status_registry),
    )
    logs, statuses = contracts.log_anchor, contracts.status_registry
    try:
        if not any(contracts.trust_registry.root(block="latest")):
            raise _wrong(f"The TrustRegistry at {addresses.trust_registry} has no root")
        _require("trust", logs, logs.trust(block="latest"), addresses.trust_registry)
        _require("trust", statuses, statuses.trust(block="latest"), addresses.trust_registry)
        _require("logs", statuses, statuses.logs(block="latest"), addresses.log_anchor)
    except ContractRefused as refusal:
        raise _wrong(f"One of the contracts is another one ({refusal.error})") from refusal
    return contracts


def _require(what: str, contract: Contract, found: str, expected: str) -> None:
    if found.lower() != expected.lower():
        said = (
            f"The {contract.name} at {contract.address} has {found} as its {what}, not {expected}"
        )
        raise _wrong(said)


def _wrong(said: str) -> ConfigurationError:
    return ConfigurationError(
        "wrong_contract", f"{said}: correct the trust file, or the RPC addresses.", "address"
    )


def _create(sender: Sender, reference: str, contract: str, *arguments: Any) -> str:
    call = Call(f"{contract}.constructor", None, creation(contract, arguments))
    return str(sender.perform(call, reference).contract)
