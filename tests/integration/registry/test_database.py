"""One history of the database's form, which agrees with the tables that the code uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel

from anchor.database import open_database, writing
from registry.database import open_prepared
from verifier.errors import ConfigurationError


def test_the_history_ends_at_the_tables_of_the_code(engine: Engine) -> None:
    with writing(engine) as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, SQLModel.metadata) == []
    tables = set(inspect(engine).get_table_names())
    assert tables == {*SQLModel.metadata.tables, "alembic_version"}


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tem.db'}"
    for _ in range(2):
        open_prepared(url).dispose()
    engine = open_database(url)
    with writing(engine) as session:
        count = session.connection().exec_driver_sql("SELECT count(*) FROM alembic_version")
        assert count.scalar() == 1
    engine.dispose()


@pytest.mark.parametrize("statement", ["UPDATE alembic_version SET version_num = '9999'",
                                       "DELETE FROM alembic_version"])  # fmt: skip
def test_a_database_of_another_form_is_refused(tmp_path: Path, statement: str) -> None:
    url = f"sqlite:///{tmp_path / 'tem.db'}"
    engine = open_prepared(url)
    with writing(engine) as session:
        session.connection().exec_driver_sql(statement)
    engine.dispose()
    with pytest.raises(ConfigurationError) as error:
        open_prepared(url)
    assert error.value.code == "database_revision"
