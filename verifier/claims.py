"""Claims: what a record says, as the payload of an SD-JWT (RFC 9901) in canonical JSON.

A core that may never be hidden, the type's public fields in the clear, everything else behind
salted digests. The exact bytes travel and are what is hashed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from verifier import disclosure
from verifier.disclosure import SD_ALG, Disclosure
from verifier.encoding import (
    base64url_decode,
    base64url_encode,
    canonical_json,
    parse_canonical_json,
)
from verifier.errors import ContentError, FormatError, printable
from verifier.names import MAX_TIME, OUTCOMES, Vct, day_end, parse_date, parse_vct, require_name
from verifier.types import RecordType

REQUIRED = ("iss", "sub", "vct", "iat", "issued", "scope", "log", "outcome")
CORE = frozenset((*REQUIRED, "exp", "imported", "replaces", "refs", "_sd", "_sd_alg"))


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims whose core was checked. Times are integer seconds since 1970, UTC.

    ``members`` is everything in the clear; ``hidden`` the digests of what is not.
    """

    iss: str
    sub: str
    vct: Vct
    iat: int
    issued: date
    exp: int | None
    scope: str
    log: str
    outcome: str
    imported: bool
    hidden: tuple[str, ...]
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Composed:
    """New claims: their bytes, and the disclosures of what they hide, in ``_sd`` order."""

    data: bytes
    members: Mapping[str, Any]
    disclosures: tuple[str, ...]


def compose(
    core: Mapping[str, Any], fields: Mapping[str, Any], kind: RecordType, salts: Iterable[bytes]
) -> Composed:
    """Make claims of ``core`` and the type's ``fields``.

    ``salts`` gives 16 random bytes for each hidden field, taken in the order of their names: equal
    salts, equal bytes. Raises ContentError if the result would not pass the checks.
    """
    supply = iter(salts)
    encoded = [
        disclosure.encode(next(supply), name, fields[name])
        for name in sorted(fields)
        if name in kind.hidden
    ]
    in_sd_order = sorted(encoded, key=disclosure.digest)
    members = {**core, **{name: fields[name] for name in fields if name not in kind.hidden}}
    if in_sd_order:
        members["_sd"] = [disclosure.digest(item) for item in in_sd_order]
        members["_sd_alg"] = SD_ALG
    data = canonical_json(members)
    claims = check(parse(data))
    check_type(claims, kind)
    check_disclosures(claims, [disclosure.decode(item, "fields") for item in in_sd_order], kind)
    return Composed(data, members, tuple(in_sd_order))


def parse(data: bytes) -> dict[str, Any]:
    """Decode the bytes of claims; raises FormatError. Content is checked by ``check``."""
    members = parse_canonical_json(data, "claims")
    if not isinstance(members, dict):
        raise FormatError("claims_shape", "Claims are a JSON object.", "claims")
    disclosure.refuse_nested(data, 1 if "_sd" in members else 0, "claims")
    return members


def check(members: Mapping[str, Any]) -> Claims:
    """Check the core of decoded claims, whatever their type; raises ContentError."""
    for name in REQUIRED:
        if name not in members:
            raise ContentError("core_missing", f"The core field {name} is missing.", _at(name))
    vct = parse_vct(members["vct"], _at("vct"))
    scope = require_name("scope", members["scope"], _at("scope"))
    if scope.split("/")[0] != ("log" if vct.family == "log" else vct.type):
        raise ContentError("scope_type", "The scope does not fit the type.", _at("scope"))
    outcome = members["outcome"]
    if outcome not in OUTCOMES:
        raise ContentError("outcome_invalid", f"Expected one of {OUTCOMES}.", _at("outcome"))
    if members.get("imported", True) is not True:
        raise ContentError("imported_invalid", "Written only when true.", _at("imported"))
    _check_references(members)
    return Claims(
        iss=require_name("did", members["iss"], _at("iss")),
        sub=require_name("sub", members["sub"], _at("sub")),
        vct=vct,
        iat=_seconds(members["iat"], "iat"),
        issued=parse_date(members["issued"], _at("issued")),
        exp=_seconds(members["exp"], "exp") if "exp" in members else None,
        scope=scope,
        log=require_name("origin", members["log"], _at("log")),
        outcome=outcome,
        imported="imported" in members,
        hidden=_hidden(members),
        members=members,
    )


def check_type(claims: Claims, kind: RecordType) -> None:
    """Check the clear members against the type; raises ContentError.

    Whatever flatters by its absence is public, so a missing public field is refused, and so is a
    member that the type does not define.
    """
    for name in sorted(kind.required - claims.members.keys()):
        raise ContentError("field_missing", f"The public field {name} is missing.", _at(name))
    for name in sorted(claims.members.keys() - CORE - kind.public):
        code = "field_not_public" if name in kind.hidden else "field_unknown"
        shown = printable(name)
        raise ContentError(code, f"{shown} is no public field of {kind.vct}.", _at(shown))
    if not f"{claims.scope}/".startswith(f"{kind.scope}/"):
        raise ContentError("scope_type", f"The type needs a scope in {kind.scope}.", _at("scope"))
    if claims.outcome not in kind.outcomes:
        raise ContentError("outcome_type", "The type has no such outcome.", _at("outcome"))
    _check_expiry(claims, kind)


def check_disclosures(
    claims: Claims, disclosures: Sequence[Disclosure], kind: RecordType | None
) -> None:
    """Check that each disclosure opens one digest of ``_sd``, once, for a field that may be hidden.

    Raises ContentError. ``kind`` is None for a type that this verifier does not know.
    """
    seen: set[str] = set()
    for position, item in enumerate(disclosures):
        place = f"disclosures[{position}]"
        if item.name in CORE or item.name == "...":
            raise ContentError("disclosure_core", f"{item.name} is never hidden.", place)
        if item.digest not in claims.hidden:
            raise ContentError("disclosure_unused", "Its digest is not in _sd.", place)
        if item.name in claims.members or item.name in seen:
            raise ContentError(
                "disclosure_repeated", f"{printable(item.name)} occurs twice.", place
            )
        if kind and item.name not in kind.hidden:
            raise ContentError(
                "disclosure_field", f"{printable(item.name)} is no hidden field.", place
            )
        seen.add(item.name)


def _check_expiry(claims: Claims, kind: RecordType) -> None:
    last_day = kind.expires
    if last_day is None or last_day not in claims.members:
        if claims.exp is not None:
            raise ContentError("exp_unexpected", "Nothing printed says when it ends.", _at("exp"))
        if claims.outcome in kind.expiring:
            raise ContentError("exp_missing", f"{kind.expires} is missing.", _at("exp"))
    elif claims.exp != day_end(parse_date(claims.members[last_day], _at(last_day))):
        raise ContentError("exp_differs", f"exp is not the end of {kind.expires}.", _at("exp"))


def _check_references(members: Mapping[str, Any]) -> None:
    refs = members.get("refs", [])
    if not isinstance(refs, list) or len(refs) > 64 or ("refs" in members and not refs):
        raise ContentError("refs_invalid", "refs is a list of 1 to 64.", _at("refs"))
    named = [("replaces", members["replaces"])] if "replaces" in members else []
    for name, ref in [*named, *((f"refs[{i}]", ref) for i, ref in enumerate(refs))]:
        if not isinstance(ref, dict) or set(ref) != {"log", "leaf"}:
            raise ContentError("reference_invalid", "A reference is {log, leaf}.", _at(name))
        for part in ("log", "leaf"):
            if len(base64url_decode(ref[part], _at(f"{name}.{part}"))) != 32:
                raise ContentError("reference_invalid", "Not 32 bytes.", _at(f"{name}.{part}"))


def _hidden(members: Mapping[str, Any]) -> tuple[str, ...]:
    if "_sd" not in members and "_sd_alg" not in members:
        return ()
    if members.get("_sd_alg") != SD_ALG:
        raise ContentError("sd_alg", f"Expected {SD_ALG}, with _sd.", _at("_sd_alg"))
    digests = members.get("_sd")
    if not isinstance(digests, list) or not 0 < len(digests) <= 128:
        raise ContentError("sd_invalid", "_sd is a list of 1 to 128 digests.", _at("_sd"))
    for position, item in enumerate(digests):
        if len(base64url_decode(item, _at(f"_sd[{position}]"))) != 32:
            raise ContentError("sd_invalid", "A digest is 32 bytes.", _at(f"_sd[{position}]"))
    if any(a >= b for a, b in pairwise(digests)):
        raise ContentError("sd_order", "_sd is not sorted, or repeats a digest.", _at("_sd"))
    return tuple(digests)


def _seconds(value: object, name: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_TIME:
        raise ContentError("time_invalid", f"{name} is not whole seconds.", _at(name))
    return value


def _at(name: str) -> str:
    return f"claims.{name}"


def reference(log: bytes, leaf: bytes) -> dict[str, str]:
    """The way claims name another record: its log and its leaf hash (32 bytes each)."""
    return {"log": base64url_encode(log), "leaf": base64url_encode(leaf)}
