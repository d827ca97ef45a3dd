"""Opening the database, and the two ways of using it: reading and writing.

SQLite and PostgreSQL are equals. A unit of work is one ``with reading(engine)`` or ``with
writing(engine)``; whoever opens it owns the commit, and nothing in a store commits.

SQLite: Python's own transaction control is switched off and BEGIN is sent by us, as SQLAlchemy's
SQLite page advises. A write opens with BEGIN IMMEDIATE, so that two processes never build on the
same state. PostgreSQL: a write is READ COMMITTED, and the stores lock the row that they build on
(FOR UPDATE): first a transaction of the chain, then a log, then nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    InterfaceError,
    InternalError,
    OperationalError,
    TimeoutError,
)
from sqlmodel import Session

from anchor import failpoints
from verifier.errors import ConfigurationError

WAIT_SECONDS = 30
"""How long a writer waits for the one before it."""

CONNECTIONS = 50
"""At most so many at once: one for each of the server's 40 threads, and for those beside them."""

_READ_ONLY = "tem_read_only"
_DRIVERS = ("postgresql", "postgresql+psycopg")

# A server that is not there, or goes away, is noticed within a minute (libpq's parameters).
_POSTGRESQL = {
    "application_name": "tem",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

# What is acknowledged has been flushed to disk, even if the server's own default is less. Whoever
# hangs in the middle of a unit of work loses it and its locks after five minutes. Statements have
# no limit: a backup reads for long.
_SETTINGS = {
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "5min",
}


def open_database(url: str) -> Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.

    It connects when it is first used. Raises ConfigurationError (``database_unsupported``) for
    anything else, and for a database in memory, which other threads and processes could not share.
    """
    parsed = _parse(url)
    kind = parsed.get_backend_name()
    pool: dict[str, Any] = {"pool_size": 10, "max_overflow": CONNECTIONS - 10}
    # What fails is reported without the values of its statement, which may be somebody's data.
    if kind == "postgresql":
        engine = create_engine(
            parsed.set(drivername=_DRIVERS[-1]),
            # The URL's own parameters come first.
            connect_args={k: v for k, v in _POSTGRESQL.items() if k not in parsed.query},
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            hide_parameters=True,
            **pool,
        )
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "handle_error", _leave_out_details)
        return engine
    engine = create_engine(
        parsed, connect_args={"timeout": WAIT_SECONDS}, hide_parameters=True, **pool
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def storable(text: str) -> str:
    """Text as both databases take it, and as it can be shown.

    What a node or a contract says may hold anything: PostgreSQL takes no NUL, neither takes half a
    surrogate pair.
    """
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def is_unavailable(error: Exception) -> bool:
    """Whether the database could not do its part: away, full, locked, or too much asked of it.

    Whatever else it raises is a mistake of the program, or damage.
    """
    if getattr(getattr(error, "orig", None), "sqlite_errorname", "") == "SQLITE_ERROR":
        return False  # SQLite's word for a statement that is wrong
    return isinstance(error, (OperationalError, InterfaceError, InternalError, TimeoutError))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # which would repeat the URL, and with it the password
        parsed = URL.create("unreadable")
    if parsed.drivername == "sqlite":
        known = parsed.database not in (None, "", ":memory:") and not parsed.query
    else:
        # A host with an @ is the end of a password, which no message may repeat.
        known = parsed.drivername in _DRIVERS and "@" not in (parsed.host or "")
    if known:
        return parsed
    raise ConfigurationError(
        "database_unsupported",
        "Use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME "
        "(in a password, %40 for @ and %2F for /).",
        "TEM_DATABASE",
    )


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    for name, value in {**_SETTINGS, "lock_timeout": f"{WAIT_SECONDS * 1000:.0f}ms"}.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def _leave_out_details(context: ExceptionContext) -> None:
    """PostgreSQL's further lines repeat the row that it refuses."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])


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
