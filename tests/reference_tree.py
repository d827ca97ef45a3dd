"""The Merkle tree of RFC 9162 by its recursive definitions: slow, obvious, and shared with nothing
in the project. Tests compare the fast code with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf(entry: bytes) -> bytes:
    """Hash of a leaf (section 2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of section 2.1.1, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.3.1: the leaf's sibling first."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), root(leaves[k:])]
    return [*path(index - k, leaves[k:]), root(leaves[:k])]


def consistency(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]) of section 2.1.4.1 from the first ``old`` leaves to all of them."""
    return _subproof(old, leaves, True)


def _subproof(old: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = _split(len(leaves))
    if old <= k:
        return [*_subproof(old, leaves[:k], whole), root(leaves[k:])]
    return [*_subproof(old - k, leaves[k:], False), root(leaves[:k])]


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    k = 1
    while k * 2 < count:
        k *= 2
    return k
