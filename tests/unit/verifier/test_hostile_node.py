"""Nodes that fail, lie or contradict each other: the record is unverifiable, never worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.chain import anchored_at, state, status
from tests.changes import never_accredited, revoked, says
from tests.unit.verifier.judging import DATA, TIMEOUT, judge, unverifiable
from tests.unit.verifier.nodes import Answer, FakeNode, at_method, at_view, result
from tests.world import (
    BOA,
    BODY,
    KEY,
    NOW,
    RECORD,
    STRANGER,
    TRUST,
    T,
    issue,
    proof_of,
)
from verifier import Verdict, verify
from verifier.chain_view import Reason, Status
from verifier.errors import ConfigurationError
from verifier.view.live import LiveChain

# ------------------------------------------------------------------------------- honest nodes

HONEST = {
    "in order": (state(), DATA),
    "withdrawn": (state(RECORD, anchored_at(), says(status(Status.WITHDRAWN, T))), DATA),
    "not accredited": (state(RECORD, anchored_at(), never_accredited), DATA),
    "key stolen": (state(RECORD, anchored_at(), revoked(T, BOA, Reason.COMPROMISED)), DATA),
    "waiting": (state(RECORD, anchored_at((1, -5000))), DATA),
    "no such log": (state(RECORD, anchored_at(), lambda chain: chain.logs.clear()), DATA),
    "no such issuer": (
        state(RECORD, anchored_at(), lambda chain: chain.organisations.pop(BODY.id)),
        DATA,
    ),
    "stranger": (state(), proof_of(issue(signer=STRANGER)).encode()),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_a_node_answers_is_judged_as_the_state_behind_it(name: str) -> None:
    chain, data = HONEST[name]
    with FakeNode(chain) as node:
        assert judge(node, data=data) == verify(data, chain, NOW)


def test_the_chain_is_recognised_once_and_read_at_one_block() -> None:
    with FakeNode(state()) as node:
        chain = LiveChain(TRUST, [node.address], timeout=TIMEOUT)
        for _ in range(2):
            assert verify(DATA, chain.view(), NOW).verdict is Verdict.VALID
    assert node.asked.count("eth_chainId") == 1


# -------------------------------------------------------------------------------- broken answers

DEEP = b'{"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
LONG_NUMBER = b'{"jsonrpc":"2.0","id":1,"result":' + b"9" * 5000 + b"}"
BROKEN: dict[str, Answer] = {
    "a web page": Answer(b"<html>Bad gateway</html>", headers=(("Content-Type", "text/html"),)),
    "502": Answer(b"<html>Bad gateway</html>", status=502),
    "500 with JSON": Answer(b'{"error":"internal"}', status=500),
    "404": Answer(b"", status=404),
    "401": Answer(b"{}", status=401),
    "429": Answer(b'{"error":{"code":-32005,"message":"limit"}}', status=429),
    "redirect": Answer(b"", status=302, headers=(("Location", "http://127.0.0.1:9/"),)),
    "empty": Answer(b""),
    "cut off JSON": Answer(b'{"jsonrpc":"2.0","id":1,"resu'),
    "cut off answer": Answer(b'{"jsonrpc"', length=4000),
    "not UTF-8": Answer(b'{"result":"\xff\xfe"}'),
    "byte order mark": Answer(b'\xef\xbb\xbf{"result":"0x7a69"}'),
    "a list": Answer(b"[]"),
    "a list of answers": Answer(b'[{"result":"0x7a69"}]'),
    "a number": Answer(b"7"),
    "text": Answer(b'"0x7a69"'),
    "null": Answer(b"null"),
    "no result": Answer(b"{}"),
    "error object": Answer(b'{"error":{"code":-32602,"message":"block not found"}}'),
    "error and result": Answer(b'{"error":{"code":3},"result":null}'),
    "depth bomb": Answer(DEEP),
    "number of 5000 digits": Answer(LONG_NUMBER),
    "NaN": Answer(b'{"result":NaN}'),
    "hung up": Answer(hang_up=True),
    "result null": result(None),
    "result true": result(True),
    "result a number": result(31337),
    "result a fraction": result(1.5),
    "result an empty text": result(""),
    "result a list": result(["0x1"]),
    "result not hex": result("0xzz"),
    "result hex without 0x": result("7a69"),
    "result in capitals 0X": result("0X7A69"),
    "result signed": result("0x-1"),
    "result beyond 64 bits": result("0x1" + "0" * 64),
    "result 100 kB": result("0x" + "f" * 100_000),
    "an empty object": result({}),
    "block without hash": result({"number": "0x64", "timestamp": "0x1"}),
    "block with numbers": result({"number": 100, "hash": 7, "timestamp": 1}),
    "block with null": result({"number": None, "hash": None, "timestamp": None}),
    "block of lists": result({"number": [], "hash": [], "timestamp": []}),
    "block in the far future": result(
        {"number": "0xffffffffffffffff", "hash": "0x00", "timestamp": "0xffffffffffffffff"}
    ),
    "block beyond 64 bits": result(
        {"number": "0x64", "hash": "0x00", "timestamp": "0x1ffffffffffffffff"}
    ),
}


@pytest.mark.parametrize("method", ["eth_chainId", "eth_getBlockByNumber", "eth_call"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_no_answer(method: str, name: str) -> None:
    with FakeNode(state(), at_method(method, BROKEN[name])) as node:
        report = judge(node)
    assert node.fired > 0
    code = report.deciding.code
    assert unverifiable(report, code)
    assert code in ("chain_unreachable", "chain_other", "chain_contradiction")


VIEWS_ASKED = ("root", "organisation", "activeAt", "keyAt", "accreditationAt", "logInfo",
               "anchorAt", "firstAnchorCovering", "statusAt")  # fmt: skip
SPOILED: dict[str, Callable[[str], Answer]] = {
    "nothing": lambda honest: result("0x"),
    "half": lambda honest: result(honest[: 2 + len(honest) // 4 * 2]),
    "without its last word": lambda honest: result(honest[:-64]),
    "all ones": lambda honest: result("0x" + "f" * (len(honest) - 2)),
    "error": lambda honest: Answer(b'{"error":{"code":3,"message":"execution reverted"}}'),
    "odd digits": lambda honest: result(honest + "0"),
}


@pytest.mark.parametrize("view", VIEWS_ASKED)
@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_view_makes_everything_unknown(view: str, name: str) -> None:
    with FakeNode(state(), at_view(view, SPOILED[name])) as node:
        report = judge(node)
    assert node.fired > 0
    code = report.deciding.code
    assert unverifiable(report, code)
    assert code in ("chain_unreachable", "chain_other", "chain_contradiction")


def test_checkpoint_keys_that_cannot_be_read_make_everything_unknown() -> None:
    waiting = state(RECORD, anchored_at((1, -5000)))
    for spoil in SPOILED.values():
        with FakeNode(waiting, at_view("checkpointKeys", spoil)) as node:
            report = judge(node)
        assert node.fired > 0
        assert unverifiable(report, report.deciding.code)


def test_a_node_that_answers_nothing_is_given_up() -> None:
    with FakeNode(state(), at_method("eth_chainId", Answer(hold=True))) as node:
        report = judge(node, timeout=0.1)
        assert node.fired == 1
    assert unverifiable(report, "chain_unreachable")


def test_nobody_listens() -> None:
    with FakeNode(state()) as node:
        address = node.address
    view = LiveChain(TRUST, [address], timeout=TIMEOUT).view()
    assert unverifiable(verify(DATA, view, NOW), "chain_unreachable")


def test_a_redirect_is_not_followed() -> None:
    with FakeNode(state()) as other:
        away = Answer(b"", status=307, headers=(("Location", other.address),))
        with FakeNode(state(), lambda method, params: away) as node:
            report = judge(node)
    assert node.fired == 1
    assert other.asked == []
    assert unverifiable(report, "chain_unreachable")


# ------------------------------------------------------------------------------------ other chains

OTHERS = {
    "chain id": replace(TRUST, chain_id=1),
    "first block": replace(TRUST, genesis=bytes(32)),
    "root organisation": replace(TRUST, root=BODY.id),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_chain_is_told_from_the_configured_one(name: str) -> None:
    with FakeNode(replace(state(), trust=OTHERS[name])) as node:
        assert unverifiable(judge(node), "chain_other")


def test_a_place_without_contracts_is_another_chain() -> None:
    with FakeNode(state(), at_method("eth_call", result("0x"))) as node:
        assert unverifiable(judge(node), "chain_other")
        assert node.fired == 1


# ------------------------------------------------------------------- lies that one node can tell


def test_a_node_cannot_give_another_did_to_an_id() -> None:
    ours = BODY.did.encode().hex()
    theirs = BODY.did.replace("quatest3", "quatest1").encode().hex()
    fault = at_view("organisation", lambda honest: result(honest.replace(ours, theirs)))
    with FakeNode(state(), fault) as node:
        report = judge(node)
    assert node.fired > 0
    assert unverifiable(report, "chain_contradiction")


@pytest.mark.parametrize("time", ["0x0", "0xffffffffffffffff"])
def test_a_block_of_any_time_gives_a_report(time: str) -> None:
    def fault(method: str, params: Any) -> Answer | None:
        if method != "eth_getBlockByNumber" or params[0] == "0x0":
            return None
        return result({**FakeNode(state()).honest(method, params), "timestamp": time})

    with FakeNode(state(), fault) as node:
        report = judge(node)
    assert node.fired > 0
    # At the end of time everything has expired; at its beginning the view is too old.
    assert report.deciding.code == ("view_too_old" if time == "0x0" else "expired")
    assert report.headline("en")


def test_a_node_cannot_give_another_point_to_a_kid() -> None:
    x, y = (part.hex() for part in KEY.point)
    fault = at_view("keyAt", lambda honest: result(honest.replace(x + y, y + x)))
    with FakeNode(state(), fault) as node:
        report = judge(node)
    assert node.fired > 0
    assert unverifiable(report, "chain_contradiction")


@pytest.mark.parametrize("addresses", [[], ["a", "b", "c"], ["ws://127.0.0.1:1"], ["file:///x"]])
def test_addresses_are_one_or_two_and_http(addresses: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        LiveChain(TRUST, addresses)
    assert caught.value.code in ("rpc_addresses", "rpc_address")


def test_faults_are_what_they_are_called() -> None:
    # The fault injector itself: what is sent is what was asked for.
    with FakeNode(state(), at_method("eth_chainId", BROKEN["502"])) as node:
        answer = httpx.post(node.address, json={"method": "eth_chainId", "params": []})
        honest = httpx.post(node.address, json={"method": "eth_getLogs", "params": [{}]})
    assert (answer.status_code, answer.content) == (502, b"<html>Bad gateway</html>")
    assert honest.json()["result"] == []
    assert (node.asked, node.fired) == (["eth_chainId", "eth_getLogs"], 1)
