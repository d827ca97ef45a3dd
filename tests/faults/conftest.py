"""Options of the fault tests, and what they run on."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from anchor.chain.embedded import EmbeddedChain
from tests.databases import Databases
from tests.faults.places import Place, fast_chain, found, free_port
from tests.faults.processes import Processes

RESULTS = pytest.StashKey[list[dict[str, Any]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make test-faults KILLS=1000` gives the number by the environment."""
    kills = int(os.environ.get("KILLS", "200"))
    parser.addoption("--kills", type=int, default=kills, help="kills of each stage (KILLS)")
    parser.addoption("--seed", type=int, default=None, help="repeat a run that printed this seed")
    parser.addoption("--faults-json", type=Path, default=None, help="write the results there")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = []


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    given: int | None = request.config.getoption("--seed")
    return random.randrange(10**6) if given is None else given


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    count: int = request.config.getoption("--kills")
    return count


@pytest.fixture
def calls(kills: int) -> int:
    """How many calls fail in each way; 300 and more are all of them in most tests."""
    return kills * 3 // 10


@pytest.fixture
def result(request: pytest.FixtureRequest, seed: int) -> Callable[..., None]:
    """Notes what a stage came to, for the summary at the end."""

    def note(**values: object) -> None:
        request.config.stash[RESULTS].append(
            {"stage": request.node.name, "seed": seed, "load": os.getloadavg()[0], **values}
        )

    return note


@pytest.fixture
def progress(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says at once how far a long test is."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(text, flush=True)

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    results = config.stash[RESULTS]
    for one in results:
        terminalreporter.write_line(" · ".join(f"{name} {value}" for name, value in one.items()))
    path: Path | None = config.getoption("--faults-json")
    if path is not None:
        path.write_text(json.dumps(results, indent=2) + "\n")


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    with Processes() as started:
        yield started


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[EmbeddedChain]:
    """A chain of this test's own, always on the same port, however often it is started."""
    with fast_chain(tmp_path / "chain", free_port()) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, chain: EmbeddedChain, databases: Databases) -> Iterator[Place]:
    """A founded registry, on SQLite and on PostgreSQL."""
    with databases.empty() as url:
        yield found(tmp_path / "registry", chain.network().rpcs[0], url)
