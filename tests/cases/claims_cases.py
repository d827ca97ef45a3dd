"""Disclosures, and claims with their disclosures."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from tests.cases import Case, invalid, valid
from tests.world import CORE, FIELDS, GENESIS_CORE, GENESIS_FIELDS, without
from verifier.encoding import canonical_json

HIDDEN = ("asset", "holder", "place")


def b64u(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def disclosed(name: object, value: Any, salt: object = b64u(b"\x01" * 16)) -> str:
    """A disclosure of anything, well-formed or not."""
    return b64u(json.dumps([salt, name, value], ensure_ascii=False, separators=(",", ":")).encode())


def digest(encoded: str) -> str:
    return b64u(sha256(encoded.encode()).digest())


HOLDER = disclosed("holder", "Sạp 214")
PLACE = disclosed("place", "Chợ Bến Thành", b64u(b"\x02" * 16))


def sd(*encoded: str) -> dict[str, Any]:
    """The members that hide fields."""
    return {"_sd": sorted(digest(item) for item in encoded), "_sd_alg": "sha-256"}


OPEN = {**CORE, **without(FIELDS, *HIDDEN)}
MEMBERS = {**OPEN, **sd(HOLDER, PLACE)}
FAILED = without({**OPEN, "outcome": "fail", "conclusion": "Không đạt"}, "exp", "valid_until")
_HASH = b64u(b"\x07" * 32)
_REF = {"log": _HASH, "leaf": b64u(b"\x08" * 32)}


def _salted(raw: bytes) -> str:
    return disclosed("holder", 1, b64u(raw))


def disclosure_cases() -> list[Case]:
    """``disclosure`` as it travels, and what it says."""
    salt = b64u(b"\x01" * 16)
    good = [
        ("text", "a hidden field", "holder", "Sạp 214"),
        ("list", "a value may be a list", "standards", ["QC-118", "QC-119"]),
        (
            "an object as value",
            "a value may be an object",
            "range",
            {"max": "60 kg", "min": "0.5 kg"},
        ),
        ("null", "a value may be null", "asset", None),
        ("quoted digests", "text that looks like a list of digests is text", "asset", '"_sd":'),
    ]
    bad = [
        ("empty", "nothing there", "json_syntax", ""),
        ("padded", "base64url has no padding", "base64url_padded", HOLDER + "="),
        ("stray bits", "a second spelling", "base64url_not_canonical", b64u(b'["x"]')[:-1] + "1"),
        ("not text", "disclosures are text", "base64url_type", 7),
        ("space", "not canonical JSON", "json_not_canonical", b64u(f'["{salt}", "a",1]'.encode())),
        ("escaped", "not canonical JSON", "json_not_canonical",
         b64u(f'["{salt}","a","\\u0041"]'.encode())),
        ("float", "no floats", "json_float", disclosed("a", 0.5)),
        ("name twice in the value", "no repeated names", "json_duplicate_name",
         b64u(f'["{salt}","a",{{"b":1,"b":1}}]'.encode())),
        ("two items", "a disclosure of a list's item has no place here", "disclosure_shape",
         b64u(f'["{salt}","a"]'.encode())),
        ("four items", "one too many", "disclosure_shape", b64u(f'["{salt}","a",1,1]'.encode())),
        ("object", "a disclosure is a list", "disclosure_shape", b64u(b'{"a":1}')),
        ("text alone", "a disclosure is a list", "disclosure_shape", b64u(b'"a"')),
        ("salt of 15 bytes", "a salt is 16 bytes", "salt_length", _salted(bytes(15))),
        ("salt of 17 bytes", "a salt is 16 bytes", "salt_length", _salted(bytes(17))),
        ("salt empty", "a salt is 16 bytes", "salt_length", _salted(b"")),
        ("salt a number", "a salt is base64url text", "base64url_type", disclosed("a", 1, 12345)),
        ("salt null", "a salt is base64url text", "base64url_type", disclosed("a", 1, None)),
        ("salt padded", "a salt is base64url text", "base64url_padded",
         disclosed("a", 1, salt + "==")),
        ("salt in hex", "32 hex digits are 24 bytes of base64url", "salt_length",
         disclosed("a", 1, "01" * 16)),
        ("name empty", "a name is text", "disclosure_name", disclosed("", 1)),
        ("name a number", "a name is text", "disclosure_name", disclosed(1, 1)),
        ("name null", "a name is text", "disclosure_name", disclosed(None, 1)),
        ("name not ASCII", "names are ASCII", "disclosure_name", disclosed("nơi", 1)),
        ("digests inside", "only top-level fields are hidden", "sd_nested",
         disclosed("holder", {"_sd": [_HASH]})),
        ("digest of an item", "only top-level fields are hidden", "sd_nested",
         disclosed("holder", [{"...": _HASH}])),
        ("too deep", "nesting over 16", "json_too_deep",
         b64u(f'["{salt}","a",{"[" * 16}{"]" * 16}]'.encode())),
        ("depth bomb", "must not exhaust the stack", "json_too_deep",
         b64u(f'["{salt}","a",{"[" * 600}{"]" * 600}]'.encode())),
    ]  # fmt: skip
    return [
        *(
            valid(name, why, disclosure=disclosed(field, value), salt="01" * 16, field=field,
                  value=value, digest=digest(disclosed(field, value)))
            for name, why, field, value in good
        ),
        *(invalid(name, why, code, disclosure=text) for name, why, code, text in bad),
    ]  # fmt: skip


def claims_cases() -> list[Case]:
    """``claims`` as text, the ``disclosures`` that go with them, and whether the type is known."""
    return [
        *_good(),
        *_shapes(),
        *(_bad(*case) for case in _core()),
        *(_bad(*case) for case in _references()),
        *(_bad(*case) for case in _digests()),
        *(_bad(*case) for case in _types()),
        *(_bad(*case) for case in _disclosures()),
    ]


def _text(members: object) -> str:
    return canonical_json(members).decode()


def _good() -> list[Case]:
    later = {**MEMBERS, "vct": "urn:tem:cert:verification:2", "colour": "red"}
    cases: list[tuple[str, str, dict[str, Any], Sequence[str]]] = [
        ("all disclosed", "every hidden field is shown", MEMBERS, [HOLDER, PLACE]),
        ("one disclosed", "any of them may be left out", MEMBERS, [PLACE]),
        ("none disclosed", "all of them may be left out", MEMBERS, []),
        ("in another order", "the order of disclosures is free", MEMBERS, [PLACE, HOLDER]),
        ("nothing hidden", "then there is no _sd", OPEN, []),
        ("failed", "a failed verification does not expire", FAILED, []),
        ("failed, with an end", "valid_until may stand there", {**OPEN, "outcome": "fail"}, []),
        ("imported", "written only when true", {**OPEN, "imported": True}, []),
        ("replaces", "names a record by log and leaf", {**OPEN, "replaces": _REF}, []),
        ("64 references", "the most that is allowed", {**OPEN, "refs": [_REF] * 64}, []),
        ("genesis", "a log's own entry", {**GENESIS_CORE, **GENESIS_FIELDS}, []),
        ("latest second", "9999-12-31T23:59:59Z", {**OPEN, "iat": 253402300799}, []),
    ]
    return [
        *(valid(name, why, claims=_text(members), disclosures=list(shown), known=True)
          for name, why, members, shown in cases),
        valid("unknown type", "its own rules are not known, the core's are", claims=_text(later),
              disclosures=[HOLDER], known=False),
    ]  # fmt: skip


def _bad(name: str, why: str, code: str, members: object, disclosures: Sequence[str] = ()) -> Case:
    return invalid(name, why, code, claims=_text(members), disclosures=list(disclosures))


def _shapes() -> list[Case]:
    cases = (
        ("a list", "claims are an object", "claims_shape", "[]"),
        ("text", "claims are an object", "claims_shape", '"iss"'),
        ("null", "claims are an object", "claims_shape", "null"),
        ("not JSON", "claims are JSON", "json_syntax", "iss"),
        ("white space", "claims are canonical", "json_not_canonical", _text(OPEN) + "\n"),
        ("name twice", "no repeated names", "json_duplicate_name",
         _text(OPEN).replace('"iat":', '"iat":1,"iat":')),
        ("float", "no floats", "json_float", _text(OPEN).replace('"iat":1790000000', '"iat":1.5')),
    )  # fmt: skip
    return [
        invalid(name, why, code, claims=text, disclosures=[]) for name, why, code, text in cases
    ]


def _core() -> list[tuple[str, str, str, object]]:
    one: list[tuple[str, str, dict[str, Any]]] = [
        ("iss not a DID", "did_invalid", {"iss": "quatest3.example"}),
        ("iss in capitals", "did_invalid", {"iss": "did:web:QUATEST3.example"}),
        ("sub with a space", "sub_invalid", {"sub": "V26 1"}),
        ("sub a number", "sub_invalid", {"sub": 1}),
        ("vct not a type", "vct_invalid", {"vct": "verification"}),
        ("vct null", "vct_invalid", {"vct": None}),
        ("scope with capitals", "scope_invalid", {"scope": "verification/Scales"}),
        ("scope of another type", "scope_type", {"scope": "calibration/scales"}),
        ("scope log", "scope_type", {"scope": "log"}),
        ("log not an origin", "origin_invalid", {"log": "quatest3"}),
        ("issued day first", "date_invalid", {"issued": "21/09/2026"}),
        ("issued 31 February", "date_invalid", {"issued": "2026-02-31"}),
        ("issued a spreadsheet's number", "date_invalid", {"issued": 46286}),
        ("outcome unknown", "outcome_invalid", {"outcome": "passed"}),
        ("outcome in capitals", "outcome_invalid", {"outcome": "PASS"}),
        ("outcome null", "outcome_invalid", {"outcome": None}),
        ("outcome true", "outcome_invalid", {"outcome": True}),
        ("iat as text", "time_invalid", {"iat": "1790000000"}),
        ("iat before 1970", "time_invalid", {"iat": -1}),
        ("iat after 9999", "time_invalid", {"iat": 253402300800}),
        ("iat true", "time_invalid", {"iat": True}),
        ("iat null", "time_invalid", {"iat": None}),
        ("exp as text", "time_invalid", {"exp": "2027-09-30"}),
        ("exp null", "time_invalid", {"exp": None}),
        ("imported false", "imported_invalid", {"imported": False}),
        ("imported 1", "imported_invalid", {"imported": 1}),
        ("imported as text", "imported_invalid", {"imported": "true"}),
        ("imported null", "imported_invalid", {"imported": None}),
    ]
    required = ("iss", "sub", "vct", "iat", "issued", "scope", "log", "outcome")
    log_scope = {**GENESIS_CORE, **GENESIS_FIELDS, "scope": "genesis"}
    return [
        *((f"no {name}", "the core is never missing", "core_missing", without(MEMBERS, name))
          for name in required),
        *((name, "the core has its grammar", code, {**MEMBERS, **change})
          for name, code, change in one),
        ("genesis with another scope", "the family log has the scope log", "scope_type", log_scope),
    ]  # fmt: skip


def _references() -> list[tuple[str, str, str, object]]:
    why = "references are {log, leaf}, 32 bytes each"
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("replaces null", "reference_invalid", {"replaces": None}),
        ("replaces text", "reference_invalid", {"replaces": _HASH}),
        ("replaces without leaf", "reference_invalid", {"replaces": {"log": _HASH}}),
        ("replaces with more", "reference_invalid", {"replaces": {**_REF, "index": 1}}),
        ("leaf of 31 bytes", "reference_invalid", {"replaces": {**_REF, "leaf": b64u(bytes(31))}}),
        ("log of 33 bytes", "reference_invalid", {"replaces": {**_REF, "log": b64u(bytes(33))}}),
        ("leaf in hex", "reference_invalid", {"replaces": {**_REF, "leaf": "08" * 32}}),
        ("leaf padded", "base64url_padded", {"replaces": {**_REF, "leaf": _HASH + "="}}),
        ("leaf null", "base64url_type", {"replaces": {**_REF, "leaf": None}}),
        ("refs empty", "refs_invalid", {"refs": []}),
        ("refs an object", "refs_invalid", {"refs": _REF}),
        ("refs null", "refs_invalid", {"refs": None}),
        ("65 references", "refs_invalid", {"refs": [_REF] * 65}),
        ("second reference wrong", "reference_invalid", {"refs": [_REF, {}]}),
    ]
    return [(name, why, code, {**MEMBERS, **change}) for name, code, change in cases]


def _digests() -> list[tuple[str, str, str, object]]:
    two = MEMBERS["_sd"]
    many = [b64u(bytes([0, 0, n]) + bytes(29)) for n in range(129)]
    cases: list[tuple[str, str, str, dict[str, Any]]] = [
        ("_sd without _sd_alg", "both or neither", "sd_alg", without(MEMBERS, "_sd_alg")),
        ("_sd_alg without _sd", "both or neither", "sd_invalid", without(MEMBERS, "_sd")),
        ("_sd_alg sha-512", "sha-256 only", "sd_alg", {**MEMBERS, "_sd_alg": "sha-512"}),
        ("_sd_alg null", "sha-256 only", "sd_alg", {**MEMBERS, "_sd_alg": None}),
        ("_sd empty", "then there is none", "sd_invalid", {**MEMBERS, "_sd": []}),
        ("_sd text", "a list", "sd_invalid", {**MEMBERS, "_sd": two[0]}),
        ("129 digests", "at most 128", "sd_invalid", {**MEMBERS, "_sd": sorted(many)}),
        ("_sd not sorted", "the order would tell the fields", "sd_order",
         {**MEMBERS, "_sd": two[::-1]}),
        ("digest twice", "each once", "sd_order", {**MEMBERS, "_sd": [two[0], *two]}),
        ("digest of 31 bytes", "32 bytes each", "sd_invalid",
         {**MEMBERS, "_sd": [b64u(bytes(31))]}),
        ("digest a number", "digests are text", "base64url_type", {**MEMBERS, "_sd": [1]}),
        ("digest padded", "base64url has no padding", "base64url_padded",
         {**MEMBERS, "_sd": [two[0] + "="]}),
        ("digests inside a field", "only top-level fields are hidden", "sd_nested",
         {**MEMBERS, "object": {"_sd": two}}),
        ("digests inside, none on top", "only top-level fields are hidden", "sd_nested",
         {**OPEN, "object": {"_sd": two}}),
        ("digest of an item", "only top-level fields are hidden", "sd_nested",
         {**MEMBERS, "object": [{"...": two[0]}]}),
        ("digest of an item, on top", "only top-level fields are hidden", "sd_nested",
         {**MEMBERS, "...": two[0]}),
    ]  # fmt: skip
    return list(cases)


def _types() -> list[tuple[str, str, str, object]]:
    required = ("object", "model", "serial", "kind", "procedure", "conclusion")
    return [
        *((f"no {name}", "whatever flatters by its absence is public", "field_missing",
           without(MEMBERS, name)) for name in required),
        ("holder in the clear", "a personal field is never public", "field_not_public",
         {**MEMBERS, "holder": "Sạp 214"}),
        ("place in the clear", "a restricted field is never public", "field_not_public",
         {**OPEN, "place": "Chợ Bến Thành"}),
        ("unknown field", "types are closed", "field_unknown", {**MEMBERS, "colour": "red"}),
        ("nbf", "no other claim of CWT's own", "field_unknown", {**MEMBERS, "nbf": 1}),
        ("verification without result", "it passes or fails", "outcome_type",
         {**MEMBERS, "outcome": "none"}),
        ("genesis that passes", "a log's own entry has no result", "outcome_type",
         {**GENESIS_CORE, **GENESIS_FIELDS, "outcome": "pass"}),
        ("passed without an end", "an end must be printed", "exp_missing",
         without(MEMBERS, "exp", "valid_until")),
        ("exp without valid_until", "nothing printed says when it ends", "exp_unexpected",
         without(MEMBERS, "valid_until")),
        ("genesis with exp", "its type does not end", "exp_unexpected",
         {**GENESIS_CORE, **GENESIS_FIELDS, "exp": 1800000000}),
        ("valid_until without exp", "the printed end counts", "exp_differs",
         without(MEMBERS, "exp")),
        ("exp a second late", "the first second after the day", "exp_differs",
         {**MEMBERS, "exp": MEMBERS["exp"] + 1}),
        ("exp at UTC's midnight", "civil days are UTC+07:00", "exp_differs",
         {**MEMBERS, "exp": MEMBERS["exp"] + 7 * 3600}),
        ("valid_until without day", "a date", "date_invalid",
         {**MEMBERS, "valid_until": "2027-09"}),
    ]  # fmt: skip


def _disclosures() -> list[tuple[str, str, str, object, Sequence[str]]]:
    other = disclosed("holder", "Sạp 215")
    later = {**OPEN, "vct": "urn:tem:cert:verification:2"}
    core = {name: disclosed(name, "x") for name in ("iss", "exp", "imported", "_sd", "...")}
    serial = disclosed("serial", "2604417")
    return [
        ("not in _sd", "its digest is nowhere", "disclosure_unused", MEMBERS, [other]),
        ("other salt", "the salt enters the digest", "disclosure_unused", MEMBERS,
         [disclosed("holder", "Sạp 214", b64u(b"\x09" * 16))]),
        ("disclosed, though nothing is hidden", "there is no _sd", "disclosure_unused", OPEN,
         [HOLDER]),
        ("twice", "each once", "disclosure_repeated", MEMBERS, [HOLDER, PLACE, HOLDER]),
        ("one name, two values", "a field has one value", "disclosure_repeated",
         {**OPEN, **sd(HOLDER, other)}, [HOLDER, other]),
        ("name of a clear member", "a field has one value", "disclosure_repeated",
         {**later, "colour": "red", **sd(disclosed("colour", "blue"))},
         [disclosed("colour", "blue")]),
        *((f"core field {name}", "the core is never hidden", "disclosure_core",
           {**OPEN, **sd(item)}, [item]) for name, item in core.items()),
        ("public field", "what is public is not hidden as well", "disclosure_repeated",
         {**OPEN, **sd(serial)}, [serial]),
        ("public field left out", "an optional public field is not hidden", "disclosure_field",
         {**OPEN, **sd(disclosed("limitations", "none"))}, [disclosed("limitations", "none")]),
        ("unknown field hidden", "types are closed", "disclosure_field",
         {**OPEN, **sd(disclosed("colour", "red"))}, [disclosed("colour", "red")]),
    ]  # fmt: skip
