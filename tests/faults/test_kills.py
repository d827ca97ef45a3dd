"""kill -9 at random moments, while eight clients issue: of everything that can be killed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anchor.chain.embedded import EmbeddedChain
from tests.databases import Postgresql
from tests.faults.kills import Mortal, Stage
from tests.faults.mortals import MortalChain, MortalPostgres, OwnChain, Together
from tests.faults.places import Place, fast_chain, found, free_port
from tests.faults.processes import Processes
from tests.faults.registries import Registry

Note = Callable[..., None]
Say = Callable[[str], None]


def test_the_registry_dies(
    place: Place, processes: Processes, kills: int, seed: int, result: Note, progress: Say
) -> None:
    registry = Registry(processes, place)
    tally = Stage(place, [registry], [registry], seed).run(kills, progress)
    assert tally.kills == kills
    result(**tally.summary())


def test_two_registries_on_one_database_die(
    place: Place, processes: Processes, kills: int, seed: int, result: Note, progress: Say
) -> None:
    two = [Registry(processes, place), Registry(processes, place)]
    tally = Stage(place, two, two, seed).run(kills, progress)
    assert tally.kills == kills
    result(**tally.summary())


def test_the_chain_dies(
    place: Place, chain: EmbeddedChain, processes: Processes, kills: int, seed: int, result: Note,
    progress: Say,
) -> None:  # fmt: skip
    registry = Registry(processes, place)
    tally = Stage(place, [registry], [MortalChain(chain)], seed).run(kills, progress)
    assert tally.kills == kills
    result(**tally.summary())


def test_chain_and_registry_die(
    place: Place, chain: EmbeddedChain, processes: Processes, kills: int, seed: int, result: Note,
    progress: Say,
) -> None:  # fmt: skip
    registry = Registry(processes, place, supervised=True)
    mortal = MortalChain(chain)
    victims: list[Mortal] = [registry, mortal, Together(mortal, registry)]
    tally = Stage(place, [registry], victims, seed).run(kills, progress)
    assert tally.kills == kills
    result(**tally.summary())


@pytest.mark.skipif(sys.platform != "linux", reason="finds the chain's process in /proc")
def test_a_registry_with_its_own_chain_dies(
    tmp_path: Path, processes: Processes, kills: int, seed: int, result: Note, progress: Say
) -> None:
    """All on one machine, as `tem serve` runs without settings: one block a second, and whoever
    dies takes what it had not written with it."""
    port = free_port()
    with fast_chain(tmp_path / "registry" / "data" / "chain", port) as chain:
        place = found(tmp_path / "registry", chain.network().rpcs[0])
    alone = {"rpc": "", "chain_port": str(port)}
    registry = Registry(processes, place, settings=alone, supervised=True)
    own = OwnChain(registry)
    victims: list[Mortal] = [registry, own, OwnChain(registry, power_cut=True)]
    tally = Stage(place, [registry], victims, seed).run(kills // 4, progress)
    own.end()
    assert tally.kills == kills // 4
    result(**tally.summary())


@pytest.fixture
def server() -> Iterator[MortalPostgres]:
    with MortalPostgres() as server:
        yield server


def test_the_database_server_dies(
    tmp_path: Path, chain: EmbeddedChain, server: MortalPostgres, processes: Processes, kills: int,
    seed: int, result: Note, progress: Say,
) -> None:  # fmt: skip
    with Postgresql(server).empty() as url:
        place = found(tmp_path / "registry", chain.network().rpcs[0], url)
        registry = Registry(processes, place, supervised=True)
        tally = Stage(place, [registry], [server, registry], seed).run(kills, progress)
    assert tally.kills == kills
    result(**tally.summary())
