"""Statements: COSE_Sign1 over the hash of the claims (RFC 9052, RFC 9597, RFC 9995).

A SCITT signed statement (RFC 9943): the protected header names issuer, subject, times, type and
the facts that are printed and matter; the payload is the SHA-256 of the claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from verifier.encoding import cbor_decode, cbor_encode
from verifier.errors import FormatError, ProofError, UnsupportedError, printable

ES256 = -7
SHA_256 = -16
TYPE = "application/tem-statement+cose"
CLAIMS_TYPE = "application/tem-claims+json"
MAX_BYTES = 4096
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

ALG, KID, CWT, TYP, HASH_ALG, PREIMAGE_TYPE = 1, 4, 15, 16, 258, 259
ISS, SUB, EXP, IAT, VCT, FACTS = 1, 2, 4, 6, -65537, -65538

_TAG_18 = b"\xd2"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Header:
    """The protected header. ``kid`` is 8 bytes; times are integer seconds since 1970."""

    kid: bytes
    iss: str
    sub: str
    iat: int
    exp: int | None
    vct: str
    facts: Mapping[str, str | int]

    def encode(self) -> bytes:
        """The protected header as deterministic CBOR."""
        cwt: dict[int, Any] = {ISS: self.iss, SUB: self.sub}
        if self.exp is not None:
            cwt[EXP] = self.exp
        cwt |= {IAT: self.iat, VCT: self.vct, FACTS: dict(self.facts)}
        return cbor_encode(
            {
                ALG: ES256,
                KID: self.kid,
                CWT: cwt,
                TYP: TYPE,
                HASH_ALG: SHA_256,
                PREIMAGE_TYPE: CLAIMS_TYPE,
            }
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """A decoded statement: ``payload`` is the SHA-256 of the claims, ``signature`` raw r ‖ s."""

    header: Header
    protected: bytes
    payload: bytes
    signature: bytes


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The bytes that are signed: the Sig_structure of RFC 9052 section 4.4."""
    return cbor_encode(["Signature1", protected, b"", payload])


def assemble(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    """The tagged COSE_Sign1; ``signature`` (raw r ‖ s, 64 bytes) is normalised to low-s.

    HSMs and most libraries make high-s half of the time.
    """
    r, s = signature[:32], int.from_bytes(signature[32:])
    low = min(s, P256_ORDER - s).to_bytes(32)
    return _TAG_18 + cbor_encode([protected, {}, payload, r + low])


def parse(data: bytes) -> Statement:
    """Decode a statement strictly. Nothing is verified.

    Raises FormatError, or UnsupportedError for an algorithm that this verifier does not know.
    """
    if len(data) > MAX_BYTES:
        raise FormatError("statement_too_large", f"Over {MAX_BYTES} bytes.", "statement")
    if data[:1] != _TAG_18:
        raise FormatError("statement_tag", "Tag 18 (COSE_Sign1) is missing.", "statement")
    parts = cbor_decode(data[1:], "statement")
    if not isinstance(parts, list) or len(parts) != 4:
        raise FormatError("statement_shape", "COSE_Sign1 has four parts.", "statement")
    protected, unprotected, payload, signature = parts
    if unprotected != {} or not isinstance(unprotected, dict):
        raise FormatError("unprotected_header", "It must be empty.", "statement.unprotected")
    if not isinstance(protected, bytes):
        raise FormatError("protected_header", "It is a byte string.", "statement.protected")
    header = _header(cbor_decode(protected, "statement.protected"))
    _require_bytes(payload, 32, "statement.payload")
    _require_bytes(signature, 64, "statement.signature")
    return Statement(header, protected, payload, signature)


def _header(value: object) -> Header:
    place = "statement.protected"
    labels = _labelled(value, {ALG, KID, CWT, TYP, HASH_ALG, PREIMAGE_TYPE}, set(), place)
    for label, known, code in ((ALG, ES256, "algorithm"), (HASH_ALG, SHA_256, "hash_algorithm")):
        if type(labels[label]) is not int:
            raise FormatError("header_value", f"The {code} is an integer.", f"{place}[{label}]")
        if labels[label] != known:
            raise UnsupportedError(f"{code}_unknown", f"Unknown {code}.", f"{place}[{label}]")
    for label, text in ((TYP, TYPE), (PREIMAGE_TYPE, CLAIMS_TYPE)):
        if labels[label] != text:
            raise FormatError("header_value", f"Expected {text}.", f"{place}[{label}]")
    cwt = _labelled(labels[CWT], {ISS, SUB, IAT, VCT, FACTS}, {EXP}, f"{place}[{CWT}]")
    return Header(
        kid=_require_bytes(labels[KID], 8, f"{place}[{KID}]"),
        iss=_typed(cwt[ISS], str, f"{place}.iss"),
        sub=_typed(cwt[SUB], str, f"{place}.sub"),
        iat=_typed(cwt[IAT], int, f"{place}.iat"),
        exp=_typed(cwt[EXP], int, f"{place}.exp") if EXP in cwt else None,
        vct=_typed(cwt[VCT], str, f"{place}.vct"),
        facts=_facts(cwt[FACTS], f"{place}.facts"),
    )


def _facts(value: object, place: str) -> dict[str, str | int]:
    facts: dict[Any, Any] = _typed(value, dict, place)
    for name, fact in facts.items():
        _typed(name, str, place)
        if not isinstance(fact, (str, int)):
            where = f"{place}.{printable(name)}"
            raise FormatError("header_value", "A fact is text or a number.", where)
    return facts


def _labelled(value: object, required: set[int], optional: set[int], place: str) -> dict[Any, Any]:
    """A map with exactly the required labels and none but the optional ones besides."""
    if not isinstance(value, dict):
        raise FormatError("header_shape", "Expected a map.", place)
    for label in required - value.keys():
        raise FormatError("header_label_missing", f"The label {label} is missing.", place)
    for label in value.keys() - required - optional:
        raise FormatError("header_label_unknown", f"The label {str(label)[:32]!a}.", place)
    return value


def _typed(value: object, kind: type[_T], place: str) -> _T:
    if not isinstance(value, kind):
        raise FormatError("header_value", f"Expected {kind.__name__}.", place)
    return value


def _require_bytes(value: object, length: int, place: str) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise FormatError("byte_length", f"Expected {length} bytes.", place)
    return value


def key_thumbprint(x: bytes, y: bytes) -> bytes:
    """COSE key thumbprint of a P-256 key (RFC 9679 section 4); its first 8 bytes are the kid."""
    return sha256(cbor_encode({1: 2, -1: 1, -2: x, -3: y})).digest()


def on_curve(x: bytes, y: bytes) -> bool:
    """Whether (x, y) is a point of P-256, as the contract asks of every key."""
    try:
        _public_key(x, y)
    except ValueError:
        return False
    return True


def verify_signature(statement: Statement, x: bytes, y: bytes) -> None:
    """Return None if the P-256 key (x, y) signed ``statement``, with a low s.

    Raises ProofError: ``signature_range``, ``signature_high_s`` or ``signature_invalid``.
    """
    place = "statement.signature"
    r, s = (int.from_bytes(half) for half in (statement.signature[:32], statement.signature[32:]))
    if not 0 < r < P256_ORDER or not 0 < s < P256_ORDER:
        raise ProofError("signature_range", "r or s is zero or too large.", place)
    if s > P256_ORDER // 2:
        raise ProofError("signature_high_s", "s is in the upper half.", place)
    signed = to_be_signed(statement.protected, statement.payload)
    try:
        _public_key(x, y).verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise ProofError("signature_invalid", "Another key, or changed bytes.", place) from error


@lru_cache(maxsize=4096)
def _public_key(x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    # Building the key costs half as much as the verification; bodies have few keys.
    return ec.EllipticCurvePublicNumbers(
        int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()
    ).public_key()
