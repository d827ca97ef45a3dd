"""Reaching the chain: the configured network, or the embedded chain for as long as it is needed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Engine

from anchor import recovery
from anchor.chain.deploy import Addresses, Contracts, connect
from anchor.chain.embedded import EmbeddedChain, anvil_binary
from anchor.chain.network import Network
from anchor.chain.node import POLL, Node
from anchor.chain.supervision import kept_alive, taken_over
from anchor.errors import NodeFault
from registry.settings import Settings
from verifier import trust
from verifier.errors import ConfigurationError
from verifier.trust import Trust

SETTLE_SECONDS = 30.0
NOBODY = "0x" + 40 * "0"


@contextmanager
def reachable(settings: Settings) -> Iterator[Network]:
    """The network to talk to.

    Without configured addresses this is the embedded chain of the data folder: joined if another
    program of this installation runs it, else started and stopped again at the end. It is started
    again if it ends by itself, or if the program that ran it is gone.
    """
    if settings.rpc:
        yield _network(settings, settings.rpc)
        return
    running = settings.chain / "rpc"
    chain = _embedded(settings, settings.chain_port)
    try:
        chain.start()
    except ConfigurationError as error:
        if error.code != "chain_in_use" or not running.exists():
            raise
        address = running.read_text()
        with taken_over(_embedded(settings, int(address.rpartition(":")[2]))):
            yield _settled(_network(settings, (address,)))
        return
    try:
        address = f"http://127.0.0.1:{chain.port}"
        running.write_text(address)
        with kept_alive(chain):
            yield _settled(_network(settings, (address,)))
    finally:
        chain.stop()


def _embedded(settings: Settings, port: int) -> EmbeddedChain:
    binary = anvil_binary(settings.node_modules)
    return EmbeddedChain(binary, settings.chain, settings.chain_id, port)


def read_trust(settings: Settings) -> Trust:
    """The trust file; raises ConfigurationError (``trust_missing``) before founding."""
    try:
        data = settings.trust_file.read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError(
            "trust_missing",
            f"There is no {settings.trust_file}: found a root first (`tem found root`), "
            "or set TEM_TRUST.",
            "TEM_TRUST",
        ) from error
    return trust.parse(data)


def recover(engine: Engine, network: Network, trusted: Trust) -> None:
    """Wait until every act that the chain lost is in a block again (anchor.recovery).

    The contracts themselves may be among what was lost, so this comes before anything else.
    """
    recovery.replay(engine, _node(network, trusted))


def contracts(network: Network, trusted: Trust) -> Contracts:
    """The contracts on the chain that is trusted; raises ConfigurationError for another."""
    addresses = Addresses(trusted.trust_registry, trusted.log_anchor, trusted.status_registry)
    return connect(_node(network, trusted), addresses)


def _node(network: Network, trusted: Trust) -> Node:
    if network.chain_id != trusted.chain_id:
        raise ConfigurationError(
            "wrong_chain", f"The trust file is for chain {trusted.chain_id}.", "TEM_CHAIN_ID"
        )
    return Node(replace(network, genesis=trusted.genesis))


def _settled(network: Network) -> Network:
    """Wait until the embedded chain can be asked at its newest final block.

    For two blocks after a restart it does not have that block's state yet.
    """
    node, end = Node(network), time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            node.call(NOBODY, b"")
        except NodeFault:
            if time.monotonic() > end:
                raise
            time.sleep(POLL)
        else:
            return network


def _network(settings: Settings, rpcs: tuple[str, ...]) -> Network:
    return Network(
        rpcs, settings.chain_id, finality=settings.finality, gas_price=settings.gas_price
    )
