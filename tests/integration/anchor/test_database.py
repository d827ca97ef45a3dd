"""Reading and writing: what a unit of work promises."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from anchor.database import open_database, reading, writing
from verifier.errors import ConfigurationError


def pragma(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one()


@pytest.fixture
def counter(engine: Engine) -> Engine:
    with writing(engine) as session:
        session.connection().execute(text("CREATE TABLE counter (n INTEGER NOT NULL)"))
        session.connection().execute(text("INSERT INTO counter VALUES (0)"))
    return engine


def count(session: Session) -> int:
    value: int = session.connection().execute(text("SELECT n FROM counter")).scalar_one()
    return value


def add(session: Session) -> None:
    session.connection().execute(text("UPDATE counter SET n = :n"), {"n": count(session) + 1})


class Stop(Exception):  # noqa: N818
    """Ends a block before its end."""


def add_and_stop(session: Session) -> None:
    add(session)
    raise Stop


def test_sqlite_is_durable(engine: Engine) -> None:
    with writing(engine) as session:
        assert pragma(session, "journal_mode") == "wal"
        assert pragma(session, "synchronous") == 2
        assert pragma(session, "foreign_keys") == 1
        assert pragma(session, "busy_timeout") == 30_000


def test_writing_commits_at_the_end(counter: Engine) -> None:
    with writing(counter) as session:
        add(session)
    with reading(counter) as session:
        assert count(session) == 1


def test_writing_leaves_nothing_of_a_block_that_fails(counter: Engine) -> None:
    with pytest.raises(Stop), writing(counter) as session:
        add_and_stop(session)
    with reading(counter) as session:
        assert count(session) == 0


def test_a_savepoint_goes_back_alone(counter: Engine) -> None:
    with writing(counter) as session:
        add(session)
        with pytest.raises(Stop), session.begin_nested():
            add_and_stop(session)
    with reading(counter) as session:
        assert count(session) == 1


def test_reading_cannot_write(counter: Engine) -> None:
    with reading(counter) as session, pytest.raises(OperationalError, match="readonly"):
        add(session)
    with writing(counter) as session:
        add(session)


def test_reading_sees_one_moment(counter: Engine) -> None:
    with reading(counter) as session:
        assert count(session) == 0
        with writing(counter) as other:
            add(other)
        assert count(session) == 0
    with reading(counter) as session:
        assert count(session) == 1


def test_a_second_writer_waits_for_the_first(counter: Engine, tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: with SQLite's default two writers could both read the old state."""
    with writing(counter) as session:
        add(session)
        other = open_database(str(counter.url))
        with other.connect() as connection:
            connection.connection.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(OperationalError, match="locked"):
                connection.begin()
        other.dispose()


def _add_many(url: str, times: int) -> None:
    engine = open_database(url)
    for _ in range(times):
        with writing(engine) as session:
            add(session)
    engine.dispose()


def test_no_write_of_several_processes_is_lost(counter: Engine) -> None:
    context = multiprocessing.get_context("spawn")
    url = str(counter.url)
    processes = [context.Process(target=_add_many, args=(url, 25)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with reading(counter) as session:
        assert count(session) == 100


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "oracle://host/name"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_database(url)
    assert caught.value.code == "database_unsupported"
