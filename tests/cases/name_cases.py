"""Names, dates, and the ids that stand for them on chain."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tests.cases import Case, invalid, valid

_DID = "did:web:quatest3.example"
_ORIGIN = "tem.example/quatest3"

_VALID: dict[str, tuple[tuple[str, str], ...]] = {
    "did": (
        ("a host", _DID),
        ("a port and a path", "did:web:tem.example%3a8443:bodies:quatest3"),
        ("one letter", "did:x:a"),
        ("128 characters", "did:web:" + "a" * 120),
    ),
    "origin": (
        ("a host and a name", _ORIGIN),
        ("two segments", "tem.example/vn/quatest3"),
        ("the shortest", "a/b"),
        ("100 characters", "a" * 50 + "/" + "b" * 49),
    ),
    "sub": (
        ("a verification's number", "V20.11001"),
        ("a reissue", "V20.11001.R1"),
        ("with solidus and dash", "26.0702/GCNHQ-QUACERT"),
        ("one digit", "7"),
        ("64 characters", "A" * 64),
    ),
    "scope": (
        ("two segments", "verification/scales"),
        ("one segment", "log"),
        ("eight segments", "a/b/c/d/e/f/g/h"),
        ("96 characters", "a" * 47 + "/" + "b" * 48),
    ),
    "vct": (
        ("a certificate", "urn:tem:cert:verification:1"),
        ("a later version", "urn:tem:cert:verification:999999"),
        ("a type with a dash", "urn:tem:event:type-approval:2"),
        ("another family", "urn:tem:stamp:verification:1"),
    ),
}
_INVALID: dict[str, tuple[tuple[str, Any], ...]] = {
    "did": (
        ("empty", ""),
        ("not a DID", "https://quatest3.example"),
        ("capital in the name", "did:web:QUATEST3.example"),
        ("capital in the method", "did:Web:quatest3.example"),
        ("no name", "did:web:"),
        ("no method", "did::quatest3.example"),
        ("method of 17", "did:" + "m" * 17 + ":a"),
        ("dot at the end", "did:web:quatest3.example."),
        ("dot at the beginning", "did:web:.example"),
        ("solidus", "did:web:quatest3.example/x"),
        ("space", "did:web:quatest3 .example"),
        ("newline at the end", _DID + "\n"),
        ("not ASCII", "did:web:kiểm-định.example"),
        ("Cyrillic letter", "did:web:quаtest3.example"),
        ("129 characters", "did:web:" + "a" * 121),
        ("a number", 3),
        ("null", None),
    ),
    "origin": (
        ("empty", ""),
        ("no solidus", "tem.example"),
        ("solidus at the end", "tem.example/"),
        ("two solidi", "tem.example//quatest3"),
        ("a scheme", "https://tem.example/quatest3"),
        ("a port", "tem.example:8443/quatest3"),
        ("capital", "tem.example/QUATEST3"),
        ("plus", "tem.example/a+b"),
        ("space", "tem.example/a b"),
        ("dot at the beginning", ".example/quatest3"),
        ("newline at the end", _ORIGIN + "\n"),
        ("101 characters", "a" * 50 + "/" + "b" * 50),
        ("a list", [_ORIGIN]),
    ),
    "sub": (
        ("empty", ""),
        ("space", "V20 11001"),
        ("another dash", "V20\u201311001"),
        ("dash at the beginning", "-V20"),
        ("solidus at the end", "V20/"),
        ("not ASCII", "Đ20.11001"),
        ("full width", "Ｖ20.11001"),
        ("newline at the end", "V20.11001\n"),
        ("65 characters", "A" * 65),
        ("a number", 11001),
    ),
    "scope": (
        ("empty", ""),
        ("capital", "Verification/scales"),
        ("underscore", "verification/big_scales"),
        ("solidus at the end", "verification/"),
        ("solidus at the beginning", "/verification"),
        ("empty segment", "verification//scales"),
        ("nine segments", "a/b/c/d/e/f/g/h/i"),
        ("97 characters", "a" * 48 + "/" + "b" * 48),
        ("a list", ["verification"]),
    ),
    "vct": (
        ("empty", ""),
        ("version 0", "urn:tem:cert:verification:0"),
        ("leading zero", "urn:tem:cert:verification:01"),
        ("version of 7 digits", "urn:tem:cert:verification:1000000"),
        ("no version", "urn:tem:cert:verification"),
        ("one part more", "urn:tem:cert:verification:1:2"),
        ("capital", "urn:tem:cert:Verification:1"),
        ("another namespace", "urn:mem:cert:verification:1"),
        ("digit of another script", "urn:tem:cert:verification:\u0661"),
        ("97 characters", "urn:tem:cert:" + "a" * 82 + ":1"),
        ("an address", "https://tem.example/types/verification"),
        ("null", None),
    ),
    "date": (
        ("empty", ""),
        ("31 February", "2026-02-31"),
        ("29 February, no leap year", "2026-02-29"),
        ("month 13", "2026-13-01"),
        ("day 0", "2026-01-00"),
        ("year 0", "0000-01-01"),
        ("two-digit year", "26-09-21"),
        ("day first", "21/09/2026"),
        ("no zeros", "2026-9-1"),
        ("with a time", "2026-09-21T00:00:00Z"),
        ("week date", "2026-W39-1"),
        ("a spreadsheet's number", 46286),
        ("a spreadsheet's number as text", "46286"),
        ("digits of another script", "٢٠٢٦-٠٩-٢١"),
        ("newline at the end", "2026-09-21\n"),
        ("null", None),
    ),
}
# First second, and first second after it, in seconds since 1970.
_DAYS = (
    ("a day", "2026-09-21", 1789923600, 1790010000),
    ("the day of 1970", "1970-01-01", -25200, 61200),
    ("29 February of a leap year", "2024-02-29", 1709139600, 1709226000),
    ("the last day", "9999-12-31", 253402189200, 253402275600),
)


def cases() -> list[Case]:
    """Grammars; ``id`` is the name on chain, ``starts`` and ``ends`` bound a civil day."""
    good = [
        valid(
            f"{kind}: {name}",
            "within the grammar and its limit",
            kind=kind,
            input=text,
            **({"id": sha256(text.encode()).hexdigest()} if kind == "did" else {}),
        )
        for kind, names in _VALID.items()
        for name, text in names
    ]
    days = [
        valid(f"date: {name}", "civil days are UTC+07:00", kind="date", input=text, starts=starts,
              ends=ends)
        for name, text, starts, ends in _DAYS
    ]  # fmt: skip
    org = sha256(_DID.encode()).digest()
    log = valid(
        "log: its id",
        "SHA-256(org ‖ SHA-256(origin))",
        kind="log",
        input=_ORIGIN,
        did=_DID,
        id=sha256(org + sha256(_ORIGIN.encode()).digest()).hexdigest(),
    )
    bad = [
        invalid(f"{kind}: {name}", f"not a {kind}", f"{kind}_invalid", kind=kind, input=text)
        for kind, names in _INVALID.items()
        for name, text in names
    ]
    return [*good, *days, log, *bad]
