"""Where the hashes and entries of a log stand in its published files (C2SP tlog-tiles).

A tile of level L and index N holds up to 256 hashes, those of the perfect subtrees of 256^L
leaves from the (256 N)th on. Only the last tile of a level may be narrower. A bundle holds the
entries under a tile of level 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.errors import FormatError

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
CHECKPOINT = "checkpoint"
MAX_ENTRY = (1 << 16) - 1

_LENGTH = 2
_LEVELS = 8  # 256^8 = 2^64 is more than any log has


@dataclass(frozen=True, slots=True)
class Position:
    """The hashes of a tile, ``first`` to ``first + count``, that one node of the tree covers."""

    level: int
    index: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile by its level and index, with how many hashes (1 to 256) it has."""

    level: int
    index: int
    width: int


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


def edge(size: int) -> list[Tile]:
    """The narrow tiles at the right edge of a log of ``size`` leaves, the highest level first.

    Their hashes together, in this order, cover every leaf once.
    """
    found = (
        Tile(level, count // TILE_WIDTH, count % TILE_WIDTH)
        for level in reversed(range(_LEVELS))
        if (count := hashes_at(level, size)) % TILE_WIDTH
    )
    return list(found)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle: each after its length as big-endian uint16.

    C2SP tlog-tiles, Log entries. Raises FormatError (``entry_too_large``) for one over 65,535
    bytes.
    """
    parts = list[bytes]()
    for number, entry in enumerate(entries):
        if len(entry) > MAX_ENTRY:
            raise FormatError("entry_too_large", f"Over {MAX_ENTRY} bytes.", f"entries[{number}]")
        parts += (len(entry).to_bytes(_LENGTH), entry)
    return b"".join(parts)


def parse_bundle(data: bytes, count: int, place: str = "entries", first: int = 0) -> list[bytes]:
    """The ``count`` entries of a bundle, and nothing besides.

    Raises FormatError: ``bundle_truncated`` or ``bundle_trailing``, at ``place[index]``, where the
    bundle's first entry has the index ``first``.
    """
    entries, position, end = list[bytes](), 0, len(data)
    for number in range(count):
        start = position + _LENGTH
        position = start + int.from_bytes(data[position:start])
        if position > end:
            raise FormatError(
                "bundle_truncated", "The bundle ends in this entry.", f"{place}[{first + number}]"
            )
        entries.append(data[start:position])
    if position != end:
        raise FormatError(
            "bundle_trailing", f"It goes on after {count} entries.", f"{place}[{first + count}]"
        )
    return entries


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
