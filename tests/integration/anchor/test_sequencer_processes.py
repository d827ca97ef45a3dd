"""Several processes on one log, of which some die: one history, and every answer stands in it."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import Engine

from anchor import failpoints
from anchor.database import open_database
from anchor.sequencer import Sequencer
from tests.integration.anchor.sequencing import GENESIS, LOG, NOW, adding, begin, held

THREADS = 4


def work(url: str, name: str, count: int, answers: str) -> None:
    """What a process does: ``THREADS`` threads append ``count`` statements each.

    Every answer is written down at once, so that it outlives the process.
    """
    engine = open_database(url)
    sequencer = Sequencer(engine, lambda: NOW)
    file = os.open(answers, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append(thread: int) -> None:
        for n in range(count):
            statement = f"{name}, thread {thread}, {n}"
            (index,) = sequencer.submit(LOG, adding(statement.encode()))
            os.write(file, json.dumps([index, statement]).encode() + b"\n")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(append, range(THREADS)))
    engine.dispose()


def start(url: str, name: str, count: int, folder: Path) -> BaseProcess:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=work, args=(url, name, count, str(folder / name)), daemon=True)
    process.start()
    return process


def require_answers(statements: list[bytes], folder: Path) -> int:
    """Every answer that was given stands in the log; returns how many there are."""
    lines = [line for file in folder.iterdir() for line in file.read_text().splitlines()]
    for index, statement in map(json.loads, lines):
        assert statements[index] == statement.encode()
    return len(lines)


def test_several_processes_make_one_history(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    begin(engine)
    folder = tmp_path / "answers"
    folder.mkdir()
    processes = [start(database_url, f"process {n}", 12, folder) for n in range(4)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    statements = held(engine)
    expected = {
        f"process {n}, thread {thread}, {i}".encode()
        for n in range(4)
        for thread in range(THREADS)
        for i in range(12)
    }
    assert len(statements) == 193
    assert set(statements) == expected | {GENESIS}
    assert require_answers(statements, folder) == 192


@pytest.mark.parametrize("point", ["database.commit.before", "database.commit.after"])
def test_a_process_dies_at_its_commit(
    engine: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    """Before the commit nothing of its batch is there, after it everything."""
    begin(engine)
    folder = tmp_path / "answers"
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setenv(failpoints.VARIABLE, f"{point}:1")
        dying = start(database_url, "dying", 50, folder)
    others = [start(database_url, f"process {n}", 8, folder) for n in range(2)]
    for process in (dying, *others):
        process.join()
    assert [process.exitcode for process in (dying, *others)] == [-signal.SIGKILL, 0, 0]
    statements = held(engine)
    answered = require_answers(statements, folder)
    assert len(set(statements)) == len(statements)
    of_the_dead = [one for one in statements if one.startswith(b"dying")]
    assert len(statements) == 1 + 2 * THREADS * 8 + len(of_the_dead)
    unanswered = len(statements) - 1 - answered
    if point == "database.commit.before":
        assert of_the_dead == []
    else:  # its batch is committed, and nobody was told
        assert 1 <= unanswered <= THREADS
    sequencer = Sequencer(engine, lambda: NOW)
    assert sequencer.submit(LOG, adding(b"it goes on")) == [len(statements)]
