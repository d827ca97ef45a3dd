"""A real chain with the contracts deployed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine

from anchor.administration import Administration
from anchor.chain.deploy import Addresses, Contracts, connect, deploy
from anchor.chain.embedded import EmbeddedChain, anvil_binary
from anchor.chain.node import Node
from anchor.sender import Sender
from tests.databases import Sqlite
from tests.integration.anchor.founding import ROOT_DID, Accreditor, Body, found_body, key_of
from verifier.chain_view import Kind
from verifier.names import org_id

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"


@pytest.fixture(scope="session")
def binary() -> Path:
    return anvil_binary(NODE_MODULES)


@pytest.fixture(scope="session")
def chain(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedChain]:
    """A chain that makes a block only when a test asks for one."""
    with EmbeddedChain(binary, tmp_path_factory.mktemp("chain"), block_time=86_400) as chain:
        yield chain


@pytest.fixture(scope="session")
def node(chain: EmbeddedChain) -> Node:
    return Node(chain.network())


@pytest.fixture(scope="session")
def mine(node: Node) -> Callable[[float], None]:
    """Takes the place of waiting: a block at once."""

    def pause(_seconds: float) -> None:
        node.request("anvil_mine", 1)

    return pause


@pytest.fixture
def account() -> LocalAccount:
    made: LocalAccount = Account.create()
    return made


@pytest.fixture
def sender(
    engine: Engine, node: Node, account: LocalAccount, mine: Callable[[float], None]
) -> Sender:
    return Sender(engine, node, account, pause=mine)


@pytest.fixture(scope="session")
def root_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The database of whoever administers the root and the accreditor, for the whole run.

    A test's own database is another one; only that runs on both kinds.
    """
    with Sqlite(tmp_path_factory.mktemp("root")).opened() as engine:
        yield engine


@pytest.fixture(scope="session")
def root_sender(root_database: Engine, node: Node, mine: Callable[[float], None]) -> Sender:
    return Sender(root_database, node, key_of("root"), pause=mine)


@pytest.fixture(scope="session")
def addresses(root_sender: Sender) -> Addresses:
    return deploy(root_sender, ROOT_DID, "Root", "first")


@pytest.fixture(scope="session")
def contracts(node: Node, addresses: Addresses) -> Contracts:
    return connect(node, addresses)


@pytest.fixture(scope="session")
def root(contracts: Contracts, root_sender: Sender) -> Administration:
    return Administration(contracts, root_sender, org_id(ROOT_DID))


@pytest.fixture(scope="session")
def accreditor(
    contracts: Contracts, root: Administration, root_database: Engine, mine: Callable[[float], None]
) -> Accreditor:
    account = key_of("accreditor")
    org = root.register(
        "did:web:accreditor.example", "Accreditor", Kind.ACCREDITOR, account.address, "accreditor"
    )
    root.grant_scope(org, "verification", "accreditor")
    sender = Sender(root_database, contracts.node, account, pause=mine)
    return Accreditor(org, Administration(contracts, sender, org))


@pytest.fixture
def body(
    contracts: Contracts,
    accreditor: Accreditor,
    sender: Sender,
    account: LocalAccount,
) -> Body:
    """A body of its own for each test, administered by ``account`` through ``sender``."""
    name = f"{account.address.lower()[2:]}.example"
    acts = Administration(contracts, sender, org_id(f"did:web:{name}"))
    return found_body(name, accreditor, acts, account.address)
