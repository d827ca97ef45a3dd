"""A whole installation on a real chain: founding, issuing, anchoring, and what a verifier says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from anchor.chain.models import TransactionRow
from anchor.chain.network import Network
from anchor.chain.node import Node
from anchor.clock import system_clock
from anchor.database import reading
from anchor.errors import ClockError, ContractRefused
from registry import chain, settings
from registry.certificates.schemas import CertificateRequest
from registry.clockwatch import ClockWatch
from registry.errors import Conflict, KeyFileError
from registry.keyring import Keyring
from registry.running import anchoring, installation
from tests.integration.registry.conftest import BODY, PASSPHRASE, World
from tests.integration.registry.requests import certificate
from verifier import Report, Verdict, verify
from verifier.errors import ConfigurationError, ContentError
from verifier.view.live import LiveChain

Judge = Callable[[bytes], Report]


@pytest.fixture(scope="module")
def judge(world: World) -> Judge:
    live = LiveChain(world.here.trust, world.here.contracts.node.network.rpcs)
    return lambda data: verify(data, live.view(), int(time.time()))


def transactions(world: World) -> int:
    with reading(world.here.engine) as session:
        return len(session.exec(select(TransactionRow)).all())


def test_what_is_issued_becomes_valid(world: World, judge: Judge) -> None:
    service = world.here.services.certificates
    issued = service.issue(world.body, CertificateRequest(**certificate("V26.100")))
    for code in ("checkpoint_missing", "not_yet_anchored"):
        waiting = judge(world.here.services.proofs.public(issued.code))
        assert (waiting.verdict, waiting.deciding.code) == (Verdict.UNVERIFIABLE, code)
        assert world.here.worker.publish() == []
    with anchoring(world.here, 0.1):
        world.here.worker.anchor_newest(world.body.log.log)
    for data in (
        world.here.services.proofs.public(issued.code),
        world.here.services.proofs.whole(issued.code)[0],
    ):
        report = judge(data)
        assert report.verdict is Verdict.VALID, report.to_json()
    assert report.to_json()["issuer"]["name"] == BODY.name


def test_a_log_s_own_entry_is_valid_too(world: World, judge: Judge) -> None:
    data, _ = world.here.services.proofs.whole(world.body.log.root.hex())
    assert judge(data).verdict is Verdict.VALID


def test_a_body_without_scope_is_not_authorised(world: World, judge: Judge) -> None:
    service = world.here.services.certificates
    issued = service.issue(world.other, CertificateRequest(**certificate("V26.100")))
    world.here.worker.anchor_newest(world.other.log.log)
    report = judge(world.here.services.proofs.public(issued.code))
    assert (report.verdict, report.deciding.code) == (
        Verdict.NOT_AUTHORISED,
        "accreditation_none",
    )


def test_founding_again_does_nothing(world: World) -> None:
    before = transactions(world)
    world.here.founding.accreditor("did:web:boa.test", "Cơ quan công nhận", ["verification"])
    again = world.here.founding.body(BODY, "did:web:boa.test")
    assert (again.org, again.log.number) == (world.body.org, world.body.log.number)
    assert transactions(world) == before


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"origin": "tem.test/second"}, Conflict, "organisation_exists"),
        ({"origin": "Not An Origin"}, ContentError, "origin_invalid"),
        ({"scopes": ["verification//scales"]}, ContentError, "scope_invalid"),
        ({"did": "https://body.test"}, ContentError, "did_invalid"),
        ({"did": "did:web:new.test", "origin": "tem.test/new", "scopes": ["calibration"]},
         ContractRefused, "scope_not_granted"),
    ],
)  # fmt: skip
def test_a_founding_that_cannot_be(
    world: World, change: dict[str, str], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as refused:
        world.here.founding.body(replace(BODY, **change), "did:web:boa.test")
    assert getattr(refused.value, "code", "") == code


def test_nobody_is_founded_by_a_stranger(world: World) -> None:
    with pytest.raises(KeyFileError) as error:
        world.here.founding.body(replace(BODY, did="did:web:x.test"), "did:web:typing-error.test")
    assert error.value.code == "key_file_missing"
    assert not (world.settings.keys / "did%3Aweb%3Atyping-error.test").exists()


def test_a_second_program_joins_the_running_chain(world: World) -> None:
    rpcs = world.here.contracts.node.network.rpcs
    with chain.reachable(world.settings) as network:
        assert network.rpcs == rpcs
    assert Node(network).head().number > 0


def test_before_a_root_is_founded(tmp_path: Path) -> None:
    given = settings.load(data=tmp_path, rpc=())
    with (
        pytest.raises(ConfigurationError) as error,
        installation(given, Keyring(given.keys, PASSPHRASE)),
    ):
        pass
    assert error.value.code == "trust_missing"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain_id": 1}, "wrong_chain"),
        ({"genesis": bytes(32)}, "wrong_chain"),
        ({"log_anchor": "0x" + 40 * "9"}, "wrong_contract"),
    ],
)
def test_another_chain_or_contract_is_refused(
    world: World, change: dict[str, object], code: str
) -> None:
    network: Network = world.here.contracts.node.network
    with pytest.raises(ConfigurationError) as error:
        chain.contracts(network, replace(world.here.trust, **change))  # type: ignore[arg-type]
    assert error.value.code == code


def test_the_clock_is_compared_with_blocks_that_arrive(world: World) -> None:
    node = world.here.contracts.node
    offset = 0
    watch = ClockWatch(node, lambda: system_clock() + offset)

    def see_a_block() -> None:
        watch.look()
        node.fresh_head(30)
        watch.look()

    see_a_block()
    watch.require()
    for wrong in (90, -90):
        offset = wrong
        see_a_block()
        with pytest.raises(ClockError):
            watch.require()
    offset = 0
    see_a_block()
    watch.require()


def test_a_chain_that_is_away_says_nothing_about_the_clock() -> None:
    gone = Node(Network(("http://127.0.0.1:9",), 31337, timeout=0.5))
    watch = ClockWatch(gone, lambda: 0)
    for _ in range(3):
        watch.look()
        watch.require()
