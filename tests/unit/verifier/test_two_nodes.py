"""Two nodes have to agree: different answers are a contradiction, never a choice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chain import state
from tests.unit.verifier.judging import judge, unverifiable
from tests.unit.verifier.nodes import Answer, FakeNode, at_method, at_view, result
from tests.world import BOA, T
from verifier import Verdict
from verifier.chain_view import Block


def test_two_nodes_that_agree_are_believed() -> None:
    with FakeNode(state()) as one, FakeNode(state()) as two:
        assert judge(one, two).verdict is Verdict.VALID
    assert two.asked.count("eth_call") == one.asked.count("eth_call") > 5


def test_a_node_that_lags_is_waited_for() -> None:
    # One has a newer final block; both know the older one.
    older, newer = state(), state()
    newer.at_block = Block(101, bytes([1]) * 32, T + 25)

    def both(method: str, params: Any) -> Answer | None:
        if method == "eth_getBlockByNumber" and params[0] == hex(older.at_block.number):
            return result(FakeNode(older).honest(method, params))
        return None

    with FakeNode(older) as one, FakeNode(newer, both) as two:
        report = judge(one, two)
    assert two.fired == 1
    assert report.verdict is Verdict.VALID
    assert report.facts["chain"]["block"] == older.at_block.number


LIES = {
    "another root of the log": at_view(
        "anchorAt", lambda honest: result(honest[:-64] + "ab" * 32)
    ),
    "another block of this number": lambda method, params: (
        result({"number": "0x64", "hash": "0x" + "ab" * 32, "timestamp": hex(T)})
        if method == "eth_getBlockByNumber" and params[0] != "0x0"
        else None
    ),
    "another time of this block": lambda method, params: (
        result({**FakeNode(state()).honest(method, params), "timestamp": hex(T)})
        if method == "eth_getBlockByNumber" and params[0] != "0x0"
        else None
    ),
    "another chain id": at_method("eth_chainId", result("0x1")),
    "withdrawn": at_view("statusAt", lambda honest: result(
        "0x" + BOA.id.hex() * 2 + "03".rjust(64, "0") + honest[2 + 3 * 64:])),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
@pytest.mark.parametrize("liar_first", [True, False])
def test_two_nodes_that_differ_are_a_contradiction(name: str, liar_first: bool) -> None:
    fault: Any = LIES[name]
    with FakeNode(state()) as honest, FakeNode(state(), fault) as liar:
        report = judge(*((liar, honest) if liar_first else (honest, liar)))
    assert liar.fired > 0
    assert unverifiable(report, "chain_contradiction")


def test_one_of_two_down_is_down() -> None:
    with FakeNode(state()) as up, FakeNode(state(), lambda m, p: Answer(hang_up=True)) as down:
        report = judge(up, down)
    assert down.fired == 1
    assert unverifiable(report, "chain_unreachable")
