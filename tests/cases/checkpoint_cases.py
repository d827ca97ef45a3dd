"""Checkpoints: a log's origin, size and root, as a signed note."""

from __future__ import annotations

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cases import Case, invalid, valid
from tests.cases.note_cases import line
from tests.world import LOG_KEY, ORIGIN, OTHER_LOG_KEY, secret


def b64(data: bytes) -> str:
    return b64encode(data).decode()


_ROOT = secret("a root")
_BODY = f"{ORIGIN}\n5\n{b64(_ROOT)}\n"


def _signed(body: str, name: str = ORIGIN, key: Ed25519PrivateKey = LOG_KEY) -> str:
    return f"{body}\n{line(body, name, key)}"


def checkpoint_cases() -> list[Case]:
    """``checkpoint``, and the log's public ``key`` in hex."""
    public = LOG_KEY.public_key().public_bytes_raw().hex()
    largest = _BODY.replace("\n5\n", f"\n{2**63 - 1}\n")
    witnessed = _signed(_BODY) + line(_BODY, "witness.example", OTHER_LOG_KEY)
    good = (
        ("as signed", "origin, size, root", _signed(_BODY), 5),
        ("with an extension", "further lines are allowed", _signed(_BODY + "more\n"), 5),
        ("with a witness", "other signatures are ignored", witnessed, 5),
        ("size 0", "the empty log", _signed(_BODY.replace("\n5\n", "\n0\n")), 0),
        ("size 2^63 - 1", "the largest", _signed(largest), 2**63 - 1),
    )
    return [
        *(valid(name, why, checkpoint=text, key=public, origin=ORIGIN, size=str(size),
                root=_ROOT.hex()) for name, why, text, size in good),
        *(invalid(name, why, code, checkpoint=text, key=public)
          for name, why, code, text in (*_bad_bodies(), *_bad_checkpoints())),
    ]  # fmt: skip


def _bad_bodies() -> list[tuple[str, str, str, str]]:
    root = b64(_ROOT)
    sizes = (
        ("leading zero", "05"), ("plus", "+5"), ("minus", "-5"), ("hex", "0x5"), ("empty size", ""),
        ("exponent", "5e0"), ("fraction", "5.0"), ("space", "5 "), ("2^63", str(2**63)),
        ("2^64 + 5", str(2**64 + 5)), ("digit of another script", "٥"),
    )  # fmt: skip
    roots = (
        ("root of 31 bytes", "checkpoint_root", b64(_ROOT[:31])),
        ("root of 33 bytes", "checkpoint_root", b64(_ROOT + b"\x00")),
        ("root not padded", "base64_invalid", root.rstrip("=")),
        ("root in hex", "checkpoint_root", _ROOT.hex()),
        ("root in the other alphabet", "base64_invalid", "__" + root[2:]),
        ("root with stray bits", "base64_not_canonical", b64(bytes(32))[:-2] + "B="),
    )
    shape = "checkpoint_shape"
    return [
        *((f"size: {name}", "a decimal without leading zeros",
           shape if not size else "checkpoint_size", _signed(_BODY.replace("\n5\n", f"\n{size}\n")))
          for name, size in sizes),
        *((name, "32 bytes, padded base64", code, _signed(_BODY.replace(root, text)))
          for name, code, text in roots),
        ("no root", "three lines at least", shape, _signed(f"{ORIGIN}\n5\n")),
        ("origin alone", "three lines at least", shape, _signed(f"{ORIGIN}\n")),
        ("no origin", "the first line", shape, _signed(f"\n5\n{root}\n")),
        ("empty line before the extension", "no line is empty", shape, _signed(_BODY + "\nmore\n")),
    ]  # fmt: skip


def _bad_checkpoints() -> list[tuple[str, str, str, str]]:
    good = _signed(_BODY)
    other = f"{ORIGIN}x"
    return [
        ("not a note", "a note", "note_shape", _BODY),
        ("CR LF", "then no line is empty", "note_shape", good.replace("\n", "\r\n")),
        ("CR", "no control characters", "note_control", good.replace("\n5\n", "\n5\r\n")),
        ("size changed", "the text is signed", "note_signature_invalid",
         good.replace("\n5\n", "\n6\n")),
        ("root changed", "the text is signed", "note_signature_invalid",
         good.replace(b64(_ROOT), b64(secret("another root")))),
        ("extension added", "the text is signed", "note_signature_invalid",
         good.replace("\n\n", "\nmore\n\n")),
        ("origin changed", "named like the origin", "note_not_signed",
         good.replace(f"{ORIGIN}\n", f"{other}\n", 1)),
        ("signed under another name", "named like the origin", "note_not_signed",
         _signed(_BODY, other)),
        ("another key", "the key on chain", "note_not_signed",
         _signed(_BODY, ORIGIN, OTHER_LOG_KEY)),
        ("a witness alone", "the log itself has to sign", "note_not_signed",
         f"{_BODY}\n{line(_BODY, 'witness.example', OTHER_LOG_KEY)}"),
    ]  # fmt: skip
