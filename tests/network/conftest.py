"""Networks of 4 and of 7 validators, and a registry on each. Only for `make test-network`.

Building the validators' program takes some four minutes the first time. Validators that a killed
run has left behind end with `python -m scripts.network stop --folder` and the run's folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anchor.chain.node import Node
from registry import chain, settings
from registry.keyring import Keyring
from registry.organisations import founding
from registry.organisations.founding import Body
from registry.running import database, installation
from tests.databases import Databases, Postgresql
from tests.network import genesis
from tests.network.build import build, cache_folder
from tests.network.links import Links
from tests.network.nodes import CHAIN_ID, BftNetwork
from tests.network.stage import Stage, until

BODY = Body("did:web:body.test", "Trung tâm Đo lường", "tem.test/body", ["verification/scales"])
ACCREDITOR = "did:web:boa.test"
FIGURES = pytest.StashKey[list[str]]()

Running = tuple[BftNetwork, Links]


@pytest.fixture(scope="session")
def evmd() -> Path:
    return build(cache_folder(os.environ))


@pytest.fixture(scope="module")
def four(evmd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with _network(evmd, tmp_path_factory.mktemp("four"), 4) as running:
        yield running


@pytest.fixture(scope="module")
def seven(evmd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with _network(evmd, tmp_path_factory.mktemp("seven"), 7) as running:
        yield running


@pytest.fixture(scope="module")
def founded(
    request: pytest.FixtureRequest,
    four: Running,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """A registry on four validators, once with each kind of database."""
    with databases.empty() as url:
        yield _found(request.config, four, url, tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def founded_on_seven(
    request: pytest.FixtureRequest,
    seven: Running,
    postgresql_databases: Postgresql,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    with postgresql_databases.empty() as url:
        yield _found(request.config, seven, url, tmp_path_factory.mktemp("registry"))


@pytest.fixture
def stage(founded: Stage) -> Iterator[Stage]:
    """The registry on four validators, all of which are up when the test begins."""
    yield founded
    _mend(founded)


@contextmanager
def _network(evmd: Path, folder: Path, count: int) -> Iterator[Running]:
    genesis.make(evmd, folder, count)
    network = BftNetwork(evmd, folder, lines=True)
    ports = {one.number: one.ports.peers for one in network.validators}
    lines = {
        (one.number, other): port
        for one in network.validators
        for other, port in one.ports.lines.items()
    }
    with Links(ports, lines) as links:
        try:
            network.start()
            until(lambda: network.height() > 0, "the first block")
            yield network, links
        finally:
            network.kill()


def _found(config: pytest.Config, running: Running, url: str, folder: Path) -> Stage:
    """Deploy the contracts, and found a root, an accreditor and a body."""
    network, links = running
    given = settings.load(
        data=folder / "data",
        database=url,
        host="tem.test",
        rpc=network.network().rpcs,
        chain_id=CHAIN_ID,
    )
    keyring = Keyring(given.keys, b"a passphrase for tests")
    with database(given) as engine, chain.reachable(given) as reached:
        root = ("did:web:root.test", "Cơ quan gốc")
        founding.found_root(engine, Node(reached), keyring, *root, given.trust_file)
    with installation(given, keyring) as here:
        here.founding.accreditor(ACCREDITOR, "Cơ quan công nhận", ["verification"])
        body = here.founding.body(BODY, ACCREDITOR)
    say = config.stash.setdefault(FIGURES, []).append
    title = f"{len(network.validators)} validators, {url.partition(':')[0]}"
    return Stage(network, links, given, keyring, body, lambda said: say(f"{title}: {said}"))


def _mend(stage: Stage) -> None:
    """Heal what a test has left behind."""
    stage.links.heal()
    for validator in stage.network.validators:
        validator.resume()
        if validator.pid() is None:
            stage.network.start(validator.number)
    height = stage.network.height()
    until(lambda: stage.network.height() > height + 1, "the network to go on")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """What the network did, in figures."""
    figures = config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("what the network did")
    for said in figures:
        terminalreporter.write_line(said)
