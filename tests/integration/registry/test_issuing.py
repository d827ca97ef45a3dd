"""Issuing over HTTP: what is answered is committed, and what is refused leaves nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from anchor import store as logs
from anchor.clock import require_agreement
from anchor.database import reading, writing
from anchor.errors import ClockError
from anchor.models import EntryRow
from registry.organisations import access
from registry.records.models import IdempotencyRow, RecordRow
from tests.integration.registry.conftest import NOW, Service
from tests.integration.registry.requests import certificate
from verifier import claims, disclosure, shortcode, statement
from verifier.encoding import parse_json
from verifier.merkle import leaf_hash

PATH = "/api/v1/certificates"


def post(service: Service, request: Any, key: str | None = None, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {key or service.key}", **headers}
    return service.http.post(PATH, json=request, headers=sent)


def sizes(engine: Engine) -> tuple[int, int, int]:
    """How many entries, records and idempotency keys there are."""
    with reading(engine) as session:
        return (
            len(session.exec(select(EntryRow)).all()),
            len(session.exec(select(RecordRow)).all()),
            len(session.exec(select(IdempotencyRow)).all()),
        )


def test_an_issued_certificate_is_in_the_log(service: Service) -> None:
    answer = post(service, certificate("V26.11001"))
    assert answer.status_code == 201
    issued = answer.json()
    assert (issued["number"], issued["issued"], issued["index"]) == ("V26.11001", "2026-11-20", 1)
    assert issued["log"] == service.body.log.origin
    with reading(service.engine) as session:
        signed = logs.statement(session, service.body.log.log, 1)
        record = session.exec(select(RecordRow).where(RecordRow.sub == "V26.11001")).one()
    leaf = leaf_hash(signed)
    assert issued["leaf"] == leaf.hex()
    assert issued["code"] == shortcode.encode(leaf)
    assert shortcode.decode(issued["code"] + issued["check"]) == leaf[:16]
    assert issued["links"]["qr"] == f"HTTPS://TEM.TEST/V/{issued['code']}"
    assert answer.headers["Location"] == issued["links"]["proof"]
    header = statement.parse(signed).header
    assert (header.iss, header.sub, header.iat) == (service.body.did, "V26.11001", NOW)
    checked = claims.check(claims.parse(record.claims))
    assert checked.exp == header.exp == 1_827_594_000  # 2027-12-01 at UTC+07:00
    hidden = [disclosure.decode(item, "") for item in record.disclosures.split("~")]
    assert {item.name for item in hidden} == {
        "place", "asset", "standards", "verifier_card", "verifier_name", "holder", "holder_address",
    }  # fmt: skip


def test_a_failed_verification_has_no_end(service: Service) -> None:
    failed = certificate(outcome="fail", fields={"conclusion": "Không đạt"})
    del failed["fields"]["valid_until"], failed["fields"]["stamp"]
    assert post(service, failed).status_code == 201
    with reading(service.engine) as session:
        record = session.exec(select(RecordRow).where(RecordRow.sub == "V26.1")).one()
    assert "exp" not in parse_json(record.claims, "")


def test_salts_are_never_the_same(service: Service) -> None:
    for number in ("V26.1", "V26.2"):
        assert post(service, certificate(number)).status_code == 201
    with reading(service.engine) as session:
        rows = session.exec(select(RecordRow).where(RecordRow.index > 0)).all()
    disclosures = [item for row in rows for item in row.disclosures.split("~")]
    assert len(set(disclosures)) == len(disclosures) == 14


def test_a_number_is_used_once_in_its_log(service: Service) -> None:
    assert post(service, certificate()).status_code == 201
    before = sizes(service.engine)
    again = post(service, certificate(fields={"serial": "another"}))
    assert again.status_code == 409
    assert (again.json()["code"], again.json()["place"]) == ("number_taken", "/number")
    assert sizes(service.engine) == before
    assert post(service, certificate("genesis")).json()["code"] == "number_taken"
    assert post(service, certificate(), key=service.other_key).json()["index"] == 1


def test_the_same_request_again_gives_the_same_certificate(service: Service) -> None:
    first = post(service, certificate(), **{"Idempotency-Key": "order-7"})
    before = sizes(service.engine)
    service.clock.now += 86_400  # its date does not change with the day
    again = post(service, certificate(), **{"Idempotency-Key": "order-7"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert sizes(service.engine) == before


def test_a_key_is_for_one_request_of_one_body(service: Service) -> None:
    post(service, certificate(), **{"Idempotency-Key": "order-7"})
    before = sizes(service.engine)
    other = post(service, certificate("V26.2"), **{"Idempotency-Key": "order-7"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert sizes(service.engine) == before
    elsewhere = post(
        service, certificate("V26.2"), service.other_key, **{"Idempotency-Key": "order-7"}
    )
    assert elsewhere.status_code == 201
    assert "Idempotent-Replayed" not in elsewhere.headers


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_a_key_has_a_length(service: Service, key: str) -> None:
    answer = post(service, certificate(), **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["place"] == "idempotency-key"


def test_many_at_once_each_have_their_place(service: Service) -> None:
    def issue(number: int) -> int:
        index: int = post(service, certificate(f"V26.{number}")).json()["index"]
        return index

    with ThreadPoolExecutor(8) as pool:
        indices = list(pool.map(issue, range(40)))
    assert sorted(indices) == list(range(1, 41))


def test_the_same_request_at_once_is_issued_once(service: Service) -> None:
    def issue(_: int) -> httpx.Response:
        return post(service, certificate(), **{"Idempotency-Key": "order-7"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(issue, range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["leaf"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 15


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "api_key_missing"),
        ("", "api_key_missing"),
        ("tem_", "api_key_wrong"),
        ("tem_0123456789abcdef_" + 43 * "A", "api_key_wrong"),
        ("unknown", "api_key_wrong"),
    ],
)
def test_nobody_issues_without_a_key(service: Service, key: str | None, code: str) -> None:
    headers = {} if key is None else {"Authorization": f"Bearer {key}".strip()}
    before = sizes(service.engine)
    answer = service.http.post(PATH, json=certificate(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert sizes(service.engine) == before


def test_a_key_with_another_secret_or_revoked_opens_nothing(service: Service) -> None:
    changed = service.key[:-1] + ("A" if service.key[-1] != "A" else "B")
    assert post(service, certificate(), changed).json()["code"] == "api_key_wrong"
    access.revoke(service.engine, service.key.split("_")[1], NOW)
    assert post(service, certificate()).json()["code"] == "api_key_wrong"
    assert post(service, certificate(), service.other_key).status_code == 201


def test_nothing_is_issued_by_a_wrong_clock(service: Service) -> None:
    with pytest.raises(ClockError) as fault:
        require_agreement(NOW, NOW + 61)
    service.clock.fault = fault.value
    answer = post(service, certificate())
    assert (answer.status_code, answer.json()["code"]) == (503, "clock_off_chain")
    assert sizes(service.engine) == (2, 2, 0)


def test_a_halted_log_takes_nothing(service: Service) -> None:
    with writing(service.engine) as session:
        logs.halt(session, service.body.log.log, "a test")
    answer = post(service, certificate())
    assert (answer.status_code, answer.json()["code"]) == (503, "log_halted")
    assert sizes(service.engine) == (2, 2, 0)


def test_what_an_offline_code_cannot_hold_is_refused(service: Service) -> None:
    long = certificate("V" * 64, fields={"conclusion": "Đạt " + "ệ" * 56, "serial": "ộ" * 32})
    answer = post(service, long)
    assert (answer.status_code, answer.json()["code"]) == (422, "offline_too_large")
    assert sizes(service.engine) == (2, 2, 0)
