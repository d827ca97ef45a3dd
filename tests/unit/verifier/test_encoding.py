"""What the vectors cannot say: values that are no JSON, and the encoders' own limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from verifier.encoding import (
    MAX_INTEGER,
    canonical_json,
    cbor_decode,
    cbor_encode,
    parse_canonical_json,
    parse_json,
)
from verifier.errors import FormatError


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        {1: "a number as name"},
        {"a": Decimal(1)},
        object(),
        "\ud800",
        {"é": "\ud800"},
        nested(300),
        nested(20_000),
        [0.5, nested(20_000)],
    ],
    ids=["bytes", "name", "decimal", "object", "half", "half with floats", "300", "deep", "deeper"],
)
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(FormatError) as caught:
        canonical_json(value)
    assert caught.value.code == "json_value"


def test_both_paths_of_the_encoder_give_one_answer_for_integers() -> None:
    # A name that is not ASCII takes the slow path, the same value alone the fast one.
    plain = {"a": [MAX_INTEGER, -MAX_INTEGER, None, True, "đ"]}
    slow = canonical_json({**plain, "đ": 0})
    assert slow == canonical_json(plain)[:-1] + ',"đ":0}'.encode()


def test_the_place_of_a_broken_rule_is_told() -> None:
    with pytest.raises(FormatError) as caught:
        parse_canonical_json(b"[1.0]", "disclosures[3]")
    assert caught.value.place == "disclosures[3]"
    assert str(caught.value) == "json_float at disclosures[3]: 1.0 is a float; use a string."


def test_an_error_without_a_place_is_its_code_and_message() -> None:
    assert str(FormatError("json_value", "No.")) == "json_value: No."


@pytest.mark.parametrize("parse", [parse_json, parse_canonical_json])
def test_long_input_is_not_repeated_in_messages(parse: Any) -> None:
    with pytest.raises(FormatError) as caught:
        parse(b'{"' + b"a" * 9000 + b'":1,"' + b"a" * 9000 + b'":1}', "x")
    assert len(caught.value.message) < 100


def test_cbor_maps_are_ordered_by_their_encoded_keys_whatever_the_order_given() -> None:
    one = cbor_encode({-1: 1, "b": [{"z": 1, 5: b"x"}], 24: 0, 5: "é"})
    other = cbor_encode({5: "é", 24: 0, "b": [{5: b"x", "z": 1}], -1: 1})
    assert one == other
    assert cbor_decode(one, "x") == {5: "é", 24: 0, -1: 1, "b": [{5: b"x", "z": 1}]}
