"""Claims and disclosures as an issuer makes them, and the types they belong to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.world import CORE, FIELDS, GENESIS_VCT, LOG, VCT, salts, without
from verifier import claims, disclosure
from verifier.encoding import base64url_decode
from verifier.errors import ContentError, FormatError
from verifier.types import KNOWN, RecordType

KIND = KNOWN[VCT]
PUBLIC = without(FIELDS, "asset", "holder", "place")


def compose(core: Any = CORE, fields: Any = FIELDS) -> claims.Composed:
    return claims.compose(core, fields, KIND, salts())


def test_equal_salts_give_equal_bytes_whatever_the_order_of_the_fields() -> None:
    backwards = dict(reversed(list(FIELDS.items())))
    assert compose() == compose(dict(reversed(list(CORE.items()))), backwards)


def test_hidden_fields_are_only_in_disclosures_and_in_sd_order() -> None:
    made = compose()
    assert not {"asset", "holder", "place"} & made.members.keys()
    assert [disclosure.digest(item) for item in made.disclosures] == made.members["_sd"]
    assert {disclosure.decode(item, "x").name for item in made.disclosures} == {
        "asset",
        "holder",
        "place",
    }


def test_without_hidden_fields_there_is_no_sd() -> None:
    made = compose(fields=without(FIELDS, "asset", "holder", "place"))
    assert made.disclosures == ()
    assert not {"_sd", "_sd_alg"} & made.members.keys()


def test_what_would_not_verify_is_not_composed() -> None:
    with pytest.raises(ContentError) as caught:
        compose(fields=without(FIELDS, "conclusion"))
    assert caught.value.code == "field_missing"


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_salt_is_16_bytes(size: int) -> None:
    with pytest.raises(FormatError) as caught:
        disclosure.encode(bytes(size), "holder", "x")
    assert (caught.value.code, caught.value.place) == ("salt_length", "holder")


def test_a_reference_names_log_and_leaf() -> None:
    made = claims.reference(LOG, bytes(32))
    assert {name: base64url_decode(text, "x") for name, text in made.items()} == {
        "log": LOG,
        "leaf": bytes(32),
    }
    assert compose({**CORE, "replaces": made, "refs": [made]}).members["refs"] == [made]


def test_every_known_type_is_what_its_schema_says() -> None:
    assert set(KNOWN) == {VCT, GENESIS_VCT}
    assert KIND.outcomes == {"pass", "fail"}
    assert KIND.expires == "valid_until"
    assert KIND.facts == ("serial", "outcome", "conclusion", "valid_until")
    assert KIND.required == {"object", "model", "serial", "kind", "procedure", "conclusion"}
    assert KNOWN[GENESIS_VCT].expires is None


@pytest.mark.parametrize("vct", KNOWN)
def test_no_field_of_a_type_is_a_core_member_and_each_has_one_class(vct: str) -> None:
    kind = KNOWN[vct]
    assert not (kind.public | kind.hidden) & claims.CORE
    assert not kind.public & kind.hidden
    assert kind.public | kind.hidden == kind.schema["properties"].keys()
    assert kind.required <= kind.public
    assert set(kind.facts) <= kind.public | {"outcome"}


def test_a_schema_whose_field_has_no_proper_class_is_refused() -> None:
    schema = {
        "$id": "urn:tem:cert:other:1",
        "properties": {"holder": {"x-class": "secret"}},
        "x-tem": {"scope": "other", "expires": None, "facts": []},
        "x-outcomes": ["none"],
        "required": [],
    }
    with pytest.raises(ValueError, match="x-class"):
        RecordType.from_schema(schema)


def test_a_type_that_needs_a_deeper_scope_refuses_another_branch() -> None:
    kind = replace(KIND, scope="verification/scales")
    members = {**CORE, **PUBLIC, "scope": "verification/meters"}
    with pytest.raises(ContentError) as caught:
        claims.check_type(claims.check(members), kind)
    assert (caught.value.code, caught.value.place) == ("scope_type", "claims.scope")


def test_an_expiry_of_null_is_there_and_is_no_date() -> None:
    members = {**CORE, **PUBLIC, "valid_until": None}
    with pytest.raises(ContentError) as caught:
        claims.check_type(claims.check(members), KIND)
    assert (caught.value.code, caught.value.place) == ("date_invalid", "claims.valid_until")
