"""The test world's record judged through nodes."""

from __future__ import annotations

from tests.unit.verifier.nodes import FakeNode
from tests.world import NOW, TRUST, proof_of
from verifier import Report, Result, Verdict, verify
from verifier.view.live import LiveChain

DATA = proof_of().encode()
# Long enough for an honest answer on a busy machine; the silent node costs as much.
TIMEOUT = 2.0


def judge(*nodes: FakeNode, data: bytes = DATA, timeout: float = TIMEOUT) -> Report:
    chain = LiveChain(TRUST, [node.address for node in nodes], timeout=timeout)
    return verify(data, chain.view(), NOW)


def unverifiable(report: Report, code: str) -> bool:
    assert report.verdict is Verdict.UNVERIFIABLE
    assert [check.result for check in report.checks[:2]] == [Result.PASS] * 2
    assert {(c.result, c.code) for c in report.checks[2:]} == {(Result.UNKNOWN, code)}
    return True
