"""Installations that were backed up, lost and put back, on a real chain that goes back for each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import SQLModel
from typer.testing import CliRunner, Result

from anchor import store
from anchor.chain.deploy import Contracts
from anchor.chain.embedded import EmbeddedChain
from anchor.chain.node import Node
from anchor.clock import system_clock
from anchor.database import open_database, reading, writing
from anchor.publishing import Publisher
from anchor.sender import Sender
from registry import chain as registry_chain
from registry import settings as registry_settings
from registry.backup import service
from registry.backup.store import copy
from registry.cli import app
from registry.keyring import Keyring
from registry.organisations import founding
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from registry.records import service as records
from registry.running import Installation, database, installation
from registry.settings import Settings
from tests.databases import Databases
from tests.integration.registry.conftest import BODY, OTHER, PASSPHRASE
from tests.integration.registry.requests import certificate
from verifier import Report, verify
from verifier.names import VIETNAM
from verifier.types import KNOWN
from verifier.view.live import LiveChain

TEM = Path(sys.executable).with_name("tem")
Rows = dict[str, list[tuple[Any, ...]]]


def nothing(_done: int, _all: int) -> None:
    """Progress that nobody watches."""


@contextmanager
def mining(node: Node) -> Iterator[None]:
    """Blocks come quickly."""
    stop = Event()

    def mine() -> None:
        while not stop.wait(0.05):
            node.request("anvil_mine", 1)

    thread = Thread(target=mine)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _behind() -> int:
    """The time at which the chain begins: each of its blocks takes a second, and no test does."""
    return system_clock() - 7200


@dataclass(frozen=True)
class Founded:
    """What every test begins with: a root, an accreditor, and two bodies with an empty log."""

    settings: Settings
    node: Node
    keyring: Keyring
    passphrase_file: Path


@pytest.fixture(scope="session")
def founded(
    binary: Path, sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Founded]:
    folder = tmp_path_factory.mktemp("founded")
    (folder / "passphrase").write_bytes(PASSPHRASE + b"\n")
    with (
        sqlite_databases.empty() as url,
        EmbeddedChain(binary, folder / "chain", block_time=86_400, clock=_behind) as running,
    ):
        given = registry_settings.load(
            data=folder / "data", database=url, host="tem.test", rpc=running.network().rpcs
        )
        keyring, node = Keyring(given.keys, PASSPHRASE), Node(running.network())
        with mining(node), database(given) as engine:
            root = ("did:web:root.test", "Cơ quan gốc")
            founding.found_root(engine, node, keyring, *root, given.trust_file)
            with installation(given, keyring, lambda: node.head().time) as here:
                here.founding.accreditor("did:web:boa.test", "Cơ quan công nhận", ["verification"])
                for body in (BODY, OTHER):
                    here.founding.body(body, "did:web:boa.test")
        yield Founded(given, node, keyring, folder / "passphrase")


@dataclass
class Place:
    """An installation: its database, keys and published files, which may be those of another."""

    settings: Settings
    engine: Engine
    founded: Founded

    @property
    def contracts(self) -> Contracts:
        trusted = registry_chain.read_trust(self.founded.settings)
        return registry_chain.contracts(self.founded.node.network, trusted)

    @property
    def body(self) -> Organisation:
        with reading(self.engine) as session:
            bodies = organisations.all_of_them(session)
        return next(body for body in bodies if body.did == BODY.did)

    @property
    def size(self) -> int:
        return self.body.log.size

    def issue(self, count: int = 1, prefix: str = "V26.", number: str | None = None) -> None:
        """Issue certificates in one transaction, numbered by their index unless one is given."""
        body, now = self.body, self.clock()
        signer = self.founded.keyring.signer(body.did)
        kind = KNOWN["urn:tem:cert:verification:1"]
        fields = certificate()["fields"]
        with writing(self.engine) as session:
            batch = store.begin_batch(session, body.log.log, now)
            with batch.request() as part:
                for index in range(self.size, self.size + count):
                    core = {
                        "iss": body.did,
                        "sub": number or f"{prefix}{index}",
                        "issued": datetime.fromtimestamp(now, VIETNAM).date().isoformat(),
                        "scope": "verification/scales",
                        "log": body.log.origin,
                        "outcome": "pass",
                    }
                    records.add(part, records.prepare(signer, kind, core, fields, now))
            batch.finish()

    def publish(self, public: Path | None = None) -> Path:
        """Publish all logs; the folder."""
        folder = public or self.settings.public_folder
        publisher = Publisher(self.engine, folder, self._key_of)
        for log in publisher.due():
            publisher.publish(log)
        return folder

    def anchor(self) -> None:
        """Anchor the body's log, in a final block."""
        log, node = self.body.log, self.founded.node
        old = self.contracts.log_anchor.latest(log.log, block="latest").size
        with reading(self.engine) as session:
            proof = store.consistency_proof(session, log.log, old, log.size)
        call = self.contracts.log_anchor.anchor(log.log, old, log.size, log.root, proof)
        with mining(node):
            operator = self.founded.keyring.operator()
            Sender(self.engine, node, operator).perform(call, f"{log.log.hex()}/{old}", final=True)

    def back_up(self, folder: Path) -> Path:
        service.back_up(
            self.engine, folder, service.files_of(self.settings, keys=False), 1, nothing
        )
        return folder

    def judge(self, data: bytes) -> Report:
        trusted = registry_chain.read_trust(self.founded.settings)
        live = LiveChain(trusted, self.founded.node.network.rpcs)
        return verify(data, live.view(), self.clock())

    def clock(self) -> int:
        """What time it is on the chain."""
        return self.founded.node.head().time

    @contextmanager
    def running(self) -> Iterator[Installation]:
        """The registry on its chain, whose blocks come quickly."""
        with (
            mining(self.founded.node),
            installation(self.settings, self.founded.keyring, self.clock) as here,
        ):
            yield here

    def rows(self) -> Rows:
        """Everything that the database holds."""
        with reading(self.engine) as session:
            return {
                table.name: [
                    tuple(row)
                    for row in session.execute(table.select().order_by(*table.primary_key))
                ]
                for table in SQLModel.metadata.sorted_tables
            }

    def files(self) -> dict[str, bytes]:
        """The installation's files that are no database."""
        return {
            str(path.relative_to(self.settings.data)): path.read_bytes()
            for path in self.settings.data.rglob("*")
            if path.is_file()
        }

    def environment(self, **changed: str) -> dict[str, str]:
        """The settings as a command takes them."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("TEM_")},
            "TEM_DATA": str(self.settings.data),
            "TEM_DATABASE": self.settings.database,
            "TEM_PUBLIC": str(self.settings.public_folder),
            "TEM_RPC": " ".join(self.settings.rpc),
            "TEM_HOST": self.settings.host,
            "TEM_PASSPHRASE_FILE": str(self.founded.passphrase_file),
            **changed,
        }

    def tem(self, *arguments: str | Path, **changed: str) -> Result:
        """Run a command in this installation."""
        return CliRunner().invoke(
            app, list(map(str, arguments)), env=dict(self.environment(**changed))
        )

    def child(self, *arguments: str | Path, **changed: str) -> subprocess.Popen[str]:
        """Run a command in a process of its own."""
        return subprocess.Popen(  # noqa: S603
            [TEM, *map(str, arguments)],
            env=self.environment(**changed),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _key_of(self, org: bytes) -> Ed25519PrivateKey:
        with reading(self.engine) as session:
            return self.founded.keyring.checkpoint(organisations.get_one(session, org).did)


Begin = Callable[..., Place]


@pytest.fixture
def begin(founded: Founded, databases: Databases, tmp_path: Path) -> Iterator[Begin]:
    """Makes installations: empty ones, and copies of others with the same published files."""
    with ExitStack() as stack:

        def make(
            name: str,
            like: Place | None = None,
            *,
            public: str = "public",
            databases: Databases = databases,
        ) -> Place:
            url = stack.enter_context(databases.prepared())
            given = registry_settings.load(
                data=tmp_path / name,
                database=url,
                host="tem.test",
                rpc=founded.settings.rpc,
                public=tmp_path / public,
            )
            given.data.mkdir()
            engine = open_database(url)
            stack.callback(engine.dispose)
            made = Place(given, engine, founded)
            if like is not None:
                _copy(like, made)
            return made

        yield make


def _copy(source: Place, target: Place) -> None:
    shutil.copytree(source.settings.keys, target.settings.keys)
    shutil.copy(source.settings.trust_file, target.settings.trust_file)
    with reading(source.engine) as rows, writing(target.engine) as session:
        copy(rows.connection(), session.connection(), nothing)


@pytest.fixture
def here(founded: Founded, begin: Begin) -> Iterator[Place]:
    """An installation of its own for each test; the chain goes back when it ends."""
    at = founded.node.request("evm_snapshot")
    engine = open_database(founded.settings.database)
    try:
        yield begin("here", Place(founded.settings, engine, founded))
    finally:
        engine.dispose()
        founded.node.request("evm_revert", at)


@pytest.fixture
def backup(here: Place, tmp_path: Path) -> Path:
    """A backup of three entries, all of them published."""
    here.issue(2)
    here.publish()
    return here.back_up(tmp_path / "backup")
