"""A SQLite file that is not whole is refused when it is opened, and stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from anchor import store
from anchor.database import open_database, reading, writing
from anchor.models import LogRow
from anchor.store import Entry
from registry.database import open_prepared
from verifier.errors import ConfigurationError

PAGE = 4096


@pytest.fixture
def file(sqlite_url: str) -> Path:
    """A database of some hundred pages, as it is when no program has it open."""
    engine = open_database(sqlite_url)
    with writing(engine) as session:
        log = store.create(session, bytes(32), "tem.test/body", Entry(b"genesis", 1), 1).log
        store.append(session, log, [Entry(b"%0400d" % n, 1) for n in range(1000)], 1)
    engine.dispose()
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:-PAGE],
        lambda data: data[: -10 * PAGE - 7],
        lambda data: data[: len(data) // PAGE // 2 * PAGE],
        lambda data: data[:PAGE],
        lambda data: data[:100],
        lambda data: data[:10],
        lambda data: data + b"\0",
        lambda _: b"This is no database. " * 500,
        lambda data: bytes(PAGE) + data[PAGE:],
    ],
)
def test_a_file_that_is_not_whole(file: Path, damage: Callable[[bytes], bytes]) -> None:
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(ConfigurationError) as error:
        open_prepared(f"sqlite:///{file}")
    assert error.value.code == "database_damaged"
    assert "tem restore" in error.value.message
    assert file.read_bytes() == damaged


def test_a_file_that_another_process_is_writing(file: Path) -> None:
    """What is not in the file yet stands in the write-ahead log."""
    url = f"sqlite:///{file}"
    other = open_database(url)
    with writing(other) as session:
        log = session.exec(select(LogRow.log)).one()
        store.append(session, log, [Entry(b"more %0400d" % n, 1) for n in range(1000)], 1)
    engine = open_prepared(url)
    with reading(engine) as session:
        assert store.state(session, log).size == 2001
    for one in (engine, other):
        one.dispose()
