"""Anchoring as an operator sees it: status, metrics, resuming; and a chain that dies meanwhile."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from anchor import store
from anchor.chain.chain_state import COPY, STATE
from anchor.chain.models import State, TransactionRow
from anchor.chain.node import Node
from anchor.chain.trust_registry import Role
from anchor.database import reading
from anchor.worker import PURPOSE
from registry import chain, settings
from registry.app import create_app
from registry.certificates.schemas import CertificateRequest
from registry.cli import app
from registry.keyring import Keyring
from registry.organisations import founding
from registry.organisations.store import Organisation
from registry.running import Installation, anchoring, database, installation
from registry.serving import listening, serving
from tests.integration.registry.conftest import BODY, PASSPHRASE, Service, World
from tests.integration.registry.requests import certificate
from verifier import Verdict, verify
from verifier.view.live import LiveChain

Run = Callable[..., Result]
DEADLINE = 120.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for what other threads bring about."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture(scope="module")
def tem(world: World, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command in the world's installation, beside what else runs there."""
    passphrase = tmp_path_factory.mktemp("passphrase") / "passphrase"
    passphrase.write_bytes(PASSPHRASE)
    environment = {
        "TEM_DATA": str(world.settings.data),
        "TEM_DATABASE": world.settings.database_url,
        "TEM_HOST": world.settings.host,
        "TEM_PASSPHRASE_FILE": str(passphrase),
        "TEM_RPC": " ".join(world.here.contracts.node.network.rpcs),
    }

    def run(*arguments: str, **changed: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env={**environment, **changed})

    return run


def issue(here: Installation, body: Organisation, number: str) -> str:
    request = CertificateRequest(**certificate(number))
    return here.services.certificates.issue(body, request).code


def test_status_when_all_is_well(world: World, tem: Run) -> None:
    for body in (world.body, world.other):
        world.here.worker.anchor_newest(body.log.log)
    shown = tem("anchor", "status")
    assert shown.exit_code == 0, shown.output
    for word in (BODY.origin, "anchored", "Transactions under way: none."):
        assert word in shown.stdout
    found = json.loads(tem("anchor", "status", "--json").stdout)
    assert found["concerns"] == []
    (log,) = [one for one in found["logs"] if one["origin"] == BODY.origin]
    assert log["size"] == log["published"] == log["anchored"] > 0
    assert (log["waits"], log["halted"]) == (None, None)


def test_status_names_what_waits_even_while_the_chain_is_away(world: World, tem: Run) -> None:
    issue(world.here, world.body, "V26.777")
    patient = tem("anchor", "status", TEM_RPC="http://127.0.0.1:9")
    assert patient.exit_code == 0, patient.output
    shown = tem("anchor", "status", "--patience", "0", TEM_RPC="http://127.0.0.1:9")
    until(lambda: tem("anchor", "status", "--patience", "0").exit_code == 1)
    shown = tem("anchor", "status", "--patience", "0", TEM_RPC="http://127.0.0.1:9")
    assert "to be published" in shown.stdout
    assert f"! {BODY.origin} has waited for its anchor" in shown.stdout
    world.here.worker.anchor_newest(world.body.log.log)
    assert tem("anchor", "status", "--patience", "0").exit_code == 0


def test_a_halted_log_is_shown_and_resumed_once_it_may_go_on(world: World, tem: Run) -> None:
    here, org = world.here, world.body.org
    own = here.founding.administration(BODY.did)
    operator = here.keyring.operator().address
    own.set_operator(operator, Role.ANCHOR, False, "forbid")
    issue(here, world.body, "V26.778")
    for _ in range(3):
        here.worker.round()
    shown = tem("anchor", "status")
    assert shown.exit_code == 1
    assert "halted" in shown.stdout
    assert f"`tem anchor resume {BODY.origin}`" in shown.stdout
    refused = tem("anchor", "resume", BODY.origin)
    assert (refused.exit_code, "not_anchor_operator" in refused.stderr) == (1, True)
    own.set_operator(operator, Role.ANCHOR, True, "allow again")
    with reading(here.engine) as session:
        assert store.state(session, world.body.log.log).halted is not None
    resumed = tem("anchor", "resume", world.body.log.log.hex())
    assert resumed.exit_code == 0, resumed.output
    assert f"{BODY.origin} goes on." in resumed.stdout
    here.worker.anchor_newest(world.body.log.log)
    assert tem("anchor", "status").exit_code == 0
    assert here.contracts.trust_registry.is_operator(org, operator, Role.ANCHOR)
    again = tem("anchor", "resume", BODY.origin)
    assert (again.exit_code, "log_not_halted" in again.stderr) == (1, True)


def test_a_log_that_nobody_knows_is_not_resumed(tem: Run) -> None:
    refused = tem("anchor", "resume", "tem.example/nothing")
    assert refused.exit_code == 1
    assert "log_unknown" in refused.stderr
    assert BODY.origin in refused.stderr


def test_metrics_over_http(world: World) -> None:
    with listening("127.0.0.1", 0) as listener, serving(create_app(world.here.services), listener):
        answer = httpx.get(f"http://127.0.0.1:{listener.getsockname()[1]}/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert f'tem_log_size{{log="{BODY.origin}"}}' in answer.text


def test_metrics_of_one_service_are_not_another_s(service: Service) -> None:
    assert service.http.get("/metrics").text == ""


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[tuple[settings.Settings, Installation, Organisation]]:
    """An installation on a chain of its own."""
    given = settings.load(data=tmp_path / "data", host="tem.test", chain_port=0, rpc=())
    keyring = Keyring(given.keys, PASSPHRASE)
    with database(given) as engine, chain.reachable(given) as network:
        root = ("did:web:root.test", "Root")
        founding.found_root(engine, Node(network), keyring, *root, given.trust_file)
        with installation(given, keyring) as here:
            here.founding.accreditor("did:web:boa.test", "Accreditor", ["verification"])
            yield given, here, here.founding.body(BODY, "did:web:boa.test")


def test_a_chain_that_is_killed_comes_back_with_everything(
    mortal: tuple[settings.Settings, Installation, Organisation],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Twice: once it loses at most its last second, once everything."""
    given, here, body = mortal
    live = LiveChain(here.trust, here.contracts.node.network.rpcs)
    lock = given.chain / "lock"

    def verdict(code: str) -> Verdict:
        return verify(here.services.proofs.public(code), live.view(), int(time.time())).verdict

    def kill() -> None:
        caplog.clear()
        os.kill(int(lock.read_text()), signal.SIGKILL)

    with anchoring(here, 0.5):
        codes = [issue(here, body, "V26.1")]
        until(lambda: verdict(codes[0]) is Verdict.VALID)
        codes.append(issue(here, body, "V26.2"))
        kill()
        assert verdict(codes[0]) in (Verdict.VALID, Verdict.UNVERIFIABLE)
        codes.append(issue(here, body, "V26.3"))
        until(lambda: all(verdict(code) is Verdict.VALID for code in codes))
        assert "the chain runs again" in caplog.text
        (given.chain / COPY).unlink(missing_ok=True)
        os.kill(int(lock.read_text()), signal.SIGSTOP)  # so that it does not write it again
        (given.chain / STATE).unlink()
        kill()
        codes.append(issue(here, body, "V26.4"))
        until(lambda: verdict(codes[-1]) is Verdict.VALID)
        assert "which were final" in caplog.text
        assert {verdict(code) for code in codes} == {Verdict.VALID}
    with reading(here.engine) as session:
        acts = session.exec(select(TransactionRow)).all()
    assert {act.state for act in acts} == {State.FINAL}
    anchors = [act.reference for act in acts if act.purpose == PURPOSE]
    assert len(anchors) == len(set(anchors))
