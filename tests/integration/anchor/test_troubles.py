"""A worker through every trouble: the chain away, killed, standing still; others at work beside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from anchor import worker as worker_module
from anchor.chain import anchor_store
from anchor.chain import store as chain_store
from anchor.chain.embedded import EmbeddedChain
from anchor.chain.models import State, WorkerRow
from anchor.chain.trust_registry import Role
from anchor.database import reading, writing
from anchor.errors import SendUnknown
from anchor.models import LogRow
from anchor.publishing import Publisher
from anchor.worker import PURPOSE, AnchorWorker
from tests.integration.anchor.founding import append, key_of
from tests.integration.anchor.ground import KEY, Ground


class Rounds(Event):
    """Stops a worker after a number of rounds, and keeps what it would have waited."""

    def __init__(self, rounds: int, before: Callable[[int], object] = lambda left: None) -> None:
        super().__init__()
        self.left, self.before = rounds, before
        self.waited = list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0)
        self.left -= 1
        self.before(self.left)
        return self.left < 0


def asked_for(ground: Ground) -> list[str]:
    """The anchors that were asked for, by name."""
    return [act.reference for act in ground.acts() if act.purpose == PURPOSE]


@pytest.fixture
def ground(binary: Path, engine: Engine, tmp_path: Path) -> Iterator[Ground]:
    with EmbeddedChain(binary, tmp_path / "chain", block_time=86_400) as chain:
        ground = Ground(chain, engine, tmp_path / "public")
        ground.found()
        ground.settle()
        yield ground


def worker_row(engine: Engine) -> WorkerRow:
    with reading(engine) as session:
        return session.exec(select(WorkerRow)).one()


def test_a_chain_that_was_away_is_caught_up_with(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    """Records go on being appended and published; one anchor then covers them all."""
    worker, asked = ground.worker(), len(asked_for(ground))
    ground.append(1)
    process = ground.chain.process
    assert process is not None
    process.terminate()
    process.wait()
    now = ground.acts()[-1].created

    def meanwhile(_left: int) -> None:
        append(ground.engine, ground.log, 10, now)

    stop = Rounds(9, meanwhile)
    worker.run(stop, 1.0)
    assert stop.waited == [1, 2, 4, 8, 16, 30, 30, 30, 30, 30]
    with reading(ground.engine) as session:
        standing = anchor_store.standing(session, ground.log)
    assert standing.published == standing.size - 10
    assert standing.size - standing.anchored == 101
    row = worker_row(ground.engine)
    assert (row.trouble, row.account) == (
        "chain_unreachable",
        ground.body.operator.address.lower(),
    )
    assert row.answered is None
    ground.chain.restart()
    stop = Rounds(30, lambda _left: ground.mine())
    worker.run(stop, 1.0)
    assert stop.waited[0] == 1
    assert max(stop.waited) == 1
    assert len(asked_for(ground)) <= asked + 2
    assert ground.sizes()[-1] == ground.size()
    row = worker_row(ground.engine)
    assert (row.trouble, row.since) == (None, None)
    assert row.answered is not None
    said = [one.getMessage() for one in caplog.records if "chain_unreachable" in one.message]
    assert len(said) == 2
    assert "start its node" in said[0]
    assert "is over" in said[1]


def test_a_killed_chain_under_a_running_worker(ground: Ground) -> None:
    """It waits while the chain is away, and while its final block cannot be asked."""
    worker = ground.worker()
    saved = ground.save()
    ground.append(2)
    worker.anchor_newest(ground.log)
    facts = ground.facts()
    ground.lose(saved)
    found = set[str]()

    class Noting(Rounds):
        def wait(self, timeout: float | None = None) -> bool:
            with reading(ground.engine) as session:
                row = session.exec(select(WorkerRow)).first()
            if row is not None and row.trouble:
                found.add(row.trouble)
            ground.mine()
            return super().wait(timeout)

    worker.run(Noting(20), 0.0)
    assert "node_behind" in found
    assert ground.facts() == facts
    assert worker_row(ground.engine).trouble is None
    assert {act.state for act in ground.acts()} == {State.FINAL}


PROGRAM = Path(__file__).with_name("worker_process.py")


def test_two_processes_on_one_database(ground: Ground, database_url: str) -> None:
    """With accounts of their own, and a third with the account of the first."""
    second = key_of("second operator")
    own = ground.body.acts
    own.set_operator(second.address, Role.ANCHOR, True, "second operator")
    key_names = (f"{ground.body.origin.partition('/')[2]} operator", "second operator")
    addresses = ground.addresses
    processes = [
        subprocess.Popen(  # noqa: S603
            [
                sys.executable,
                "-m",
                "tests.integration.anchor.worker_process",
                database_url,
                ground.node.network.rpcs[0],
                name,
                str(ground.public),
                addresses.trust_registry,
                addresses.log_anchor,
                addresses.status_registry,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in (*key_names, key_names[0])
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for _ in range(6):
            ground.append(3)
            while ground.sizes()[-1] < ground.size() - 6:
                ground.mine()
        while ground.sizes()[-1] < ground.size():
            ground.mine()
    finally:
        codes = []
        for process in processes:
            process.communicate("stop\n", timeout=30)
            codes.append(process.returncode)
    assert codes == [0, 0, 0]
    ground.settle()
    acts = [act for act in ground.acts() if act.purpose == PURPOSE]
    assert {act.state for act in ground.acts()} == {State.FINAL}
    assert len({act.reference for act in acts}) == len(acts)
    assert len(ground.sizes()) == len(acts) + 1
    for account in {act.account for act in acts}:
        used = [act.nonce for act in acts if act.account == account]
        assert sorted(n or 0 for n in used) == list(range(len(used)))
        assert ground.node.nonce(account) == len(used)
    with reading(ground.engine) as session:
        assert session.exec(select(LogRow.halted)).all() == [None]


def test_a_chain_that_answers_and_stands_still_is_named(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when too few of its validators are left."""
    worker = ground.worker()
    monkeypatch.setattr(worker_module, "STALLED", 0.0)
    worker.round()
    ground.append(1)
    worker.round()
    (found,) = worker.round()
    assert found.code == "chain_stalled"
    assert "validators" in found.said
    monkeypatch.undo()
    ground.settle(worker)
    assert worker.round() == []


def test_a_nonce_that_nobody_here_knows_is_named(ground: Ground) -> None:
    """The chain lost what another database had sent: the acts after it wait in vain."""
    chain_id, account = ground.node.network.chain_id, key_of("body").address.lower()
    with writing(ground.engine) as session:
        chain_store.take_nonce(session, chain_id, account, 0)
    call = ground.contracts.trust_registry.set_operator(ground.body.org, account, Role.STATUS, True)
    sender = ground.sender("body")
    with suppress(SendUnknown):
        sender.submit(call, "after a gap")
    with pytest.raises(SendUnknown) as caught:
        sender.advance()
    assert caught.value.code == "nonce_gap"
    found = {one.code: one for one in ground.worker().round()}
    assert "restore the database" in found["nonce_gap"].said


def test_what_was_not_foreseen_ends_one_round_only(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    class Strange(Publisher):
        def due(self) -> list[bytes]:
            if stop.left > 20:
                raise ZeroDivisionError("once")
            return super().due()

    publisher = Strange(ground.engine, ground.public, lambda _org: KEY)
    worker = AnchorWorker(
        ground.engine, ground.contracts, ground.body.operator, publisher, pause=ground.mine
    )
    ground.append(1)
    stop = Rounds(30, lambda _left: ground.mine())
    worker.run(stop, 0.0)
    assert "unforeseen: ZeroDivisionError: once" in caplog.text
    assert "unforeseen is over" in caplog.text
    assert ground.sizes()[-1] == ground.size()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "/full")])
def test_a_full_disk_is_named_with_its_file(
    ground: Ground, error: OSError, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(Publisher):
        def due(self) -> list[bytes]:
            raise error

    publisher = Full(ground.engine, ground.public, lambda _org: KEY)
    worker = AnchorWorker(
        ground.engine, ground.contracts, ground.body.operator, publisher, pause=ground.mine
    )
    worker.run(Rounds(1), 0.0)
    assert "anchoring: system_refuses at /full" in caplog.text
