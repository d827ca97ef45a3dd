"""Merkle proofs, for the verifier and the contract alike.

Hashes are "0x" and hex, indices and sizes decimal text, for they go beyond 2^53. ``malformed``
marks hashes that are not 32 bytes, which a contract cannot even be asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from tests import reference_tree
from tests.cases import Case, invalid, valid

LEAVES = [reference_tree.leaf(f"entry {number}".encode()) for number in range(40)]
_EMPTY = sha256(b"").digest()
_OTHER = sha256(b"another hash").digest()
_HUGE = 2**64 - 1
# Name, reason, code, and what is asked.
Broken = tuple[str, str, str, tuple[Any, ...]]


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _inclusion(leaf: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> Any:
    return {"leaf": _hex(leaf), "index": str(index), "size": str(size), "root": _hex(root),
            "path": [_hex(item) for item in path]}  # fmt: skip


def _proof(index: int, size: int) -> tuple[bytes, int, int, bytes, list[bytes]]:
    leaves = LEAVES[:size]
    return (leaves[index], index, size, reference_tree.root(leaves),
            reference_tree.path(index, leaves))  # fmt: skip


def inclusion_cases() -> list[Case]:
    """Inclusion proofs (RFC 9162 section 2.1.3)."""
    small = [(index, size) for size in (1, 2, 3, 5, 7, 8) for index in range(size)]
    picked = [*small, (0, 40), (31, 40), (32, 40), (39, 40)]
    return [
        *(valid(f"{index} of {size}", "the reference tree's own path",
                **_inclusion(*_proof(index, size))) for index, size in picked),
        _size_not_bound(),
        *_largest(),
        *(invalid(name, why, code, **_inclusion(*parts))
          for name, why, code, parts in _broken_inclusions()),
        *_malformed_inclusions(),
    ]  # fmt: skip


def _size_not_bound() -> Case:
    _, _, _, root, path = _proof(2, 8)
    inner = node(LEAVES[2], LEAVES[3])
    return valid(
        "inner node, half the size",
        "the root does not bind the size: whoever asks has to know it, and hash the entry itself",
        **_inclusion(inner, 1, 4, root, path[1:]),
    )


def _largest() -> list[Case]:
    """The last leaf of the largest tree: every sibling stands left of it."""
    path = [sha256(bytes([level])).digest() for level in range(63)]
    # Of 2^64 - 1 leaves the last one is alone at its level: 63 nodes to its left.
    computed = LEAVES[0]
    for sibling in path:
        computed = node(sibling, computed)
    good = _inclusion(LEAVES[0], _HUGE - 1, _HUGE, computed, path)
    wide = _inclusion(LEAVES[0], _HUGE - 1, _HUGE + 1, computed, path)
    over = _inclusion(LEAVES[0], _HUGE, _HUGE, computed, path)
    many = _inclusion(LEAVES[0], _HUGE - 1, _HUGE, computed, [*path, *path])
    return [
        valid("last of 2^64 - 1", "sizes need all 64 bits", **good),
        invalid("size 2^64", "beyond 64 bits", "size_out_of_range", **wide),
        invalid("index 2^64 - 1", "not below the size", "index_out_of_range", **over),
        invalid("126 hashes", "no tree is that high", "path_over_limit", **many),
    ]


def _broken_inclusions() -> list[Broken]:
    leaf, _, _, root, path = _proof(2, 8)
    inner, above = node(LEAVES[2], LEAVES[3]), path[1:]
    seven = reference_tree.root(LEAVES[:7])
    pairs = ((0, 1), (0, 2), (2, 5), (4, 5), (3, 7), (6, 8))
    return [
        *(case for index, size in pairs for case in _broken_inclusion(index, size)),
        ("inner node as leaf", "a node is no leaf: the path is one too short", "path_too_short",
         (inner, 2, 8, root, above)),
        ("inner node in the leaf's place", "another hash than the leaf's", "root_differs",
         (inner, 2, 8, root, path)),
        ("inner node's bytes as entry", "leaves are hashed with 00, nodes with 01", "root_differs",
         (reference_tree.leaf(LEAVES[2] + LEAVES[3]), 1, 4, root, above)),
        ("leaf of another log", "another tree", "root_differs", (_OTHER, 2, 8, root, path)),
        ("root of the empty tree", "no leaf is in it", "root_differs", (leaf, 0, 1, _EMPTY, [])),
        ("another root", "another tree", "root_differs", (leaf, 2, 8, _OTHER, path)),
        ("root as leaf", "a root stands in no tree of its own", "root_differs",
         (root, 2, 8, root, path)),
        ("leaf itself as root", "the path is needed", "path_too_short", (leaf, 2, 8, leaf, [])),
        ("sides exchanged", "left and right are not the same", "root_differs",
         (leaf, 2, 8, _exchanged(leaf, path), path)),
        ("nodes hashed as leaves", "nodes are hashed with 01", "root_differs",
         (leaf, 2, 8, _wrongly_hashed(leaf, path), path)),
        ("path of 8 for the root of 7", "sizes may not be mixed", "root_differs",
         (leaf, 2, 8, seven, path)),
        ("size 0", "nothing is in the empty tree", "size_out_of_range", (leaf, 0, 0, _EMPTY, [])),
        ("size 0, leaf as root", "nothing is in the empty tree", "size_out_of_range",
         (leaf, 0, 0, leaf, [])),
        ("63 hashes too many", "a tree of one has no path", "path_too_long",
         (leaf, 0, 1, leaf, [_OTHER] * 63)),
    ]  # fmt: skip


def _broken_inclusion(index: int, size: int) -> list[Broken]:
    what = f"{index} of {size}"
    leaf, _, _, root, path = _proof(index, size)
    cases: list[Broken] = [
        (f"{what}, index = size", "the index is below the size", "index_out_of_range",
         (leaf, size, size, root, path)),
        (f"{what}, path one longer", "it goes on above the root", "path_too_long",
         (leaf, index, size, root, [*path, _OTHER])),
        (f"{what}, root appended to the path", "it goes on above the root", "path_too_long",
         (leaf, index, size, root, [*path, root])),
        (f"{what}, another leaf", "not in the tree", "root_differs",
         (_OTHER, index, size, root, path)),
    ]  # fmt: skip
    if path:
        bit = bytes([path[0][0] ^ 0x80]) + path[0][1:]
        cases += [
            (f"{what}, path one shorter", "it ends below the root", "path_too_short",
             (leaf, index, size, root, path[:-1])),
            (f"{what}, first hash missing", "it ends below the root", "path_too_short",
             (leaf, index, size, root, path[1:])),
            (f"{what}, no path", "it ends below the root", "path_too_short",
             (leaf, index, size, root, [])),
            (f"{what}, one bit of the path", "another root", "root_differs",
             (leaf, index, size, root, [bit, *path[1:]])),
            _moved(index, size),
        ]  # fmt: skip
    if len(path) > 1:
        cases.append((f"{what}, path reversed", "the leaf's side comes first", "root_differs",
                      (leaf, index, size, root, path[::-1])))  # fmt: skip
    return cases


def _moved(index: int, size: int) -> Broken:
    """The same proof for the leaf beside it."""
    leaf, _, _, root, path = _proof(index, size)
    beside = index ^ 1 if index ^ 1 < size else index - 1
    more = len(reference_tree.path(beside, LEAVES[:size])) - len(path)
    code = "path_too_short" if more > 0 else "path_too_long" if more < 0 else "root_differs"
    why = "the index decides left and right"
    return f"{index} of {size}, as if at {beside}", why, code, (leaf, beside, size, root, path)


def _exchanged(leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root if every sibling stood on the other side than for index 2 of 8."""
    first, second, third = path
    return node(third, node(node(first, leaf), second))


def _wrongly_hashed(leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root for index 2 of 8 if nodes were hashed like leaves."""
    first, second, third = path
    inner = sha256(b"\x00" + second + sha256(b"\x00" + leaf + first).digest()).digest()
    return sha256(b"\x00" + inner + third).digest()


def _malformed_inclusions() -> list[Case]:
    leaf, index, size, root, path = _proof(2, 5)
    parts: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("leaf of 31 bytes", (leaf[:31], index, size, root, path)),
        ("leaf empty", (b"", index, size, root, path)),
        ("root of 33 bytes", (leaf, index, size, root + b"\x00", path)),
        ("root empty", (leaf, index, size, b"", path)),
        ("hash of 31 bytes in the path", (leaf, index, size, root, [path[0][:31], *path[1:]])),
        ("two hashes in one", (leaf, index, size, root, [path[0] + path[1], path[2]])),
        ("empty hash in the path", (leaf, index, size, root, [*path, b""])),
    )
    return [
        invalid(name, "a hash is 32 bytes", "hash_length", **_inclusion(*broken), malformed=True)
        for name, broken in parts
    ]


def _consistency(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> Any:
    return {"size1": str(size1), "root1": _hex(root1), "size2": str(size2), "root2": _hex(root2),
            "proof": [_hex(item) for item in proof]}  # fmt: skip


def _growth(old: int, new: int) -> tuple[int, bytes, int, bytes, list[bytes]]:
    leaves = LEAVES[:new]
    return (old, reference_tree.root(leaves[:old]), new, reference_tree.root(leaves),
            reference_tree.consistency(old, leaves))  # fmt: skip


def consistency_cases() -> list[Case]:
    """Consistency proofs (RFC 9162 section 2.1.4)."""
    small = [(old, new) for new in (1, 2, 3, 6, 7, 8) for old in range(1, new + 1)]
    picked = [*small, (1, 40), (31, 40), (32, 40), (33, 40), (39, 40)]
    return [
        *(valid(f"{old} to {new}", "the reference tree's own proof",
                **_consistency(*_growth(old, new))) for old, new in picked),
        *_largest_growth(),
        *(invalid(name, why, code, **_consistency(*parts))
          for name, why, code, parts in _broken_growths()),
        *_malformed_growths(),
    ]  # fmt: skip


def _largest_growth() -> list[Case]:
    """From 2^63 leaves to one more: the old tree is complete."""
    old = sha256(b"2^63 leaves").digest()
    parts = (2**63, old, 2**63 + 1, node(old, _OTHER), [_OTHER])
    beyond = (2**63, old, 2**64, node(old, _OTHER), [_OTHER])
    return [
        valid("2^63 to 2^63 + 1", "sizes need all 64 bits", **_consistency(*parts)),
        invalid("to 2^64", "beyond 64 bits", "size_out_of_range", **_consistency(*beyond)),
    ]


def _broken_growths() -> list[Broken]:
    size1, root1, size2, root2, proof = _growth(3, 7)
    rewritten = [LEAVES[0], _OTHER, *LEAVES[2:7]]
    forged = reference_tree.root(rewritten)
    complete = _growth(4, 8)
    pairs = ((1, 2), (2, 5), (3, 7), (4, 7), (6, 8), (7, 8))
    return [
        *(case for old, new in pairs for case in _broken_growth(old, new)),
        ("from the empty tree", "it proves nothing", "size_out_of_range",
         (0, _EMPTY, size2, root2, [])),
        ("from the empty tree, with a proof", "it proves nothing", "size_out_of_range",
         (0, _EMPTY, size2, root2, proof)),
        ("both empty", "it proves nothing", "size_out_of_range", (0, _EMPTY, 0, _EMPTY, [])),
        ("to the empty tree", "a log never shrinks", "size_out_of_range",
         (size1, root1, 0, _EMPTY, [])),
        ("smaller", "a log never shrinks", "sizes_reversed", (size2, root2, size1, root1, proof)),
        ("equal sizes, other root", "one size has one root", "root_differs",
         (size2, root1, size2, root2, [])),
        ("equal sizes, with a proof", "none is needed", "proof_too_long",
         (size2, root2, size2, root2, proof)),
        ("a rewritten log", "the old root is not in the new tree", "old_root_differs",
         (size1, root1, size2, forged, reference_tree.consistency(size1, rewritten))),
        ("a rewritten log, old proof", "the new root is another", "root_differs",
         (size1, root1, size2, forged, proof)),
        ("65 hashes", "no tree is that high", "path_over_limit",
         (size1, root1, size2, root2, [_OTHER] * 65)),
        ("old root repeated", "a complete old tree is where the proof starts, not part of it",
         "proof_too_long", (*complete[:4], [complete[1], *complete[4]])),
    ]  # fmt: skip


def _broken_growth(old: int, new: int) -> list[Broken]:
    what = f"{old} to {new}"
    _, root1, _, root2, proof = _growth(old, new)
    bit = bytes([proof[-1][0] ^ 1]) + proof[-1][1:]
    # A complete old tree is not computed, so what is wrong shows in the new root alone.
    other = "root_differs" if old & (old - 1) == 0 else "old_root_differs"
    cases: list[Broken] = [
        (f"{what}, no proof", "one is needed", "proof_too_short", (old, root1, new, root2, [])),
        (f"{what}, one hash more", "it goes on above the root", "proof_too_long",
         (old, root1, new, root2, [*proof, _OTHER])),
        (f"{what}, another new root", "the proof leads elsewhere", "root_differs",
         (old, root1, new, _OTHER, proof)),
        (f"{what}, roots exchanged", "the old root is the old one's", other,
         (old, root2, new, root1, proof)),
        (f"{what}, one bit of the proof", "another root",
         "old_root_differs" if (old, new) in _LAST_HASH_IS_OLD else "root_differs",
         (old, root1, new, root2, [*proof[:-1], bit])),
    ]  # fmt: skip
    if len(proof) > 1:
        cases += [
            (f"{what}, one hash less", "it ends below the root", "proof_too_short",
             (old, root1, new, root2, proof[:-1])),
            (f"{what}, reversed", "the deepest comes first", other,
             (old, root1, new, root2, proof[::-1])),
        ]  # fmt: skip
    return cases


# Where the proof's last hash stands left of both trees' last leaves, it enters the old root too.
_LAST_HASH_IS_OLD = {(6, 8), (7, 8)}


def _malformed_growths() -> list[Case]:
    size1, root1, size2, root2, proof = _growth(3, 7)
    parts: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("old root of 31 bytes", (size1, root1[:31], size2, root2, proof)),
        ("old root empty", (size1, b"", size2, root2, proof)),
        ("new root of 33 bytes", (size1, root1, size2, root2 + b"\x00", proof)),
        ("hash of 31 bytes", (size1, root1, size2, root2, [proof[0][:31], *proof[1:]])),
        ("two hashes in one", (size1, root1, size2, root2, [proof[0] + proof[1], *proof[2:]])),
        ("empty hash", (size1, root1, size2, root2, [*proof, b""])),
    )
    return [
        invalid(name, "a hash is 32 bytes", "hash_length", **_consistency(*broken), malformed=True)
        for name, broken in parts
    ]
