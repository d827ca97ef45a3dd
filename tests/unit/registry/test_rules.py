"""What a certificate has to meet: each rule's code and place, and that good ones pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registry.certificates import rules
from registry.certificates.routes import example
from registry.certificates.schemas import CertificateRequest, parse_request
from registry.errors import RequestError
from verifier.names import day_start, parse_date

TYPE = "urn:tem:cert:verification:1"
FOUNDED = day_start(parse_date("2026-11-01", "test"))
NOW = day_start(parse_date("2026-11-20", "test")) + 3600
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "verification.json"

GOOD: dict[str, Any] = {**example(TYPE), "issued": "2026-11-20", "scope": "verification/scales"}
FIELDS: dict[str, Any] = {k: v for k, v in GOOD["fields"].items() if k != "limitations"}


def faults(request: dict[str, Any]) -> list[tuple[str, str]]:
    """Code and place of all that is wrong with a request."""
    try:
        rules.check(CertificateRequest.model_validate(request), FOUNDED, NOW)
    except RequestError as error:
        return [(fault.code, fault.place) for fault in error.faults]
    return []


def with_fields(**changes: Any) -> dict[str, Any]:
    """The good request with other fields; None leaves one out."""
    fields = {k: v for k, v in {**FIELDS, **changes}.items() if v is not None}
    return {**GOOD, "fields": fields}


FAILED = {"valid_until": None, "stamp": None, "conclusion": "Không đạt"}


def test_good_requests_pass() -> None:
    assert faults(GOOD) == []
    assert faults({**with_fields(**FAILED), "outcome": "fail"}) == []
    assert faults({**GOOD, "number": "V20.11001-R1/2_x", "scope": "verification"}) == []
    assert faults(with_fields(valid_until="2028-02-29")) == []
    assert faults(with_fields(place="Chợ “Bến Thành”, № 5 – 𝄞")) == []


def test_the_example_for_operators_passes() -> None:
    request = parse_request(EXAMPLE.read_bytes())
    assert rules.check(request, FOUNDED, NOW).issued.isoformat() == "2026-11-20"


def test_no_date_means_today_in_viet_nam() -> None:
    request = {name: value for name, value in GOOD.items() if name != "issued"}
    late_evening_utc = NOW - 3600 - 1  # one second before midnight at UTC+07:00
    accepted = rules.check(CertificateRequest(**request), FOUNDED, late_evening_utc)
    assert accepted.issued.isoformat() == "2026-11-19"


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"type": "urn:tem:cert:verification:2"}, "type_unknown", "/type"),
        ({"type": "urn:tem:log:genesis:1"}, "type_unknown", "/type"),
        ({"number": ""}, "number_invalid", "/number"),
        ({"number": "V20 11001"}, "number_invalid", "/number"),
        ({"number": "V20–11001"}, "number_invalid", "/number"),
        ({"number": "-V20"}, "number_invalid", "/number"),
        ({"number": "V" * 65}, "number_invalid", "/number"),
        ({"scope": "Verification"}, "scope_invalid", "/scope"),
        ({"scope": "verification/"}, "scope_invalid", "/scope"),
        ({"scope": "calibration"}, "scope_type", "/scope"),
        ({"scope": "verifications"}, "scope_type", "/scope"),
        ({"outcome": "none"}, "outcome_type", "/outcome"),
        ({"outcome": "PASS"}, "outcome_type", "/outcome"),
        ({"issued": "2026-02-31"}, "issued_invalid", "/issued"),
        ({"issued": "20/11/2026"}, "issued_invalid", "/issued"),
        ({"issued": "46346"}, "issued_invalid", "/issued"),
        ({"issued": "2026-11-21"}, "issued_in_future", "/issued"),
        ({"issued": "0026-11-20"}, "issued_before_founding", "/issued"),
        ({"issued": "2026-10-31"}, "issued_before_founding", "/issued"),
    ],
)
def test_what_every_certificate_must_say(change: dict[str, str], code: str, place: str) -> None:
    assert faults({**GOOD, **change}) == [(code, place)]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"valid_until": None}, "valid_until_missing", "/fields/valid_until"),
        ({"valid_until": "2027-11-29"}, "valid_until_month", "/fields/valid_until"),
        ({"valid_until": "2027-02-29"}, "field_format", "/fields/valid_until"),
        ({"valid_until": "2026-10-31"}, "valid_until_early", "/fields/valid_until"),
        ({"valid_until": "2206-11-30"}, "valid_until_late", "/fields/valid_until"),
        ({"valid_until": "9999-12-31"}, "valid_until_late", "/fields/valid_until"),
        ({"valid_until": 46721}, "field_type", "/fields/valid_until"),
        ({"made": "2027"}, "made_after_issued", "/fields/made"),
        ({"made": "26"}, "field_pattern", "/fields/made"),
        ({"made": "２０２６"}, "field_pattern", "/fields/made"),
        ({"serial": None}, "field_required", "/fields/serial"),
        ({"serial": "x" * 33}, "field_max_length", "/fields/serial"),
        ({"serial": ""}, "field_min_length", "/fields/serial"),
        ({"kind": "yearly"}, "field_enum", "/fields/kind"),
        ({"standards": []}, "field_min_items", "/fields/standards"),
        ({"standards": ["a", 1]}, "field_type", "/fields/standards/1"),
        ({"standards": ["a"] * 17}, "field_max_items", "/fields/standards"),
        ({"colour": "red"}, "field_unknown", "/fields/colour"),
        ({"a/b~c": "x"}, "field_unknown", "/fields/a~1b~0c"),
        ({"_sd": ["x"]}, "field_unknown", "/fields/_sd"),
        ({"place": "Cho\u0323\u031b"}, "text_not_nfc", "/fields/place"),
        ({"place": " Hà Nội"}, "text_space", "/fields/place"),
        ({"place": "Hà\tNội"}, "text_character", "/fields/place"),
        ({"place": "Hà\x00Nội"}, "text_character", "/fields/place"),
        ({"place": "Hà\u202eNội"}, "text_character", "/fields/place"),
        ({"place": "Hà\u200bNội"}, "text_character", "/fields/place"),
        ({"place": "Hà\u2028Nội"}, "text_character", "/fields/place"),
        ({"place": "Hà\ue000Nội"}, "text_character", "/fields/place"),
        ({"place": "Hà\ud800Nội"}, "text_character", "/fields/place"),
        ({"standards": ["\ufeff"]}, "text_character", "/fields/standards/0"),
    ],
)
def test_what_a_verification_must_say(change: dict[str, Any], code: str, place: str) -> None:
    assert faults(with_fields(**change)) == [(code, place)]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"valid_until": "2027-11-30"}, "valid_until_unexpected", "/fields/valid_until"),
        ({"stamp": "26V00001"}, "stamp_unexpected", "/fields/stamp"),
    ],
)
def test_what_a_failure_must_not_say(change: dict[str, str], code: str, place: str) -> None:
    request = {**with_fields(**{**FAILED, **change}), "outcome": "fail"}
    assert faults(request) == [(code, place)]


def test_all_faults_of_a_kind_are_named_at_once() -> None:
    assert set(faults(with_fields(serial=None, made="26", colour="red"))) == {
        ("field_required", "/fields/serial"),
        ("field_pattern", "/fields/made"),
        ("field_unknown", "/fields/colour"),
    }
    assert len(faults(with_fields(standards=["\x00"] * 5000))) == rules.MAX_FAULTS


def test_a_request_is_read_as_strictly_from_a_file() -> None:
    with pytest.raises(RequestError) as error:
        parse_request(json.dumps({**GOOD, "number": 5, "more": ""}).encode())
    assert {(fault.code, fault.place) for fault in error.value.faults} == {
        ("request_string_type", "/number"),
        ("request_extra_forbidden", "/more"),
    }
