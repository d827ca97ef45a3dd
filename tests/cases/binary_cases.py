"""Base64, CBOR and short codes."""

from __future__ import annotations

import json
from typing import Any

from tests.cases import Case, invalid, valid

_BASE64URL = (
    ("empty", "no bytes", "", ""),
    ("one byte", "two symbols, four unused bits", "AA", "00"),
    ("two bytes", "three symbols, two unused bits", "__8", "ffff"),
    ("three bytes", "four symbols", "AQID", "010203"),
    ("both special symbols", "- and _ stand for + and /", "-_-_", "fbffbf"),
)
_NOT_BASE64URL: tuple[tuple[str, str, str, Any], ...] = (
    ("padded once", "written without padding", "base64url_padded", "AAA="),
    ("padded twice", "written without padding", "base64url_padded", "AA=="),
    ("padding alone", "written without padding", "base64url_padded", "="),
    ("plus and solidus", "the other alphabet", "base64url_invalid", "+/+/"),
    ("one symbol", "six bits are no byte", "base64url_invalid", "A"),
    ("five symbols", "six bits are left over", "base64url_invalid", "AAAAA"),
    ("space", "no white space", "base64url_invalid", "AA AA"),
    ("newline at the end", "no white space", "base64url_invalid", "AAAA\n"),
    ("padding inside", "not in the alphabet", "base64url_invalid", "AA==AAAA"),
    ("digit of another script", "looks like 1, is U+0661", "base64url_invalid", "AAA\u0661"),
    ("NUL", "not in the alphabet", "base64url_invalid", "AA\x00A"),
    ("four stray bits", "a second spelling of the byte 00", "base64url_not_canonical", "AB"),
    ("two stray bits", "a second spelling of 00 00", "base64url_not_canonical", "AAB"),
    ("all stray bits", "a second spelling of ff ff", "base64url_not_canonical", "__9"),
    ("a number", "not text", "base64url_type", 0),
    ("null", "not text", "base64url_type", None),
    ("a list", "not text", "base64url_type", ["AA"]),
)
_BASE64 = (
    ("empty", "no bytes", "", ""),
    ("one byte", "padded twice", "AA==", "00"),
    ("two bytes", "padded once", "//8=", "ffff"),
    ("three bytes", "no padding needed", "AQID", "010203"),
    ("both special symbols", "+ and /", "+/+/", "fbffbf"),
)
_NOT_BASE64: tuple[tuple[str, str, str, Any], ...] = (
    ("not padded", "padding is required", "base64_invalid", "AA"),
    ("padded once too few", "padding is required", "base64_invalid", "AA="),
    ("padded without need", "three bytes need none", "base64_invalid", "AQID="),
    ("padded twice too often", "three bytes need none", "base64_invalid", "AQID=="),
    ("padding alone", "nothing to pad", "base64_invalid", "===="),
    ("padding inside", "two texts in one", "base64_invalid", "AA==AA=="),
    ("one symbol", "six bits are no byte", "base64_invalid", "A==="),
    ("minus and underscore", "the other alphabet", "base64_invalid", "-_-_"),
    ("space", "no white space", "base64_invalid", "AQ ID"),
    ("newline at the end", "no white space", "base64_invalid", "AQID\n"),
    ("not ASCII", "not in the alphabet", "base64_invalid", "AQI\u0661"),
    ("four stray bits", "a second spelling of the byte 00", "base64_not_canonical", "AB=="),
    ("two stray bits", "a second spelling of 00 00", "base64_not_canonical", "AAB="),
    ("a number", "not text", "base64_type", 0),
    ("null", "not text", "base64_type", None),
)

# Values as JSON: {"bytes": hex}, {"map": [[key, value], …]}; the rest is itself.
_CBOR: tuple[tuple[str, str, str, Any], ...] = (
    ("0", "the smallest integer", "00", 0),
    ("23", "the largest in one byte", "17", 23),
    ("24", "the smallest in two bytes", "1818", 24),
    ("255", "the largest in two bytes", "18ff", 255),
    ("256", "the smallest in three bytes", "190100", 256),
    ("65535", "the largest in three bytes", "19ffff", 65535),
    ("65536", "the smallest in five bytes", "1a00010000", 65536),
    ("2^32 - 1", "the largest in five bytes", "1affffffff", 2**32 - 1),
    ("2^32", "the smallest in nine bytes", "1b0000000100000000", 2**32),
    ("2^53 - 1", "the largest that is used", "1b001fffffffffffff", 2**53 - 1),
    ("-1", "the largest negative", "20", -1),
    ("-24", "one byte", "37", -24),
    ("-25", "two bytes", "3818", -25),
    ("-257", "three bytes", "390100", -257),
    ("-65538", "the label of a private claim", "3a00010001", -65538),
    ("-(2^53 - 1)", "the smallest that is used", "3b001ffffffffffffe", -(2**53 - 1)),
    ("no bytes", "an empty byte string", "40", {"bytes": ""}),
    ("bytes", "a byte string", "43010203", {"bytes": "010203"}),
    ("no text", "an empty text", "60", ""),
    ("text", "UTF-8", "63c3a961", "éa"),
    ("empty list", "no items", "80", []),
    ("list", "items in order", "8303616120", [3, "a", -1]),
    ("empty map", "no members", "a0", {"map": []}),
    (
        "key order",
        "bytewise order of encoded keys (RFC 8949 section 4.2.1)",
        "a50a001864002000617a0062616100",
        {"map": [[10, 0], [100, 0], [-1, 0], ["z", 0], ["aa", 0]]},
    ),
    (
        "nested",
        "maps in lists in maps",
        "a10182a0a10203",
        {"map": [[1, [{"map": []}, {"map": [[2, 3]]}]]]},
    ),
    (
        "depth 16",
        "the deepest that is allowed",
        "81" * 15 + "80",
        json.loads("[" * 16 + "]" * 16),
    ),
)

_LONGER = "a longer spelling than needed"
_INDEFINITE = "indefinite lengths are not deterministic"
_TAGGED = "no tag occurs inside"
_NOT_CBOR = (
    ("23 in two bytes", _LONGER, "cbor_not_canonical", "1817"),
    ("255 in three bytes", _LONGER, "cbor_not_canonical", "1900ff"),
    ("65535 in five bytes", _LONGER, "cbor_not_canonical", "1a0000ffff"),
    ("2^32 - 1 in nine bytes", _LONGER, "cbor_not_canonical", "1b00000000ffffffff"),
    ("-1 in two bytes", _LONGER, "cbor_not_canonical", "3800"),
    ("byte string's length", _LONGER, "cbor_not_canonical", "580100"),
    ("text's length", _LONGER, "cbor_not_canonical", "780161"),
    ("list's length", _LONGER, "cbor_not_canonical", "980100"),
    ("map's length", _LONGER, "cbor_not_canonical", "b8010000"),
    ("inner integer", _LONGER, "cbor_not_canonical", "811800"),
    ("keys out of order", "1 sorts before 2", "cbor_not_canonical", "a202000100"),
    ("keys by length first", "RFC 7049's order, not RFC 8949's", "cbor_not_canonical",
     "a2200018640a"),
    ("text key before integer", "20 sorts before 61", "cbor_not_canonical", "a26161002000"),
    ("trailing byte", "something follows the item", "cbor_not_canonical", "0000"),
    ("two items", "something follows the item", "cbor_not_canonical", "a0a0"),
    ("empty", "nothing there", "cbor_invalid", ""),
    ("integer cut off", "bytes are missing", "cbor_invalid", "19ff"),
    ("bytes cut off", "bytes are missing", "cbor_invalid", "4201"),
    ("text cut off", "bytes are missing", "cbor_invalid", "6261"),
    ("list cut off", "an item is missing", "cbor_invalid", "8200"),
    ("map cut off", "a value is missing", "cbor_invalid", "a100"),
    ("2^64 - 1 bytes announced", "must not be reserved", "cbor_invalid", "5bffffffffffffffff00"),
    ("2^32 - 1 items announced", "must not be reserved", "cbor_invalid", "9affffffff00"),
    ("2^63 members announced", "must not be reserved", "cbor_invalid", "bb800000000000000000"),
    ("same key twice", "the second would win in some decoders", "cbor_invalid", "a201000100"),
    ("same text key twice", "the second would win in some decoders", "cbor_invalid",
     "a2616100616101"),
    ("same key in two spellings", "1 and 1 are one key", "cbor_invalid", "a20100180100"),
    ("indefinite bytes", _INDEFINITE, "cbor_invalid", "5f4100ff"),
    ("indefinite text", _INDEFINITE, "cbor_invalid", "7f6161ff"),
    ("indefinite list", _INDEFINITE, "cbor_invalid", "9f00ff"),
    ("indefinite map", _INDEFINITE, "cbor_invalid", "bf0000ff"),
    ("break alone", "nothing to break", "cbor_invalid", "ff"),
    ("reserved length 28", "RFC 8949 section 3", "cbor_invalid", "1c"),
    ("reserved length 30", "RFC 8949 section 3", "cbor_invalid", "7e"),
    ("simple value in two bytes", "RFC 8949 section 3.3: below 32 it is not well-formed",
     "cbor_invalid", "f814"),
    ("text not UTF-8", "C3 alone is no UTF-8", "cbor_invalid", "61c3"),
    ("text with surrogate", "ED A0 80 is no UTF-8", "cbor_invalid", "63eda080"),
    ("depth 17", "one deeper than allowed", "cbor_invalid", "81" * 16 + "80"),
    ("depth 1000", "a depth bomb: must not exhaust the stack", "cbor_invalid", "81" * 999 + "80"),
    ("false", "no booleans here", "cbor_type", "f4"),
    ("true", "no booleans here", "cbor_type", "f5"),
    ("null", "no null here", "cbor_type", "f6"),
    ("undefined", "nothing undefined here", "cbor_type", "f7"),
    ("simple value 16", "no simple values here", "cbor_type", "f0"),
    ("half float", "no floats", "cbor_type", "f93c00"),
    ("single float", "no floats", "cbor_type", "fa3f800000"),
    ("double float", "no floats", "cbor_type", "fb3ff0000000000000"),
    ("NaN", "no floats", "cbor_type", "f97e00"),
    ("2^53", "beyond 2^53 - 1", "cbor_type", "1b0020000000000000"),
    ("-2^53", "beyond -(2^53 - 1)", "cbor_type", "3b001fffffffffffff"),
    ("2^64 - 1", "beyond 2^53 - 1", "cbor_type", "1bffffffffffffffff"),
    ("-2^64", "beyond -(2^53 - 1)", "cbor_type", "3bffffffffffffffff"),
    ("bytes as key", "keys are integers or text", "cbor_type", "a1410000"),
    ("list as key", "keys are integers or text", "cbor_type", "a18000"),
    ("boolean as key", "keys are integers or text", "cbor_type", "a1f500"),
    ("date (tag 0)", _TAGGED, "cbor_type", "c074323031332d30332d32315432303a30343a30305a"),
    ("time (tag 1)", _TAGGED, "cbor_type", "c100"),
    ("big number (tag 2)", _TAGGED, "cbor_type", "c24101"),
    ("small big number (tag 3)", _TAGGED, "cbor_type", "c34101"),
    ("tag 18", "only the statement itself is tagged", "cbor_type", "d280"),
    ("tag 18 twice", "only the statement itself is tagged", "cbor_type", "d2d280"),
    ("embedded CBOR (tag 24)", _TAGGED, "cbor_type", "d8184100"),
    ("regular expression (tag 35)", _TAGGED, "cbor_type", "d8236128"),
    ("set (tag 258)", _TAGGED, "cbor_type", "d9010280"),
    ("self-described (tag 55799)", _TAGGED, "cbor_type", "d9d9f700"),
    ("unknown tag", _TAGGED, "cbor_type", "d9ffff00"),
    ("string reference (tag 256)", _TAGGED, "cbor_type", "d9010080"),
    ("list that holds itself (tags 28, 29)", "a value without end", "cbor_type", "d81c81d81d00"),
    ("map that holds itself (tags 28, 29)", "a value without end", "cbor_type", "d81ca100d81d00"),
)  # fmt: skip

_SHORT_CODES = (
    ("zero", "all bits zero", "0" * 26, "00" * 16, "0"),
    ("one", "the last symbol counts least", "0" * 25 + "1", "00" * 15 + "01", "1"),
    ("all ones", "two zero bits come first", "7" + "Z" * 25, "ff" * 16, "*"),
    ("mixed", "the protocol's example", "6Q4RMN7GJKY2FFTP5CG7RG44HY",
     "d7262953c253f09efd58ac81f102123e", "0"),
    ("check 32", "the check symbol may be *", "0" * 24 + "10", "00" * 15 + "20", "*"),
    ("check 33", "the check symbol may be ~", "0" * 24 + "11", "00" * 15 + "21", "~"),
    ("check 34", "the check symbol may be $", "0" * 24 + "12", "00" * 15 + "22", "$"),
    ("check 35", "the check symbol may be =", "0" * 24 + "13", "00" * 15 + "23", "="),
    ("check 36", "the check symbol may be U", "0" * 24 + "14", "00" * 15 + "24", "U"),
)  # fmt: skip
_CODE = "6Q4RMN7GJKY2FFTP5CG7RG44HY"
_TYPED = (
    ("lower case", "case does not matter", _CODE.lower()),
    ("groups", "dashes do not matter", "6Q4RM-N7GJK-Y2FFT-P5CG7-RG44H-Y"),
    ("spaces", "spaces do not matter", f"  {_CODE[:13]} {_CODE[13:]} "),
    ("with check symbol", "the check symbol fits", _CODE + "0"),
    ("check symbol as O", "O is 0, in the check symbol too", _CODE + "o"),
)
_NOT_CODES = (
    ("empty", "nothing typed", "code_length", ""),
    ("one too few", "25 symbols", "code_length", _CODE[1:]),
    ("two too many", "28 symbols", "code_length", _CODE + "00"),
    ("letter U", "U is in no code", "code_symbol", "U" + _CODE[1:]),
    ("check symbol inside", "* only checks", "code_symbol", _CODE[:5] + "*" + _CODE[6:]),
    ("dot", "not a symbol", "code_symbol", _CODE[:25] + "."),
    ("another script", "Cyrillic М looks like M", "code_symbol", "6Q4RМN7GJKY2FFTP5CG7RG44HY"),
    ("full width digit", "looks like 6", "code_symbol", "６" + _CODE[1:]),
    ("over 128 bits", "the first symbol is 0 to 7", "code_overflow", "8" + "0" * 25),
    ("over 128 bits, all", "the first symbol is 0 to 7", "code_overflow", "Z" * 26),
    ("wrong check symbol", "mistyped", "code_check", _CODE + "1"),
    ("two symbols swapped", "the check symbol finds it", "code_check",
     "64QRMN7GJKY2FFTP5CG7RG44HY0"),
    ("one symbol mistyped", "the check symbol finds it", "code_check",
     "6Q4RMN7GJKY2FFTP5CG7RG44HX0"),
    ("check symbol unknown", "! checks nothing", "code_check", _CODE + "!"),
)  # fmt: skip


def base64_cases() -> list[Case]:
    """Base64url without padding and base64 with it; ``bytes`` is hex."""
    return [
        *_texts("url", _BASE64URL, _NOT_BASE64URL),
        *_texts("padded", _BASE64, _NOT_BASE64),
    ]


def _texts(
    alphabet: str,
    good: tuple[tuple[str, str, str, str], ...],
    bad: tuple[tuple[str, str, str, Any], ...],
) -> list[Case]:
    return [
        *(
            valid(f"{alphabet}: {name}", why, alphabet=alphabet, input=text, bytes=raw)
            for name, why, text, raw in good
        ),
        *(
            invalid(f"{alphabet}: {name}", why, code, alphabet=alphabet, input=text)
            for name, why, code, text in bad
        ),
    ]


def cbor_cases() -> list[Case]:
    """Deterministic CBOR: ``hex`` decodes to ``value``, and ``value`` encodes to ``hex``."""
    return [
        *(valid(name, why, hex=data, value=value) for name, why, data, value in _CBOR),
        *(invalid(name, why, code, hex=data) for name, why, code, data in _NOT_CBOR),
        invalid(
            "references that multiply (tags 28, 29)",
            "ten references to the level below, twelve levels: 10^12 items in 500 bytes",
            "cbor_type",
            hex=_billion(),
        ),
    ]


def _billion() -> str:
    levels = ["d81c80"]
    for level in range(12):
        reference = f"d81d{level:02x}"
        levels.append("d81c8a" + reference * 10)
    return "8d" + "".join(levels)


def code_cases() -> list[Case]:
    """Short codes: ``typed`` is read as ``bytes``, whose code and check symbol are given."""
    codes = [
        valid(name, why, typed=code, bytes=raw, code=code, check=check)
        for name, why, code, raw, check in _SHORT_CODES
    ]
    typed = [
        valid(name, why, typed=text, bytes="d7262953c253f09efd58ac81f102123e", code=_CODE,
              check="0")
        for name, why, text in _TYPED
    ]  # fmt: skip
    letters = valid(
        "letters for digits",
        "O is 0, I and L are 1",
        typed="OooooOOOOOooooooooooooooIl",
        bytes="00" * 15 + "21",
        code="0" * 24 + "11",
        check="~",
    )
    refused = [invalid(name, why, code, typed=text) for name, why, code, text in _NOT_CODES]
    return [*codes, *typed, letters, *refused]
