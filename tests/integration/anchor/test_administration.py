"""Deploying, and what administrators do, on a real chain."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine

from anchor.administration import Administration
from anchor.chain.deploy import Addresses, Contracts, connect, deploy
from anchor.chain.node import Node
from anchor.chain.trust_registry import Role
from anchor.errors import ContractRefused, LogError, TransactionError
from anchor.sender import Sender
from tests.integration.anchor.founding import (
    ROOT_DID,
    SCOPE,
    Accreditor,
    Body,
    append,
    key_of,
    open_log,
)
from verifier.chain_view import (
    AccreditationState,
    Custody,
    KeyState,
    Kind,
    LogState,
    Reason,
    Status,
    StatusReason,
)
from verifier.errors import ContentError
from verifier.names import org_id

Mine = Callable[[float], None]
LATEST = "latest"


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(ContractRefused) as caught:
        act()
    return caught.value.error


def test_deploying_again_gives_the_same_contracts(
    root_sender: Sender, addresses: Addresses, node: Node
) -> None:
    before = node.nonce(root_sender.address)
    assert deploy(root_sender, ROOT_DID, "Root", "first") == addresses
    assert node.nonce(root_sender.address) == before


def test_the_contracts_know_each_other(contracts: Contracts, addresses: Addresses) -> None:
    assert contracts.trust_registry.root() == org_id(ROOT_DID)
    assert contracts.log_anchor.trust() == addresses.trust_registry
    assert contracts.status_registry.trust() == addresses.trust_registry
    assert contracts.status_registry.logs() == addresses.log_anchor


def test_one_reference_deploys_one_root(root_sender: Sender, addresses: Addresses) -> None:
    with pytest.raises(TransactionError) as caught:
        deploy(root_sender, "did:web:other.example", "Root", "first")
    assert caught.value.code == "reference_reused"


@pytest.mark.parametrize(("did", "name"), [("", "Root"), ("did:web:ROOT", "Root"), (ROOT_DID, "")])
def test_a_root_that_the_contract_refuses_is_not_deployed(
    sender: Sender, did: str, name: str
) -> None:
    assert refused(lambda: deploy(sender, did, name, "bad")) in ("BadDid", "BadName")


def test_a_deployment_that_was_interrupted_goes_on(
    engine: Engine, node: Node, account: LocalAccount, mine: Mine
) -> None:
    did = "did:web:second.example"

    def stop_after_the_first(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deploy(Sender(engine, node, account, pause=stop_after_the_first), did, "Second", "x")
    addresses = deploy(Sender(engine, node, account, pause=mine), did, "Second", "x")
    assert connect(node, addresses).trust_registry.root() == org_id(did)
    assert node.nonce(account.address) == 3


def test_a_body_is_founded(contracts: Contracts, body: Body, accreditor: Accreditor) -> None:
    trust = contracts.trust_registry
    found = trust.organisation(body.org, block=LATEST)
    assert (found.kind, found.sponsor) == (Kind.BODY, accreditor.org)
    assert found.name.startswith("Body ")
    now = contracts.node.head().time
    key = trust.key_at(body.org, body.kid, now, block=LATEST)
    assert (key.state, key.custody) == (KeyState.VALID, Custody.BODY)
    accredited = trust.accreditation_at(body.org, f"{SCOPE}/class-3", now, block=LATEST)
    assert (accredited.state, accredited.accreditor) == (AccreditationState.VALID, accreditor.org)
    assert (accredited.scope, accredited.grant_scope) == (SCOPE, "verification")
    assert trust.is_operator(body.org, body.operator.address, Role.ANCHOR, block=LATEST)
    assert trust.keys(body.org, 0, 10, block=LATEST) == [body.kid]
    pages = (trust.organisations(start, 256, block=LATEST) for start in range(0, 2560, 256))
    assert any(body.org in page for page in pages)
    other = trust.accreditation_at(body.org, "verification/meters", now, block=LATEST)
    assert other.state == AccreditationState.NONE


def test_a_log_is_opened_with_the_root_of_its_genesis(
    engine: Engine, contracts: Contracts, body: Body, node: Node
) -> None:
    log = open_log(engine, body, node.head().time)
    append(engine, log, 5, node.head().time)
    key = Ed25519PrivateKey.generate().public_key()
    body.acts.set_checkpoint_key(log, key, "checkpoint key")
    body.acts.settle()
    info = contracts.log_anchor.log_info(log)
    assert (info.org, info.origin, info.state) == (body.org, body.origin, LogState.OPEN)
    assert (info.size, info.anchors) == (1, 1)
    (known,) = contracts.log_anchor.checkpoint_keys(log, 0, 10)
    assert known.key == key.public_bytes_raw()
    assert contracts.log_anchor.log_id(body.org, body.origin) == log
    first = contracts.log_anchor.first_anchor_covering(log, 0)
    assert first == contracts.log_anchor.latest(log)
    assert contracts.log_anchor.first_anchor_covering(log, 1) is None
    assert contracts.log_anchor.anchor_at(log, 2) is None


def test_statuses_and_suspensions_come_and_go(
    engine: Engine, contracts: Contracts, body: Body, accreditor: Accreditor, node: Node
) -> None:
    log = open_log(engine, body, node.head().time)
    leaf = b"\x09" * 32
    name = body.origin
    body.acts.set_status(log, leaf, Status.SUSPENDED, StatusReason.INVESTIGATION, "suspend")
    said = contracts.status_registry.status_at(log, leaf, node.head().time, block=LATEST)
    assert (said.worst.status, said.worst.author) == (Status.SUSPENDED, body.org)
    assert said.worst.reason == StatusReason.INVESTIGATION
    body.acts.set_status(log, leaf, Status.ACTIVE, StatusReason.RESOLVED, "resume")
    (first, second) = contracts.status_registry.history(log, leaf, 0, 10, block=LATEST)
    assert (first.index, first.status, second.index, second.status) == (
        0,
        Status.SUSPENDED,
        1,
        Status.ACTIVE,
    )
    acts, trust = accreditor.acts, contracts.trust_registry
    acts.suspend_organisation(body.org, Reason.INVESTIGATION, f"{name} suspend")
    assert not trust.is_active(body.org, block=LATEST)
    acts.resume_organisation(body.org, Reason.RESOLVED, f"{name} resume")
    assert trust.is_active(body.org, block=LATEST)

    def state() -> AccreditationState:
        return trust.accreditation_at(body.org, SCOPE, node.head().time, block=LATEST).state

    acts.suspend_accreditation(body.org, SCOPE, Reason.NONCONFORMITY, f"{name} scope")
    assert state() == AccreditationState.SUSPENDED
    acts.accredit(body.org, SCOPE, f"{name} again")
    assert state() == AccreditationState.VALID
    acts.withdraw_accreditation(body.org, SCOPE, Reason.CEASED, f"{name} withdrawn")
    assert state() == AccreditationState.WITHDRAWN
    body.acts.revoke_key(body.kid, Reason.COMPROMISED, "stolen")
    key = trust.key_at(body.org, body.kid, node.head().time, block=LATEST)
    assert (key.state, key.revocation.reason) == (KeyState.REVOKED, Reason.COMPROMISED)


@pytest.mark.parametrize(
    "did", ["", "web:x", "did:web:UPPER", "did:web:x/y", "did:web:" + "x" * 200]
)
def test_a_malformed_did_is_refused_before_anything_is_sent(root: Administration, did: str) -> None:
    with pytest.raises(ContentError) as caught:
        root.register(did, "X", Kind.BODY, key_of("x").address, "x")
    assert caught.value.code == "did_invalid"


def test_an_unknown_log_is_not_opened(body: Body) -> None:
    with pytest.raises(LogError) as caught:
        body.acts.open_log(bytes(32), "open")
    assert caught.value.code == "log_unknown"


def test_the_contracts_refuse_who_has_no_right(
    engine: Engine,
    node: Node,
    contracts: Contracts,
    root: Administration,
    accreditor: Accreditor,
    body: Body,
    mine: Mine,
) -> None:
    stranger = Sender(engine, node, key_of("stranger"), pause=mine)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    as_body = Administration(contracts, stranger, body.org)
    as_root = Administration(contracts, stranger, root.org)
    log = open_log(engine, body, node.head().time)
    name = body.origin
    attempts: list[tuple[Callable[[], object], str]] = [
        (lambda: as_body.add_key(key, Custody.BODY, "1"), "NotAdministrator"),
        (
            lambda: as_body.set_operator(stranger.address, Role.ANCHOR, True, "2"),
            "NotAdministrator",
        ),
        (lambda: as_body.open_log(log, "3"), "NotAdministrator"),
        (lambda: as_root.grant_scope(accreditor.org, "x", "4"), "NotAdministrator"),
        (
            lambda: as_body.set_status(log, bytes(32), Status.WITHDRAWN, StatusReason.FRAUD, "5"),
            "NotStatusOperator",
        ),
        (
            lambda: root.register(
                "did:web:b.example", "B", Kind.BODY, stranger.address, f"6 {name}"
            ),
            "WrongSponsor",
        ),
        (lambda: accreditor.acts.accredit(body.org, "calibration", f"7 {name}"), "ScopeNotGranted"),
        (lambda: root.grant_scope(body.org, "verification", f"8 {name}"), "WrongKind"),
        (lambda: body.acts.open_log(log, "9"), "HasOpenLog"),
    ]
    for act, error in attempts:
        assert refused(act) == error
    assert node.nonce(stranger.address) == 0
