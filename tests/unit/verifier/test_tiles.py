"""Where a hash stands in the tiles (C2SP tlog-tiles)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.refusing import refusal
from verifier import tiles
from verifier.errors import FormatError


@pytest.mark.parametrize(
    ("level", "index", "expected"),
    [
        (0, 0, (0, 0, 0, 1)),
        (0, 255, (0, 0, 255, 1)),
        (0, 256, (0, 1, 0, 1)),
        (1, 0, (0, 0, 0, 2)),
        (1, 127, (0, 0, 254, 2)),
        (1, 128, (0, 1, 0, 2)),
        (7, 1, (0, 0, 128, 128)),
        (7, 2, (0, 1, 0, 128)),
        (8, 0, (1, 0, 0, 1)),
        (8, 256, (1, 1, 0, 1)),
        (9, 3, (1, 0, 6, 2)),
        (24, 5, (3, 0, 5, 1)),
    ],
)
def test_position(level: int, index: int, expected: tuple[int, int, int, int]) -> None:
    assert tiles.position(level, index) == tiles.Position(*expected)


@given(level=st.integers(0, 40), index=st.integers(0, 1 << 30))
def test_a_position_covers_just_the_leaves_of_its_node(level: int, index: int) -> None:
    at = tiles.position(level, index)
    leaves_of_a_hash = 256**at.level
    start = (at.index * 256 + at.first) * leaves_of_a_hash
    assert (start, at.count * leaves_of_a_hash) == (index << level, 1 << level)
    assert at.first + at.count <= tiles.TILE_WIDTH


@pytest.mark.parametrize(
    ("level", "index", "size", "width"),
    [
        (0, 0, 0, 0),
        (0, 0, 1, 1),
        (0, 0, 255, 255),
        (0, 0, 256, 256),
        (0, 0, 1000, 256),
        (0, 3, 1000, 232),
        (0, 4, 1000, 0),
        (1, 0, 255, 0),
        (1, 0, 256, 1),
        (1, 0, 70_000, 256),
        (1, 1, 70_000, 17),
        (2, 0, 70_000, 1),
        (3, 0, 70_000, 0),
    ],
)
def test_width(level: int, index: int, size: int, width: int) -> None:
    assert tiles.width(level, index, size) == width


@given(level=st.integers(0, 3), size=st.integers(0, 1 << 20))
def test_the_widths_of_a_level_add_up_to_its_hashes(level: int, size: int) -> None:
    hashes = tiles.hashes_at(level, size)
    widths = [tiles.width(level, index, size) for index in range(hashes // 256 + 2)]
    assert sum(widths) == hashes
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (0, 1_000, 256, "tile/0/x001/000"),
        (3, 999, 256, "tile/3/999"),
        (1, 273, 112, "tile/1/273.p/112"),
        (63, 1_000_000, 1, "tile/63/x001/x000/000.p/1"),
    ],
)
def test_tile_path(level: int, index: int, width: int, path: str) -> None:
    assert tiles.tile_path(level, index, width) == path


def test_entries_path() -> None:
    assert tiles.entries_path(273) == "tile/entries/273"
    assert tiles.entries_path(1_234_067, 8) == "tile/entries/x001/x234/067.p/8"


@pytest.mark.parametrize(
    ("size", "edge"),
    [
        (0, []),
        (1, [(0, 0, 1)]),
        (256, [(1, 0, 1)]),
        (257, [(1, 0, 1), (0, 1, 1)]),
        (600, [(1, 0, 2), (0, 2, 88)]),
        (65_536, [(2, 0, 1)]),
        (70_000, [(2, 0, 1), (1, 1, 17), (0, 273, 112)]),
        (2**63, [(7, 0, 128)]),
    ],
)
def test_edge(size: int, edge: list[tuple[int, int, int]]) -> None:
    assert tiles.edge(size) == [tiles.Tile(*tile) for tile in edge]


@given(size=st.integers(0, 1 << 63))
def test_the_narrow_tiles_cover_every_leaf_once(size: int) -> None:
    end = 0
    for tile in tiles.edge(size):
        assert tile.width == tiles.width(tile.level, tile.index, size) < tiles.TILE_WIDTH
        assert tile.index * 256 * 256**tile.level == end
        end += tile.width * 256**tile.level
    assert end == size


@given(entries=st.lists(st.binary(max_size=70), max_size=40))
def test_a_bundle_gives_its_entries_and_no_shorter_or_longer_one_does(entries: list[bytes]) -> None:
    data = tiles.encode_bundle(entries)
    assert tiles.parse_bundle(data, len(entries)) == entries
    longer = refusal(lambda: tiles.parse_bundle(data, len(entries) + 1))
    assert longer == "bundle_truncated"
    if entries:
        assert refusal(lambda: tiles.parse_bundle(data, len(entries) - 1)) == "bundle_trailing"
        assert refusal(lambda: tiles.parse_bundle(data[:-1], len(entries))) == "bundle_truncated"


def test_the_longest_entry_of_a_bundle() -> None:
    longest = bytes(tiles.MAX_ENTRY)
    assert tiles.parse_bundle(tiles.encode_bundle([b"", longest]), 2) == [b"", longest]
    with pytest.raises(FormatError) as error:
        tiles.encode_bundle([b"", longest + b"\x00"])
    assert (error.value.code, error.value.place) == ("entry_too_large", "entries[1]")


def test_where_a_bundle_is_wrong() -> None:
    with pytest.raises(FormatError) as error:
        tiles.parse_bundle(b"\x00\x01a\x00\x02b", 2, "tile/entries/001", 256)
    assert (error.value.code, error.value.place) == ("bundle_truncated", "tile/entries/001[257]")
    with pytest.raises(FormatError) as error:
        tiles.parse_bundle(b"\x00\x01a\x00", 1, "tile/entries/001", 256)
    assert (error.value.code, error.value.place) == ("bundle_trailing", "tile/entries/001[257]")
