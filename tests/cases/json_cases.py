"""Canonical JSON: RFC 8785 encoding, and the strict parsers."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, inputs, invalid, valid

# RFC 8785, appendix B: the bits of a double, and how it is written.
_APPENDIX_B = (
    ("0000000000000000", "0", "zero"),
    ("8000000000000000", "0", "minus zero"),
    ("0000000000000001", "5e-324", "smallest positive"),
    ("8000000000000001", "-5e-324", "largest negative below zero"),
    ("7fefffffffffffff", "1.7976931348623157e+308", "largest"),
    ("ffefffffffffffff", "-1.7976931348623157e+308", "smallest"),
    ("4340000000000000", "9007199254740992", "2^53, a double"),
    ("c340000000000000", "-9007199254740992", "-2^53, a double"),
    ("4430000000000000", "295147905179352830000", "2^68"),
    ("44b52d02c7e14af5", "9.999999999999997e+22", "just below 1e23"),
    ("44b52d02c7e14af6", "1e+23", "1e23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23", "just above 1e23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000", "two below 1e21"),
    ("444b1ae4d6e2ef4f", "999999999999999900000", "one below 1e21"),
    ("444b1ae4d6e2ef50", "1e+21", "1e21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7", "just below 1e-6"),
    ("3eb0c6f7a0b5ed8d", "0.000001", "1e-6"),
    ("41b3de4355555553", "333333333.3333332", "shortest digits that read back"),
    ("41b3de4355555554", "333333333.33333325", "seventeen digits are needed"),
    ("41b3de4355555555", "333333333.3333333", "its neighbour"),
    ("41b3de4355555556", "333333333.3333334", "its neighbour's neighbour"),
    ("41b3de4355555557", "333333333.33333343", "and the next"),
    ("becbf647612f3696", "-0.0000033333333333333333", "leading zeros, no exponent"),
    ("43143ff3c1cb0959", "1424953923781206.2", "round half to even"),
)

_ENCODED = (
    (
        "section 3.2.2",
        "the example of RFC 8785 section 3.2.2",
        r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], '
        r'"string": "\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/", '
        r'"literals": [null, true, false]}',
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
    (
        "section 3.2.3",
        "members are sorted by UTF-16 code units (RFC 8785 section 3.2.3)",
        r'{"\u20ac": "Euro Sign", "\r": "Carriage Return", '
        r'"\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", '
        r'"\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", '
        r'"\u00f6": "Latin Small Letter O With Diaeresis"}',
        '{"\\r":"Carriage Return","1":"One","\u0080":"Control",'
        '"ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",'
        '"😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    ),
    ("empty object", "nothing between the braces", " { } ", "{}"),
    ("empty list", "nothing between the brackets", " [ ] ", "[]"),
    ("nested order", "members of inner objects are sorted too", '[{"b":1,"a":{"d":0,"c":0}}]',
     '[{"a":{"c":0,"d":0},"b":1}]'),
    ("list order", "lists keep their order", "[3, 1, 2]", "[3,1,2]"),
    ("capitals first", "U+0041 sorts before U+0061", '{"a":1,"A":2,"_":3}', '{"A":2,"_":3,"a":1}'),
    ("escapes", "short escapes where JSON has them, lower-case hex elsewhere",
     r'"\u0008\u0009\u000A\u000C\u000D\u0000\u001F\u007F"', '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"'),
    ("no normalisation", "text is not normalised: NFD stays NFD", '"e\u0301 \u00e9"',
     '"e\u0301 \u00e9"'),
    ("line separators", "U+2028 and U+2029 stand as themselves", r'"\u2028\u2029"',
     '"\u2028\u2029"'),
    ("largest integer", "2^53 - 1", "9007199254740991", "9007199254740991"),
    ("smallest integer", "-(2^53 - 1)", "-9007199254740991", "-9007199254740991"),
    ("whole double", "a double without fraction has no point", "[1.0, -0.0, 100e-2]", "[1,0,1]"),
)  # fmt: skip

_NOT_ENCODED = (
    ("integer 2^53", "beyond what every JSON number can hold", "9007199254740992"),
    ("integer -2^53", "beyond what every JSON number can hold", "-9007199254740992"),
    ("integer of 30 digits", "beyond what every JSON number can hold", '{"n":[1' + "0" * 29 + "]}"),
    ("half a pair", "a lone surrogate has no UTF-8", r'"\ud83d"'),
    ("half a pair in a name", "a lone surrogate has no UTF-8", r'{"\ude00":1}'),
)

_CANONICAL = (
    ("empty object", "the smallest object", "{}"),
    ("sorted", "members in order, no white space", '{"A":1,"_":2,"a":[true,false,null]}'),
    ("unicode", "text stands as itself", '{"a":"Cân đồng hồ 😀"}'),
    ("escapes", "control characters are escaped the short way", '"\\b\\t\\n\\f\\r\\u0000\\u001f"'),
    ("delete", "U+007F is not escaped", '"\x7f"'),
    ("largest integers", "±(2^53 - 1)", "[-9007199254740991,9007199254740991]"),
    ("depth 16 of lists", "the deepest that is allowed", "[" * 16 + "]" * 16),
    ("depth 16 of objects", "the deepest that is allowed", '{"a":' * 15 + "{}" + "}" * 15),
    ("many lists, not deep", "brackets side by side do not nest", "[" + "[]," * 40 + "[]]"),
    ("text alone", "a document need not be an object", '"x"'),
    ("null alone", "a document need not be an object", "null"),
)

_NOT_CANONICAL: tuple[tuple[str, str, str, str | bytes], ...] = (
    ("space inside", "white space", "json_not_canonical", '{"a": 1}'),
    ("space before", "white space", "json_not_canonical", " {}"),
    ("newline after", "white space", "json_not_canonical", "{}\n"),
    ("names out of order", "members are sorted", "json_not_canonical", '{"b":1,"a":2}'),
    ("inner names out of order", "members are sorted", "json_not_canonical", '[{"b":1,"a":2}]'),
    ("small before capital", "U+0041 sorts before U+0061", "json_not_canonical", '{"a":1,"A":2}'),
    ("needless escape", "A stands as itself", "json_not_canonical", r'"\u0041"'),
    ("escaped solidus", "the solidus stands as itself", "json_not_canonical", r'"\/"'),
    ("escaped letter", "é stands as itself", "json_not_canonical", r'"\u00e9"'),
    ("escaped pair", "a pair of surrogates stands as one character", "json_not_canonical",
     r'"\ud83d\ude00"'),
    ("long escape", "newline has a short escape", "json_not_canonical", r'"\u000a"'),
    ("hex in capitals", "hex digits are lower case", "json_not_canonical", r'"\u001F"'),
    ("minus zero", "zero has no sign", "json_not_canonical", "-0"),
)  # fmt: skip

# What both parsers refuse, whatever the white space.
_REFUSED: tuple[tuple[str, str, str, str | bytes], ...] = (
    ("name twice", "the second would win in some parsers, the first in others",
     "json_duplicate_name", '{"a":1,"a":2}'),
    ("name twice, equal values", "twice is twice", "json_duplicate_name", '{"a":1,"a":1}'),
    ("name twice, deep", "at any depth", "json_duplicate_name", '{"a":[{"b":{"c":1,"c":1}}]}'),
    ("name twice, escaped", "an escape spells the same name", "json_duplicate_name",
     r'{"a":1,"\u0061":2}'),
    ("fraction", "a float", "json_float", "[0.5]"),
    ("fraction of zero", "1.0 is a float", "json_float", '{"a":1.0}'),
    ("exponent", "1e2 is a float", "json_float", "1e2"),
    ("huge exponent", "a float beyond every double", "json_float", "[1E400]"),
    ("minus zero, float", "a float", "json_float", "-0.0"),
    ("2^53", "beyond 2^53 - 1", "json_integer_range", "9007199254740992"),
    ("-2^53", "beyond -(2^53 - 1)", "json_integer_range", "[-9007199254740992]"),
    ("2^64", "wraps in some parsers", "json_integer_range", "18446744073709551616"),
    ("integer of 5000 digits", "takes long to read in some parsers", "json_integer_range",
     "1" + "0" * 4999),
    ("name not ASCII", "names are ASCII", "json_name_not_ascii", '{"é":1}'),
    ("name not ASCII, escaped", "names are ASCII", "json_name_not_ascii", r'{"a":{"\u00e9":1}}'),
    ("high surrogate alone", "half a pair is no character", "json_surrogate", r'"\ud83d"'),
    ("low surrogate alone", "half a pair is no character", "json_surrogate", r'["a\ude00"]'),
    ("pair the wrong way round", "two halves, no pair", "json_surrogate", r'"\ude00\ud83d"'),
    ("empty", "nothing there", "json_syntax", ""),
    ("white space alone", "nothing there", "json_syntax", " "),
    ("cut off", "the brace is missing", "json_syntax", '{"a":1'),
    ("comma at the end", "JSON has none", "json_syntax", "[1,]"),
    ("two documents", "something follows the document", "json_syntax", "{}{}"),
    ("NUL after the document", "something follows the document", "json_syntax", "{}\x00"),
    ("single quotes", "not JSON", "json_syntax", "{'a':1}"),
    ("comment", "not JSON", "json_syntax", "{}//"),
    ("name without quotes", "not JSON", "json_syntax", "{a:1}"),
    ("leading zero", "not JSON", "json_syntax", "01"),
    ("plus sign", "not JSON", "json_syntax", "+1"),
    ("no digit after the point", "not JSON", "json_syntax", "[1.]"),
    ("NaN", "not JSON, though some parsers take it", "json_syntax", "NaN"),
    ("Infinity", "not JSON, though some parsers take it", "json_syntax", "[Infinity]"),
    ("minus Infinity", "not JSON, though some parsers take it", "json_syntax", "-Infinity"),
    ("True", "a literal is lower case", "json_syntax", "True"),
    ("newline in text", "control characters are escaped", "json_syntax", '"a\nb"'),
    ("unknown escape", "JSON has no such escape", "json_syntax", r'"\x41"'),
    ("byte order mark", "not part of JSON", "json_syntax", "\ufeff{}"),
    ("UTF-16", "the bytes are UTF-16, not UTF-8", "json_syntax", b"{\x00}\x00"),
    ("UTF-16 with mark", "the bytes are UTF-16, not UTF-8", "json_not_utf8", b"\xff\xfe{\x00}\x00"),
    ("overlong", "C0 80 is no UTF-8 for U+0000", "json_not_utf8", b'"\xc0\x80"'),
    ("surrogate bytes", "ED A0 BD is no UTF-8", "json_not_utf8", b'"\xed\xa0\xbd"'),
    ("Latin-1", "E9 alone is no UTF-8", "json_not_utf8", b'"\xe9"'),
    ("character cut off", "E2 82 lacks its third byte", "json_not_utf8", b'"\xe2\x82"'),
    ("depth 17 of lists", "one deeper than allowed", "json_too_deep", "[" * 17 + "]" * 17),
    ("depth 17 of objects", "one deeper than allowed", "json_too_deep",
     '{"a":' * 16 + "{}" + "}" * 16),
    ("depth 17, mixed", "lists and objects count alike", "json_too_deep",
     '[{"a":' * 8 + "[]" + "}]" * 8),
)  # fmt: skip

_BOMBS = (17, 300, 600, 1000, 1024, 50_000, 110_000)


def encoding_cases() -> list[Case]:
    """Cases of the encoder: ``json`` is read by any JSON parser, ``ieee`` is a double's bits."""
    return [
        *(valid(f"double {why}", f"RFC 8785 appendix B: {why}", ieee=bits, canonical=text)
          for bits, text, why in _APPENDIX_B),
        *(valid(name, why, json=text, canonical=out) for name, why, text, out in _ENCODED),
        *(invalid(f"double {name}", "no number of JSON", "json_value", ieee=bits)
          for name, bits in (("NaN", "7fffffffffffffff"), ("infinity", "7ff0000000000000"),
                             ("minus infinity", "fff0000000000000"))),
        *(invalid(name, why, "json_value", json=text) for name, why, text in _NOT_ENCODED),
    ]  # fmt: skip


def parsing_cases() -> list[Case]:
    """Cases of the strict parser of canonical JSON."""
    return [
        *(valid(name, why, **inputs(text)) for name, why, text in _CANONICAL),
        *_refused(_NOT_CANONICAL),
        *_refused(_REFUSED),
        *_bombs(),
    ]


def free_cases() -> list[Case]:
    """Cases of the parser of proof files, whose spelling is free."""
    return [
        *(valid(name, f"free spelling: {why}", **inputs(text))
          for name, why, _, text in _NOT_CANONICAL),
        *_refused(_REFUSED),
        *_bombs(),
    ]  # fmt: skip


def _refused(cases: tuple[tuple[str, str, str, str | bytes], ...]) -> list[Case]:
    return [invalid(name, why, code, **inputs(text)) for name, why, code, text in cases]


def _bombs() -> list[Case]:
    why = "a depth bomb: must not exhaust the stack"
    made: list[Any] = []
    for depth in _BOMBS:
        lists, objects = [["[", depth], ["]", depth]], [['{"a":', depth], ["1", 1], ["}", depth]]
        made.append(invalid(f"{depth} lists", why, "json_too_deep", runs=lists))
        made.append(invalid(f"{depth} objects", why, "json_too_deep", runs=objects))
    open_ = [["[", 100_000]]
    escapes = [["[],", 17], ['"', 1], ['\\"', 100_000]]
    return [
        *made,
        invalid("100,000 lists that do not end", why, "json_too_deep", runs=open_),
        invalid("100,000 escaped quotes", "must not take quadratic time", "json_syntax",
                runs=escapes),
        valid("brackets in text", "only brackets outside text nest",
              runs=[['"', 1], ["[{", 100], ['\\"[', 20], ['"', 1]]),
    ]  # fmt: skip
