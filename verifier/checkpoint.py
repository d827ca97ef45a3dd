"""Checkpoints (C2SP tlog-checkpoint): a log's origin, size and root, signed with Ed25519."""

from __future__ import annotations

import re
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verifier import note
from verifier.encoding import base64_decode, base64_encode
from verifier.errors import FormatError, ProofError
from verifier.merkle import HASH_BYTES

MAX_SIZE = (1 << 63) - 1

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(NamedTuple):
    """A parsed, unverified checkpoint: ``size`` in leaves, ``root`` of 32 bytes."""

    origin: str
    size: int
    root: bytes
    note: note.Note


def parse(text: str) -> Checkpoint:
    """Take a signed checkpoint apart; raises FormatError. Nothing is verified."""
    signed = note.parse(text, "checkpoint")
    lines = signed.text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):
        raise FormatError(
            "checkpoint_shape", "Expected origin, size, root, and no empty line.", "checkpoint"
        )
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_SIZE:
        raise FormatError("checkpoint_size", "The size is not a decimal.", "checkpoint.size")
    root = base64_decode(lines[2], "checkpoint.root")
    if len(root) != HASH_BYTES:
        raise FormatError("checkpoint_root", "The root is not 32 bytes.", "checkpoint.root")
    return Checkpoint(lines[0], int(lines[1]), root, signed)


def verify(text: str, key: bytes) -> Checkpoint:
    """Return the checkpoint if ``key`` signed it under the name of its own origin.

    ``key`` is the log's Ed25519 public key as it stands on chain (32 bytes). Raises FormatError
    or ProofError.
    """
    checkpoint = parse(text)
    note.verify(checkpoint.note, note.NoteKey(checkpoint.origin, key))
    return checkpoint


def signed_by(checkpoint: Checkpoint, key: bytes) -> bool:
    """Whether ``key`` (32 bytes, Ed25519) signed a parsed checkpoint, as its origin."""
    try:
        note.verify(checkpoint.note, note.NoteKey(checkpoint.origin, key))
    except ProofError:
        return False
    return True


def sign(origin: str, size: int, root: bytes, private: Ed25519PrivateKey) -> str:
    """A signed checkpoint of the tree (``size``, ``root``), as a note named ``origin``."""
    return note.sign(f"{origin}\n{size}\n{base64_encode(root)}\n", origin, private)
