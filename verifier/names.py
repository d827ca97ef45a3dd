"""Names and identifiers: organisations, logs, scopes, record numbers and record types.

Every name is ASCII with a length limit, so that one thing has one spelling in every language.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from hashlib import sha256
from typing import NamedTuple

from verifier.errors import ContentError

VIETNAM = timezone(timedelta(hours=7), "UTC+07:00")
OUTCOMES = ("pass", "fail", "none")
# The last second that civil calendars here can write, in seconds since 1970.
MAX_TIME = 253_402_300_799

_GRAMMARS = {
    "did": (re.compile(r"did:[a-z0-9]{1,16}:[a-z0-9](?:[a-z0-9._:%-]*[a-z0-9])?"), 128),
    "origin": (re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:/[a-z0-9._-]+)+"), 100),
    "sub": (re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9./_-]*[A-Za-z0-9])?"), 64),
    "scope": (re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+){0,7}"), 96),
    "vct": (re.compile(r"urn:tem:[a-z]+:[a-z0-9-]+:[1-9][0-9]{0,5}"), 96),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), 10),
}


class Vct(NamedTuple):
    """A record type's name, ``urn:tem:<family>:<type>:<version>``, taken apart."""

    family: str
    type: str
    version: int


def require_name(kind: str, value: object, place: str) -> str:
    """Return ``value`` if it is a well-formed ``kind``: did, origin, sub, scope, vct or date.

    Raises ContentError (``<kind>_invalid``) otherwise.
    """
    grammar, limit = _GRAMMARS[kind]
    if not isinstance(value, str) or len(value) > limit or not grammar.fullmatch(value):
        raise ContentError(f"{kind}_invalid", f"This is not a {kind} ({grammar.pattern}).", place)
    return value


def org_id(did: str) -> bytes:
    """The organisation's identifier on chain: SHA-256 of its DID (32 bytes)."""
    return sha256(did.encode("ascii")).digest()


def log_id(org: bytes, origin: str) -> bytes:
    """The log's identifier on chain: SHA-256(org ‖ SHA-256(origin)) (32 bytes)."""
    return sha256(org + sha256(origin.encode("ascii")).digest()).digest()


def parse_vct(value: object, place: str) -> Vct:
    """Take a record type's name apart; raises ContentError (``vct_invalid``)."""
    _, _, family, kind, version = require_name("vct", value, place).split(":")
    return Vct(family, kind, int(version))


def parse_date(value: object, place: str) -> date:
    """A civil date, YYYY-MM-DD; raises ContentError (``date_invalid``)."""
    text = require_name("date", value, place)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ContentError("date_invalid", f"There is no day {text}.", place) from error


def day_start(day: date) -> int:
    """First second of a civil day in Viet Nam (UTC+07:00), in seconds since 1970."""
    return int(datetime.combine(day, time(), VIETNAM).timestamp())


def day_end(day: date) -> int:
    """First second after a civil day in Viet Nam (UTC+07:00), in seconds since 1970."""
    return day_start(day) + 86_400


def instant(seconds: int) -> str:
    """An instant as people read it: ISO 8601, UTC, to the second (year 9999 and later alike)."""
    return datetime.fromtimestamp(min(seconds, MAX_TIME), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
