"""The registry's database: opened, and of the form that this program expects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, inspect, select

# Importing the tables makes them known to SQLModel.metadata.
import anchor.chain.models
import anchor.models  # noqa: F401
import registry.organisations.models
import registry.records.models  # noqa: F401
from anchor.database import open_database
from verifier.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x74656D  # "tem": who holds this advisory lock prepares the database


def open_prepared(url: str) -> Engine:
    """Open a database of this program's form: an empty one gets its tables, an older one is
    brought up to date, all or nothing.

    Raises ConfigurationError (``database_revision``) for one of a newer program, or of none.
    """
    engine = open_database(url)
    with engine.connect() as connection:
        _prepare(connection)
    return engine


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, to work on ``connection`` in its own transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


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
