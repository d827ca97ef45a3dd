"""Checking entries on all cores: verifying a signature takes longer than all the rest.

Each other process has a pipe of its own and one question at a time, so that none can wait for
another, and each ends when its pipe does, however the first process ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from types import ModuleType

from verifier import audit_entries
from verifier.audit_entries import Checked, Rules
from verifier.audit_tree import Batch
from verifier.static_log import LogUnreadable

ALONE = 32
"""So many bundles are checked here: starting other processes takes as long."""
LOT = 4
"""How many bundles a process is given at a time."""


def in_parallel(batches: Iterator[Batch], rules: Rules) -> Iterator[Checked]:
    """The judge that uses every core. Implements Judge; raises LogUnreadable
    (``audit_interrupted``) if a process is ended from outside."""
    for batch in islice(batches, ALONE):
        yield audit_entries.check(batch, rules)
    others = list[_Other]()
    cores, asked = os.cpu_count() or 1, 0
    try:
        while lot := list(islice(batches, LOT)):
            if len(others) < cores:
                others.append(_Other(rules))
            else:
                yield from others[asked % cores].answer()
            others[asked % cores].ask(lot)
            asked += 1
        for number in range(asked - len(others), asked):
            yield from others[number % cores].answer()
    except (EOFError, OSError) as error:
        said = "A process of the audit was ended from outside: audit again."
        raise LogUnreadable("audit_interrupted", said) from error
    finally:
        for other in others:
            other.end()


class _Other:
    """Another process, which checks what it is given."""

    def __init__(self, rules: Rules) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, rules), daemon=True)
        with _no_main():
            self._process.start()
        theirs.close()

    def ask(self, lot: list[Batch]) -> None:
        """Give it something to check; it has answered what it was given before."""
        self._pipe.send(lot)

    def answer(self) -> list[Checked]:
        """What it found; waits until it is done."""
        found: list[Checked] = self._pipe.recv()
        return found

    def end(self) -> None:
        self._pipe.close()
        self._process.terminate()
        self._process.join()


@contextmanager
def _no_main() -> Iterator[None]:
    """A process that starts in here does not import the command's own module, which takes longer
    than many bundles and has nothing that it needs."""
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _serve(pipe: Connection, rules: Rules) -> None:
    # Ctrl-C reaches every process of the terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            pipe.send([audit_entries.check(batch, rules) for batch in pipe.recv()])
    except (EOFError, OSError):
        return
