"""Organisations and their API keys, when two programs write them at the same time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from anchor import store as logs
from anchor.database import open_database, reading, writing
from anchor.store import Entry
from registry.organisations import store
from registry.organisations.models import ApiKeyRow
from tests.integration.together import Act, at_once

ORG = bytes(32)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url)
    with writing(engine) as session:
        log = logs.create(session, ORG, "tem.example/body", Entry(b"genesis", 1), 1)
        store.add(session, ORG, "did:web:body.example", "Body", 1, log.log)
        store.add_api_key(session, "key", ORG, b"digest", "", 1)
    yield engine
    engine.dispose()


def test_the_first_revocation_of_a_key_stays(engine: Engine) -> None:
    def revoke(now: int) -> Act:
        def act(session: Session) -> None:
            store.revoke_api_key(session, session.get_one(ApiKeyRow, "key"), now)

        return act

    assert at_once(engine, revoke(10), revoke(20)) == [None, None]
    with reading(engine) as session:
        assert session.get_one(ApiKeyRow, "key").revoked == 10
