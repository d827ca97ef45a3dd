"""Reading and writing: what a unit of work promises."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Session

from anchor.database import open_database, reading, writing
from anchor.models import LogRow
from tests.databases import Postgresql, PostgresServer
from tests.integration.together import at_once
from verifier.errors import ConfigurationError


def said(session: Session, question: str) -> object:
    """What the database answers to a statement of its own kind."""
    return session.connection().exec_driver_sql(question).scalar_one()


@pytest.fixture
def counter(engine: Engine) -> Engine:
    with writing(engine) as session:
        session.connection().execute(text("CREATE TABLE counter (n INTEGER NOT NULL)"))
        session.connection().execute(text("INSERT INTO counter VALUES (0)"))
    return engine


def count(session: Session) -> int:
    value: int = session.connection().execute(text("SELECT n FROM counter")).scalar_one()
    return value


READ = {
    "sqlite": text("SELECT n FROM counter"),
    "postgresql": text("SELECT n FROM counter FOR UPDATE"),
}


def add(session: Session) -> None:
    """Reads, then writes what it has read and one more."""
    connection = session.connection()
    found: int = connection.execute(READ[connection.dialect.name]).scalar_one()
    connection.execute(text("UPDATE counter SET n = :n"), {"n": found + 1})


class Stop(Exception):  # noqa: N818
    """Ends a block before its end."""


def add_and_stop(session: Session) -> None:
    add(session)
    raise Stop


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Engine]:
    engine = open_database(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url)
    yield engine
    engine.dispose()


def test_sqlite_is_durable(sqlite: Engine) -> None:
    with writing(sqlite) as session:
        assert said(session, "PRAGMA journal_mode") == "wal"
        assert said(session, "PRAGMA synchronous") == 2
        assert said(session, "PRAGMA foreign_keys") == 1
        assert said(session, "PRAGMA busy_timeout") == 30_000


def test_postgresql_is_durable_whatever_its_default(
    postgres_url: str, postgres: PostgresServer
) -> None:
    """Its administrator may have made commits fast, or transactions of another kind."""
    database = make_url(postgres_url).database
    for setting in ("synchronous_commit = off", "default_transaction_isolation = serializable"):
        postgres.execute(f"ALTER DATABASE {database} SET {setting}")
    engine = open_database(postgres_url)
    with reading(engine) as session:
        assert said(session, "SHOW transaction_isolation") == "repeatable read"
        assert said(session, "SHOW transaction_read_only") == "on"
    with writing(engine) as session:
        assert said(session, "SHOW synchronous_commit") == "on"
        assert said(session, "SHOW transaction_isolation") == "read committed"
        assert said(session, "SHOW transaction_read_only") == "off"
        assert said(session, "SHOW lock_timeout") == "30s"
        assert said(session, "SHOW idle_in_transaction_session_timeout") == "5min"
        assert said(session, "SHOW application_name") == "tem"
    engine.dispose()


def test_the_parameters_of_the_url_come_first(postgres_url: str) -> None:
    engine = open_database(f"{postgres_url}&application_name=counting-house")
    with writing(engine) as session:
        assert said(session, "SHOW application_name") == "counting-house"
    engine.dispose()


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
    for _ in range(2):  # the connection is the same every time
        with reading(counter) as session, pytest.raises(DBAPIError, match=r"read-?only"):
            add(session)
        with writing(counter) as session:
            add(session)
    with reading(counter) as session:
        assert count(session) == 2


def test_reading_sees_one_moment(counter: Engine) -> None:
    with reading(counter) as session:
        assert count(session) == 0
        with writing(counter) as other:
            add(other)
        assert count(session) == 0
    with reading(counter) as session:
        assert count(session) == 1


def test_a_second_writer_on_sqlite_waits_from_its_beginning(
    sqlite: Engine, sqlite_url: str
) -> None:
    """BEGIN IMMEDIATE: with SQLite's default two writers could both read the old state."""
    with writing(sqlite) as session:
        assert said(session, "SELECT 1") == 1
        other = open_database(sqlite_url)
        with other.connect() as connection:
            connection.connection.execute("PRAGMA busy_timeout = 0")
            with pytest.raises(OperationalError, match="locked"):
                connection.begin()
        other.dispose()


def test_a_second_writer_on_postgresql_waits_for_the_row(postgresql: Engine) -> None:
    """And then sees what the first has written: it never builds on an older state."""
    lock = text("SELECT size FROM logs FOR UPDATE")
    with writing(postgresql) as session:
        session.add(a_log())
    first, second = at_once(
        postgresql,
        lambda session: session.connection().execute(lock).scalar_one(),
        lambda session: session.connection().execute(lock).scalar_one(),
        lambda session: session.connection().execute(text("UPDATE logs SET size = 7")),
    )
    assert (first, second) == (0, 7)


def a_log() -> LogRow:
    return LogRow(
        log=bytes(32), org=bytes(32), origin="tem.example/x", size=0, root=b"", frontier=b"",
        created=0,
    )  # fmt: skip


def test_a_writer_does_not_wait_for_ever(postgres_url: str, postgresql: Engine) -> None:
    impatient = open_database(postgres_url)
    with writing(postgresql) as session:
        session.add(a_log())
        session.flush()
        with impatient.connect() as connection:
            connection.exec_driver_sql("SET lock_timeout = 1")
            with pytest.raises(OperationalError, match="lock timeout"):
                connection.exec_driver_sql("LOCK TABLE logs")
    impatient.dispose()


def test_what_fails_is_reported_without_its_values(engine: Engine) -> None:
    with pytest.raises(IntegrityError) as caught, writing(engine) as session:
        session.connection().execute(
            text("INSERT INTO logs (log, origin) VALUES (:log, :origin)"),
            {"log": b"", "origin": "somebody's name"},
        )
    assert "INSERT INTO logs" in str(caught.value)
    assert "somebody" not in str(caught.value)


def test_a_server_that_was_restarted_is_found_again() -> None:
    """The connections that were open are dead, and nobody gets one of them."""
    with PostgresServer() as server, Postgresql(server).opened() as engine:
        with reading(engine) as session:
            assert said(session, "SELECT 1") == 1
        server.stop()
        server.start()
        with writing(engine) as session:
            session.add(a_log())
        with reading(engine) as session:
            assert said(session, "SELECT count(*) FROM logs") == 1


def test_what_was_committed_outlives_a_crash_of_the_server() -> None:
    with PostgresServer(durable=True) as server, Postgresql(server).opened() as engine:
        with writing(engine) as session:
            session.add(a_log())
        server.stop(signal.SIGQUIT)
        server.start()
        assert "recovery" in (server.folder / "log").read_text()
        with reading(engine) as session:
            assert said(session, "SELECT count(*) FROM logs") == 1


def test_what_a_server_does_not_live_to_commit_is_not_there() -> None:
    with PostgresServer() as server, Postgresql(server).opened() as engine:
        with pytest.raises(OperationalError), writing(engine) as session:
            add_and_restart(session, server)
        with reading(engine) as session:
            assert said(session, "SELECT count(*) FROM logs") == 0


def add_and_restart(session: Session, server: PostgresServer) -> None:
    session.add(a_log())
    session.flush()
    server.stop()
    server.start()


def _add_many(url: str, times: int) -> None:
    engine = open_database(url)
    for _ in range(times):
        with writing(engine) as session:
            add(session)
    engine.dispose()


def test_no_write_of_several_processes_is_lost(counter: Engine, database_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_add_many, args=(database_url, 25)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with reading(counter) as session:
        assert count(session) == 100


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite+aiosqlite:///x",
        "mysql://host/name",
        "oracle://host/name",
        "postgres://u:secret@host/name",
        "postgresql+psycopg2://u:secret@host/name",
        "postgresql://u:secret@host:secret/name",
        "postgresql://u:se@cret@host/name",
        "secret",
        "",
    ],
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_database(url)
    assert (caught.value.code, caught.value.place) == ("database_unsupported", "TEM_DATABASE")
    assert "cret" not in str(caught.value)
