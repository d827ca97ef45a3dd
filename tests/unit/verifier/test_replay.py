"""The chain's state rebuilt from its events, and events that cannot be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from eth_abi.abi import encode

from tests.chain import state
from tests.refusing import refusal
from tests.unit.verifier.nodes import Answer, FakeNode, Fault, result
from tests.world import (
    BOA,
    BODY,
    FOUNDED,
    KEY,
    LOG,
    LOG_KEY,
    NOW,
    ORIGIN,
    RECORD,
    REGULATOR,
    ROOT,
    TRUST,
    T,
    proof_of,
)
from verifier import verify
from verifier.chain_view import Act, Custody, LogState, Reason, Status, StatusReason
from verifier.view.abi import EVENTS
from verifier.view.live import LiveChain
from verifier.view.replay import apply, read_state
from verifier.view.state import ChainState

BY_NAME = {event.name: (topic, event) for topic, event in EVENTS.items()}
ADMIN = "0x" + "0a" * 20
PUBLIC = LOG_KEY.public_key().public_bytes_raw()


@dataclass(frozen=True)
class Happened:
    """An event, in the order of blocks."""

    name: str
    values: dict[str, Any]
    block: int = 1

    def log(self, index: int) -> dict[str, Any]:
        """The event as a node gives it."""
        topic, event = BY_NAME[self.name]
        topics = [topic, *(encode([kind], [self.values[n]]) for n, kind in event.indexed.items())]
        data = encode(list(event.plain.values()), [self.values[name] for name in event.plain])
        return {
            "blockNumber": hex(self.block),
            "logIndex": hex(index),
            "topics": ["0x" + item.hex() for item in topics],
            "data": "0x" + data.hex(),
        }


def happened(event: str, **values: Any) -> Happened:
    return Happened(event, values)


def entry(act: Act, at: int, by: bytes, until: int = 0) -> tuple[Any, ...]:
    return (act, Reason.UNSPECIFIED, at, until, at, by)


def registered(org: Any, sponsor: bytes) -> Happened:
    return happened("OrganisationRegistered", org=org.id, sponsor=sponsor, kind=org.kind,
                    admin=ADMIN, registeredAt=FOUNDED, did=org.did, name=org.name)  # fmt: skip


def anchored(number: int) -> Happened:
    anchor = state().logs[LOG].anchors[number]
    return happened("Anchored", log=LOG, size=anchor.size, root=anchor.root, time=anchor.time,
                    blockNumber=anchor.block_number)  # fmt: skip


SCOPE = "verification/scales"
x, y = KEY.point
FOUNDING = [
    registered(ROOT, bytes(32)),
    registered(BOA, ROOT.id),
    registered(REGULATOR, ROOT.id),
    registered(BODY, BOA.id),
    happened("AdminChanged", org=BODY.id, **{"from": ADMIN, "to": ADMIN}),
    happened("GrantRecorded", accreditor=BOA.id, scopeHash=bytes(32), scope="verification",
             entry=entry(Act.GRANTED, FOUNDED, ROOT.id)),
    happened("AccreditationRecorded", body=BODY.id, accreditor=BOA.id, scopeHash=bytes(32),
             scope=SCOPE, entry=entry(Act.GRANTED, FOUNDED, BOA.id)),
    happened("KeyAdded", org=BODY.id, kid=KEY.kid, x=x, y=y, until=0, recordedAt=FOUNDED,
             custody=Custody.BODY, **{"from": FOUNDED}),
    happened("LogOpened", log=LOG, org=BODY.id, origin=ORIGIN, openedAt=T - 5000),
    happened("CheckpointKeySet", log=LOG, key=PUBLIC, since=T - 5000),
    anchored(0), anchored(1), anchored(2),
]  # fmt: skip
LATER = [
    happened("SponsorTransferred", org=BODY.id, to=ROOT.id, **{"from": BOA.id}),
    happened("SuspensionRecorded", org=BODY.id, author=REGULATOR.id,
             entry=entry(Act.SUSPENDED, T + 15, REGULATOR.id)),
    happened("KeyRevoked", org=BODY.id, kid=KEY.kid, entry=entry(Act.WITHDRAWN, T + 16, BODY.id)),
    happened("StatusRecorded", log=LOG, leaf=RECORD.leaf, author=BODY.id, by=BODY.id, index=0,
             status=Status.SUSPENDED, reason=StatusReason.FRAUD, effective=T + 1,
             recordedAt=T + 1),
    happened("StatusAnnulled", log=LOG, leaf=RECORD.leaf, author=BODY.id, index=0, reason=0,
             annulledAt=T + 2),
    happened("LogClosed", log=LOG, size=5, root=bytes(32), closedAt=T + 17),
    happened("RepudiationProposed", log=LOG, fromSize=4, proposedAt=T + 17),
    happened("LogRepudiated", log=LOG, fromSize=4, proposedAt=T + 17, confirmedAt=T + 18,
             sponsor=ROOT.id),
]  # fmt: skip


def serving(events: Any) -> Fault:
    """A node whose events are these, in whatever order."""

    def fault(method: str, params: Any) -> Answer | None:
        if method != "eth_getLogs":
            return None
        logs = [event.log(index) for index, event in enumerate(events)]
        first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
        return result([one for one in logs if first <= int(one["blockNumber"], 16) <= last])

    return fault


def after(events: Sequence[Happened]) -> ChainState:
    """What the contracts hold when these have happened."""
    chain = ChainState(TRUST, state().block())
    for event in events:
        apply(chain, event.name, event.values)
    return chain


def rebuilt(fault: Fault, holds: ChainState | None = None) -> ChainState:
    with FakeNode(holds or state(), fault) as node:
        return read_state(LiveChain(TRUST, [node.address], timeout=2.0), lambda *done: None)


def test_the_state_is_that_of_its_events() -> None:
    chain = rebuilt(serving(FOUNDING), after(FOUNDING))
    expected = state()
    del expected.organisations[
        next(o for o in expected.organisations if o not in chain.organisations)
    ]
    assert chain == expected
    assert verify(proof_of().encode(), chain, NOW).verdict.value == "valid"


def test_events_are_taken_in_the_order_of_the_chain_not_of_the_answer() -> None:
    def backwards(method: str, params: Any) -> Answer | None:
        answer = serving(FOUNDING)(method, params)
        if answer is None:
            return None
        logs = json.loads(answer.body)["result"]
        return result(logs[::-1])

    held = after(FOUNDING)
    assert rebuilt(backwards, held) == rebuilt(serving(FOUNDING), held)


def test_everything_that_can_happen_later_happens() -> None:
    events = [*FOUNDING, *LATER]
    chain = rebuilt(serving(events), after(events))
    body = chain.organisations[BODY.id]
    assert body.organisation.sponsor == ROOT.id
    assert [e.act for e in body.suspensions[REGULATOR.id]] == [Act.SUSPENDED]
    assert [e.effective for e in body.keys[KEY.kid].revocations] == [T + 16]
    (status,) = chain.statuses[LOG, RECORD.leaf][BODY.id]
    assert (status.standing.reason, status.annulled) == (StatusReason.FRAUD, True)
    assert (chain.logs[LOG].state, chain.logs[LOG].repudiated_from) == (LogState.REPUDIATED, 4)


def test_long_chains_are_read_in_pieces_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    late = Happened("CheckpointKeySet", {"log": LOG, "key": bytes(32), "since": T}, 24_999)
    long = after([*FOUNDING, late])
    long.at_block = type(long.at_block)(25_000, long.at_block.hash, long.at_block.time)
    with FakeNode(long, serving([*FOUNDING, late])) as node:
        chain = read_state(
            LiveChain(TRUST, [node.address], timeout=2.0), lambda *done: told.append(done)
        )
    assert told == [(9_999, 25_000), (19_999, 25_000), (25_000, 25_000)]
    assert chain.logs[LOG].checkpoint_keys == [PUBLIC, bytes(32)]
    assert chain.checkpoint_keys(LOG) == (PUBLIC,)


LOST = {
    "everything": (),
    "an organisation": (*FOUNDING[:2], *FOUNDING[3:]),
    "a key": (*FOUNDING[:7], *FOUNDING[8:]),
    "the newest anchor": FOUNDING[:-1],
    "a suspension": (*FOUNDING, LATER[0], *LATER[2:]),
    "a revocation": (*FOUNDING, *LATER[:2], *LATER[3:]),
    "the repudiation": (*FOUNDING, *LATER[:-1]),
}


@pytest.mark.parametrize("name", LOST)
def test_a_node_that_lost_events_is_noticed(name: str) -> None:
    happened_all = FOUNDING if len(LOST[name]) <= len(FOUNDING) else [*FOUNDING, *LATER]
    fault = serving(LOST[name])
    assert refusal(lambda: rebuilt(fault, after(happened_all))) == "chain_contradiction"


CANNOT_FOLLOW = {
    "key of nobody": FOUNDING[7],
    "anchor of no log": FOUNDING[10],
    "suspension of nobody": LATER[1],
    "revocation of no key": LATER[2],
    "annulment of nothing": LATER[4],
    "repudiation of no log": LATER[7],
}


@pytest.mark.parametrize("name", CANNOT_FOLLOW)
def test_an_event_that_cannot_follow_is_a_contradiction(name: str) -> None:
    fault = serving([CANNOT_FOLLOW[name]])
    assert refusal(lambda: rebuilt(fault)) == "chain_contradiction"


def test_a_log_without_anchors_or_with_anchors_out_of_order_is_a_contradiction() -> None:
    none, turned = FOUNDING[:10], [*FOUNDING[:10], anchored(1), anchored(0), anchored(2)]
    for events in (none, turned, [*FOUNDING, anchored(2)]):
        assert refusal(partial(rebuilt, serving(events))) == "chain_contradiction"


def spoiled(**change: Any) -> Fault:
    """The first event with other members."""

    def fault(method: str, params: Any) -> Answer | None:
        if method != "eth_getLogs":
            return None
        return result([{**FOUNDING[0].log(0), **change}])

    return fault


SPOILED: dict[str, tuple[Fault, str]] = {
    "unknown event": (spoiled(topics=["0x" + "ab" * 32]), "chain_other"),
    "no topics": (spoiled(topics=[]), "chain_other"),
    "too few topics": (spoiled(topics=FOUNDING[0].log(0)["topics"][:2]), "chain_other"),
    "short topic": (
        spoiled(topics=[*FOUNDING[0].log(0)["topics"][:2], "0x00"]), "chain_other"
    ),
    "no data": (spoiled(data="0x"), "chain_other"),
    "data cut off": (spoiled(data=FOUNDING[0].log(0)["data"][:-64]), "chain_other"),
    "data of ones": (spoiled(data="0x" + "ff" * 320), "chain_other"),
    "kind 9": (
        spoiled(data="0x" + "09".rjust(64, "0") + FOUNDING[0].log(0)["data"][66:]), "chain_other"
    ),
    "topics null": (spoiled(topics=None), "chain_unreachable"),
    "topics a number": (spoiled(topics=7), "chain_unreachable"),
    "topics of numbers": (spoiled(topics=[1, 2, 3]), "chain_unreachable"),
    "topics not hex": (spoiled(topics=["0xzz"]), "chain_unreachable"),
    "data null": (spoiled(data=None), "chain_unreachable"),
    "block null": (spoiled(blockNumber=None), "chain_unreachable"),
    "block a number": (spoiled(blockNumber=1), "chain_unreachable"),
    "index null": (spoiled(logIndex=None), "chain_unreachable"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_spoiled_events_are_no_events(name: str) -> None:
    fault, code = SPOILED[name]
    assert refusal(lambda: rebuilt(fault)) == code


@pytest.mark.parametrize("logs", [{}, {"a": 1}, 7, "0x", [1], [None], [[]], [{}], True], ids=str)
def test_an_answer_that_is_no_list_of_events_is_no_answer(logs: Any) -> None:
    def fault(method: str, params: Any) -> Answer | None:
        return result(logs) if method == "eth_getLogs" else None

    # Nothing happened is an answer, whatever holds the nothing; the contracts contradict it.
    expected = "chain_contradiction" if logs == {} else "chain_unreachable"
    assert refusal(lambda: rebuilt(fault)) == expected


def test_a_final_block_that_is_replaced_meanwhile_is_a_contradiction() -> None:
    asked = []

    def fault(method: str, params: Any) -> Answer | None:
        if method == "eth_getLogs":
            asked.append(method)
        if method != "eth_getBlockByNumber" or not asked:
            return None
        return result({"number": "0x64", "hash": "0x" + "ab" * 32, "timestamp": "0x1"})

    with FakeNode(state(), fault) as node:
        chain = LiveChain(TRUST, [node.address], timeout=2.0)
        assert refusal(lambda: read_state(chain, lambda *done: None)) == "chain_contradiction"
    assert node.fired == 1


def test_every_event_of_the_contracts_is_known() -> None:
    assert {event.name for event in (*FOUNDING, *LATER)} <= set(BY_NAME)
    # These change nothing that a view answers.
    rest = {"OperatorSet", "AdminProposed", "AdminProposalCancelled"}
    assert set(BY_NAME) - {event.name for event in (*FOUNDING, *LATER)} == rest
