"""Selective disclosure (RFC 9901): a hidden field is a salted digest in ``_sd``; who may see it
gets the disclosure ``[salt, name, value]``.

One disclosure per top-level field. Disclosures are canonical JSON, so that equal salts give equal
bytes everywhere. Deleting a disclosure erases its field for good and breaks nothing.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from verifier.encoding import (
    base64url_decode,
    base64url_encode,
    canonical_json,
    parse_canonical_json,
)
from verifier.errors import FormatError

SALT_BYTES = 16
SD_ALG = "sha-256"


class Disclosure(NamedTuple):
    """A field that was hidden: its name, its value, and the digest that stands in ``_sd``."""

    name: str
    value: Any
    digest: str


def digest(encoded: str) -> str:
    """SHA-256 over the ASCII of an encoded disclosure, base64url (RFC 9901 section 4.2.3)."""
    return base64url_encode(sha256(encoded.encode("ascii")).digest())


def encode(salt: bytes, name: str, value: Any) -> str:
    """Encode a disclosure; ``salt`` is 16 random bytes (RFC 9901 section 4.2.1)."""
    if len(salt) != SALT_BYTES:
        raise FormatError("salt_length", "A salt is 16 bytes.", name)
    return base64url_encode(canonical_json([base64url_encode(salt), name, value]))


def decode(encoded: object, place: str) -> Disclosure:
    """Decode a disclosure strictly; raises FormatError."""
    raw = base64url_decode(encoded, place)
    fields = parse_canonical_json(raw, place)
    refuse_nested(raw, 0, place)
    if not isinstance(fields, list) or len(fields) != 3:
        raise FormatError("disclosure_shape", "Expected [salt, name, value].", place)
    salt, name, value = fields
    if len(base64url_decode(salt, f"{place}.salt")) != SALT_BYTES:
        raise FormatError("salt_length", "A salt is 16 bytes.", f"{place}.salt")
    if not isinstance(name, str) or not name or not name.isascii():
        raise FormatError("disclosure_name", "The name is not ASCII text.", f"{place}.name")
    # Only one text decodes to these bytes, so the text itself is what was hashed.
    return Disclosure(name, value, digest(str(encoded)))


def refuse_nested(canonical: bytes, allowed: int, place: str) -> None:
    """Refuse canonical JSON that hides more than ``allowed`` (0 or 1) lists of digests.

    In canonical JSON a member's name stands as itself, and quotes inside text are escaped.
    """
    if canonical.count(b'"_sd":') > allowed or b'"...":' in canonical:
        raise FormatError("sd_nested", "Only top-level fields are hidden.", place)
