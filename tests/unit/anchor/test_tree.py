"""Growing and proving, against the recursive definitions of RFC 9162."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchor import tree
from anchor.errors import LogError
from tests import reference_tree
from verifier.errors import ProofError
from verifier.merkle import fold, perfect_root, verify_consistency, verify_inclusion

MAX = 700
LEAVES = [sha256(b"leaf %d" % n).digest() for n in range(MAX)]
sizes = st.integers(1, MAX)


@cache
def naive_root(size: int) -> bytes:
    return reference_tree.root(LEAVES[:size])


def read(level: int, index: int) -> bytes:
    return perfect_root(b"".join(LEAVES[index << level : (index + 1) << level]))


def reader_of(size: int) -> tree.ReadNode:
    """A reader that has nothing beyond ``size`` leaves."""

    def limited(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size
        return read(level, index)

    return limited


@given(sizes)
def test_root(size: int) -> None:
    assert tree.root(size, reader_of(size)) == naive_root(size)


@given(st.data(), sizes)
def test_inclusion_path(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion_path(index, size, reader_of(size))
    assert path == reference_tree.path(index, LEAVES[:size])
    verify_inclusion(LEAVES[index], index, size, path, naive_root(size))


@given(st.data(), sizes)
def test_an_inclusion_path_proves_nothing_else(data: st.DataObject, size: int) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, MAX - 1))
    path = tree.inclusion_path(index, size, read)
    if other == index:
        return
    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[other], index, size, path, naive_root(size))


@given(st.data(), sizes)
def test_consistency_proof(data: st.DataObject, size2: int) -> None:
    size1 = data.draw(st.integers(1, size2))
    proof = tree.consistency_proof(size1, size2, reader_of(size2))
    assert proof == reference_tree.consistency(size1, LEAVES[:size2])
    verify_consistency(size1, naive_root(size1), size2, naive_root(size2), proof)


@given(st.data(), st.integers(2, MAX))
def test_a_consistency_proof_proves_no_other_past(data: st.DataObject, size2: int) -> None:
    size1 = data.draw(st.integers(1, size2 - 1))
    proof = tree.consistency_proof(size1, size2, read)
    with pytest.raises(ProofError):
        verify_consistency(size1, bytes(32), size2, naive_root(size2), proof)


@given(st.lists(st.integers(0, 200), min_size=1, max_size=6))
def test_growing_in_any_steps_gives_the_same_tree(steps: list[int]) -> None:
    frontier, size = list[bytes](), 0
    nodes = dict[int, list[bytes]]()
    for step in steps:
        grown = tree.grow(size, frontier, LEAVES[size : min(size + step, MAX)])
        frontier, size = grown.frontier, min(size + step, MAX)
        for level, hashes in enumerate(grown.nodes, start=1):
            nodes.setdefault(level, []).extend(hashes)
    if size:
        assert fold(frontier) == naive_root(size)
    assert len(frontier) == size.bit_count()
    assert nodes.get(1, []) == [read(8, n) for n in range(size >> 8)]


def test_growing_joins_the_tiles_of_higher_levels() -> None:
    leaves = [n.to_bytes(32, "big") for n in range(2 * 65_536 + 3)]
    grown = tree.grow(0, [], leaves)
    assert [len(hashes) for hashes in grown.nodes] == [512, 2]
    assert grown.nodes[0][511] == perfect_root(b"".join(leaves[511 * 256 : 512 * 256]))
    assert grown.nodes[1][1] == perfect_root(b"".join(leaves[65_536 : 2 * 65_536]))
    more = tree.grow(len(leaves), grown.frontier, leaves[:253])
    assert [len(hashes) for hashes in more.nodes] == [1]


@pytest.mark.parametrize("frontier", [[], [LEAVES[0]], LEAVES[:3]])
def test_a_frontier_of_another_size_is_refused(frontier: list[bytes]) -> None:
    with pytest.raises(LogError) as caught:
        tree.grow(3, frontier, LEAVES[:1])
    assert caught.value.code == "frontier_length"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: tree.root(0, read), "size_out_of_range"),
        (lambda: tree.root(-1, read), "size_out_of_range"),
        (lambda: tree.inclusion_path(0, 0, read), "index_out_of_range"),
        (lambda: tree.inclusion_path(5, 5, read), "index_out_of_range"),
        (lambda: tree.inclusion_path(-1, 5, read), "index_out_of_range"),
        (lambda: tree.consistency_proof(0, 5, read), "size_out_of_range"),
        (lambda: tree.consistency_proof(6, 5, read), "size_out_of_range"),
        (lambda: tree.consistency_proof(-1, 5, read), "size_out_of_range"),
    ],
)
def test_what_has_no_proof_is_refused(ask: Callable[[], object], code: str) -> None:
    with pytest.raises(LogError) as caught:
        ask()
    assert caught.value.code == code


@given(st.integers(0, 6))
def test_perfect_root(level: int) -> None:
    hashes = b"".join(LEAVES[: 1 << level])
    assert perfect_root(hashes) == naive_root(1 << level)
