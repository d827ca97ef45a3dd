"""What the edits have in common."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from random import Random
from typing import Any

from tests.mutation.subjects import Subject

Edit = Callable[[Random, Subject], bytes]
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**53, 2**64, 0.5, "", "x", "0", [], {}, [None], {"a": 1}, "é",
    "\ud800", "AA", "AAA=", "1e400",
)  # fmt: skip


def dump(file: Any) -> bytes:
    return json.dumps(file, separators=(",", ":")).encode()


def b64u(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def scrambled(random: Random, data: bytes) -> bytes:
    """Some bytes changed, taken away, repeated, added or exchanged."""
    made = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        at = random.randrange(len(made) + 1)
        count = random.choice((1, 1, 2, 4, 32))
        how = random.randrange(6)
        if how == 0 and at < len(made):
            made[at] ^= 1 << random.randrange(8)
        elif how == 1:
            del made[at : at + count]
        elif how == 2:
            made[at:at] = made[at : at + count]
        elif how == 3:
            made[at:at] = random.randbytes(count)
        elif how == 4:
            made[at : at + count] = made[at : at + count][::-1]
        else:
            made[at : at + count] = random.randbytes(count)
    return bytes(made)
