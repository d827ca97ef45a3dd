"""Several writers at once on PostgreSQL: whoever comes second waits for the row that matters, and
builds on what the first has written. (On SQLite a writer waits before it reads anything.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from anchor import store
from anchor.chain import act_store, anchor_store
from anchor.chain import store as chain_store
from anchor.chain.act_store import Signed
from anchor.chain.contract import Call
from anchor.chain.log_anchor import Anchor
from anchor.chain.models import State, WorkerRow
from anchor.database import open_database, reading, writing
from anchor.errors import LogError, TransactionError
from anchor.store import Entry
from tests.integration.together import Act, at_once
from verifier.names import log_id, org_id

NOW = 1_790_000_000
ORG = org_id("did:web:body.example")
ORIGIN = "tem.example/body"
LOG = log_id(ORG, ORIGIN)
CHAIN = 31337
CALL = Call("LogAnchor.anchor", "0xcc", b"data")


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url)
    with writing(engine) as session:
        begin(session)
    yield engine
    engine.dispose()


def begin(session: Session, origin: str = ORIGIN) -> None:
    store.create(session, ORG, origin, Entry(b"genesis", NOW), NOW)


def append(session: Session, statement: bytes = b"a statement") -> range:
    return store.append(session, LOG, [Entry(statement, NOW)], NOW)


def ask(session: Session, reference: str = "1", call: Call = CALL) -> int:
    return chain_store.enqueue(session, CHAIN, "0xaa", call, reference, NOW).id


def sign(session: Session, identity: int) -> int:
    row = chain_store.lock(session, identity)
    nonce = chain_store.take_nonce(session, CHAIN, "0xaa", 0)
    chain_store.store_signature(session, row, nonce, b"raw", b"hash %d" % nonce, NOW)
    return nonce


def test_indices_are_given_once(engine: Engine) -> None:
    found = at_once(engine, append, lambda session: append(session, b"another"))
    assert found == [range(1, 2), range(2, 3)]
    with reading(engine) as session:
        assert store.state(session, LOG).size == 3


def test_a_statement_is_appended_once(engine: Engine) -> None:
    first, second = at_once(engine, append, append)
    assert (first, second.code) == (range(1, 2), "duplicate_leaf")


def test_nothing_is_appended_after_a_halt_that_comes_between(engine: Engine) -> None:
    def halt(session: Session) -> None:
        store.halt(session, LOG, "look at it")

    assert at_once(engine, halt, append)[1].code == "log_halted"


def test_a_log_begins_once(engine: Engine) -> None:
    other = "tem.example/other"
    _, second = at_once(engine, lambda one: begin(one, other), lambda one: begin(one, other))
    assert isinstance(second, LogError)
    assert second.code == "log_exists"


def test_an_act_is_asked_for_once(engine: Engine) -> None:
    first, second = at_once(engine, ask, ask)
    assert first == second


def test_an_act_is_not_asked_for_otherwise(engine: Engine) -> None:
    other = Call(CALL.purpose, CALL.to, b"other")
    _, second = at_once(engine, ask, lambda session: ask(session, call=other))
    assert isinstance(second, TransactionError)
    assert second.code == "reference_reused"


def test_an_account_s_first_nonces_are_given_once(engine: Engine) -> None:
    def take(session: Session) -> int:
        return chain_store.take_nonce(session, CHAIN, "0xaa", 0)

    assert at_once(engine, take, take) == [0, 1]


def test_an_act_is_signed_once(engine: Engine) -> None:
    with writing(engine) as session:
        identity = ask(session)

    def state(session: Session) -> str:
        return chain_store.lock(session, identity).state

    assert at_once(engine, lambda one: sign(one, identity), state) == [0, State.SIGNED]


def test_an_anchor_is_noted_once(engine: Engine) -> None:
    with reading(engine) as session:
        anchor = Anchor(1, NOW, 7, store.state(session, LOG).root)

    def note(session: Session) -> None:
        chain_store.record_anchor(session, LOG, anchor)

    assert at_once(engine, note, note) == [None, None]
    with reading(engine) as session:
        assert chain_store.latest_anchor(session, LOG) == anchor


def test_the_later_word_of_two_workers_stays(engine: Engine) -> None:
    def note(at: int) -> Act:
        row = WorkerRow(chain_id=CHAIN, account="0xaa", round=at)
        return lambda session: anchor_store.note_worker(session, row)

    assert at_once(engine, note(1), note(2)) == [None, None]
    with reading(engine) as session:
        assert [row.round for row in anchor_store.workers(session)] == [2]


def signed(engine: Engine) -> list[Signed]:
    """Three acts that are under way."""
    with writing(engine) as session:
        for reference in ("1", "2", "3"):
            sign(session, ask(session, reference))
    with reading(engine) as session:
        return act_store.signed(session, CHAIN)


@pytest.mark.parametrize(
    "note",
    [
        lambda session, acts: act_store.note_sent(session, acts, NOW),
        lambda session, acts: act_store.note_seen(session, acts, NOW),
        lambda session, acts: act_store.note_final(session, [(act, NOW) for act in acts]),
    ],
    ids=["sent", "seen", "final"],
)
def test_two_workers_never_wait_for_each_other(
    engine: Engine, note: Callable[[Session, list[Signed]], None]
) -> None:
    """Each has looked at the same acts in another order."""
    acts = signed(engine)
    found = at_once(
        engine,
        lambda session: note(session, acts[:1]),
        lambda session: note(session, acts[::-1]),
        lambda session: note(session, acts[1:]),
    )
    assert found == [None, None]


def test_acts_that_the_chain_loses_are_locked_in_the_same_order(engine: Engine) -> None:
    """Though they stand in blocks in another one."""
    acts = signed(engine)
    seen = [act._replace(block=9 - act.nonce, block_hash=b"%d" % act.nonce) for act in acts]
    with writing(engine) as session:
        act_store.note_seen(session, seen, NOW)
    found = at_once(
        engine,
        lambda session: act_store.note_final(session, [(seen[0], NOW)]),
        lambda session: act_store.take_back(session, CHAIN, 0),
        lambda session: act_store.note_final(session, [(act, NOW) for act in seen[1:]]),
    )
    assert found == [None, (3, 3)]
