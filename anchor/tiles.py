"""Where a hash stands in the tiles of a log (C2SP tlog-tiles).

A tile of level L and index N holds up to 256 hashes, those of the perfect subtrees of 256^L
leaves from the (256 N)th on. Only the last tile of a level may be narrower.
"""

from __future__ import annotations

from dataclasses import dataclass

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


@dataclass(frozen=True, slots=True)
class Position:
    """The hashes of a tile, ``first`` to ``first + count``, that one node of the tree covers."""

    level: int
    index: int
    first: int
    count: int


def position(level: int, index: int) -> Position:
    """Where the node at ``level`` (0 = leaves) and ``index`` (from the left) stands."""
    inside = level % TILE_HEIGHT
    tile, first = divmod(index << inside, TILE_WIDTH)
    return Position(level // TILE_HEIGHT, tile, first, 1 << inside)


def hashes_at(level: int, size: int) -> int:
    """How many hashes stand in the tiles of ``level`` when the log has ``size`` leaves."""
    return size >> (TILE_HEIGHT * level)


def width(level: int, index: int, size: int) -> int:
    """How many hashes (0 to 256) the tile has when the log has ``size`` leaves."""
    return max(0, min(TILE_WIDTH, hashes_at(level, size) - index * TILE_WIDTH))


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The tile's path below a log's address: ``tile/<L>/<N>[.p/<W>]``."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """The path of the bundle of entries under the tile of level 0: ``tile/entries/<N>[.p/<W>]``."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def _number(index: int) -> str:
    """``1234067`` as ``x001/x234/067``: groups of three digits, all but the last marked."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"
