"""The encodings of Tem, each in its one canonical form: JSON (RFC 8785), CBOR (RFC 8949 section
4.2.1), base64 and base64url (RFC 4648).

Decoders accept exactly the bytes that the encoders produce. The fast path is orjson; what it
refuses is parsed again, slowly, only to name the rule that was broken.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64, b2a_base64
from collections import Counter
from functools import lru_cache
from typing import Any, NoReturn

import cbor2
import orjson
import rfc8785

from verifier.errors import FormatError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 16
# What canonical_json encodes at most: orjson's own limit is a little above.
MAX_NESTING = 200

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII)
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# The last symbol of a text whose length modulo 4 is 0, 2 or 3: its unused bits are zero.
_LAST_SYMBOLS = {0: frozenset(_SYMBOLS), 2: frozenset(_SYMBOLS[::16]), 3: frozenset(_SYMBOLS[::4])}
# Strings, so that brackets in them do not count, and brackets. A string that does not end goes on
# to the end of the text: looking for another beginning in it would take quadratic time.
_JSON_BRACKETS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_NESTING = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_PADDING = {0: b"", 2: b"==", 3: b"="}
_MAX_INTEGER_DIGITS = len(str(MAX_INTEGER))


def canonical_json(value: Any) -> bytes:
    """Encode ``value`` as RFC 8785 canonical JSON, floats included.

    Raises FormatError (``json_value``) for what JSON cannot say (NaN, infinities, integers beyond
    2^53 - 1, names that are not text, lone surrogates), and for nesting over 200.
    """
    try:
        _limit_nesting(value, MAX_NESTING)
        if _is_plain(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(value)
    except (TypeError, RecursionError, rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise FormatError("json_value", str(error)) from error


def _is_plain(value: Any) -> bool:
    """Whether orjson and RFC 8785 agree on ``value``: no floats, ASCII names, integers in range."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if kind is list:
        return all(map(_is_plain, value))
    if kind is dict:
        return all(type(k) is str and k.isascii() and _is_plain(v) for k, v in value.items())
    return False


def parse_canonical_json(data: bytes, place: str) -> Any:
    """Decode canonical JSON strictly; re-encoding the result gives ``data`` again.

    Refused, each with its code: bytes that are not UTF-8 JSON, names that occur twice, floats,
    integers beyond 2^53 - 1, names that are not ASCII, nesting over 16, any other spelling.
    """
    _require_depth(data, place)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = parse_json(data, place)
    if _is_plain(value) and orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == data:
        return value
    parse_json(data, place)
    raise FormatError("json_not_canonical", "Re-encoding gives other bytes (RFC 8785).", place)


def parse_json(data: bytes, place: str) -> Any:
    """Decode JSON whose spelling is free but whose content is held to the same strict rules."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("json_not_utf8", "The bytes are not UTF-8.", place) from error
    _require_depth(data, place)
    rules = _JsonRules(place)
    try:
        value = json.loads(
            text,
            object_pairs_hook=rules.members,
            parse_int=rules.integer,
            parse_float=rules.floating,
            parse_constant=rules.constant,
        )
    except json.JSONDecodeError as error:
        raise FormatError("json_syntax", f"{error.msg} (character {error.pos}).", place) from error
    if "\\u" in text:
        _require_unicode(value, place)
    return value


class _JsonRules:
    """What the standard parser lets pass and Tem refuses, each with its code."""

    def __init__(self, place: str) -> None:
        self.place = place

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice = next(name for name, count in counts.items() if count > 1)
            _refuse("json_duplicate_name", f"The name {twice[:64]!a} occurs twice.", self.place)
        for name in result:
            if not name.isascii():
                _refuse("json_name_not_ascii", f"The name {name[:64]!a}.", self.place)
        return result

    def integer(self, digits: str) -> int:
        if len(digits) > _MAX_INTEGER_DIGITS + 1 or abs(int(digits)) > MAX_INTEGER:
            _refuse("json_integer_range", f"{digits[:24]} is beyond 2^53 - 1.", self.place)
        return int(digits)

    def floating(self, text: str) -> NoReturn:
        _refuse("json_float", f"{text[:24]} is a float; use a string.", self.place)

    def constant(self, name: str) -> NoReturn:
        _refuse("json_syntax", f"{name} is not JSON.", self.place)


def _require_depth(data: bytes, place: str) -> None:
    """Refuse text that nests over the limit before any parser goes down into it.

    The interpreter's own limit is no help: a library may have raised it (py_ecc does) until the
    stack overflows.
    """
    # Fewer brackets than the limit cannot nest deeper: true of nearly every document.
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for token in _JSON_BRACKETS.finditer(data):
        depth += _NESTING.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise FormatError("json_too_deep", f"Nesting over {MAX_DEPTH}.", place)


def _limit_nesting(value: Any, limit: int) -> None:
    """Raise RecursionError where lists and objects nest over ``limit``."""
    layer = [value]
    for _ in range(limit + 1):
        containers = [item for item in layer if isinstance(item, (dict, list, tuple))]
        if not containers:
            return
        layer = [
            child
            for item in containers
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    raise RecursionError(f"Nesting over {limit}.")


def _require_unicode(value: Any, place: str) -> None:
    # Half a surrogate pair can only come from an escape, and no UTF-8 can say it.
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise FormatError("json_surrogate", "Half a surrogate pair.", place) from error


def _refuse(code: str, message: str, place: str) -> NoReturn:
    raise FormatError(code, message, place)


def base64url_encode(data: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5)."""
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def base64url_decode(text: object, place: str) -> bytes:
    """Decode base64url without padding; refuses padding, other characters and stray bits."""
    if not isinstance(text, str):
        raise FormatError("base64url_type", "Expected a base64url string.", place)
    if text.endswith("="):
        raise FormatError("base64url_padded", "Base64url is written without padding.", place)
    rest = len(text) % 4
    if rest == 1 or not _BASE64URL.fullmatch(text):
        raise FormatError("base64url_invalid", "This is not base64url.", place)
    if text and text[-1] not in _LAST_SYMBOLS[rest]:
        raise FormatError("base64url_not_canonical", "The unused bits are not zero.", place)
    return a2b_base64(text.encode("ascii").translate(_FROM_URL) + _PADDING[rest])


def base64_encode(data: bytes) -> str:
    """Base64 with padding (RFC 4648 section 4)."""
    return b2a_base64(data, newline=False).decode("ascii")


def base64_decode(text: object, place: str) -> bytes:
    """Decode padded base64; refuses missing padding, other characters and stray bits."""
    if not isinstance(text, str):
        raise FormatError("base64_type", "Expected a base64 string.", place)
    if not _BASE64.fullmatch(text):
        raise FormatError("base64_invalid", "This is not padded base64.", place)
    data = a2b_base64(text)
    if base64_encode(data) != text:
        raise FormatError("base64_not_canonical", "The unused bits are not zero.", place)
    return data


def cbor_encode(value: Any) -> bytes:
    """Encode as deterministic CBOR (RFC 8949 section 4.2.1): maps in the order of encoded keys.

    ``value`` consists of dicts, lists, text, bytes, integers and tags of these.
    """
    return cbor2.dumps(_ordered(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: _cbor_key(item[0]))
        return {key: _ordered(item) for key, item in items}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


@lru_cache(maxsize=1024)
def _cbor_key(key: int | str) -> bytes:
    return cbor2.dumps(key)


class _NoTags(dict[int, Any]):
    """Every tag decodes to what is refused: a shared reference could make a value without end."""

    def __missing__(self, tag: int) -> Any:
        return lambda value, immutable: cbor2.undefined


_NO_TAGS = _NoTags()


def cbor_decode(data: bytes, place: str) -> Any:
    """Decode one CBOR item strictly; re-encoding the result gives ``data`` again.

    Refused: anything not well-formed, indefinite lengths, repeated keys, longer spellings than
    needed, keys out of order, trailing bytes, floats and tags (strip an expected tag first).
    """
    try:
        value = cbor2.loads(
            data,
            semantic_decoders=_NO_TAGS,
            max_depth=MAX_DEPTH - 1,  # below the outermost container
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORDecodeError as error:
        raise FormatError("cbor_invalid", str(error), place) from error
    if not _is_plain_cbor(value):
        raise FormatError("cbor_type", "A type that is not used here.", place)
    if cbor_encode(value) != data:
        raise FormatError(
            "cbor_not_canonical", "Re-encoding gives other bytes (RFC 8949 4.2.1).", place
        )
    return value


def _is_plain_cbor(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bytes:
        return True
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if kind is list:
        return all(map(_is_plain_cbor, value))
    if kind is dict:
        return all(type(key) in (int, str) and _is_plain_cbor(item) for key, item in value.items())
    return False
