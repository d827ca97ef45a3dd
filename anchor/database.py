"""Opening the database, and the two ways of using it: reading and writing.

SQLite and PostgreSQL are equals. A unit of work is one ``with reading(engine)`` or ``with
writing(engine)``; whoever opens it owns the commit, and nothing in a store commits.

SQLite: Python's own transaction control is switched off and BEGIN is sent by us, as SQLAlchemy's
SQLite page advises. A write opens with BEGIN IMMEDIATE, so that two processes never build on the
same state. PostgreSQL: the stores lock the row that they build on (FOR UPDATE).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from anchor import failpoints
from verifier.errors import ConfigurationError

BUSY_SECONDS = 30
"""How long a writer waits for the one before it on SQLite."""

_READ_ONLY = "tem_read_only"


def open_database(url: str) -> Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql…``.

    Raises ConfigurationError for anything else, and for a database in memory, which other threads
    and processes could not share.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return create_engine(url)
    if kind != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "database_unsupported", "Use sqlite:///FILE or postgresql://…", "database"
        )
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # no BEGIN of Python's own
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one moment of the database and cannot change it."""
    options: dict[str, Any] = {_READ_ONLY: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect() as connection, Session(connection) as session:
        connection.execution_options(**options)
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose changes are committed at the end of the block, or none if it raises."""
    with engine.connect() as connection, Session(connection) as session:
        with session.begin():
            yield session
            failpoints.reach("database.commit.before")
        failpoints.reach("database.commit.after")
