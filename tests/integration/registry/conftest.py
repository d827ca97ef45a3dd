"""A real database with real keys, served over HTTP; and a whole installation on a real chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from anchor.chain.node import Node
from anchor.errors import ClockError
from anchor.sequencer import Sequencer
from registry import chain, settings
from registry.app import create_app
from registry.certificates.service import CertificateService
from registry.http import Services
from registry.keyring import Keyring
from registry.logs.service import LogService
from registry.organisations import access, founding
from registry.organisations.founding import Body, begin_log
from registry.organisations.store import Organisation
from registry.proofs.service import ProofService
from registry.running import Installation, database, installation
from registry.serving import listening, serving
from registry.settings import Settings
from tests.databases import Databases
from verifier.names import day_start, org_id, parse_date
from verifier.trust import Trust

PASSPHRASE = b"a passphrase for tests"
NOW = day_start(parse_date("2026-11-20", "test")) + 36_000
TRUST = Trust(
    31337, bytes(32), "0x" + 40 * "1", "0x" + 40 * "2", "0x" + 40 * "3", org_id("did:web:root.test")
)
BODY = Body("did:web:body.test", "Trung tâm Đo lường", "tem.test/body", ["verification/scales"])
OTHER = Body("did:web:other.test", "Phòng khác", "tem.test/other", [])


@dataclass
class Clock:
    """A clock that a test sets, and whether the chain contradicts it."""

    now: int = NOW
    fault: ClockError | None = None

    def __call__(self) -> int:
        return self.now

    def require(self) -> None:
        if self.fault is not None:
            raise self.fault


@dataclass
class Service:
    """A registry over HTTP without a chain, and the API keys of its two bodies."""

    http: httpx.Client
    services: Services
    engine: Engine
    clock: Clock
    body: Organisation
    other: Organisation
    key: str
    other_key: str


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    keyring = Keyring(tmp_path_factory.mktemp("keys"), PASSPHRASE)
    for body in (BODY, OTHER):
        keyring.make_body(body.did)
    return keyring


@pytest.fixture
def service(engine: Engine, keyring: Keyring, tmp_path: Path) -> Iterator[Service]:
    clock = Clock()
    body, other = (begin_log(engine, keyring, TRUST, one, NOW - 3600) for one in (BODY, OTHER))
    services = Services(
        engine,
        CertificateService(Sequencer(engine, clock), keyring, clock, clock.require),
        ProofService(engine, keyring, TRUST),
        LogService(engine, tmp_path / "public"),
        "tem.test",
    )
    keys = [access.create(engine, one.did, "test", NOW) for one in (body, other)]
    with (
        listening("127.0.0.1", 0) as listener,
        serving(create_app(services), listener),
        httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as http,
    ):
        yield Service(http, services, engine, clock, body, other, *keys)


@dataclass(frozen=True)
class World:
    """An installation on a running embedded chain, with a root, an accreditor and two bodies."""

    settings: Settings
    here: Installation
    body: Organisation
    other: Organisation


@pytest.fixture(scope="session")
def world(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with databases.empty() as url:
        yield from _founded(url, tmp_path_factory.mktemp("world"))


def _founded(url: str, folder: Path) -> Iterator[World]:
    given = settings.load(data=folder / "data", database=url, host="tem.test", chain_port=0, rpc=())
    keyring = Keyring(given.keys, PASSPHRASE)
    with database(given) as engine, chain.reachable(given) as network:
        root = ("did:web:root.test", "Cơ quan gốc")
        founding.found_root(engine, Node(network), keyring, *root, given.trust_file)
        with installation(given, keyring) as here:
            here.founding.accreditor("did:web:boa.test", "Cơ quan công nhận", ["verification"])
            body = here.founding.body(BODY, "did:web:boa.test")
            other = here.founding.body(OTHER, "did:web:boa.test")
            yield World(given, here, body, other)
