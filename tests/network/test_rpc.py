"""Addresses that lie, or lose what they were told: noticed, and nobody is accused."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from anchor import store as logs
from anchor.database import reading
from anchor.worker import AnchorWorker
from tests.network.stage import Registry, Stage, require_nothing_twice, sample, until
from tests.rpc_proxy import (
    Altered,
    Behaviour,
    Once,
    RpcProxy,
    dropped_after,
    dropped_before,
    forwarded,
)
from verifier.report import Verdict

FEW = 20
WORD = 64
"""Hex digits of a word of 32 bytes in a contract's answer."""


@pytest.fixture
def proxy(stage: Stage) -> Iterator[RpcProxy]:
    """Between us and the first validator."""
    with RpcProxy(stage.rpc(0)) as proxy:
        yield proxy


@pytest.mark.parametrize("first", [True, False])
def test_a_verifier_that_asks_two_notices_the_liar(
    stage: Stage, proxy: RpcProxy, first: bool
) -> None:
    with stage.running() as registry:
        registry.issue(FEW)
        registry.await_anchored()
        rpcs = (proxy.address, stage.rpc(1)) if first else (stage.rpc(1), proxy.address)
        live, codes = stage.live(*rpcs), sample(stage.codes)
        registry.await_verdicts(live, codes, Verdict.VALID)
        proxy.behave = lie = _another_root(registry, 0)
        found = registry.verdicts(live, codes)
        assert set(found) == {(Verdict.UNVERIFIABLE, "chain_contradiction")}
        assert lie.fired
        proxy.behave = forwarded
        registry.await_verdicts(live, codes, Verdict.VALID)


@pytest.mark.parametrize("first", [True, False])
def test_a_worker_builds_nothing_on_a_root_that_two_dispute(
    stage: Stage, proxy: RpcProxy, first: bool, caplog: pytest.LogCaptureFixture
) -> None:
    rpcs = (proxy.address, stage.rpc(1)) if first else (stage.rpc(1), proxy.address)
    with stage.running() as registry:
        registry.issue(FEW)
        registry.await_anchored()
    caplog.clear()
    with stage.running(*rpcs) as registry:
        proxy.behave = lie = _another_root(registry, 0)
        before = registry.anchored()
        registry.issue(FEW)
        until(lambda: registry.trouble() == "nodes_disagree", "the worker to notice")
        assert lie.fired
        assert registry.anchored() == before
        assert _halted(registry) is None
        assert [one for one in caplog.records if one.levelno == logging.CRITICAL]
        proxy.behave = forwarded
        registry.await_anchored()
        until(lambda: registry.trouble() is None, "the worker to say that it is over")
        require_nothing_twice(registry)


@pytest.mark.parametrize("first", [True, False])
def test_a_worker_notes_no_anchor_that_two_dispute(
    stage: Stage, proxy: RpcProxy, first: bool
) -> None:
    """The lie is about the anchor that it has itself brought to the chain."""
    rpcs = (proxy.address, stage.rpc(1)) if first else (stage.rpc(1), proxy.address)
    with stage.opened(*rpcs) as registry:
        before, worker = registry.size(), registry.here.worker
        _rounds_until_anchored(registry, worker)
        registry.issue(FEW)
        proxy.behave = lie = _another_root(registry, before)
        until(lambda: "nodes_disagree" in _codes(worker), "the worker to notice")
        assert lie.fired
        assert registry.anchored() == before
        assert _halted(registry) is None
        proxy.behave = forwarded
        _rounds_until_anchored(registry, worker)
        require_nothing_twice(registry)


@pytest.mark.parametrize("lost", [dropped_before, dropped_after])
def test_a_transaction_is_sent_and_nobody_says_so(
    stage: Stage, proxy: RpcProxy, lost: Behaviour
) -> None:
    with stage.running(proxy.address) as registry:
        registry.await_anchored()
        proxy.behave = fault = Once(lost, "eth_sendRawTransaction")
        registry.issue(FEW)
        registry.await_anchored()
        assert fault.fired == 1
        require_nothing_twice(registry)


def _another_root(registry: Registry, above: int) -> Altered:
    """One bit is another in the root of every size over ``above``, wherever a contract says it."""
    log = registry.stage.body.log.log
    with reading(registry.here.engine) as session:
        roots = {
            logs.root_at(session, log, size).hex() for size in range(above + 1, registry.size() + 1)
        }

    def change(_: object, result: object) -> str | None:
        digits = str(result).removeprefix("0x")
        words = [digits[start : start + WORD] for start in range(0, len(digits), WORD)]
        changed = [_flipped(word) if word in roots else word for word in words]
        return None if changed == words else "0x" + "".join(changed)

    return Altered("eth_call", change)


def _flipped(word: str) -> str:
    return f"{int(word, 16) ^ 1:0{WORD}x}"


def _codes(worker: AnchorWorker) -> list[str]:
    return [trouble.code for trouble in worker.round()]


def _rounds_until_anchored(registry: Registry, worker: AnchorWorker) -> None:
    until(
        lambda: not worker.round() and registry.anchored() == registry.size(), "all to be anchored"
    )


def _halted(registry: Registry) -> str | None:
    with reading(registry.here.engine) as session:
        return logs.state(session, registry.stage.body.log.log).halted
