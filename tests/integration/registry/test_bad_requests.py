"""Every bad request is a problem with a code and a place, and changes nothing."""

from __future__ import annotations

import json

import pytest

from anchor.database import writing
from registry.errors import KeyFileError
from registry.http import MAX_BODY
from registry.keyring import Keyring
from tests.integration.registry.conftest import Service
from tests.integration.registry.requests import certificate
from tests.integration.registry.test_issuing import PATH, sizes

GOOD = json.dumps(certificate())
DEEP = "[" * 100_000 + "]" * 100_000


def test_every_problem_has_the_same_shape(service: Service) -> None:
    answer = service.http.get("/nowhere")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:tem:problem:path_unknown",
        "title": "There is no such address",
        "status": 404,
        "detail": "There is no such address.",
        "code": "path_unknown",
        "place": "",
    }


@pytest.mark.parametrize(
    ("body", "status", "code", "place"),
    [
        (b"", 400, "json_syntax", ""),
        (b"{", 400, "json_syntax", ""),
        (GOOD.encode() + b"x", 400, "json_syntax", ""),
        (GOOD.encode("utf-16"), 400, "json_not_utf8", ""),
        (b"\xff", 400, "json_not_utf8", ""),
        (b'{"fields": {"made": 2026.0}}', 400, "json_float", ""),
        (b'{"fields": {"made": NaN}}', 400, "json_syntax", ""),
        (b'{"fields": {"made": 1e3}}', 400, "json_float", ""),
        (b'{"fields": {"made": 9007199254740992}}', 400, "json_integer_range", ""),
        (b'{"fields": {"a": 1, "a": 2}}', 400, "json_duplicate_name", ""),
        (b'{"fields": {"\\u0111": 1}}', 400, "json_name_not_ascii", ""),
        (DEEP.encode(), 400, "json_too_deep", ""),
        (b"[" * 17 + b"]" * 17, 400, "json_too_deep", ""),
        (b"null", 422, "request_model_attributes_type", ""),
        (b"[]", 422, "request_model_attributes_type", ""),
        (b"{}", 422, "request_missing", "/type"),
        (GOOD.replace('"V26.1"', "261").encode(), 422, "request_string_type", "/number"),
        (GOOD.replace('"number"', '"nummer"').encode(), 422, "request_missing", "/number"),
        (GOOD.replace('"V26.1"', '"V26.1", "x": 1').encode(), 422, "request_extra_forbidden", "/x"),
        (GOOD.replace("NHS-60", "\\ud800").encode(), 400, "json_surrogate", ""),
        (GOOD.replace("NHS-60", "x" * 61).encode(), 422, "field_max_length", "/fields/model"),
        (b'"' + b"x" * MAX_BODY + b'"', 413, "body_too_large", ""),
    ],
)
def test_bodies(service: Service, body: bytes, status: int, code: str, place: str) -> None:
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    answer = service.http.post(PATH, content=body, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["place"]) == (status, code, place)
    assert problem["status"] == status
    assert problem["type"] == f"urn:tem:problem:{code}"
    assert sizes(service.engine) == (2, 2, 0)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "a/b/c"])
def test_other_content_types(service: Service, kind: str) -> None:
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": kind}
    answer = service.http.post(PATH, content=GOOD, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")


def test_a_body_without_a_length_has_a_limit_too(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    chunks = iter([b'"' + b"x" * 65_536] * (MAX_BODY // 65_536 + 1))
    answer = service.http.post(PATH, content=chunks, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_several_faults_are_named_at_once(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.key}"}
    bad = certificate(fields={"made": "26", "kind": "yearly"})
    errors = service.http.post(PATH, json=bad, headers=headers).json()["errors"]
    assert {(fault["code"], fault["place"]) for fault in errors} == {
        ("field_pattern", "/fields/made"),
        ("field_enum", "/fields/kind"),
    }


def test_a_refusal_repeats_nothing_of_a_long_text(service: Service) -> None:
    headers = {"Authorization": f"Bearer {service.key}"}
    bad = certificate(fields={"model": "secret " * 10_000})
    answer = service.http.post(PATH, json=bad, headers=headers)
    assert b"secret secret" not in answer.content


def test_an_address_is_not_used_in_another_way(service: Service) -> None:
    answer = service.http.delete(PATH)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


def test_a_key_that_is_lost_is_the_operator_s_business(
    service: Service, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_did: str) -> None:
        raise KeyFileError("key_file_missing", "There is no such key file.", "/secret/place")

    monkeypatch.setattr(keyring, "signer", lost)
    headers = {"Authorization": f"Bearer {service.key}"}
    answer = service.http.post(PATH, json=certificate(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text


def test_what_nobody_expected_says_nothing_of_the_inside(service: Service) -> None:
    with writing(service.engine) as session:
        session.connection().exec_driver_sql("DROP TABLE idempotency_keys")
        session.connection().exec_driver_sql("DROP TABLE records")
    answer = service.http.get(f"/api/v1/proofs/{service.body.log.root.hex()}")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "records" not in answer.text
