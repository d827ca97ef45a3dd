"""A log to append to, requests that share a batch, and what has to be true of a log at any time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import col, select

from anchor import store
from anchor.batch import Entry, Part
from anchor.database import reading, writing
from anchor.models import EntryRow
from anchor.sequencer import Sequencer
from tests import reference_tree
from verifier.names import log_id, org_id

NOW = 1_790_000_000
ORG = org_id("did:web:body.example")
ORIGIN = "tem.example/body"
LOG = log_id(ORG, ORIGIN)
GENESIS = b"genesis"
DEADLINE = 30

Request = Callable[[Part], Any]


def begin(engine: Engine, origin: str = ORIGIN) -> bytes:
    """A log with its entry 0."""
    with writing(engine) as session:
        return store.create(session, ORG, origin, Entry(GENESIS, NOW), NOW).log


def adding(*statements: bytes) -> Request:
    """A request that appends these; its answer is their indices."""

    def request(part: Part) -> list[int]:
        return [part.add(Entry(one, NOW)) for one in statements]

    return request


def held(engine: Engine, log: bytes = LOG) -> list[bytes]:
    """The statements of a log, which is checked: no gap, and tree and tiles are those of them."""
    with reading(engine) as session:
        state = store.state(session, log)
        query = select(EntryRow.index, EntryRow.statement).where(EntryRow.log == state.number)
        rows = session.exec(query.order_by(col(EntryRow.index))).all()
        assert [index for index, _ in rows] == list(range(state.size))
        found = [statement for _, statement in rows]
        leaves = [reference_tree.leaf(one) for one in found]
        assert state.root == reference_tree.root(leaves) == store.root_at(session, log, state.size)
        places = {place for place in store.find(session, b"") if place.log == log}
        assert places == {store.Place(log, index, leaf) for index, leaf in enumerate(leaves)}
    return found


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.001)


@contextmanager
def turn_held(sequencer: Sequencer, log: bytes = LOG) -> Iterator[None]:
    """While the block runs, somebody else is at the log's turn, and requests gather."""
    entered, go = Event(), Event()

    def hold(_part: Part) -> None:
        entered.set()
        assert go.wait(DEADLINE)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(sequencer.submit, log, hold)
        assert entered.wait(DEADLINE)
        try:
            yield
        finally:
            go.set()
        holding.result(DEADLINE)


def waiting(sequencer: Sequencer, log: bytes = LOG) -> int:
    """How many requests wait for the next batch."""
    return len(sequencer._lines[log])


def together(
    sequencer: Sequencer, requests: Sequence[Callable[[], Any]], log: bytes = LOG
) -> list[Future[Any]]:
    """Make calls that submit one request each, so that one batch takes them all in this order."""
    with ThreadPoolExecutor(len(requests)) as pool:
        with turn_held(sequencer, log):
            made = list[Future[Any]]()
            for call in requests:
                made.append(pool.submit(call))
                wait_until(lambda: waiting(sequencer, log) == len(made))
        for one in made:
            one.exception(DEADLINE)
    return made


def submitted(sequencer: Sequencer, *requests: Request) -> list[Future[Any]]:
    """Submit requests that share one batch, in this order."""
    return together(sequencer, [lambda r=one: sequencer.submit(LOG, r) for one in requests])


class Commits:
    """Counts the transactions that an engine commits from now on."""

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        event.listen(engine, "commit", self._commit)

    def _commit(self, _connection: object) -> None:
        self.count += 1


class FailingCommit:
    """Lets the ``nth`` commit of an engine fail, ``before`` it is done or ``after``."""

    def __init__(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch, when: str, nth: int
    ) -> None:
        self.count, self.fired = 0, False
        self._when, self._nth, self._real = when, nth, engine.dialect.do_commit
        self._error = engine.dialect.loaded_dbapi.OperationalError
        monkeypatch.setattr(engine.dialect, "do_commit", self._commit)

    def _commit(self, connection: Any) -> None:
        self.count += 1
        if self.count != self._nth:
            self._real(connection)
            return
        if self._when == "after":
            self._real(connection)
        self.fired = True
        raise self._error("the answer was lost")
