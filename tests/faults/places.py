"""A founded registry in a folder, beside a chain that does not die with it."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from eth_account import Account
from eth_account.signers.local import LocalAccount

from anchor.chain.embedded import EmbeddedChain, anvil_binary
from anchor.chain.node import Node
from anchor.clock import system_clock
from registry import chain, settings
from registry.keyring import Keyring
from registry.organisations import access, founding
from registry.organisations.founding import Body
from registry.running import Installation, database, installation
from registry.settings import Settings

PASSPHRASE = b"only for tests"
ROOT = ("did:web:root.test", "Cơ quan gốc")
ACCREDITOR = ("did:web:boa.test", "Cơ quan công nhận")
BODY = Body("did:web:body.test", "Trung tâm Đo lường", "tem.test/body", ["verification/scales"])
BLOCK_SECONDS = 0.1
INTERVAL = 0.05
PORTS = (12_000, 32_000)

_NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"


@dataclass(frozen=True)
class Place:
    """Where a registry is founded: its folder, its chain, its database, a key to issue with.

    ``database`` is its URL, ``api_key`` the body's, ``log`` the id of the body's log on chain;
    ``public`` is the folder of published files, where it is not in the folder.
    """

    folder: Path
    rpc: str
    database: str
    api_key: str
    log: bytes
    public: Path | None = None

    def settings(self, **changed: object) -> Settings:
        """The settings for this process."""
        return settings.load(**{**self._given(), **changed})

    def environment(self, port: int, **more: str) -> dict[str, str]:
        """The settings for another process, which is to listen on ``port``."""
        given = self._given() | {"port": port, **more}
        given["passphrase_file"] = self.folder / "passphrase"
        given["anchor_interval"] = INTERVAL
        return {f"TEM_{name.upper()}": str(value) for name, value in given.items()}

    def keyring(self) -> Keyring:
        """Its keys."""
        return LightKeyring(self.folder / "data" / "keys", PASSPHRASE)

    @contextmanager
    def opened(self, **changed: object) -> Iterator[Installation]:
        """The installation in this process, with a chain that can be reached."""
        with installation(self.settings(**changed), self.keyring()) as here:
            yield here

    def _given(self) -> dict[str, object]:
        public = {} if self.public is None else {"public": self.public}
        return _given(self.folder, self.rpc, self.database) | public


def fast_chain(folder: Path, port: int = 0) -> EmbeddedChain:
    """A real chain of ten blocks a second, so that an anchor is final after 0.3 s."""
    block_time: int = BLOCK_SECONDS  # type: ignore[assignment]
    return EmbeddedChain(anvil_binary(_NODE_MODULES), folder, port=port, block_time=block_time)


def found(folder: Path, rpc: str, url: str = "") -> Place:
    """Found a root, an accreditor and a body, by the same acts as everybody else.

    The chain at ``rpc`` may have other roots already; ``url`` is that of an empty database, of
    SQLite in the folder by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "passphrase").write_bytes(PASSPHRASE + b"\n")
    url = url or f"sqlite:///{folder / 'tem.db'}"
    given = settings.load(**_given(folder, rpc, url))
    keyring = LightKeyring(given.keys, PASSPHRASE)
    with database(given) as engine, chain.reachable(given) as network:
        founding.found_root(engine, Node(network), keyring, *ROOT, given.trust_file)
    with installation(given, keyring) as here:
        here.founding.accreditor(*ACCREDITOR, ["verification"])
        body = here.founding.body(BODY, ACCREDITOR[0])
        key = access.create(here.engine, BODY.did, "test", system_clock())
    return Place(folder, rpc, url, key, body.log.log)


class LightKeyring(Keyring):
    """Makes keys whose files open in no time: each start of a registry opens them."""

    def _make(self, path: Path, generate: Callable[[], Any], write: Callable[..., None]) -> None:
        super()._make(path, generate, _write_light)


def _write_light(path: Path, key: Any, passphrase: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(key, LocalAccount):
        keystore = Account.encrypt(key.key, passphrase.decode(), kdf="scrypt", iterations=2)
        path.write_text(json.dumps(keystore))
    else:
        weak = BestAvailableEncryption(passphrase)
        path.write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, weak))


def free_port() -> int:
    """A port that nobody listens on, of those that the system gives to no outgoing connection.

    A client that asks for a port at which nobody is alive may else be connected to itself, and the
    server that comes back then finds its port taken.
    """
    while True:
        port = random.randrange(*PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _given(folder: Path, rpc: str, url: str) -> dict[str, object]:
    return {
        "data": folder / "data",
        "database": url,
        "host": "tem.test",
        "rpc": rpc if rpc else (),
    }
