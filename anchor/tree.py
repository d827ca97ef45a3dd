"""Growing a Merkle tree and proving things about it (RFC 9162 section 2.1).

Pure functions. What a tree consists of is read through ``ReadNode``: the hash of the perfect
subtree at a level (0 = leaf hashes) and an index from the left. Which subtrees a proof needs does
not depend on how large the tree has grown since, so old proofs come from the same reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from anchor.errors import LogError
from verifier.merkle import fold, node_hash
from verifier.tiles import TILE_HEIGHT

ReadNode = Callable[[int, int], bytes]
"""The hash of the perfect subtree of ``2^level`` leaves that starts at leaf ``index · 2^level``."""


class Growth(NamedTuple):
    """What appending leaves has made.

    ``frontier``: the roots of the perfect subtrees of the new size, largest first.
    ``nodes[L]``: the hashes that join the tiles of level L + 1, in order from the left.
    """

    frontier: list[bytes]
    nodes: list[list[bytes]]


def grow(size: int, frontier: Sequence[bytes], leaves: Iterable[bytes]) -> Growth:
    """Append leaf hashes to a tree of ``size`` leaves with that frontier (one hash a set bit)."""
    if len(frontier) != size.bit_count():
        raise LogError("frontier_length", "The frontier does not fit the size.", "frontier")
    stack, nodes = list(frontier), list[list[bytes]]()
    for index, leaf in enumerate(leaves, size):
        node, level, rest = leaf, 0, index
        while rest & 1:
            node, level, rest = node_hash(stack.pop(), node), level + 1, rest >> 1
            if level % TILE_HEIGHT == 0:
                tile_level = level // TILE_HEIGHT
                if tile_level > len(nodes):
                    nodes.append([])
                nodes[tile_level - 1].append(node)
        stack.append(node)
    return Growth(stack, nodes)


def root(size: int, read: ReadNode) -> bytes:
    """The root of the first ``size`` leaves; raises LogError (``size_out_of_range``) for none."""
    if size < 1:
        raise LogError("size_out_of_range", "A tree has at least one leaf.", "size")
    return _subtree(0, size, read)


def inclusion_path(index: int, size: int, read: ReadNode) -> list[bytes]:
    """The path from leaf ``index`` to the root of ``size`` leaves, sibling of the leaf first.

    RFC 9162 section 2.1.3.1. Raises LogError (``index_out_of_range``).
    """
    if not 0 <= index < size:
        raise LogError("index_out_of_range", "The index is not below the size.", "index")
    path = list[bytes]()
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree(middle, end, read))
            end = middle
        else:
            path.append(_subtree(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(size1: int, size2: int, read: ReadNode) -> list[bytes]:
    """The proof that the first ``size2`` leaves extend the first ``size1`` (at least one).

    RFC 9162 section 2.1.4.1; empty for equal sizes. Raises LogError (``size_out_of_range``).
    """
    if not 0 < size1 <= size2:
        raise LogError("size_out_of_range", "Expected 0 < size1 ≤ size2.", "size1")
    proof = list[bytes]()
    start, end = 0, size2
    while size1 != end:
        middle = start + _split(end - start)
        if size1 <= middle:
            proof.append(_subtree(middle, end, read))
            end = middle
        else:
            proof.append(_subtree(start, middle, read))
            start = middle
    if start:  # what is left was part of the old tree, but is not the whole of it
        proof.append(_subtree(start, end, read))
    return proof[::-1]


def _split(count: int) -> int:
    """The largest power of two below ``count`` (which is at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtree(start: int, end: int, read: ReadNode) -> bytes:
    """The root over leaves ``start`` to ``end``, where ``start`` is aligned as in the tree."""
    frontier = list[bytes]()
    while start < end:
        level = (end - start).bit_length() - 1
        frontier.append(read(level, start >> level))
        start += 1 << level
    return fold(frontier)
