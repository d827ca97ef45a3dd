"""One history of the database's form, which agrees with the tables that the code uses."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import anchor.database
from anchor.database import open_database, reading, writing
from registry.database import open_prepared
from tests.databases import Databases, PostgresServer
from tests.integration.registry import old_database
from verifier.errors import ConfigurationError

Make = Callable[[str], None]


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database of the first release, with data."""
    make_old(empty_url)
    return empty_url


def make_old(url: str) -> None:
    engine = open_database(url)
    old_database.make(engine)
    engine.dispose()


@contextmanager
def opened(url: str, how: Callable[[str], Engine] = open_database) -> Iterator[Engine]:
    engine = how(url)
    try:
        yield engine
    finally:
        engine.dispose()


def differences(engine: Engine) -> list[Any]:
    """Between the tables of the database and those of the code."""
    with writing(engine) as session:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(session.connection(), opts=options)
        found: list[Any] = compare_metadata(context, SQLModel.metadata)
        return found


def refused(url: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        open_prepared(url)
    assert caught.value.place == "TEM_DATABASE"
    return caught.value


def test_the_history_ends_at_the_tables_of_the_code(engine: Engine) -> None:
    assert differences(engine) == []
    assert {*old_database.form(engine)} == {*SQLModel.metadata.tables, "alembic_version"}


def test_an_older_database_is_brought_up_to_date_with_its_data(
    old_url: str, databases: Databases
) -> None:
    with opened(old_url, open_prepared) as engine, databases.opened() as fresh:
        assert old_database.rows(engine) == old_database.ROWS
        assert old_database.form(engine) == old_database.form(fresh)
        assert differences(engine) == []
        with reading(engine) as session:
            published = session.connection().execute(text("SELECT published FROM logs"))
            assert published.scalars().all() == [0, 0]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO records VALUES (1, 9, 'x', 'x', NULL, '')",
        "INSERT INTO records (log, \"index\", sub, vct, disclosures) VALUES (1, 1, 'x', 'x', '')",
        "UPDATE records SET sub = 'V26.0'",
        'UPDATE idempotency_keys SET "index" = 9',
        "DELETE FROM records WHERE log = 2",
    ],
)
def test_the_rules_of_an_older_database_hold_afterwards(old_url: str, statement: str) -> None:
    with opened(old_url, open_prepared) as engine:
        with pytest.raises(IntegrityError), writing(engine) as session:
            session.connection().execute(text(statement))
        assert old_database.rows(engine) == old_database.ROWS


def test_opening_again_changes_nothing(empty_url: str) -> None:
    for _ in range(2):
        open_prepared(empty_url).dispose()
    with opened(empty_url) as engine, reading(engine) as session:
        versions = session.connection().execute(text("SELECT count(*) FROM alembic_version"))
        assert versions.scalar_one() == 1


def test_opening_again_waits_for_nobody(database_url: str, engine: Engine) -> None:
    with writing(engine) as session:
        session.connection().execute(text("DELETE FROM alembic_version"))
        open_prepared(database_url).dispose()
        session.rollback()


class Stop(Exception):  # noqa: N818
    """An upgrade ends here."""


@contextmanager
def stopped_at(statement: int, stop: Callable[[], None]) -> Iterator[list[str]]:
    """Calls ``stop`` before this statement of an upgrade; gives the statements up to it.

    They are counted from the first that changes the form on.
    """
    seen = list[str]()

    def before(_connection: Any, _cursor: Any, given: str, *_rest: Any) -> None:
        if seen or given.lstrip().startswith(("CREATE", "ALTER")):
            seen.append(given)
            if len(seen) == statement:
                stop()

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", before)


def raise_stop() -> None:
    raise Stop


@pytest.mark.parametrize("make", [make_old, lambda _url: None], ids=["old", "empty"])
def test_an_upgrade_that_fails_leaves_the_old_form(empty_url: str, make: Make) -> None:
    """Wherever it fails; and the next one succeeds."""
    make(empty_url)
    with opened(empty_url) as engine:
        before = old_database.form(engine)
        for n in count(1):
            with stopped_at(n, raise_stop) as seen:
                try:
                    open_prepared(empty_url).dispose()
                except Stop:
                    assert len(seen) >= n  # alembic may still tidy up
                    assert old_database.form(engine) == before
                    continue
            break
        assert len(seen) == n - 1 > 5
        assert differences(engine) == []
        if before:
            assert old_database.rows(engine) == old_database.ROWS


def _die(url: str, statement: int) -> None:
    with stopped_at(statement, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        open_prepared(url)


def test_an_upgrade_that_is_killed_leaves_the_old_form(old_url: str) -> None:
    with opened(old_url) as engine:
        before = old_database.form(engine)
        process = multiprocessing.get_context("spawn").Process(target=_die, args=(old_url, 6))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert old_database.form(engine) == before
        open_prepared(old_url).dispose()
        assert differences(engine) == []
        assert old_database.rows(engine) == old_database.ROWS


@pytest.mark.parametrize("make", [make_old, lambda _url: None], ids=["old", "empty"])
def test_several_processes_may_open_it_at_once(empty_url: str, make: Make) -> None:
    make(empty_url)
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(3)
    processes = [context.Process(target=_open_with, args=(empty_url, together)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 3
    with opened(empty_url) as engine:
        assert differences(engine) == []


def _open_with(url: str, together: Any) -> None:
    together.wait()
    open_prepared(url).dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = '9999'",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
    ],
)
def test_a_database_of_another_form_is_refused(
    engine: Engine, database_url: str, statement: str
) -> None:
    with writing(engine) as session:
        session.connection().execute(text(statement))
    before = old_database.form(engine)
    error = refused(database_url)
    assert (error.code, "use the program that belongs to it" in error.message) == (
        "database_revision",
        True,
    )
    assert old_database.form(engine) == before


def test_an_older_database_with_a_lost_row_is_refused(sqlite_databases: Databases) -> None:
    """Which PostgreSQL does not let happen, nor SQLite unless somebody switches it off."""
    with sqlite_databases.empty() as url:
        make_old(url)
        with opened(url) as engine:
            with engine.connect() as connection:
                connection.connection.execute("PRAGMA foreign_keys = OFF")
                with connection.begin():
                    connection.execute(text("DELETE FROM entries WHERE log = 2"))
            error = refused(url)
            assert (error.code, "records" in error.message) == ("database_damaged", True)
            assert "anchor_workers" not in old_database.form(engine)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:50],
        lambda data: b"x" + data[1:],
    ],
)
def test_a_damaged_file_is_refused(sqlite_url: str, damage: Callable[[bytes], bytes]) -> None:
    file = Path(str(make_url(sqlite_url).database))
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    error = refused(sqlite_url)
    assert (error.code, "tem restore" in error.message) == ("database_damaged", True)
    assert file.read_bytes() == damaged


def test_a_database_that_is_not_there_is_named_without_its_password(
    postgres: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    known = make_url(postgres_url)
    unreachable = [
        known.set(database="nowhere"),
        known.set(password="secret"),
        known.set(username="nobody"),
        known.set(query={"host": str(tmp_path)}),
        known.set(query={"host": str(postgres.folder), "secret": "secret"}),
        known.set(host="127.0.0.1", port=1, query={}),
    ]
    urls = [url.render_as_string(hide_password=False) for url in unreachable]
    for url in (*urls, f"sqlite:///{tmp_path}", f"sqlite:///{tmp_path}/no-folder/tem.db"):
        error = refused(url)
        assert error.code == "database_unreachable"
        assert str(known.password) not in str(error)
        assert "\n" not in error.message


def test_a_database_that_somebody_changes_for_long_is_busy(
    old_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(old_url) as engine, writing(engine) as session:
        session.connection().execute(text("UPDATE logs SET size = 1"))
        monkeypatch.setattr(anchor.database, "WAIT_SECONDS", 0.05)
        assert refused(old_url).code == "database_busy"
