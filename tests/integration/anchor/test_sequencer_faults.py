"""When the database fails, or a thread is interrupted: everybody is told what is true."""

from __future__ import annotations

import signal
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NoReturn

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from anchor import database, store
from anchor.batch import Entry, Part
from anchor.database import open_database, writing
from anchor.errors import StorageError
from anchor.sequencer import Sequencer, _Waiting
from tests.databases import Postgresql, Sqlite
from tests.integration.anchor.sequencing import (
    DEADLINE,
    GENESIS,
    LOG,
    NOW,
    FailingCommit,
    adding,
    begin,
    held,
    submitted,
    turn_held,
    wait_until,
    waiting,
)


@pytest.fixture
def sequencer(engine: Engine) -> Sequencer:
    begin(engine)
    return sequencer_of(engine)


@pytest.fixture
def postgresql(postgresql_databases: Postgresql) -> Iterator[Engine]:
    with postgresql_databases.opened() as engine:
        begin(engine)
        yield engine


@pytest.fixture
def sqlite(sqlite_databases: Sqlite) -> Iterator[Engine]:
    with sqlite_databases.opened() as engine:
        begin(engine)
        yield engine


def sequencer_of(engine: Engine) -> Sequencer:
    return Sequencer(engine, lambda: NOW)


def codes(made: list[Future[Any]]) -> list[str]:
    """What each request was told, which has to be a StorageError."""
    errors = [one.exception() for one in made]
    assert all(isinstance(error, StorageError) for error in errors), errors
    return [error.code for error in errors if isinstance(error, StorageError)]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_that_fails_is_not_known(
    engine: Engine, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Both ways it can fail look the same from here, so both are told the same."""

    def refused(_part: Part) -> None:
        raise ValueError

    fault = FailingCommit(engine, monkeypatch, when, nth=2)  # after that of who holds the turn
    assert codes(submitted(sequencer, adding(b"a"), refused, adding(b"b"))) == [
        "outcome_unknown",
        "outcome_unknown",
        "outcome_unknown",
    ]
    assert fault.fired
    done = [b"a", b"b"] if when == "after" else []
    assert held(engine) == [GENESIS, *done]
    assert sequencer.submit(LOG, adding(b"c")) == [len(done) + 1]
    assert sequencer._lines == {}


def test_a_server_that_is_gone_at_the_commit(postgresql: Engine) -> None:
    """The connection is really cut; the server rolls back."""
    sequencer = sequencer_of(postgresql)
    killed = list[int]()

    def kill(connection: Connection) -> None:
        if not killed:
            own = connection.connection.driver_connection
            assert own is not None
            killed.append(own.info.backend_pid)
            terminate(postgresql, killed[0])

    event.listen(postgresql, "commit", kill)
    with pytest.raises(StorageError) as caught:
        sequencer.submit(LOG, adding(b"a"))
    assert (caught.value.code, len(killed)) == ("outcome_unknown", 1)
    assert held(postgresql) == [GENESIS]
    assert sequencer.submit(LOG, adding(b"a")) == [1]


def terminate(engine: Engine, pid: int) -> None:
    """End a server process, and wait until it is gone."""
    with engine.connect() as connection:
        gone = connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
        assert gone.scalar() is True


def test_a_server_that_is_gone_in_the_middle(postgresql: Engine) -> None:
    sequencer = sequencer_of(postgresql)

    def cut(part: Part) -> None:
        part.add(Entry(b"cut", NOW))
        part.session.connection().execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    made = submitted(sequencer, adding(b"a"), cut, adding(b"b"))
    assert codes(made) == ["database_unavailable"] * 3
    assert held(postgresql) == [GENESIS]
    assert sequencer.submit(LOG, adding(b"a")) == [1]


@pytest.mark.parametrize("code", ["40P01", "40001", "53100", "57014"])
def test_what_the_server_cannot_do_for_one(postgresql: Engine, code: str) -> None:
    """Deadlock, serialization failure, disk full, cancelled: the savepoint holds it."""

    def fail(part: Part) -> None:
        part.add(Entry(b"failed", NOW))
        raising = f"DO $$ BEGIN RAISE EXCEPTION 'a test' USING ERRCODE = '{code}'; END $$"
        part.session.connection().execute(text(raising))

    made = submitted(sequencer_of(postgresql), adding(b"a"), fail, adding(b"b"))
    assert codes(made[1:2]) == ["database_unavailable"]
    assert [made[0].result(), made[2].result()] == [[1], [2]]
    assert held(postgresql) == [GENESIS, b"a", b"b"]


@pytest.mark.parametrize("fails", [True, False])
def test_a_transaction_that_is_gone_below_a_request(
    engine: Engine, sequencer: Sequencer, fails: bool
) -> None:
    """As after SQLite's own rollback (disk full, I/O error): nothing may go on as if it stood.

    The next savepoint would begin a transaction, and its release commit it.
    """

    def roll_back(part: Part) -> None:
        part.add(Entry(b"gone", NOW))
        part.session.connection().exec_driver_sql("ROLLBACK")
        if fails:
            raise ValueError

    made = submitted(sequencer, adding(b"a"), roll_back, adding(b"b"))
    assert codes(made) == ["database_unavailable"] * 3
    assert held(engine) == [GENESIS]
    assert sequencer.submit(LOG, adding(b"c")) == [1]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and those that it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_a_full_disk(sqlite: Engine) -> None:
    full = open_database(str(sqlite.url))

    @event.listens_for(full, "connect")
    def limit(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    requests = adding(b"small"), adding(bytes(1 << 20)), adding(b"neighbour")
    made = submitted(sequencer_of(full), *requests)
    assert codes(made) == ["database_unavailable"] * 3  # SQLite takes back the whole transaction
    assert any("is full" in str(error) for error in chain(made[1].exception()))
    assert held(sqlite) == [GENESIS]
    assert sequencer_of(sqlite).submit(LOG, adding(b"small")) == [1]
    full.dispose()


def test_a_writer_who_does_not_end(
    database_url: str, engine: Engine, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    impatient = open_database(database_url)
    waits = sequencer_of(impatient)
    with writing(engine) as session:
        store.lock(session, LOG)
        with pytest.raises(StorageError) as caught:
            waits.submit(LOG, adding(b"a"))
    assert caught.value.code == "database_unavailable"
    assert held(engine) == [GENESIS]
    assert waits.submit(LOG, adding(b"a")) == [1]
    impatient.dispose()


def test_a_database_that_is_not_there(sequencer: Sequencer, engine: Engine) -> None:
    nowhere = {
        "sqlite": "sqlite:////nonexistent/tem.db",
        "postgresql": "postgresql://tem@/tem?host=/nonexistent",
    }
    away = open_database(nowhere[engine.dialect.name])
    with pytest.raises(StorageError) as caught:
        sequencer_of(away).submit(LOG, adding(b"a"))
    assert caught.value.code == "database_unavailable"
    away.dispose()


def test_a_wrong_statement_is_not_called_a_fault_of_the_database(
    engine: Engine, sequencer: Sequencer
) -> None:
    def wrong(part: Part) -> None:
        part.session.connection().execute(text("SELECT * FROM nothing"))

    made = submitted(sequencer, adding(b"a"), wrong, adding(b"b"))
    assert isinstance(made[1].exception(), DBAPIError)
    assert held(engine) == [GENESIS, b"a", b"b"]


def test_all_connections_are_taken(engine: Engine, sequencer: Sequencer) -> None:
    small = create_engine(engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with small.connect(), pytest.raises(StorageError) as caught:
        sequencer_of(small).submit(LOG, adding(b"a"))
    assert caught.value.code == "database_unavailable"
    small.dispose()


def test_a_mistake_of_the_program_is_not_called_a_fault_of_the_database(
    engine: Engine, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reaches everybody as it is, and changes nothing."""

    def broken(*_: object) -> NoReturn:
        raise KeyError("tile")

    with monkeypatch.context() as patch:
        patch.setattr("anchor.tile_store.write", broken)
        made = submitted(sequencer, adding(b"a"), adding(b"b"))
    assert [type(one.exception()) for one in made] == [KeyError, KeyError]
    assert held(engine) == [GENESIS]
    assert sequencer.submit(LOG, adding(b"a")) == [1]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_whoever_commits_is_interrupted(
    engine: Engine, sequencer: Sequencer, kind: type[BaseException]
) -> None:
    def interrupted(part: Part) -> None:
        part.add(Entry(b"interrupted", NOW))
        raise kind

    made = submitted(sequencer, interrupted, adding(b"a"), adding(b"b"))
    assert isinstance(made[0].exception(), kind)
    assert codes(made[1:]) == ["database_unavailable"] * 2
    assert held(engine) == [GENESIS]
    assert sequencer.submit(LOG, adding(b"a")) == [1]
    assert sequencer._lines == {}


def test_whoever_waits_is_interrupted(engine: Engine, sequencer: Sequencer) -> None:
    """Its request is not made; those behind it are."""
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> list[int]:
        wait_until(lambda: waiting(sequencer) == 1)
        signal.pthread_kill(main, signal.SIGINT)
        wait_until(lambda: waiting(sequencer) == 0)
        return sequencer.submit(LOG, adding(b"behind"))

    with ThreadPoolExecutor(1) as pool, turn_held(sequencer):
        behind = pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            sequencer.submit(LOG, adding(b"interrupted"))
        wait_until(lambda: waiting(sequencer) == 1)
    assert behind.result(DEADLINE) == [1]
    assert held(engine) == [GENESIS, b"behind"]
    assert sequencer._lines == {}


def test_whoever_is_first_is_interrupted_before_it_begins(
    engine: Engine, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one takes its place."""
    fired = list[_Waiting[Any]]()
    real = _Waiting.sleep

    def sleep(self: _Waiting[Any]) -> None:
        real(self)
        if not fired:
            fired.append(self)
            raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as pool, turn_held(sequencer):
        monkeypatch.setattr(_Waiting, "sleep", sleep)
        made = list[Future[Any]]()
        for request in (adding(b"first"), adding(b"second")):
            made.append(pool.submit(sequencer.submit, LOG, request))
            wait_until(lambda: waiting(sequencer) == len(made))
    assert isinstance(made[0].exception(DEADLINE), KeyboardInterrupt)
    assert made[1].result(DEADLINE) == [1]
    assert held(engine) == [GENESIS, b"second"]
    assert sequencer._lines == {}


def test_whoever_came_alone_is_interrupted(
    engine: Engine, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(_self: _Waiting[Any]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_Waiting, "sleep", sleep)
        with pytest.raises(KeyboardInterrupt):
            sequencer.submit(LOG, adding(b"a"))
    assert sequencer._lines == {}
    assert sequencer.submit(LOG, adding(b"b")) == [1]
    assert held(engine) == [GENESIS, b"b"]
