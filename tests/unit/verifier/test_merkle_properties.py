"""Proofs of the reference tree verify, and nothing near them does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import reference_tree
from tests.refusing import refusal
from verifier.merkle import (
    EMPTY_ROOT,
    leaf_hash,
    node_hash,
    root_from_path,
    verify_consistency,
    verify_inclusion,
)

MAX = 130
LEAVES = [reference_tree.leaf(b"%d" % number) for number in range(MAX)]
sizes = st.integers(1, MAX)


@cache
def root(size: int) -> bytes:
    return reference_tree.root(LEAVES[:size])


@cache
def path(index: int, size: int) -> tuple[bytes, ...]:
    return tuple(reference_tree.path(index, LEAVES[:size]))


@cache
def growth(old: int, new: int) -> tuple[bytes, ...]:
    return tuple(reference_tree.consistency(old, LEAVES[:new]))


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value))


def refused(index: int, size: int, way: Sequence[bytes], leaf: bytes, top: bytes) -> bool:
    return refusal(lambda: verify_inclusion(leaf, index, size, way, top)) is not None


def growth_refused(old: int, root1: bytes, new: int, root2: bytes, proof: Sequence[bytes]) -> bool:
    return refusal(lambda: verify_consistency(old, root1, new, root2, proof)) is not None


def test_hashes_are_those_of_the_standard() -> None:
    assert leaf_hash(b"") == reference_tree.leaf(b"")
    assert leaf_hash(b"").hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert reference_tree.root([]) == EMPTY_ROOT
    assert node_hash(LEAVES[0], LEAVES[1]) == root(2)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_of_small_trees_is_included(size: int) -> None:
    for index in range(size):
        verify_inclusion(LEAVES[index], index, size, path(index, size), root(size))
        assert root_from_path(LEAVES[index], index, size, path(index, size)) == root(size)


@pytest.mark.parametrize("new", range(1, 34))
def test_every_small_tree_extends_every_smaller_one(new: int) -> None:
    for old in range(1, new + 1):
        verify_consistency(old, root(old), new, root(new), growth(old, new))


@given(sizes, st.data())
def test_a_proof_verifies_and_with_one_bit_changed_does_not(size: int, data: st.DataObject) -> None:
    index, bit = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 255))
    leaf, way, top = LEAVES[index], path(index, size), root(size)
    assert not refused(index, size, way, leaf, top)
    assert refused(index, size, way, flipped(leaf, bit), top)
    assert refused(index, size, way, leaf, flipped(top, bit))
    if way:
        place = data.draw(st.integers(0, len(way) - 1))
        broken = (*way[:place], flipped(way[place], bit), *way[place + 1 :])
        assert refused(index, size, broken, leaf, top)


@given(sizes, st.data())
def test_a_proof_holds_for_its_own_index_alone(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(-2, 2 * MAX))
    if other != index:
        assert refused(other, size, path(index, size), LEAVES[index], root(size))


@given(sizes, st.data())
def test_a_proof_with_the_root_of_its_size_holds_for_no_other_root(
    size: int, data: st.DataObject
) -> None:
    # The size alone is not bound: only together with the root that belongs to it.
    index, other = data.draw(st.integers(0, size - 1)), data.draw(sizes)
    if other != size:
        assert refused(index, other, path(index, size), LEAVES[index], root(other))


@given(sizes, st.data())
def test_a_path_of_another_length_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    way = path(index, size)
    extra = data.draw(st.lists(st.sampled_from([LEAVES[0], root(size)]), min_size=1, max_size=3))
    assert refused(index, size, (*way, *extra), LEAVES[index], root(size))
    for count in range(len(way)):
        assert refused(index, size, way[:count], LEAVES[index], root(size))
    for place in range(len(way)):
        assert refused(index, size, (*way[:place], *extra, *way[place:]), LEAVES[index], root(size))


@given(sizes, st.data())
def test_an_inner_node_is_no_leaf_of_its_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    way = path(index, size)
    for level in range(1, size.bit_length()):
        first = index >> level << level
        subtree = LEAVES[first : first + (1 << level)]
        if first + len(subtree) <= size and len(subtree) < size:
            inner = reference_tree.root(subtree)
            assert refused(index, size, way[level:], inner, root(size))
            assert refused(first, size, way[level:], inner, root(size))


@given(sizes, st.data())
def test_a_consistency_proof_holds_for_its_own_sizes_and_roots(
    new: int, data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, new))
    proof, bit = growth(old, new), data.draw(st.integers(0, 255))
    assert not growth_refused(old, root(old), new, root(new), proof)
    assert growth_refused(old, flipped(root(old), bit), new, root(new), proof)
    assert growth_refused(old, root(old), new, flipped(root(new), bit), proof)
    for place, item in enumerate(proof):
        broken = (*proof[:place], flipped(item, bit), *proof[place + 1 :])
        assert growth_refused(old, root(old), new, root(new), broken)
        assert growth_refused(old, root(old), new, root(new), proof[:place])
    assert growth_refused(old, root(old), new, root(new), (*proof, LEAVES[0]))
    other = data.draw(sizes)
    if other not in (old, new):
        assert growth_refused(other, root(other), new, root(new), proof)
        assert growth_refused(old, root(old), other, root(other), proof)


@given(st.data())
def test_a_rewritten_tree_extends_none(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 40))
    old = data.draw(st.integers(1, new - 1))
    place = data.draw(st.integers(0, old - 1))
    rewritten = [*LEAVES[:place], LEAVES[-1], *LEAVES[place + 1 : new]]
    forged = reference_tree.root(rewritten)
    for proof in (growth(old, new), tuple(reference_tree.consistency(old, rewritten))):
        assert growth_refused(old, root(old), new, forged, proof)


integers = st.integers(-(2**70), 2**70)
hashes = st.lists(st.binary(max_size=40) | st.sampled_from(LEAVES), max_size=70)


@given(integers, integers, hashes, st.binary(max_size=40), st.binary(max_size=40))
def test_nothing_but_a_proof_error_comes_of_any_numbers_and_bytes(
    first: int, second: int, proof: list[bytes], one: bytes, two: bytes
) -> None:
    assert refused(first, second, tuple(proof), one, two)
    if first != second or one != two or proof:
        assert growth_refused(first, one, second, two, tuple(proof))
