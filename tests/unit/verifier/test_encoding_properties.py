"""Encoders and decoders agree with each other and with the standards' own reference code."""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import Any

import cbor2
import orjson
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from tests.refusing import refusal
from verifier import shortcode
from verifier.encoding import (
    MAX_INTEGER,
    base64_decode,
    base64_encode,
    base64url_decode,
    base64url_encode,
    canonical_json,
    cbor_decode,
    cbor_encode,
    parse_canonical_json,
    parse_json,
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
names = st.text(st.characters(max_codepoint=127), max_size=8)
integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
scalars = st.none() | st.booleans() | integers | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=5)
)
any_documents = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
)
cbor_values = st.recursive(
    integers | texts | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(integers | texts, inner, max_size=5)
    ),
    max_leaves=10,
)  # fmt: skip


def depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, children), default=0) if isinstance(value, (dict, list)) else 0


@given(any_documents)
def test_canonical_json_is_that_of_the_reference_implementation(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(documents)
def test_the_fast_path_is_canonical(value: Any) -> None:
    assert orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == rfc8785.dumps(value)
    assert canonical_json(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1e21)
@example(-0.0)
def test_a_double_reads_back(value: float) -> None:
    assert float(canonical_json(value)) == value


@given(documents.filter(lambda value: depth(value) <= 16))
def test_both_parsers_take_what_the_encoder_made(value: Any) -> None:
    assert parse_canonical_json(canonical_json(value), "x") == value
    assert parse_json(canonical_json(value), "x") == value


@given(documents.filter(lambda value: depth(value) <= 16), st.booleans(), st.booleans())
def test_the_strict_parser_takes_one_spelling_alone(value: Any, ascii_: bool, gap: bool) -> None:
    separators = (", ", ": ") if gap else (",", ":")
    spelled = json.dumps(value, ensure_ascii=ascii_, separators=separators).encode()
    assert parse_json(spelled, "x") == value
    if spelled == canonical_json(value):
        assert parse_canonical_json(spelled, "x") == value
    else:
        code = refusal(lambda: parse_canonical_json(spelled, "x"))
        assert code == "json_not_canonical"


@given(st.binary() | texts.map(str.encode))
def test_whatever_the_strict_parser_takes_encodes_to_the_same_bytes(data: bytes) -> None:
    code = refusal(lambda: parse_canonical_json(data, "x"))
    if code is None:
        assert canonical_json(parse_canonical_json(data, "x")) == data
    else:
        assert code.startswith("json_")


@given(documents.filter(lambda value: depth(value) <= 16), st.data())
def test_one_changed_byte_is_another_value_or_refused(value: Any, data: st.DataObject) -> None:
    encoded = bytearray(canonical_json(value))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    changed = bytes(encoded)
    code = refusal(lambda: parse_canonical_json(changed, "x"))
    if code is None:
        assert canonical_json(parse_canonical_json(changed, "x")) == changed
    else:
        assert code.startswith("json_")


@given(st.binary())
def test_base64_is_that_of_the_standard_library(data: bytes) -> None:
    assert base64_encode(data) == base64.b64encode(data).decode()
    assert base64url_encode(data) == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert base64_decode(base64_encode(data), "x") == data
    assert base64url_decode(base64url_encode(data), "x") == data


@given(st.text("AQ_-+/=\n A", max_size=9) | st.text(max_size=9))
def test_base64_takes_one_spelling_of_some_bytes_alone(text: str) -> None:
    for decode, encode in ((base64_decode, base64_encode), (base64url_decode, base64url_encode)):
        code = refusal(partial(decode, text, "x"))
        assert encode(decode(text, "x")) == text if code is None else code.startswith("base64")


@given(cbor_values)
def test_cbor_is_that_of_the_librarys_own_canonical_form(value: Any) -> None:
    encoded = cbor_encode(value)
    assert cbor2.loads(encoded) == value
    if depth(value) <= 16:
        assert cbor_decode(encoded, "x") == value


@given(st.binary(max_size=40))
def test_whatever_the_cbor_decoder_takes_encodes_to_the_same_bytes(data: bytes) -> None:
    code = refusal(lambda: cbor_decode(data, "x"))
    if code is None:
        assert cbor_encode(cbor_decode(data, "x")) == data
    else:
        assert code.startswith("cbor_")


@given(cbor_values.filter(lambda value: depth(value) <= 16), st.data())
def test_one_changed_byte_of_cbor_is_another_value_or_refused(
    value: Any, data: st.DataObject
) -> None:
    encoded = bytearray(cbor_encode(value))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    changed = bytes(encoded)
    code = refusal(lambda: cbor_decode(changed, "x"))
    if code is None:
        assert cbor_encode(cbor_decode(changed, "x")) == changed
    else:
        assert code.startswith("cbor_")


@given(st.binary(min_size=16, max_size=32), st.booleans(), st.booleans())
def test_a_short_code_reads_back_as_typed(data: bytes, small: bool, grouped: bool) -> None:
    code = shortcode.encode(data)
    assert len(code) == 26
    assert code[0] in "01234567"
    typed = code + shortcode.check_symbol(code)
    typed = typed.lower() if small else typed
    typed = "-".join(typed[i : i + 5] for i in range(0, 27, 5)) if grouped else typed
    assert shortcode.decode(typed) == data[:16]
    assert shortcode.decode(code) == data[:16]


@given(st.binary(min_size=16, max_size=16), st.data())
def test_the_check_symbol_finds_one_mistyped_symbol(data: bytes, draw: st.DataObject) -> None:
    typed = list(shortcode.encode(data) + shortcode.check_symbol(shortcode.encode(data)))
    position = draw.draw(st.integers(0, 25))
    other = draw.draw(st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
    if other == typed[position]:
        return
    typed[position] = other
    code = refusal(lambda: shortcode.decode("".join(typed)))
    assert code in ("code_check", "code_overflow")


@given(st.text(max_size=40) | st.text("0OIL1-*~$=U z", max_size=30))
def test_a_typed_code_is_sixteen_bytes_or_refused(typed: str) -> None:
    code = refusal(lambda: shortcode.decode(typed))
    assert len(shortcode.decode(typed)) == 16 if code is None else code.startswith("code_")
