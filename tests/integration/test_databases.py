"""The databases that the tests run on leave nothing behind, whatever happens to the tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlmodel import select

from anchor.chain.models import AccountRow
from anchor.database import open_database, reading, writing
from tests.databases import Databases, PostgresServer

STARTER = """
import os, signal
from tests.databases import PostgresServer
with PostgresServer() as server:
    print(server.process.pid, server.folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def is_running(pid: int) -> bool:
    """Whether this process does anything; one that has ended may wait for being asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_a_server_is_gone_when_its_block_fails() -> None:
    started = dict[int, Path]()
    with pytest.raises(ZeroDivisionError), PostgresServer() as server:
        fail_with(server, started)
    ((pid, folder),) = started.items()
    assert not is_running(pid)
    assert not folder.exists()


def fail_with(server: PostgresServer, started: dict[int, Path]) -> None:
    assert server.process is not None
    assert is_running(server.process.pid)
    started[server.process.pid] = server.folder
    _ = 1 // 0


def test_a_server_ends_with_whoever_started_it() -> None:
    root = Path(__file__).parents[2]
    starter = subprocess.run(  # noqa: S603
        [sys.executable, "-c", STARTER], cwd=root, capture_output=True, text=True, check=False
    )
    assert starter.returncode == -signal.SIGKILL, starter.stderr
    pid, folder = starter.stdout.split()
    end = time.monotonic() + 30
    while is_running(int(pid)):
        assert time.monotonic() < end
    shutil.rmtree(folder)


def test_a_database_is_gone_after_its_test_even_if_it_is_in_use(databases: Databases) -> None:
    with databases.prepared() as url:
        engine = open_database(url)
        with reading(engine) as session:
            session.connection()
    engine.dispose()
    if databases.kind == "sqlite":
        assert not Path(url.removeprefix("sqlite:///")).exists()
        return
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_what_is_written_to_one_database_is_in_no_other(databases: Databases) -> None:
    with databases.opened() as one, databases.opened() as other, databases.opened() as third:
        with writing(one) as session:
            session.add(AccountRow(chain_id=1, account="0xaa", next_nonce=0))
        for engine, count in ((one, 1), (other, 0), (third, 0)):
            with reading(engine) as session:
                assert len(session.exec(select(AccountRow)).all()) == count


def test_the_server_is_not_run_by_root(postgres: PostgresServer) -> None:
    assert postgres.process is not None
    owner = Path(f"/proc/{postgres.process.pid}").stat().st_uid
    assert owner != 0
    assert os.geteuid() in (0, owner)
