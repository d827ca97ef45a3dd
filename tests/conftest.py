"""Databases of both kinds, for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from anchor.database import open_database
from tests.databases import Databases, Postgresql, PostgresServer, Sqlite


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run, started by the first test that needs it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgresql_databases(postgres: PostgresServer) -> Postgresql:
    return Postgresql(postgres)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Makes fresh databases. Whatever depends on it runs twice: on SQLite and on PostgreSQL."""
    found: Databases = request.getfixturevalue(f"{request.param}_databases")
    return found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database of this program's form, without a row; the one that ``engine`` opens.

    Other processes take it as TEM_DATABASE.
    """
    with databases.prepared() as url:
        yield url


@pytest.fixture
def empty_url(databases: Databases) -> Iterator[str]:
    """A database with nothing in it."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_databases: Sqlite) -> Iterator[str]:
    """As ``database_url``, for what only SQLite does."""
    with sqlite_databases.prepared() as url:
        yield url


@pytest.fixture
def postgres_url(postgresql_databases: Postgresql) -> Iterator[str]:
    """As ``database_url``, for what only PostgreSQL does."""
    with postgresql_databases.prepared() as url:
        yield url
