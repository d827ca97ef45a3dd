"""Anchoring logs on a real chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import col, select

from anchor import anchoring, store
from anchor import worker as worker_module
from anchor.administration import Administration
from anchor.chain import store as chain_store
from anchor.chain.deploy import Contracts
from anchor.chain.log_anchor import LogAnchor
from anchor.chain.models import AnchorRow, State, TransactionRow
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.chain.trust_registry import Role
from anchor.database import open_database, reading, writing
from anchor.errors import LogError, SendUnknown
from anchor.models import EntryRow
from anchor.publishing import Publisher
from anchor.resuming import resume
from anchor.sender import Sender
from anchor.store import Entry
from anchor.worker import AnchorWorker, Step
from tests.databases import Databases
from tests.integration.anchor.founding import Accreditor, Body, append, found_body, open_log
from verifier.chain_view import Reason
from verifier.errors import ChainUnavailable
from verifier.merkle import leaf_hash, verify_inclusion
from verifier.names import org_id

Mine = Callable[[float], None]
Working = Callable[..., AnchorWorker]


@pytest.fixture
def now(node: Node) -> int:
    return node.head().time


@pytest.fixture
def working(contracts: Contracts, body: Body, mine: Mine, tmp_path: Path) -> Working:
    """Makes workers of the body's operator; those of one database publish to one folder."""
    key = Ed25519PrivateKey.generate()

    def make(engine: Engine, contracts: Contracts = contracts) -> AnchorWorker:
        folder = tmp_path / "public" / Path(str(engine.url.database)).name
        publisher = Publisher(engine, folder, lambda _org: key)
        return AnchorWorker(engine, contracts, body.operator, publisher, pause=mine)

    return make


@pytest.fixture
def worker(engine: Engine, working: Working) -> AnchorWorker:
    return working(engine)


@pytest.fixture
def log(engine: Engine, body: Body, now: int) -> bytes:
    return open_log(engine, body, now)


def state(engine: Engine, log: bytes) -> store.LogState:
    with reading(engine) as session:
        return store.state(session, log)


def sizes(engine: Engine, log: bytes) -> list[int]:
    """The anchored sizes that the database knows."""
    with reading(engine) as session:
        number = store.state(session, log).number
        query = select(AnchorRow.size).where(AnchorRow.log == number).order_by(col(AnchorRow.size))
        return list(session.exec(query))


def transactions(engine: Engine) -> list[TransactionRow]:
    with reading(engine) as session:
        query = select(TransactionRow).where(TransactionRow.purpose == worker_module.PURPOSE)
        return list(session.exec(query.order_by(col(TransactionRow.id))))


def test_a_log_is_anchored_to_its_newest_size(
    engine: Engine, contracts: Contracts, worker: AnchorWorker, log: bytes, now: int
) -> None:
    append(engine, log, 300, now)
    anchor = worker.anchor_newest(log)
    assert (anchor.size, anchor.root) == (301, state(engine, log).root)
    assert contracts.log_anchor.anchor_at(log, 301) == anchor
    assert sizes(engine, log) == [1, 301]


def test_each_entry_is_proven_by_the_first_anchor_above_it(
    engine: Engine, contracts: Contracts, worker: AnchorWorker, log: bytes, now: int
) -> None:
    for count in (3, 1, 260):
        append(engine, log, count, now)
        worker.anchor_newest(log)
    assert sizes(engine, log) == [1, 4, 5, 265]
    with reading(engine) as session:
        for index, size in ((0, 1), (1, 4), (3, 4), (4, 5), (5, 265), (264, 265)):
            anchor = chain_store.first_anchor_covering(session, log, index)
            assert anchor == contracts.log_anchor.first_anchor_covering(log, index)
            assert anchor is not None
            assert anchor.size == size
            path = store.inclusion_path(session, log, index, size)
            leaf = leaf_hash(store.statement(session, log, index))
            verify_inclusion(leaf, index, size, path, anchor.root)
            assert contracts.log_anchor.verify_inclusion(log, size, index, leaf, path)
        assert chain_store.first_anchor_covering(session, log, 265) is None


def test_repeating_a_step_is_harmless(
    engine: Engine, node: Node, worker: AnchorWorker, log: bytes, now: int
) -> None:
    append(engine, log, 2, now)
    node.request("anvil_mine", 2)
    assert [worker.step(log) for _ in range(4)] == [Step.UNDER_WAY] * 4
    node.request("anvil_mine", 3)
    assert [worker.step(log) for _ in range(4)] == [Step.ANCHORED] * 4
    assert [row.state for row in transactions(engine)] == [State.FINAL]
    assert sizes(engine, log) == [1, 3]


def test_a_log_that_is_not_open_on_chain_waits(
    engine: Engine, body: Body, worker: AnchorWorker, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine) as session:
        log = store.create(session, body.org, "tem.example/never", Entry(b"genesis", now), now).log
    assert worker.step(log) == Step.NOT_OPEN
    monkeypatch.setattr(worker_module, "PATIENCE", 0.05)
    with pytest.raises(SendUnknown) as caught:
        worker.anchor_newest(log)
    assert caught.value.code == "anchor_pending"


def test_a_worker_that_died_is_followed_by_another(
    engine: Engine, node: Node, working: Working, mine: Mine, log: bytes, now: int
) -> None:
    append(engine, log, 9, now)
    dead = working(engine)
    node.request("anvil_mine", 3)
    assert dead.step(log) == Step.UNDER_WAY
    append(engine, log, 9, now)
    assert working(engine).anchor_newest(log).size == 19
    assert sizes(engine, log) == [1, 10, 19]


def test_several_workers_anchor_each_size_once(
    engine: Engine, node: Node, working: Working, mine: Mine, log: bytes, now: int
) -> None:
    append(engine, log, 9, now)
    workers = [working(engine) for _ in range(3)]
    threads = [Thread(target=worker.anchor_newest, args=(log,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.state for row in transactions(engine)] == [State.FINAL]
    assert sizes(engine, log) == [1, 10]
    assert state(engine, log).halted is None


def test_a_large_step_is_made_in_parts(
    engine: Engine,
    worker: AnchorWorker,
    log: bytes,
    now: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(anchoring, "MAX_STEP", 100)
    append(engine, log, 250, now)
    worker.anchor_newest(log)
    assert sizes(engine, log) == [1, 101, 201, 251]


def test_anchors_that_nobody_noted_are_all_noted(
    engine: Engine, worker: AnchorWorker, log: bytes, now: int
) -> None:
    """As in a database that was brought forward."""
    for _ in range(4):
        append(engine, log, 1, now)
        worker.anchor_newest(log)
    with writing(engine) as session:
        for row in session.exec(select(AnchorRow)):
            session.delete(row)
    worker.step(log)
    assert sizes(engine, log) == [1, 2, 3, 4, 5]


def test_a_leaf_ahead_of_the_chain_waits(
    engine: Engine, node: Node, worker: AnchorWorker, log: bytes
) -> None:
    now = node.head().time + 600
    append(engine, log, 1, node.head().time)
    append(engine, log, 1, now)
    append(engine, log, 1, node.head().time)
    node.request("anvil_mine", 3)
    steps = list[Step]()
    while Step.AHEAD not in steps:
        steps.append(worker.step(log))
        node.request("anvil_mine", 1)
    assert sizes(engine, log) == [1, 2]
    assert [trouble.code for trouble in worker.round()] == ["ahead_of_chain"]
    node.request("evm_increaseTime", 600)
    assert worker.anchor_newest(log).size == 4


def test_a_refused_anchor_halts_its_log_until_it_is_mended(
    engine: Engine, contracts: Contracts, body: Body, worker: AnchorWorker, log: bytes, now: int
) -> None:
    operator = body.operator.address
    body.acts.set_operator(operator, Role.ANCHOR, False, "forbid")
    append(engine, log, 1, now)
    with pytest.raises(LogError) as caught:
        worker.anchor_newest(log)
    assert caught.value.code == "log_halted"
    assert "NotAnchorOperator" in caught.value.message
    assert worker.step(log) == Step.HALTED
    with pytest.raises(LogError):
        append(engine, log, 1, now)
    body.acts.set_operator(operator, Role.ANCHOR, True, "allow again")
    assert worker.step(log) == Step.HALTED
    assert len(transactions(engine)) == 1  # never retried blindly
    resume(engine, contracts, operator, log)
    assert worker.anchor_newest(log).size == 2
    with pytest.raises(LogError) as caught:
        resume(engine, contracts, operator, log)
    assert caught.value.code == "log_not_halted"


@pytest.mark.parametrize(
    ("cause", "code"),
    [("account", "not_anchor_operator"), ("closed", "log_not_open"), ("body", "not_active")],
)
def test_a_halted_log_stays_so_while_its_cause_is_there(
    engine: Engine,
    contracts: Contracts,
    body: Body,
    accreditor: Accreditor,
    log: bytes,
    sender: Sender,
    cause: str,
    code: str,
) -> None:
    operator, chain = body.operator.address, contracts.log_anchor
    if cause == "account":
        body.acts.set_operator(operator, Role.ANCHOR, False, "forbid")
    elif cause == "closed":
        sender.perform(chain.close_log(log), "close")
    else:
        accreditor.acts.suspend_organisation(body.org, Reason.INVESTIGATION, body.origin)
    with writing(engine) as session:
        store.halt(session, log, "for a test")
    with pytest.raises(LogError) as caught:
        resume(engine, contracts, operator, log)
    assert code in caught.value.code
    assert state(engine, log).halted == "for a test"


def test_a_refusal_halts_one_log_and_not_the_others(
    engine: Engine, contracts: Contracts, body: Body, worker: AnchorWorker, log: bytes, now: int
) -> None:
    """The same account anchors for two bodies, and one of them takes its right away."""
    with writing(engine) as session:
        store.create(session, bytes(32), "tem.example/other", Entry(b"other", now), now)
    body.acts.set_operator(body.operator.address, Role.ANCHOR, False, "forbid")
    append(engine, log, 1, now)
    with pytest.raises(LogError):
        worker.anchor_newest(log)
    with reading(engine) as session:
        halted = [one.halted is not None for one in store.states(session)]
    assert halted == [True, False]


@pytest.fixture
def restored(
    engine: Engine, databases: Databases, log: bytes, body: Body, now: int
) -> Iterator[Callable[[list[bytes]], Engine]]:
    """Another database that claims to hold the same log, with these entries after the genesis."""

    def restore(statements: list[bytes]) -> Engine:
        with reading(engine) as session:
            genesis = Entry(store.statement(session, log, 0), now)
        with writing(other) as session:
            store.create(session, body.org, body.origin, genesis, now)
            store.append(session, log, [Entry(one, now) for one in statements], now)
        return other

    with databases.opened() as other:
        yield restore


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ([b"statement 1", b"another past"], "log_forked"),
        ([b"statement 1", b"another past", b"and more", b"and more of it"], "log_forked"),
        ([b"statement 1"], "size_unknown"),
        ([], "size_unknown"),
    ],
)
def test_a_database_with_another_past_is_halted_for_good(
    engine: Engine,
    contracts: Contracts,
    body: Body,
    worker: AnchorWorker,
    working: Working,
    log: bytes,
    now: int,
    restored: Callable[[list[bytes]], Engine],
    statements: list[bytes],
    code: str,
) -> None:
    append(engine, log, 2, now)
    worker.anchor_newest(log)
    other = restored(statements)
    with pytest.raises(LogError) as caught:
        working(other).anchor_newest(log)
    assert caught.value.code == "log_halted"
    assert code in (state(other, log).halted or "")
    with pytest.raises(LogError) as caught:
        resume(other, contracts, body.operator.address, log)
    assert caught.value.code == {"size_unknown": "log_behind_chain"}.get(code, code)
    assert state(other, log).halted is not None
    assert transactions(other) == []
    assert contracts.log_anchor.latest(log, block="latest").size == 3


def test_a_database_that_knows_more_goes_on(
    engine: Engine,
    worker: AnchorWorker,
    working: Working,
    log: bytes,
    now: int,
    restored: Callable[[list[bytes]], Engine],
) -> None:
    append(engine, log, 2, now)
    worker.anchor_newest(log)
    other = restored([b"statement 1", b"statement 2", b"later"])
    successor = working(other)
    assert successor.anchor_newest(log).size == 4
    assert sizes(other, log) == [1, 3, 4]


@pytest.fixture
def away(contracts: Contracts) -> Contracts:
    """The same contracts on a chain that nobody answers for."""
    nowhere = Node(Network(("http://127.0.0.1:1",), contracts.node.network.chain_id))
    log_anchor = LogAnchor(nowhere, contracts.log_anchor.address)
    return replace(contracts, node=nowhere, log_anchor=log_anchor)


def test_a_chain_that_is_away_stops_nothing_for_good(
    engine: Engine, away: Contracts, working: Working, log: bytes, now: int
) -> None:
    append(engine, log, 1, now)
    with pytest.raises(ChainUnavailable):
        working(engine, away).anchor_newest(log)
    append(engine, log, 1, now)
    assert working(engine).anchor_newest(log).size == 3


def test_the_worker_runs_until_it_is_stopped(
    engine: Engine, node: Node, working: Working, mine: Mine, log: bytes, now: int
) -> None:
    worker = working(engine)
    stop = Event()
    thread = Thread(target=worker.run, args=(stop, 0.01))
    thread.start()
    for size in (3, 5):
        append(engine, log, 2, now)
        while size not in sizes(engine, log):
            mine(0)
    stop.set()
    thread.join()
    assert set(sizes(engine, log)) >= {1, 3, 5}


class Rounds(Event):
    """Stops a worker after a number of rounds, with something done before each."""

    def __init__(self, rounds: int, before: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.left, self.before = rounds, before

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        self.before()
        return self.left < 0


def test_a_log_that_does_not_get_on_holds_up_no_other(
    engine: Engine,
    contracts: Contracts,
    accreditor: Accreditor,
    sender: Sender,
    node: Node,
    body: Body,
    worker: AnchorWorker,
    log: bytes,
    now: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name = f"second.{body.origin.partition('/')[2]}"
    acts = Administration(contracts, sender, org_id(f"did:web:{name}"))
    second = open_log(engine, found_body(name, accreditor, acts, sender.address), now)
    acts.set_operator(body.operator.address, Role.ANCHOR, True, "the same account")
    for one in (log, second):
        append(engine, one, 1, now)
    with writing(engine) as session:
        number = store.state(session, log).number
        session.delete(session.get_one(EntryRow, (number, 1)))
    worker.run(Rounds(10, lambda: node.request("anvil_mine", 2)), 0)
    assert f"anchoring: log_damaged at {body.origin}: " in caplog.text
    assert contracts.log_anchor.latest(log, block="latest").size == 1
    assert sizes(engine, second) == [1, 2]


def test_a_running_worker_waits_for_the_chain(
    engine: Engine, away: Contracts, working: Working, log: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so once, and what to do."""
    worker = working(engine, away)
    worker.run(Rounds(4), 0)
    (said,) = caplog.records
    assert said.getMessage().startswith("anchoring: chain_unreachable at rpc: No node answers")
    assert "start its node" in said.getMessage()


def test_a_running_worker_survives_its_database(
    working: Working, empty_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    empty = open_database(empty_url)
    working(empty).run(Rounds(2), 0)
    assert {record.levelname for record in caplog.records} == {"ERROR"}
    assert "anchoring: database_failed" in caplog.text
    empty.dispose()
