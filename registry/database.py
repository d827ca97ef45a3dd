"""The registry's database: opened, and of the form that this program expects."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# Importing the tables makes them known to SQLModel.metadata.
import anchor.chain.models
import anchor.models  # noqa: F401
import registry.organisations.models
import registry.records.models  # noqa: F401
from anchor.database import open_database, reading
from verifier.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x74656D  # "tem": who holds this advisory lock prepares the database


def open_prepared(url: str) -> Engine:
    """Open a database of this program's form: an empty one gets its tables, an older one is
    brought up to date, all or nothing.

    Raises ConfigurationError: ``database_revision`` for one of a newer program, or of none,
    ``database_unreachable``, ``database_busy``, ``database_damaged``.
    """
    engine = open_database(url)
    if engine.dialect.name == "sqlite":
        _require_whole_pages(Path(str(engine.url.database)))
    try:
        if not _up_to_date(engine):
            with engine.connect() as connection:
                _prepare(connection)
    except (SQLAlchemyError, sqlite3.Error) as error:
        engine.dispose()
        raise refusal(error) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, to work on ``connection`` in its own transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _require_whole_pages(file: Path) -> None:
    """Raise ConfigurationError (``database_damaged``) for a file that ends within a page.

    SQLite refuses what lacks pages, and fills what lacks a part of one with zeros. While there is
    a write-ahead log, the rest may stand there.
    """
    log = Path(f"{file}-wal")
    if not file.is_file() or (log.exists() and log.stat().st_size):
        return
    with file.open("rb") as opened:
        header = opened.read(18)
    page = int.from_bytes(header[16:18])
    if len(header) == 18 and file.stat().st_size % (65_536 if page == 1 else page or 1):
        raise ConfigurationError(
            "database_damaged",
            f"The end of {file} is missing. Restore it from a backup (tem restore).",
            "TEM_DATABASE",
        )


def _up_to_date(engine: Engine) -> bool:
    """Whether there is nothing to do; asked first, because nobody has to wait for this answer."""
    with reading(engine) as session:
        connection = session.connection()
        found = MigrationContext.configure(connection).get_current_revision()
        return found == ScriptDirectory.from_config(configuration(connection)).get_current_head()


def _prepare(connection: Connection) -> None:
    config = configuration(connection)
    script = ScriptDirectory.from_config(config)
    with _alone(connection):
        found = MigrationContext.configure(connection).get_current_revision()
        if found == script.get_current_head():
            return
        known = {revision.revision for revision in script.walk_revisions()}
        if found in known or (found is None and not inspect(connection).get_table_names()):
            command.upgrade(config, "head")
            return
    raise ConfigurationError(
        "database_revision",
        f"The database has the form {found}, which this program does not know "
        f"(it knows up to {script.get_current_head()}): use the program that belongs to it.",
        "TEM_DATABASE",
    )


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """A transaction in which no other process prepares the same database."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            yield
        return
    # SQLite rebuilds a table to change it, which its foreign keys would forbid; they can be
    # switched only outside a transaction.
    raw = connection.connection
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        with connection.begin():
            yield
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise ConfigurationError(
                    "database_damaged", f"A row of {broken[0]} refers to nothing.", "TEM_DATABASE"
                )
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


# SQLite says by a number what it cannot read; PostgreSQL, by a state, for what it lets nobody wait.
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_LOCK_NOT_AVAILABLE = "55P03"
_DISK_FULL = "53100"


def refusal(error: Exception) -> ConfigurationError:
    """What a database that cannot be used is called, without what its URL may hold."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    number = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # above: details of the same
    state = getattr(cause, "sqlstate", None)
    said = str(cause).partition("\n")[0]
    if number in _DAMAGED:
        code, rest = "database_damaged", "Restore it from a backup (tem restore)."
    elif number == sqlite3.SQLITE_BUSY or state == _LOCK_NOT_AVAILABLE:
        code, rest = "database_busy", "Another process is changing it: try again when that is done."
    elif number == sqlite3.SQLITE_FULL or state == _DISK_FULL:
        code, rest = "disk_full", "Make room and try again; nothing has changed."
    else:
        code, rest = "database_unreachable", "Is it there, and does TEM_DATABASE name it rightly?"
    return ConfigurationError(code, f"The database cannot be used ({said}). {rest}", "TEM_DATABASE")
