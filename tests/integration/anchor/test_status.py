"""How anchoring stands: in the worker's row, in its log lines, as a status, and as metrics."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine
from sqlmodel import Session, select

from anchor import store, trouble
from anchor.chain import store as chain_store
from anchor.chain.contract import Call
from anchor.chain.log_anchor import Anchor
from anchor.chain.models import State, TransactionRow, WorkerRow
from anchor.database import reading, writing
from anchor.metrics import AnchorCollector
from anchor.status import PATIENCE, Status, status
from anchor.store import Entry
from anchor.trouble import Trouble, Watch
from verifier.errors import ChainUnavailable

NOW = 1_795_000_000
CHAIN = 31337
ACCOUNT = "0x" + "0a" * 20
AWAY = Trouble.of(ChainUnavailable("chain_unreachable", "No node answers: http://x.", "rpc"))
OTHER = Trouble("log_damaged", "tem.example/b", "Restore a backup.")


def begin(session: Session, name: str, entries: int, *, published: int, anchored: int) -> bytes:
    """A log whose entry n was signed n seconds after the first one."""
    origin = f"tem.example/{name}"
    state = store.create(session, name.encode().ljust(32), origin, Entry(name.encode(), NOW), NOW)
    new = [Entry(f"{name} {n}".encode(), NOW + n) for n in range(1, entries)]
    store.append(session, state.log, new, NOW + entries)
    store.note_published(session, state.log, published)
    if anchored:
        root = store.root_at(session, state.log, anchored)
        chain_store.record_anchor(session, state.log, Anchor(anchored, NOW, 7, root))
    return state.log


@pytest.fixture
def logs(engine: Engine) -> dict[str, bytes]:
    """One that is done, one that waits, one that is halted, one that never was on chain."""
    with writing(engine) as session:
        done = begin(session, "done", 5, published=5, anchored=5)
        waits = begin(session, "waits", 9, published=8, anchored=3)
        halted = begin(session, "halted", 4, published=4, anchored=2)
        new = begin(session, "new", 1, published=0, anchored=0)
        store.halt(session, halted, "The contract refuses: NotAnchorOperator().")
    return {"done": done, "waits": waits, "halted": halted, "new": new}


def act(session: Session, reference: str, **values: object) -> None:
    call = Call("TrustRegistry.register", ACCOUNT, b"")
    row = chain_store.enqueue(session, CHAIN, ACCOUNT, call, reference, NOW)
    for name, value in values.items():
        setattr(row, name, value)


def test_each_log_says_how_far_it_is(engine: Engine, logs: dict[str, bytes]) -> None:
    found = status(engine, NOW + 100)
    assert [
        (one.origin[12:], one.size, one.published, one.anchored, one.waits) for one in found.logs
    ] == [
        ("done", 5, 5, 5, None),
        ("halted", 4, 4, 2, 98),
        ("new", 1, 0, 0, 100),
        ("waits", 9, 8, 3, 97),
    ]
    assert [one.log for one in found.logs] == [logs[one.origin[12:]] for one in found.logs]
    assert [one.origin[12:] for one in found.logs if one.halted] == ["halted"]


def test_a_clock_that_was_set_back_gives_no_negative_wait(
    engine: Engine, logs: dict[str, bytes]
) -> None:
    assert {one.waits for one in status(engine, NOW - 172_800).logs} == {None, 0}


def test_what_is_under_way_is_counted_by_where_it_is(engine: Engine) -> None:
    with writing(engine) as session:
        act(session, "waits")
        act(session, "sent", state=State.SIGNED, nonce=0)
        act(session, "seen", state=State.SIGNED, nonce=1, block=5, block_hash=b"x")
        act(session, "lost", state=State.SIGNED, nonce=2, block=5)
        act(session, "lost too", state=State.SIGNED, nonce=3, block=6)
        act(session, "final", state=State.FINAL, nonce=4, block=4, block_hash=b"y")
        act(session, "refused", state=State.REFUSED)
    assert status(engine, NOW).acts == {"waiting": 1, "sent": 1, "seen": 1, "lost": 2}


def test_concerns_say_what_to_do(engine: Engine, logs: dict[str, bytes]) -> None:
    quiet = status(engine, NOW + 100).concerns()
    assert len(quiet) == 1
    assert "NotAnchorOperator" in quiet[0]
    assert "`tem anchor resume tem.example/halted`" in quiet[0]
    late = status(engine, NOW + PATIENCE + 100).concerns()
    assert any("tem.example/waits has waited" in said for said in late)
    assert any("No worker is at work" in said for said in late)
    assert not any("done" in said for said in late)
    Watch(engine, CHAIN, ACCOUNT, lambda: NOW).note([AWAY], answered=False)
    troubled = status(engine, NOW + 100).concerns()
    assert any(ACCOUNT in said and "start its node" in said for said in troubled)


def test_all_well_is_no_concern(engine: Engine) -> None:
    assert Status([], [], {}, NOW).concerns() == []
    with writing(engine) as session:
        begin(session, "done", 5, published=5, anchored=5)
    Watch(engine, CHAIN, ACCOUNT, lambda: NOW).note([], answered=True)
    assert status(engine, NOW + 10**6).concerns() == []


class Moments:
    """Takes the place of the module time: a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Moments:
    moments = Moments()
    monkeypatch.setattr(trouble, "time", moments)
    return moments


def row(engine: Engine) -> WorkerRow:
    with reading(engine) as session:
        return session.exec(select(WorkerRow)).one()


def test_a_worker_says_what_holds_it_up_and_since_when(engine: Engine, moments: Moments) -> None:
    now = NOW
    watch = Watch(engine, CHAIN, ACCOUNT, lambda: now)
    watch.note([], answered=True)
    assert row(engine) == WorkerRow(chain_id=CHAIN, account=ACCOUNT, round=NOW, answered=NOW)
    now = NOW + 5
    watch.note([AWAY, OTHER], answered=False)
    said = row(engine)
    assert (said.round, said.answered, said.since) == (NOW + 5, NOW, NOW + 5)
    assert (said.trouble, said.said) == ("chain_unreachable", str(AWAY))
    now = NOW + 8
    watch.note([AWAY], answered=False)
    assert row(engine).round == NOW + 5  # nothing is written while nothing changes,
    now, moments.now = NOW + 20, moments.now + 20
    watch.note([AWAY], answered=False)
    assert (row(engine).round, row(engine).since) == (NOW + 20, NOW + 5)  # or only now and then
    watch.note([], answered=True)
    assert row(engine) == WorkerRow(
        chain_id=CHAIN, account=ACCOUNT, round=NOW + 20, answered=NOW + 20
    )


def test_a_trouble_is_said_ever_more_seldom_and_at_its_end(
    engine: Engine, moments: Moments, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch(engine, CHAIN, ACCOUNT, lambda: NOW)
    at = list[int]()
    for second in range(0, 20_000, 10):
        moments.now = 1000.0 + second
        caplog.clear()
        watch.note([AWAY], answered=False)
        at += [second] * len(caplog.records)
    assert at == [0, 60, 180, 420, 900, 1860, 3780, 7380, 10980, 14580, 18180]
    caplog.clear()
    watch.note([OTHER], answered=True)
    said = {record.getMessage() for record in caplog.records}
    assert said == {
        "anchoring: chain_unreachable at rpc is over, after 19990 s",
        f"anchoring: {OTHER}",
    }


def test_a_contradiction_is_critical(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    error = ChainUnavailable("nodes_disagree", "A and B disagree.", "rpc")
    Watch(engine, CHAIN, ACCOUNT, lambda: NOW).note([Trouble.of(error)], answered=True)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_metrics_show_the_same(engine: Engine, logs: dict[str, bytes]) -> None:
    watch = Watch(engine, CHAIN, ACCOUNT, lambda: NOW + 50)
    watch.note([], answered=True)
    watch.note([AWAY], answered=False)
    with writing(engine) as session:
        act(session, "lost", state=State.SIGNED, nonce=2, block=5)
    registry = CollectorRegistry()
    registry.register(AnchorCollector(engine, lambda: NOW + 100))
    text = generate_latest(registry).decode()
    for line in (
        'tem_log_size{log="tem.example/waits"} 9.0',
        'tem_log_published_size{log="tem.example/waits"} 8.0',
        'tem_log_anchored_size{log="tem.example/waits"} 3.0',
        'tem_anchor_waiting_seconds{log="tem.example/waits"} 97.0',
        'tem_anchor_waiting_seconds{log="tem.example/done"} 0.0',
        'tem_log_halted{log="tem.example/halted"} 1.0',
        'tem_log_halted{log="tem.example/waits"} 0.0',
        'tem_chain_acts{state="lost"} 1.0',
        f'tem_anchor_trouble{{account="{ACCOUNT}",code="chain_unreachable"}} 1.0',
        f'tem_chain_answered_timestamp_seconds{{account="{ACCOUNT}"}} {float(NOW + 50)}',
        f'tem_anchor_round_timestamp_seconds{{account="{ACCOUNT}"}} {float(NOW + 50)}',
    ):
        assert line.replace("1795000050.0", "1.79500005e+09") in text, line
    Watch(engine, CHAIN, ACCOUNT, lambda: NOW).note([], answered=True)
    assert "tem_anchor_trouble{" not in generate_latest(registry).decode()


def test_registering_the_metrics_asks_nothing(engine: Engine) -> None:
    def clock() -> int:
        raise AssertionError

    CollectorRegistry().register(AnchorCollector(engine, clock))
    with reading(engine) as session:
        assert session.exec(select(TransactionRow)).all() == []
