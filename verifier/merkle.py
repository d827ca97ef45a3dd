"""Verification of Merkle proofs over SHA-256 (RFC 9162 section 2.1; RFC 6962 has the same tree).

The root does not bind the size: the same root and path can verify with another size, so the size
must come from the contract or from a signed checkpoint, never from the file alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from verifier.errors import ProofError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
MAX_PATH = 63


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ data) (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """Leaf hashes of many entries, joined as in a tile."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: bytes) -> bytes:
    """Root over 1, 2, 4, … hashes that stand beside each other, joined as in a tile."""
    while len(hashes) > HASH_BYTES:
        pairs = range(0, len(hashes), 2 * HASH_BYTES)
        hashes = b"".join([sha256(b"\x01" + hashes[i : i + 64]).digest() for i in pairs])
    return hashes


def frontier(hashes: bytes) -> list[bytes]:
    """Roots of the perfect subtrees over joined hashes that stand beside each other, the first
    of them at an even place: the largest first."""
    roots, start, count = list[bytes](), 0, len(hashes) // HASH_BYTES
    for height in reversed(range(count.bit_length())):
        if count >> height & 1:
            end = start + (HASH_BYTES << height)
            roots.append(perfect_root(hashes[start:end]))
            start = end
    return roots


def fold(frontier: Sequence[bytes]) -> bytes:
    """Root of a tree from its frontier: the roots of its perfect subtrees, the largest first."""
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = node_hash(left, root)
    return root


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Root of a tree of ``size`` leaves in which ``leaf`` (a leaf hash) stands at ``index``.

    ``path`` runs from the leaf's sibling to the root (RFC 9162 section 2.1.3.2).
    Raises ProofError when index, size and path do not belong together.
    """
    _require_hashes("leaf", (leaf,))
    _require_hashes("path", path)
    _require_index(index, size)
    node, last, computed = index, size - 1, leaf
    for position, sibling in enumerate(path):
        if last == 0:
            raise ProofError(
                "path_too_long", "The path goes on above the root.", f"path[{position}]"
            )
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("path_too_short", "The path ends before it reaches the root.", "path")
    return computed


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Return None if ``leaf_hash`` is at ``index`` of the tree (``size``, ``root``).

    Raises ProofError otherwise (RFC 9162 section 2.1.3.2).
    """
    _require_hashes("root", (root,))
    if root_from_path(leaf_hash, index, size, path) != root:
        raise ProofError("root_differs", "The path leads to another root.", "root")


def verify_consistency(
    size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Return None if the tree (``size2``, ``root2``) extends (``size1``, ``root1``).

    Raises ProofError otherwise (RFC 9162 section 2.1.4.2). A proof from the empty tree is
    refused: it says nothing.
    """
    _require_sizes(size1, size2)
    if size1 == size2:
        if proof:
            raise ProofError("proof_too_long", "Equal sizes need no proof.", "proof")
        if root1 != root2:
            raise ProofError("root_differs", "Equal sizes have different roots.", "root2")
        return
    _require_hashes("root1", (root1,))
    _require_hashes("root2", (root2,))
    _require_hashes("proof", proof)
    old, new = _replay_consistency(size1, size2, root1, proof)
    if old != root1:
        raise ProofError("old_root_differs", "The proof leads to another old root.", "root1")
    if new != root2:
        raise ProofError("root_differs", "The proof leads to another new root.", "root2")


def _replay_consistency(
    size1: int, size2: int, root1: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Both roots that a consistency proof leads to (RFC 9162 section 2.1.4.2, steps 3 to 6)."""
    # An old tree that is complete is itself the first node of the proof.
    steps = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not steps or not proof:
        raise ProofError("proof_too_short", "The proof is empty.", "proof")
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofError("proof_too_long", "The proof goes on above the root.", "proof")
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("proof_too_short", "The proof ends before it reaches the root.", "proof")
    return old, new


def _require_hashes(place: str, hashes: Sequence[bytes]) -> None:
    if len(hashes) > MAX_PATH + 1:
        raise ProofError("path_over_limit", f"More than {MAX_PATH} hashes.", place)
    for position, value in enumerate(hashes):
        if not isinstance(value, bytes) or len(value) != HASH_BYTES:
            raise ProofError("hash_length", "A hash is 32 bytes.", f"{place}[{position}]")


def _require_index(index: int, size: int) -> None:
    if not 0 < size < 1 << 64:
        raise ProofError("size_out_of_range", "The size is not in 1 … 2^64 - 1.", "size")
    if not 0 <= index < size:
        raise ProofError("index_out_of_range", "The index is not below the size.", "index")


def _require_sizes(size1: int, size2: int) -> None:
    if not 0 < size1 < 1 << 64 or not 0 < size2 < 1 << 64:
        raise ProofError("size_out_of_range", "A size is not in 1 … 2^64 - 1.", "size")
    if size1 > size2:
        raise ProofError("sizes_reversed", "The new tree is smaller than the old one.", "size2")
