"""Statements: COSE_Sign1, its header, its signature, and the key's name."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tests.cases import Case, invalid, valid
from tests.world import KEY, RECORD, STRANGER, Signer, header_of
from verifier import claims
from verifier.encoding import cbor_encode

_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_FACTS = {
    "serial": "2604417",
    "outcome": "pass",
    "conclusion": "Đạt",
    "valid_until": "2027-09-30",
}
_CWT: dict[Any, Any] = {
    1: "did:web:quatest3.example",
    2: "V26.00001",
    4: 1822323600,
    6: 1790000000,
    -65537: "urn:tem:cert:verification:1",
    -65538: _FACTS,
}
_HEADER: dict[Any, Any] = {
    1: -7,
    4: KEY.kid,
    15: _CWT,
    16: "application/tem-statement+cose",
    258: -16,
    259: "application/tem-claims+json",
}
_PAYLOAD = sha256(RECORD.claims).digest()
_X, _Y = (part.hex() for part in KEY.point)


def low(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:])
    return signature[:32] + min(s, _N - s).to_bytes(32)


def high(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:])
    return signature[:32] + max(s, _N - s).to_bytes(32)


def _signature(protected: bytes, signer: Signer = KEY, **parts: Any) -> bytes:
    context = parts.get("context", "Signature1")
    signed = [context, protected, parts.get("aad", b""), parts.get("payload", _PAYLOAD)]
    return low(signer.sign(cbor_encode(signed)))


def _made(header: object, signer: Signer = KEY) -> bytes:
    """A statement with this header, well signed."""
    protected = header if isinstance(header, bytes) else cbor_encode(header)
    return _of([protected, {}, _PAYLOAD, _signature(protected, signer)])


def _of(parts: object) -> bytes:
    return b"\xd2" + cbor_encode(parts)


_PROTECTED = cbor_encode(_HEADER)
_SIGNATURE = _signature(_PROTECTED)
_PARTS: list[Any] = [_PROTECTED, {}, _PAYLOAD, _SIGNATURE]
STATEMENT = _of(_PARTS)


def _with(position: int, part: object) -> bytes:
    return _of([*_PARTS[:position], part, *_PARTS[position + 1 :]])


def _cwt(**change: Any) -> bytes:
    names = {"iss": 1, "sub": 2, "exp": 4, "iat": 6, "vct": -65537, "facts": -65538}
    return _made({**_HEADER, 15: {**_CWT, **{names[name]: v for name, v in change.items()}}})


def _rs(r: int, s: int) -> bytes:
    return _with(3, r.to_bytes(32) + s.to_bytes(32))


def cases() -> list[Case]:
    """``statement`` is hex; its signature is judged by the key (``x``, ``y``)."""
    groups = (_outside(), _labels(), _values(), _signatures())
    return [
        *_good(),
        *(
            invalid(name, why, code, statement=data.hex(), x=_X, y=_Y)
            for group in groups
            for name, why, code, data in group
        ),
        *_keys(),
    ]


def _good() -> list[Case]:
    no_exp = {label: value for label, value in _CWT.items() if label != 4}
    cases = (
        ("as issued", "the base of all the others", RECORD.statement, True),
        ("without exp", "only a type that ends has it", _made({**_HEADER, 15: no_exp}), False),
        ("no facts", "facts are the type's", _cwt(facts={}), True),
        ("a fact that is a number", "facts are text or integers", _cwt(facts={"n": -1}), True),
    )
    members = claims.parse(RECORD.claims)
    assert header_of(members).encode() == _PROTECTED
    return [
        valid(name, why, statement=data.hex(), x=_X, y=_Y, kid=KEY.kid.hex(),
              iss=_CWT[1], sub=_CWT[2], iat=_CWT[6], vct=_CWT[-65537],
              exp=_CWT[4] if ends else None,
              payload=_PAYLOAD.hex())
        for name, why, data, ends in cases
    ]  # fmt: skip


def _outside() -> list[tuple[str, str, str, bytes]]:
    tagged = STATEMENT[1:]
    padded = _cwt(facts={"serial": "x" * 4000})
    return [
        ("empty", "nothing there", "statement_tag", b""),
        ("no tag", "tag 18 is required", "statement_tag", tagged),
        ("tag 17", "COSE_Mac0", "statement_tag", b"\xd1" + tagged),
        ("tag 98", "COSE_Sign", "statement_tag", b"\xd8\x62" + tagged),
        ("tag 18 in two bytes", "a longer spelling than needed", "statement_tag",
         b"\xd8\x12" + tagged),
        ("tag 18 twice", "only once", "cbor_type", b"\xd2" + STATEMENT),
        ("4097 bytes and more", "at most 4096", "statement_too_large", padded),
        ("trailing byte", "something follows", "cbor_not_canonical", STATEMENT + b"\x00"),
        ("two statements", "something follows", "cbor_not_canonical", STATEMENT + tagged),
        ("cut off", "the last byte is missing", "cbor_invalid", STATEMENT[:-1]),
        ("a map", "four parts in a list", "statement_shape", _of({})),
        ("three parts", "four parts", "statement_shape", _of(_PARTS[:3])),
        ("five parts", "four parts", "statement_shape", _of([*_PARTS, b""])),
        ("indefinite list", "not deterministic", "cbor_invalid",
         b"\xd2\x9f" + STATEMENT[2:] + b"\xff"),
        ("list's length in two bytes", "not deterministic", "cbor_not_canonical",
         b"\xd2\x98\x04" + STATEMENT[2:]),
        ("algorithm outside", "nothing unprotected", "unprotected_header", _with(1, {1: -7})),
        ("kid outside", "nothing unprotected", "unprotected_header", _with(1, {4: KEY.kid})),
        ("receipt outside", "receipts travel elsewhere", "unprotected_header",
         _with(1, {394: [b"x"]})),
        ("unprotected a list", "an empty map", "unprotected_header", _with(1, [])),
        ("protected a map", "a byte string", "protected_header", _with(0, _HEADER)),
        ("protected text", "a byte string", "protected_header", _with(0, "x")),
        ("protected empty", "a map in the byte string", "cbor_invalid", _with(0, b"")),
        ("payload detached", "the hash is attached", "byte_length", _with(2, b"")),
        ("payload null", "the hash is attached", "cbor_type", STATEMENT.replace(
            b"\x58\x20" + _PAYLOAD, b"\xf6")),
        ("payload the claims", "a hash, not the claims", "byte_length", _with(2, RECORD.claims)),
        ("payload of 31 bytes", "32 bytes", "byte_length", _with(2, _PAYLOAD[:31])),
        ("payload of 33 bytes", "32 bytes", "byte_length", _with(2, _PAYLOAD + b"\x00")),
        ("payload text", "bytes", "byte_length", _with(2, "0" * 32)),
        ("signature of 63 bytes", "64 bytes", "byte_length", _with(3, _SIGNATURE[:63])),
        ("signature of 65 bytes", "64 bytes", "byte_length", _with(3, _SIGNATURE + b"\x00")),
        ("signature in DER", "raw r and s", "byte_length",
         _with(3, b"\x30\x44\x02\x20" + _SIGNATURE[:32] + b"\x02\x20" + _SIGNATURE[32:])),
        ("signature empty", "64 bytes", "byte_length", _with(3, b"")),
    ]  # fmt: skip


def _labels() -> list[tuple[str, str, str, bytes]]:
    def but(label: int) -> bytes:
        return _made({key: value for key, value in _HEADER.items() if key != label})

    def cwt_but(label: int) -> bytes:
        return _made({**_HEADER, 15: {key: v for key, v in _CWT.items() if key != label}})

    names = {1: "alg", 4: "kid", 15: "CWT claims", 16: "typ", 258: "hash", 259: "type of preimage"}
    claims_names = {1: "iss", 2: "sub", 6: "iat", -65537: "vct", -65538: "facts"}
    more: dict[str, tuple[Any, Any]] = {
        "crit": (2, [15]),
        "content type": (3, "application/json"),
        "IV": (5, b"x"),
        "x5chain": (33, b"x"),
        "jwk thumbprint": (394, b"x"),
        "location of preimage": (260, "https://tem.example"),
        "a text label": ("alg", -7),
        "an unknown label": (-70000, 0),
    }
    cwt_more: dict[str, tuple[Any, Any]] = {
        "aud": (3, "x"), "nbf": (5, 0), "cti": (7, b"x"), "a text claim": ("iss", "x"),
        "another private claim": (-65539, 0),
    }  # fmt: skip
    unordered = cbor_encode(_CWT)
    return [
        *((f"no {name}", "exactly these labels", "header_label_missing", but(label))
          for label, name in names.items()),
        *((f"no {name} in the CWT claims", "exactly these claims", "header_label_missing",
           cwt_but(label)) for label, name in claims_names.items()),
        *((f"{name} added", "exactly these labels", "header_label_unknown",
           _made({**_HEADER, key: value})) for name, (key, value) in more.items()),
        *((f"{name} added to the CWT claims", "exactly these claims", "header_label_unknown",
           _made({**_HEADER, 15: {**_CWT, key: v}})) for name, (key, v) in cwt_more.items()),
        ("header a list", "a map", "header_shape", _made([1, -7])),
        ("CWT claims a list", "a map", "header_shape", _made({**_HEADER, 15: []})),
        ("CWT claims as bytes", "a map", "header_shape", _made({**_HEADER, 15: unordered})),
        ("header out of order", "not deterministic", "cbor_not_canonical",
         _made(b"\xa6" + _PROTECTED[3:] + _PROTECTED[1:3])),
        ("header with trailing byte", "not deterministic", "cbor_not_canonical",
         _made(_PROTECTED + b"\x00")),
        ("alg twice", "repeated keys", "cbor_invalid", _made(b"\xa7\x01\x26" + _PROTECTED[1:])),
    ]  # fmt: skip


def _values() -> list[tuple[str, str, str, bytes]]:
    typ = "the one type of statement"
    return [
        ("ES384", "another algorithm: unknown, not wrong", "algorithm_unknown",
         _made({**_HEADER, 1: -35})),
        ("EdDSA", "another algorithm: unknown, not wrong", "algorithm_unknown",
         _made({**_HEADER, 1: -8})),
        ("algorithm 0", "reserved: unknown, not wrong", "algorithm_unknown",
         _made({**_HEADER, 1: 0})),
        ("algorithm as text", "an integer", "header_value", _made({**_HEADER, 1: "ES256"})),
        ("SHA-384", "another hash: unknown, not wrong", "hash_algorithm_unknown",
         _made({**_HEADER, 258: -43})),
        ("hash as text", "an integer", "header_value", _made({**_HEADER, 258: "SHA-256"})),
        ("another typ", typ, "header_value", _made({**_HEADER, 16: "application/cose"})),
        ("typ a number", typ, "header_value", _made({**_HEADER, 16: 18})),
        ("another type of preimage", "claims", "header_value",
         _made({**_HEADER, 259: "application/json"})),
        ("kid of 7 bytes", "8 bytes", "byte_length", _made({**_HEADER, 4: KEY.kid[:7]})),
        ("kid the whole thumbprint", "8 bytes", "byte_length", _made({**_HEADER, 4: bytes(32)})),
        ("kid as text", "bytes", "byte_length", _made({**_HEADER, 4: KEY.kid.hex()[:8]})),
        ("iss bytes", "text", "header_value", _cwt(iss=b"did:web:quatest3.example")),
        ("sub a number", "text", "header_value", _cwt(sub=1)),
        ("iat as text", "an integer", "header_value", _cwt(iat="1790000000")),
        ("exp as text", "an integer", "header_value", _cwt(exp="2027-09-30")),
        ("iat a float", "an integer", "cbor_type", _made(_PROTECTED.replace(
            b"\x06\x1a" + (1790000000).to_bytes(4), b"\x06\xfb" + bytes(8)))),
        ("iat tagged as time", "an integer", "cbor_type", _made(_PROTECTED.replace(
            b"\x06\x1a", b"\x06\xc1\x1a"))),
        ("vct a number", "text", "header_value", _cwt(vct=1)),
        ("facts a list", "a map", "header_value", _cwt(facts=["2604417"])),
        ("fact of bytes", "text or integer", "header_value", _cwt(facts={"serial": b"1"})),
        ("fact a map", "text or integer", "header_value", _cwt(facts={"serial": {}})),
        ("fact with a number as name", "names are text", "header_value", _cwt(facts={1: "x"})),
        ("fact true", "text or integer", "cbor_type", _made(_PROTECTED.replace(
            b"\x67outcome\x64pass", b"\x67outcome\xf5"))),
    ]  # fmt: skip


def _signatures() -> list[tuple[str, str, str, bytes]]:
    r, s = int.from_bytes(_SIGNATURE[:32]), int.from_bytes(_SIGNATURE[32:])
    flipped = bytes([_SIGNATURE[0] ^ 1]) + _SIGNATURE[1:]
    changed = _PROTECTED.replace(b"2604417", b"2604418")
    aad = _signature(_PROTECTED, aad=b"x")
    context = _signature(_PROTECTED, context="Signature")
    on_claims = _signature(_PROTECTED, payload=RECORD.claims)
    return [
        ("r zero", "1 to n - 1", "signature_range", _rs(0, s)),
        ("s zero", "1 to n - 1", "signature_range", _rs(r, 0)),
        ("both zero", "1 to n - 1", "signature_range", _rs(0, 0)),
        ("r = n", "1 to n - 1", "signature_range", _rs(_N, s)),
        ("s = n", "1 to n - 1", "signature_range", _rs(r, _N)),
        ("all ones", "1 to n - 1", "signature_range", _with(3, b"\xff" * 64)),
        ("high s", "a second signature of the same statement", "signature_high_s",
         _with(3, high(_SIGNATURE))),
        ("s = n - 1", "the highest", "signature_high_s", _rs(r, _N - 1)),
        ("s = (n + 1) / 2", "the lowest that is too high", "signature_high_s", _rs(r, _N // 2 + 1)),
        ("s = (n - 1) / 2", "the highest that is low, not a signature", "signature_invalid",
         _rs(r, _N // 2)),
        ("r = s = 1", "in range, not a signature", "signature_invalid", _rs(1, 1)),
        ("r and s swapped", "not a signature", "signature_invalid",
         _rs(s, min(r, _N - r))),
        ("one bit changed", "not a signature", "signature_invalid", _with(3, flipped)),
        ("stranger's key", "not this key's", "signature_invalid", _made(_PROTECTED, STRANGER)),
        ("fact changed", "the header is signed", "signature_invalid", _with(0, changed)),
        ("payload changed", "the payload is signed", "signature_invalid", _with(2, bytes(32))),
        ("signed with external data", "external_aad is empty", "signature_invalid", _with(3, aad)),
        ("signed in another context", "Signature1", "signature_invalid", _with(3, context)),
        ("signed over the claims", "over their hash", "signature_invalid", _with(3, on_claims)),
    ]  # fmt: skip


def _keys() -> list[Case]:
    """RFC 9679's own example, and this record's key."""
    return [
        valid("thumbprint of RFC 9679", "its own example",
              x="65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d",
              y="1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c",
              kid="496bd8afadf307e5"),
    ]  # fmt: skip
