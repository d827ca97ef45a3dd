"""Issuing at once: what shares a batch, a number or a key, and what a failing database does."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import Engine

from anchor import store as logs
from anchor.database import open_database, reading, writing
from registry.app import create_app
from registry.certificates.service import Issued
from registry.errors import Conflict
from registry.keyring import Keyring
from registry.organisations.founding import begin_log
from registry.serving import listening, serving
from tests.integration.anchor.sequencing import FailingCommit, held
from tests.integration.registry.conftest import BODY, NOW, PASSPHRASE, TRUST, Service
from tests.integration.registry.issuing import THREADS, Issuing, Job, issue_at_once
from tests.integration.registry.requests import certificate
from tests.integration.registry.test_issuing import post, sizes


@pytest.fixture
def issuing(engine: Engine, keyring: Keyring) -> Issuing:
    return Issuing(engine, keyring, begin_log(engine, keyring, TRUST, BODY, NOW - 3600), NOW)


def conflict(call: Future[Issued]) -> str:
    error = call.exception()
    assert isinstance(error, Conflict)
    return error.code


def test_one_number_twice_among_500_is_refused_alone(engine: Engine, issuing: Issuing) -> None:
    numbers = [f"V26.{n}" for n in range(500)]
    numbers[321] = numbers[123]
    made = issuing.together(*(issuing.call(certificate(number)) for number in numbers))
    assert conflict(made.pop(321)) == "number_taken"
    assert [one.result().index for one in made] == list(range(1, 500))
    assert len(held(engine, issuing.body.log.log)) == 500
    assert sizes(engine) == (500, 500, 0)


def test_the_same_number_twice_in_a_batch(engine: Engine, issuing: Issuing) -> None:
    other = certificate("V26.1", fields={"serial": "other"})
    made = issuing.together(
        issuing.call(certificate("V26.1")), issuing.call(other), issuing.call(certificate("V26.2"))
    )
    assert conflict(made[1]) == "number_taken"
    assert (made[0].result().index, made[2].result().index) == (1, 2)
    assert sizes(engine) == (3, 3, 0)


def test_the_same_key_twice_in_a_batch(engine: Engine, issuing: Issuing) -> None:
    made = issuing.together(*(issuing.call(certificate("V26.1"), "order-7") for _ in range(5)))
    first, *others = [one.result() for one in made]
    assert not first.again
    assert all(one.again for one in others)
    assert {(one.leaf, one.index, one.number, one.issued) for one in others} == {
        (first.leaf, 1, "V26.1", first.issued)
    }
    assert sizes(engine) == (2, 2, 1)


def test_a_key_for_two_requests_of_a_batch(engine: Engine, issuing: Issuing) -> None:
    made = issuing.together(
        issuing.call(certificate("V26.1"), "order-7"), issuing.call(certificate("V26.2"), "order-7")
    )
    assert made[0].result().index == 1
    assert conflict(made[1]) == "idempotency_key_reused"
    assert sizes(engine) == (2, 2, 1)


def test_a_key_is_not_used_up_by_a_refused_request(engine: Engine, issuing: Issuing) -> None:
    made = issuing.together(
        issuing.call(certificate("V26.1")),
        issuing.call(certificate("V26.1"), "order-7"),
        issuing.call(certificate("V26.2"), "order-7"),
    )
    assert conflict(made[1]) == "number_taken"
    assert not made[2].result().again
    assert sizes(engine) == (3, 3, 1)


def test_two_processes_issue_the_same(
    engine: Engine, database_url: str, keyring: Keyring, issuing: Issuing
) -> None:
    """With the same key it is one certificate for all; without one, the first has the number."""
    keyed = [(certificate(f"V26.{n}"), f"order-{n}") for n in range(5)]
    other = [(certificate(f"V26.{n}"), None) for n in range(5, 10)]
    context = multiprocessing.get_context("spawn")
    started, queue = context.Barrier(2), context.Queue()
    job = Job(database_url, keyring._folder, PASSPHRASE, issuing.body.org, NOW, [*keyed, *other])
    arguments = (job, started, queue)
    processes = [
        context.Process(target=issue_at_once, args=arguments, daemon=True) for _ in range(2)
    ]
    for process in processes:
        process.start()
    found = [queue.get(timeout=120) for _ in range(2 * THREADS)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]

    answers = list(zip(*found, strict=True))
    for same in answers[:5]:
        (leaf,) = set(same)
        with reading(engine) as session:
            assert len(logs.find(session, bytes.fromhex(leaf))) == 1
    for first in answers[5:]:
        assert first.count("number_taken") == 2 * THREADS - 1
    assert sizes(engine) == (11, 11, 5)
    assert len(held(engine, issuing.body.log.log)) == 11


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_commit_is_cleared_up_by_the_same_request(
    service: Service, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Whatever became of it, asking again with the same key gives one certificate."""
    order = {"Idempotency-Key": "order-7"}
    fault = FailingCommit(service.engine, monkeypatch, when, nth=1)
    lost = post(service, certificate(), **order)
    assert fault.fired
    assert (lost.status_code, lost.json()["code"]) == (503, "outcome_unknown")
    assert "Idempotency-Key" in lost.json()["detail"]
    assert int(lost.headers["Retry-After"]) > 0
    again = post(service, certificate(), **order)
    assert (again.status_code, again.json()["index"]) == (201, 1)
    assert ("Idempotent-Replayed" in again.headers) is (when == "after")
    assert sizes(service.engine) == (3, 3, 1)


def test_a_lost_commit_without_a_key_is_cleared_up_by_the_number(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    FailingCommit(service.engine, monkeypatch, "after", nth=1)
    assert post(service, certificate()).json()["code"] == "outcome_unknown"
    assert post(service, certificate()).json()["code"] == "number_taken"


def test_a_database_that_cannot_write_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setattr("anchor.database.WAIT_SECONDS", 0.1)
    impatient = open_database(database_url)
    monkeypatch.setattr(service.services.certificates._sequencer, "_engine", impatient)
    with writing(service.engine) as session:
        logs.lock(session, service.body.log.log)
        refused = post(service, certificate())
    assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
    assert "send it again" in refused.json()["detail"]
    assert int(refused.headers["Retry-After"]) > 0
    assert sizes(service.engine) == (2, 2, 0)
    assert post(service, certificate()).status_code == 201
    impatient.dispose()


def test_a_database_that_cannot_be_read_is_told(service: Service) -> None:
    """The API key cannot even be looked up."""
    away = open_database("sqlite:////nonexistent/tem.db")
    with (
        listening("127.0.0.1", 0) as listener,
        serving(create_app(replace(service.services, engine=away)), listener),
        httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as http,
    ):
        headers = {"Authorization": f"Bearer {service.key}"}
        answer = http.post("/api/v1/certificates", json=certificate(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert "nonexistent" not in answer.text
    assert sizes(service.engine) == (2, 2, 0)
    away.dispose()
