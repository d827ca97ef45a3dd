"""The live view asks the contracts; the replayed state answers by itself. Both say the same."""

from __future__ import annotations

from hashlib import sha256
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from anchor.chain.contract import Call
from anchor.chain.deploy import Contracts
from anchor.chain.node import Node
from anchor.chain.status_registry import AnnulReason
from anchor.chain.trust_registry import Role
from anchor.sender import Sender
from tests import reference_tree
from tests.integration.anchor.founding import ROOT_DID, key_of
from verifier.chain_view import (
    AccreditationState,
    Custody,
    KeyState,
    Kind,
    Reason,
    Status,
    StatusReason,
)
from verifier.merkle import leaf_hash
from verifier.names import log_id, org_id
from verifier.note import NoteKey
from verifier.statement import key_thumbprint
from verifier.trust import Trust
from verifier.view import snapshot
from verifier.view.live import LiveChain, LiveView
from verifier.view.replay import read_state
from verifier.view.state import ChainState

DIDS = {
    name: f"did:web:{name}.views.example"
    for name in ("first", "second", "regulator", "body", "stranger")
}
ORGS = {name: org_id(did) for name, did in DIDS.items()} | {"root": org_id(ROOT_DID)}
ORIGIN = "tem.example/views"
LOG = log_id(ORGS["body"], ORIGIN)
LEAVES = [leaf_hash(bytes([n])) for n in range(9)]
POINTS = [
    (numbers.x.to_bytes(32), numbers.y.to_bytes(32))
    for numbers in (
        ec.derive_private_key(n, ec.SECP256R1()).public_key().public_numbers() for n in (5, 6, 7)
    )
]
KIDS = [key_thumbprint(*point)[:8] for point in POINTS]
SCOPES = ("verification", "verification/scales", "verification/scales/market", "calibration/x")


@pytest.fixture(scope="module")
def trust(contracts: Contracts, node: Node) -> Trust:
    return Trust(
        chain_id=node.network.chain_id,
        genesis=node.genesis(),
        trust_registry=contracts.trust_registry.address,
        log_anchor=contracts.log_anchor.address,
        status_registry=contracts.status_registry.address,
        root=ORGS["root"],
    )


@pytest.fixture(scope="module")
def live(contracts: Contracts, root_sender: Sender, trust: Trust, node: Node) -> LiveChain:
    """A chain on which everything has happened that a view can be asked about."""
    _live_through(contracts, root_sender, node)
    return LiveChain(trust, node.network.rpcs)


@pytest.fixture(scope="module")
def replayed(live: LiveChain) -> ChainState:
    return read_state(live, lambda done, total: None)


@pytest.fixture(scope="module")
def view(live: LiveChain, replayed: ChainState) -> LiveView:
    """The live view at the very block at which the state was replayed."""
    view = LiveView(live)
    view._block = replayed.block()
    return view


def _live_through(contracts: Contracts, sender: Sender, node: Node) -> None:
    """One account administers everybody: whose act is allowed is the contracts' own test."""
    trust, logs, statuses = (
        contracts.trust_registry,
        contracts.log_anchor,
        contracts.status_registry,
    )
    admin, now = sender.address, node.head().time
    root, first, second, regulator, body = (
        ORGS[name] for name in ("root", "first", "second", "regulator", "body")
    )
    roots = [reference_tree.root(LEAVES[:n]) for n in range(1, 10)]

    def proof(old: int, new: int) -> list[bytes]:
        return reference_tree.consistency(old, LEAVES[:new])

    acts: list[Call] = [
        trust.register(first, DIDS["first"], "Cơ quan công nhận", Kind.ACCREDITOR, root, admin),
        trust.register(second, DIDS["second"], "Second", Kind.ACCREDITOR, root, admin),
        trust.register(regulator, DIDS["regulator"], "Regulator", Kind.REGULATOR, root, admin),
        trust.register(body, DIDS["body"], "Trung tâm", Kind.BODY, first, admin),
        trust.grant_scope(first, "verification", 0, now + 10_000),
        trust.grant_scope(second, "verification/scales", now + 3_000, 0),
        trust.grant_scope(second, "verification", 0, 0),
        trust.accredit(first, body, "verification/scales", 0, now + 5_000),
        trust.accredit(second, body, "verification/scales", now + 7_000, 0),
        trust.accredit(second, body, "verification/scales/market", 0, 0),
        trust.suspend_accreditation(
            second, second, body, "verification/scales/market", 0, Reason.NONCONFORMITY
        ),
        trust.accredit(first, body, "verification/scales", now + 8_000, now + 9_000),
        trust.withdraw_grant(first, "verification", 0, Reason.LEGAL_ORDER),
        trust.add_key(body, *POINTS[0], 0, 0, Custody.BODY),
        trust.add_key(body, *POINTS[1], now + 2_000, now + 4_000, Custody.OPERATOR),
        trust.add_key(body, *POINTS[2], 0, now + 6_000, Custody.BODY),
        trust.revoke_key(body, body, KIDS[0], 0, Reason.CEASED),
        trust.revoke_key(first, body, KIDS[1], 0, Reason.COMPROMISED),
        trust.set_operator(body, admin, Role.ANCHOR, True),
        logs.open_log(body, ORIGIN, roots[0]),
        logs.set_checkpoint_key(LOG, b"\x11" * 32),
        logs.set_checkpoint_key(LOG, bytes(32)),
        logs.set_checkpoint_key(LOG, b"\x22" * 32),
        logs.anchor(LOG, 1, 4, roots[3], proof(1, 4)),
        logs.anchor(LOG, 4, 9, roots[8], proof(4, 9)),
        statuses.set_status(LOG, LEAVES[1], body, Status.SUSPENDED, StatusReason.FRAUD, 0),
        statuses.set_status(
            LOG, LEAVES[1], regulator, Status.WITHDRAWN, StatusReason.LEGAL_ORDER, now - 100
        ),
        statuses.annul(LOG, LEAVES[1], regulator, 0, AnnulReason.STOLEN_KEY),
        statuses.set_status(
            LOG, LEAVES[2], first, Status.SUSPENDED, StatusReason.NONCONFORMITY, now - 500
        ),
        statuses.set_status(LOG, LEAVES[2], body, Status.SUSPENDED, StatusReason.CEASED, 0),
        statuses.lift(regulator, LOG, LEAVES[2], first, StatusReason.RESOLVED),
        statuses.set_status(LOG, LEAVES[3], body, Status.SUPERSEDED, StatusReason.REISSUED, 0),
        trust.suspend_organisation(regulator, body, now - 50, Reason.INVESTIGATION),
        trust.suspend_organisation(root, body, now - 40, Reason.UNSPECIFIED),
        trust.resume_organisation(root, body, regulator, Reason.RESOLVED),
        trust.transfer_sponsor(body, second),
        logs.propose_repudiation(LOG, 5),
        logs.confirm_repudiation(LOG, 5),
    ]
    for number, act in enumerate(acts):
        sender.perform(act, f"views {number}")
    sender.settle()


def _moments(state: ChainState) -> list[int]:
    """Every time at which an answer may change, the second before it, and the far ends."""
    text = snapshot.write(state, "x", Ed25519PrivateKey.generate()).decode()
    times = {
        int(word)
        for word in text.replace("[", ",").replace("]", ",").split(",")
        if word.isdigit() and len(word) == 10
    }
    return sorted({0, 2**40} | times | {time - 1 for time in times})


def test_scenario_is_rich(view: LiveView, replayed: ChainState) -> None:
    moments = _moments(replayed)
    states = {view.key_at(ORGS["body"], kid, at).state for kid in KIDS for at in moments}
    assert states == {KeyState.NOT_YET, KeyState.VALID, KeyState.EXPIRED, KeyState.REVOKED}
    found = {
        view.accreditation_at(org, scope, at).state
        for org, scope, at in product(
            (ORGS["body"], ORGS["first"], ORGS["second"]), SCOPES, moments
        )
    }
    assert len(found) >= 8
    assert AccreditationState.VALID in found


def test_organisations_agree(view: LiveView, replayed: ChainState) -> None:
    for org, at in product((*ORGS.values(), b"\x99" * 32), _moments(replayed)):
        assert view.organisation(org) == replayed.organisation(org)
        assert view.active_at(org, at) == replayed.active_at(org, at), at


def test_keys_agree(view: LiveView, replayed: ChainState) -> None:
    for org in (*replayed.organisations, b"\x99" * 32):
        assert view.keys(org) == replayed.keys(org)
    questions = product((ORGS["body"], ORGS["first"]), (*KIDS, b"\x01" * 8), _moments(replayed))
    for org, kid, at in questions:
        assert view.key_at(org, kid, at) == replayed.key_at(org, kid, at), (kid, at)


def test_accreditations_agree(view: LiveView, replayed: ChainState) -> None:
    for org, scope, at in product(ORGS.values(), SCOPES, _moments(replayed)):
        live, own = view.accreditation_at(org, scope, at), replayed.accreditation_at(org, scope, at)
        assert live == own, (scope, at)


def test_logs_agree(view: LiveView, replayed: ChainState) -> None:
    for log in (LOG, b"\x99" * 32):
        assert view.log(log) == replayed.log(log)
        assert view.checkpoint_keys(log) == replayed.checkpoint_keys(log)
        assert view.anchors(log) == replayed.anchors(log)
        for number in range(12):
            assert view.anchor_at(log, number) == replayed.anchor_at(log, number)
            covering = view.first_anchor_covering(log, number)
            assert covering == replayed.first_anchor_covering(log, number)
    assert view.checkpoint_keys(LOG) == (b"\x11" * 32, b"\x22" * 32)
    known = view.log(LOG)
    assert known is not None
    assert known.repudiated_from == 5


def test_statuses_agree(view: LiveView, replayed: ChainState) -> None:
    for leaf, at in product(LEAVES, _moments(replayed)):
        assert view.status_at(LOG, leaf, at) == replayed.status_at(LOG, leaf, at), at


def test_a_snapshot_gives_the_same_state(replayed: ChainState) -> None:
    key = Ed25519PrivateKey.generate()
    name = NoteKey("snapshots.example", key.public_key().public_bytes_raw())
    written = snapshot.write(replayed, name.name, key)
    assert snapshot.read(written, name, replayed.trust) == replayed
    assert (
        sha256(written).digest()
        == sha256(
            snapshot.write(snapshot.read(written, name, replayed.trust), name.name, key)
        ).digest()
    )


def test_everything_is_read_at_one_block(
    live: LiveChain, root_sender: Sender, contracts: Contracts
) -> None:
    view = live.view()
    before = view.organisation(ORGS["stranger"])
    act = contracts.trust_registry.register(
        ORGS["stranger"], DIDS["stranger"], "New", Kind.REGULATOR, ORGS["root"], key_of("x").address
    )
    root_sender.perform(act, "views stranger")
    root_sender.settle()
    assert before is None
    assert view.organisation(ORGS["stranger"]) is None
    assert live.view().organisation(ORGS["stranger"]) is not None
