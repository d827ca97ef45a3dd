"""What a certificate has to meet before anyone signs it.

Every fault has a code and a JSON pointer into the request; as many as can be found at once are
named at once. Nothing is corrected silently.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from registry.certificates import verification
from registry.certificates.schemas import CertificateRequest
from registry.errors import RequestError, pointer_part
from verifier.errors import ContentError
from verifier.names import VIETNAM, parse_date, require_name
from verifier.types import KNOWN, RecordType

MAX_FAULTS = 32

FieldRules = Callable[[dict[str, Any], str, date], Iterator[RequestError]]
"""A type's own rules over (fields, outcome, issued), once its schema holds."""

ISSUABLE: dict[str, FieldRules] = {"urn:tem:cert:verification:1": verification.faults}

# Control, format (bidirectional marks, zero width), surrogate, private, unassigned, line breaks.
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Accepted(NamedTuple):
    """What the rules make of a request: its type, and the printed date."""

    kind: RecordType
    issued: date


def check(request: CertificateRequest, founded: int, now: int) -> Accepted:
    """Accept a request of a body that was ``founded`` then, or raise RequestError.

    The error names all faults that were found. Times are in seconds since 1970.
    """
    _raise_any(_text_faults(request.model_dump(), ""))
    field_rules = ISSUABLE.get(request.type)
    if field_rules is None:
        raise RequestError("type_unknown", f"{request.type[:96]!a} is not issued here.", "/type")
    kind = KNOWN[request.type]
    today = _day(now)
    issued = today if request.issued is None else _issued(request.issued)
    _raise_any(_date_faults(issued, _day(founded), today))
    _raise_any(_core_faults(request, kind))
    _raise_any(_schema_faults(kind, request.fields))
    _raise_any(field_rules(request.fields, request.outcome, issued))
    return Accepted(kind, issued)


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, VIETNAM).date()


def _issued(text: str) -> date:
    try:
        return parse_date(text, "/issued")
    except ContentError as error:
        raise RequestError("issued_invalid", error.message, "/issued") from error


def _date_faults(issued: date, founded: date, today: date) -> Iterator[RequestError]:
    if issued > today:
        yield RequestError("issued_in_future", f"Today is {today} in UTC+07:00.", "/issued")
    if issued < founded:
        said = f"Its issuer was entitled from {founded} on; no verifier would accept it."
        yield RequestError("issued_before_founding", said, "/issued")


def _raise_any(found: Iterator[RequestError]) -> None:
    faults = [fault for fault, _ in zip(found, range(MAX_FAULTS), strict=False)]
    if faults:
        raise RequestError.of(faults)


def _text_faults(value: Any, place: str) -> Iterator[RequestError]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _text_faults(item, f"{place}/{pointer_part(name)}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _text_faults(item, f"{place}/{position}")
    elif isinstance(value, str):
        yield from _string_faults(value, place)


def _string_faults(text: str, place: str) -> Iterator[RequestError]:
    refused = next((c for c in text if unicodedata.category(c) in _REFUSED), None)
    if refused is not None:
        name = f"U+{ord(refused):04X}"
        yield RequestError("text_character", f"The character {name} cannot be recorded.", place)
    elif unicodedata.normalize("NFC", text) != text:
        yield RequestError("text_not_nfc", "Write it in Unicode's composed form (NFC).", place)
    if text != text.strip():
        yield RequestError("text_space", "It begins or ends with a space.", place)


def _core_faults(request: CertificateRequest, kind: RecordType) -> Iterator[RequestError]:
    if not _is_name("sub", request.number):
        said = "Up to 64 letters and digits, and . / _ - between them."
        yield RequestError("number_invalid", said, "/number")
    if not _is_name("scope", request.scope):
        said = "Lower-case words separated by /, such as verification/scales."
        yield RequestError("scope_invalid", said, "/scope")
    elif not f"{request.scope}/".startswith(f"{kind.scope}/"):
        said = f"This type is issued under {kind.scope} or below."
        yield RequestError("scope_type", said, "/scope")
    if request.outcome not in kind.outcomes:
        allowed = ", ".join(sorted(kind.outcomes))
        yield RequestError("outcome_type", f"This type has the outcomes {allowed}.", "/outcome")


def _is_name(kind: str, value: str) -> bool:
    try:
        require_name(kind, value, "")
    except ContentError:
        return False
    return True


def _schema_faults(kind: RecordType, fields: dict[str, Any]) -> Iterator[RequestError]:
    for error in _validator(kind.vct).iter_errors(fields):
        place = "/fields" + "".join(f"/{pointer_part(part)}" for part in error.instance_path)
        rule = error.kind
        code = f"field_{_snake_case(rule.name)}"
        match rule:
            case jsonschema_rs.ValidationErrorKind.Required(property=name):
                yield RequestError(code, error.message, f"{place}/{pointer_part(name)}")
            case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
                for name in names:
                    said = "The type has no such field."
                    yield RequestError("field_unknown", said, f"{place}/{pointer_part(name)}")
            case _:
                yield RequestError(code, error.message, place)


@cache
def _validator(vct: str) -> jsonschema_rs.Draft202012Validator:
    schema = dict(KNOWN[vct].schema)
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, mask="this", offline=True
    )


def _snake_case(keyword: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in keyword)
