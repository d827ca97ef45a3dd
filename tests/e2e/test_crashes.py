"""Crashes and failing calls, the short form: `make test-faults` has the long one.

One registry a kind of database goes through all of it, on a chain that outlives it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from anchor.chain.embedded import EmbeddedChain
from anchor.database import open_database, reading
from anchor.failpoints import POINTS
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from registry.running import Installation
from tests.databases import Databases
from tests.faults.boundaries import sweep
from tests.faults.clients import Ledger
from tests.faults.database_calls import Calls, Fault, through
from tests.faults.kills import Stage
from tests.faults.places import BODY, Place, fast_chain, found, free_port
from tests.faults.processes import Processes
from tests.faults.registries import Registry
from tests.faults.scenario import Scenario
from tests.rpc_proxy import Behaviour, Once, RpcProxy, dropped_after, dropped_before
from verifier.names import org_id

KILLS = 6
SEED = 20_261_120


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    with Processes() as started:
        yield started


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedChain]:
    with fast_chain(tmp_path_factory.mktemp("crashes") / "chain", free_port()) as running:
        yield running


@pytest.fixture(scope="module")
def place(
    chain: EmbeddedChain, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    with databases.empty() as url:
        yield found(tmp_path_factory.mktemp("registry"), chain.network().rpcs[0], url)


@pytest.fixture(scope="module")
def ledger(place: Place) -> Ledger:
    """All that was ever acknowledged there."""
    return Ledger()


def body_of(place: Place) -> Organisation:
    engine = open_database(place.database)
    with reading(engine) as session:
        found = organisations.get_one(session, org_id(BODY.did))
    engine.dispose()
    return found


def test_killed_at_every_boundary(place: Place, processes: Processes, ledger: Ledger) -> None:
    times = 1 if place.database.startswith("sqlite") else 3
    deaths = [(point, times) for point in POINTS]
    assert sweep(processes, place, ledger, deaths, every=len(deaths)).kills == len(POINTS)


def test_killed_at_random(place: Place, processes: Processes, ledger: Ledger) -> None:
    registry = Registry(processes, place)
    stage = Stage(place, [registry], [registry], SEED, ledger)
    assert stage.run(KILLS, lambda _: None).kills == KILLS


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])
@pytest.mark.parametrize("word", ["BEGIN", "SELECT", "INSERT", "UPDATE", "COMMIT", "ROLLBACK"])
def test_a_call_to_the_database_fails(
    fault: Fault, word: str, place: Place, ledger: Ledger
) -> None:
    if word == "BEGIN" and not place.database.startswith("sqlite"):
        word = "SAVEPOINT"  # its driver begins by itself, with the first statement
    calls = Calls(3, fault, word)
    name = f"{word}{len(ledger.entries)}"
    scenario = Scenario(place, name, place.opened, ledger=ledger, body=body_of(place))
    with through(calls):
        scenario.run(lambda: calls.fired)
    assert calls.fired == 1
    assert scenario.met or word == "ROLLBACK"


METHODS = (
    "eth_chainId", "eth_getCode", "eth_getBlockByNumber", "eth_call", "eth_getTransactionCount",
    "eth_estimateGas", "eth_sendRawTransaction", "eth_getTransactionReceipt",
)  # fmt: skip


@pytest.fixture(scope="module")
def lone(chain: EmbeddedChain, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """On SQLite alone: what the chain does is nothing to the database."""
    return found(tmp_path_factory.mktemp("lone"), chain.network().rpcs[0])


@pytest.fixture(scope="module")
def seen(lone: Place) -> Ledger:
    """All that was ever acknowledged there."""
    return Ledger()


@pytest.mark.parametrize("fault", [dropped_before, dropped_after])
@pytest.mark.parametrize("method", METHODS)
def test_a_call_to_the_chain_fails(
    fault: Behaviour, method: str, lone: Place, seen: Ledger
) -> None:
    name = f"M{METHODS.index(method)}{len(seen.entries)}"
    with RpcProxy(lone.rpc) as proxy:
        proxy.behave = once = Once(fault, method)

        def opened() -> AbstractContextManager[Installation]:
            return lone.opened(rpc=(proxy.address,))

        scenario = Scenario(lone, name, opened, ledger=seen, body=body_of(lone))
        scenario.run(lambda: once.fired)
        assert set(proxy.calls) <= {*METHODS, "eth_getTransactionByHash"}
    assert once.fired == 1  # in the worker's thread it is noted there, and raised to nobody
