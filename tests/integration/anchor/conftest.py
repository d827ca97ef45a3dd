"""A log that stands everywhere, and a copy of its database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from anchor.chain.deploy import Contracts
from anchor.database import open_database, reading, writing
from registry.backup.store import copy
from tests.databases import Databases
from tests.integration.anchor.founding import Body, open_log
from tests.integration.anchor.places import KEY, Mine, Place


@pytest.fixture
def place(engine: Engine, contracts: Contracts, body: Body, tmp_path: Path, mine: Mine) -> Place:
    now = contracts.node.head().time
    log = open_log(engine, body, now)
    body.acts.set_checkpoint_key(log, KEY.public_key(), "checkpoint key")
    return Place(engine, contracts, tmp_path / "public", body, log, now, mine)


@pytest.fixture
def twin(place: Place, databases: Databases) -> Iterator[Place]:
    """A second copy of the database, as somebody might have kept one."""
    with databases.prepared() as url:
        engine = open_database(url)
        with reading(place.engine) as source, writing(engine) as target:
            copy(source.connection(), target.connection(), lambda _done, _all: None)
        yield replace(place, engine=engine)
        engine.dispose()
