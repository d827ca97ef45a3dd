"""Signed notes (C2SP signed-note): a text, an empty line, and Ed25519 signature lines."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from verifier.encoding import base64_decode, base64_encode
from verifier.errors import FormatError, ProofError

ED25519 = b"\x01"
MAX_SIGNATURES = 16

_NAME = re.compile(r"[^\s+]{1,100}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_LINE = re.compile(r"— ([^\s+]{1,100}) ([A-Za-z0-9+/=]{1,200})")


class NoteSignature(NamedTuple):
    """One signature line: the key's name, its 4-byte hash, and the raw signature."""

    name: str
    key_hash: bytes
    signature: bytes


class Note(NamedTuple):
    """A parsed, unverified note; ``text`` ends with a newline."""

    text: str
    signatures: tuple[NoteSignature, ...]


class NoteKey(NamedTuple):
    """An Ed25519 verification key with its name, as ``name+hash+key`` in configuration."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key), first 4 bytes (C2SP signed-note, Signatures)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{base64_encode(ED25519 + self.public)}"


def parse_key(text: str) -> NoteKey:
    """Parse a verifier key ``name+hash+key`` (C2SP signed-note, Verifier keys)."""
    name, _, rest = text.partition("+")
    key_hash, _, encoded = rest.partition("+")
    raw = base64_decode(encoded, "key")
    if not _NAME.fullmatch(name) or len(raw) != 33 or raw[:1] != ED25519:
        raise FormatError("note_key_invalid", "Expected name+hash+key with an Ed25519 key.", "key")
    key = NoteKey(name, raw[1:])
    if key.key_hash.hex() != key_hash:
        raise FormatError("note_key_hash", "The hash does not belong to this key.", "key")
    return key


def parse(note: str, place: str = "note") -> Note:
    """Take a note apart; raises FormatError. Nothing is verified."""
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise FormatError("note_shape", "Expected a text, an empty line, signature lines.", place)
    if _CONTROL.search(note):
        raise FormatError("note_control", "A control character or half a surrogate pair.", place)
    signatures = []
    for number, line in enumerate(lines[:-1].split("\n")):
        where = f"{place}.signatures[{number}]"
        if number == MAX_SIGNATURES:
            raise FormatError("note_signatures", f"More than {MAX_SIGNATURES} signatures.", where)
        match = _LINE.fullmatch(line)
        if not match:
            raise FormatError("note_signature_line", "This is not a signature line.", where)
        raw = base64_decode(match[2], where)
        if len(raw) < 5:
            raise FormatError("note_signature_short", "The signature is too short.", where)
        signatures.append(NoteSignature(match[1], raw[:4], raw[4:]))
    return Note(text + "\n", tuple(signatures))


def verify(note: Note, key: NoteKey) -> None:
    """Return None if ``key`` signed ``note``; raises ProofError otherwise.

    Signatures by other keys are ignored, as the standard asks.
    """
    mine = [s for s in note.signatures if s.name == key.name and s.key_hash == key.key_hash]
    if not mine:
        raise ProofError("note_not_signed", f"No signature by {key.name}.", "note.signatures")
    public = Ed25519PublicKey.from_public_bytes(key.public)
    for signature in mine:
        try:
            public.verify(signature.signature, note.text.encode())
        except InvalidSignature as error:
            raise ProofError(
                "note_signature_invalid", f"The signature by {key.name} is wrong.", "note"
            ) from error


def sign(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """Sign ``text`` (ending with a newline) as ``name``; returns the whole note."""
    key = NoteKey(name, private.public_key().public_bytes_raw())
    signature = key.key_hash + private.sign(text.encode())
    return f"{text}\n— {name} {base64_encode(signature)}\n"
