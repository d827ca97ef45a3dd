"""Calls to the database that fail: not done and said failed, or done and said failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

import registry.database
from anchor.database import open_database


class Fault(StrEnum):
    """What becomes of a call."""

    BEFORE = "not_done"
    AFTER = "done"
    CUT = "cut"


@dataclass
class Calls:
    """Counts every statement, commit and rollback, and lets the ``nth`` fail in its way.

    ``seen`` counts the calls, ``fired`` is 1 once the fault has happened, ``what`` was hit then.
    """

    nth: int | None = None
    fault: Fault = Fault.BEFORE
    only: str | None = None
    seen: int = 0
    fired: int = 0
    what: str = ""
    kinds: list[str] = field(default_factory=list)

    def attach(self, engine: Engine) -> Engine:
        """Let every call of this engine pass by here."""
        dialect: Any = engine.dialect
        for name in ("do_execute", "do_executemany"):
            event.listen(engine, name, self._statement(getattr(dialect, name)))
        for name in ("do_commit", "do_rollback"):
            setattr(dialect, name, self._end(name.removeprefix("do_").upper(), dialect, name))
        return engine

    def _statement(self, execute: Any) -> Any:
        def call(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
            words = statement.split(maxsplit=1)[0].upper()
            self._call(
                words, cursor.connection, lambda: execute(cursor, statement, parameters, context)
            )
            return True  # done here

        return call

    def _end(self, word: str, dialect: Any, name: str) -> Any:
        done = getattr(dialect, name)

        def call(connection: Any) -> None:
            self._call(word, connection, lambda: done(connection))

        return call

    def _call(self, word: str, connection: Any, do: Any) -> None:
        if self.only is not None and word != self.only:
            do()
            return
        self.seen += 1
        self.kinds.append(word)
        if self.seen != self.nth:
            do()
            return
        self.fired += 1
        self.what = word
        if self.fault is Fault.CUT:
            _cut(connection)
            do()  # fails by itself, unless it is the end of a transaction that had not begun
            assert word == "ROLLBACK", "the connection was cut, and the call went through"
            return
        if self.fault is Fault.AFTER:
            do()
        raise _error(connection)


@contextmanager
def through(calls: Calls) -> Iterator[None]:
    """Every database that is opened for the registry meanwhile is called through ``calls``."""

    def opened(url: str) -> Engine:
        return calls.attach(open_database(url))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry.database, "open_database", opened)
        yield


def _error(connection: Any) -> Exception:
    if isinstance(_dbapi(connection), sqlite3.Connection):
        return sqlite3.OperationalError("disk I/O error")
    return psycopg.OperationalError("could not receive data from server")


def _cut(connection: Any) -> None:
    """The server ends this connection, as an administrator or a failure would."""
    info = _dbapi(connection).info
    with psycopg.connect(info.dsn, password=info.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (info.backend_pid,))


def _dbapi(connection: Any) -> Any:
    """The driver's own connection."""
    return getattr(connection, "dbapi_connection", connection)
