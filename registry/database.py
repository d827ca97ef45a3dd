"""The registry's database: opened, and of the form that this program expects."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

# Importing the tables makes them known to SQLModel.metadata.
import anchor.chain.models
import anchor.models  # noqa: F401
import registry.organisations.models
import registry.records.models  # noqa: F401
from anchor.database import open_database, writing
from verifier.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"


def open_prepared(url: str) -> Engine:
    """Open a database; an empty one gets its tables.

    Raises ConfigurationError (``database_revision``) for one of another version.
    """
    engine = open_database(url)
    with writing(engine) as session:
        _prepare(session.connection())
    return engine


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, to work on ``connection`` in its own transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _prepare(connection: Connection) -> None:
    config = configuration(connection)
    found = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory.from_config(config).get_current_head()
    if found == wanted:
        return
    if found is None and not inspect(connection).get_table_names():
        command.upgrade(config, "head")
        return
    raise ConfigurationError(
        "database_revision",
        f"The database has the form {found}, this program needs {wanted}: "
        "use the version of the program that belongs to it.",
        "TEM_DATABASE",
    )
