"""Validators die, are cut off and come back: nothing is lost, nothing is twice, nobody is accused.

The tests share a chain and a log, and each leaves both in order.
"""

from __future__ import annotations

import time

import pytest

from anchor.clock import MAX_AHEAD
from tests.network.stage import (
    Registry,
    Stage,
    require_nothing_twice,
    sample,
    until,
)
from verifier.report import Verdict

RECORDS = 1000
FEW = 40
QUIET = 5.0


def test_a_thousand_records(stage: Stage) -> None:
    with stage.running() as registry:
        seconds = registry.issue(RECORDS)
        waited = registry.await_anchored()
        stage.say(f"{RECORDS} issued in {seconds:.1f} s, all anchored {waited:.1f} s later")
        _require_valid(registry)
        require_nothing_twice(registry)


def test_f_and_then_f_plus_one_die(stage: Stage) -> None:
    with stage.running() as registry:
        _kill_and_bring_back(registry)


def test_f_and_then_f_plus_one_of_seven_die(founded_on_seven: Stage) -> None:
    stage = founded_on_seven
    assert stage.network.faults == 2
    with stage.running() as registry:
        registry.issue(FEW)
        registry.await_anchored()
        _kill_and_bring_back(registry)


def _kill_and_bring_back(registry: Registry) -> None:
    stage, network, faults = registry.stage, registry.stage.network, registry.stage.network.faults
    names = range(1, faults + 2)  # those that die, the first f first

    network.kill(*names[:-1])
    registry.issue(FEW)
    waited = registry.await_anchored()
    height = network.height()
    ten = until(lambda: network.height() >= height + 10, "ten blocks")
    stage.say(f"{faults} dead: anchored after {waited:.1f} s, {ten / 10:.1f} s a block")
    _require_valid(registry)

    network.kill(names[-1])
    before, height = registry.anchored(), _settled(stage)
    registry.issue(FEW)
    _await_unverifiable(registry)
    assert registry.anchored() == before
    assert network.height() == height

    began = time.monotonic()
    with registry.issuing():
        network.start(names[-1])
        until(lambda: network.height() > height, "the chain to go on")
    seconds = time.monotonic() - began
    waited = registry.await_anchored()
    stage.say(
        f"{faults + 1} dead: halted; one back: a block after {seconds:.1f} s, all anchored "
        f"{waited:.1f} s later"
    )
    network.start(*names[:-1])
    _require_valid(registry)
    require_nothing_twice(registry)


def test_all_die(stage: Stage) -> None:
    network = stage.network
    with stage.running() as registry:
        registry.issue(FEW)
        registry.await_anchored()
        height = network.height()
        last = stage.node(0).head(height - 1).hash
        network.kill()
        registry.issue(FEW)
        found = registry.verdicts(stage.live(), sample(stage.codes))
        assert set(found) == {(Verdict.UNVERIFIABLE, "chain_unreachable")}
        began = time.monotonic()
        network.start()
        until(lambda: network.height() > height, "the chain to go on")
        seconds = time.monotonic() - began
        waited = registry.await_anchored()
        stage.say(
            f"all killed; started: a block after {seconds:.1f} s, all anchored {waited:.1f} s later"
        )
        assert {stage.node(one.number).head(height - 1).hash for one in network.validators} == {
            last
        }
        _require_valid(registry)
        require_nothing_twice(registry)


def test_one_hangs(stage: Stage) -> None:
    """It takes every connection and answers nothing."""
    with stage.running() as registry:
        registry.issue(FEW)
        registry.await_anchored()
        hanging = stage.network.validators[0]
        hanging.pause()
        registry.issue(FEW)
        waited = registry.await_anchored()
        stage.say(f"the first RPC address hangs: anchored after {waited:.1f} s")
        found = registry.verdicts(stage.live(*_rpcs(stage, 0, 1)), stage.codes[-1:])
        assert set(found) == {(Verdict.UNVERIFIABLE, "chain_unreachable")}
        others = stage.live(*_rpcs(stage, 1, 2))
        registry.await_verdicts(others, sample(stage.codes), Verdict.VALID)
        hanging.resume()
        _require_valid(registry)
        require_nothing_twice(registry)


def test_one_is_cut_off(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """It stands still, and its RPC goes on answering: a view that grows old, and a worker that
    turns to the next address."""
    network = stage.network
    with stage.running() as registry:
        registry.issue(FEW)
        registry.await_anchored()
        stage.links.cut(0)
        registry.issue(FEW)
        waited = registry.await_anchored()
        stage.say(f"the first RPC address is cut off and lags: anchored after {waited:.1f} s")
        assert f"{stage.rpc(0)} stands still" in caplog.text
        lagging, others = stage.live(*_rpcs(stage, 0, 1)), stage.live(*_rpcs(stage, 1, 2))
        registry.await_verdicts(lagging, sample(stage.codes), Verdict.UNVERIFIABLE)
        registry.await_verdicts(others, sample(stage.codes), Verdict.VALID)
        behind, height = network.validators[0].height() or 0, network.height()
        assert behind < height - 5
        stage.links.heal()
        seconds = until(lambda: (network.validators[0].height() or 0) > height, "it to catch up")
        stage.say(f"healed, {height - behind} blocks behind: caught up in {seconds:.1f} s")
        registry.await_verdicts(lagging, sample(stage.codes), Verdict.VALID)
        assert stage.node(0).head(height).hash == stage.node(1).head(height).hash
        require_nothing_twice(registry)


def test_the_only_address_is_cut_off_for_long(stage: Stage) -> None:
    """The blocks that it catches up with are old when they arrive: our clock is not to blame."""
    with stage.running(stage.rpc(0)) as registry:
        registry.issue(FEW)
        registry.await_anchored()
        stage.links.cut(0)
        before = registry.anchored()
        with registry.issuing():
            _await_age(stage)
            assert registry.anchored() == before
            stage.links.heal()
            until(lambda: registry.anchored() > before, "anchoring to go on")
        registry.await_anchored()
        _require_valid(registry)
        require_nothing_twice(registry)


def test_the_network_is_divided(stage: Stage) -> None:
    """Neither half goes on by itself, so that there is one chain afterwards. Its first block has
    the time at which the last one was agreed on."""
    network = stage.network
    with stage.running() as registry:
        registry.issue(FEW)
        stage.links.divide([0, 1])
        height = _settled(stage)
        before = registry.anchored()
        with registry.issuing():
            _await_unverifiable(registry)
            _await_age(stage)
            assert registry.anchored() == before
            assert {one.height() for one in network.validators} <= {height, height - 1}
            stage.links.heal()
            seconds = until(lambda: network.height() > height, "the chain to go on")
            waited = until(lambda: registry.anchored() > before, "anchoring to go on")
        stage.say(
            f"divided in halves: halted; healed: a block after {seconds:.1f} s, anchored "
            f"{waited:.1f} s later"
        )
        registry.await_anchored()
        hashes = {stage.node(one.number).head(height).hash for one in network.validators}
        assert len(hashes) == 1
        _require_valid(registry)
        require_nothing_twice(registry)


def _await_age(stage: Stage) -> None:
    """Wait until the first validator's newest block is older than a clock may be wrong."""
    node = stage.node(0)
    until(lambda: time.time() - node.head().time > MAX_AHEAD + 5, "the newest block to grow old")


def _rpcs(stage: Stage, *numbers: int) -> tuple[str, ...]:
    return tuple(stage.rpc(number) for number in numbers)


def _settled(stage: Stage) -> int:
    """The height at which a chain that cannot go on has halted: what was begun may still end."""
    height, since = 0, time.monotonic()

    def quiet() -> bool:
        nonlocal height, since
        if (found := stage.network.height()) != height:
            height, since = found, time.monotonic()
        return time.monotonic() > since + QUIET

    until(quiet, "the chain to halt")
    return height


def _require_valid(registry: Registry) -> None:
    """Every record of the sample is valid, by two nodes that answer."""
    answering = [one.rpc for one in registry.stage.network.validators if one.height() is not None]
    live = registry.stage.live(*answering[:2])
    registry.await_verdicts(live, sample(registry.stage.codes), Verdict.VALID)


def _await_unverifiable(registry: Registry) -> None:
    """The chain's last block grows old: what was valid is so no longer, and never not genuine."""
    answering = [one.rpc for one in registry.stage.network.validators if one.height() is not None]
    live = registry.stage.live(*answering[:2])
    registry.await_verdicts(live, sample(registry.stage.codes), Verdict.UNVERIFIABLE)
