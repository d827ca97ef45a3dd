"""The tiles of a log in the database: written as they fill, read for every proof."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import insert
from sqlmodel import Session, col, select

from anchor import tree
from anchor.errors import LogError
from anchor.models import EntryRow, LogRow, TileRow
from verifier import tiles
from verifier.merkle import HASH_BYTES, perfect_root

_TILE_BYTES = tiles.TILE_WIDTH * HASH_BYTES


def write(
    session: Session, row: LogRow, leaves: Sequence[bytes], nodes: Sequence[list[bytes]]
) -> None:
    """Write the tiles that ``leaves``, appended to ``row``, fill; lengthen the others by ``nodes``.

    ``leaves`` stand in the entries already, and ``row`` has still its size before them.
    """
    first = tiles.hashes_at(1, row.size)
    full = tiles.hashes_at(1, row.size + len(leaves)) - first
    if not full:
        return
    hashes = b"".join([*_leaves(session, row, first, row.size), *leaves])
    values = [
        {
            "log": row.number,
            "level": 0,
            "index": first + n,
            "hashes": hashes[n * _TILE_BYTES : (n + 1) * _TILE_BYTES],
        }
        for n in range(full)
    ]
    session.execute(insert(TileRow), values)
    for level, fresh in enumerate(nodes, start=1):
        _lengthen(session, row, level, fresh)


def reader(session: Session, row: LogRow) -> tree.ReadNode:
    """Reads the nodes of the tree from its tiles, each tile once."""

    @cache
    def tile(level: int, index: int) -> list[bytes]:
        return _tile(session, row, level, index)

    def node(level: int, index: int) -> bytes:
        at = tiles.position(level, index)
        hashes = tile(at.level, at.index)[at.first : at.first + at.count]
        return perfect_root(b"".join(_whole(hashes, at.count, at.level, at.index)))

    return node


def read(session: Session, row: LogRow, level: int, index: int, width: int) -> list[bytes]:
    """The first ``width`` hashes of a tile; raises LogError (``log_damaged``) if there are less."""
    return _whole(_tile(session, row, level, index)[:width], width, level, index)


def split(data: bytes) -> list[bytes]:
    """Joined hashes, taken apart."""
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def _whole(hashes: list[bytes], count: int, level: int, index: int) -> list[bytes]:
    if len(hashes) != count:
        raise LogError("log_damaged", f"Tile {level}/{index} is too short.", "log")
    return hashes


def _lengthen(session: Session, row: LogRow, level: int, fresh: list[bytes]) -> None:
    position = tiles.hashes_at(level, row.size)
    while fresh:
        index, offset = divmod(position, tiles.TILE_WIDTH)
        part, fresh = fresh[: tiles.TILE_WIDTH - offset], fresh[tiles.TILE_WIDTH - offset :]
        tile = _get(session, row, level, index)
        if tile is None:
            tile = TileRow(log=row.number, level=level, index=index, hashes=b"")
        tile.hashes += b"".join(part)
        session.add(tile)
        position += len(part)


def _tile(session: Session, row: LogRow, level: int, index: int) -> list[bytes]:
    """The hashes of a tile as far as there are any; the last one of level 0 from the entries."""
    stored = _get(session, row, level, index)
    if stored is not None:
        return split(stored.hashes)
    return _leaves(session, row, index, row.size) if level == 0 else []


def _leaves(session: Session, row: LogRow, tile: int, size: int) -> list[bytes]:
    """The leaf hashes under a tile of level 0, below ``size``."""
    start = tile * tiles.TILE_WIDTH
    index = col(EntryRow.index)
    query = select(EntryRow.leaf).where(EntryRow.log == row.number, index >= start, index < size)
    return list(session.exec(query.order_by(index).limit(tiles.TILE_WIDTH)))


def _get(session: Session, row: LogRow, level: int, index: int) -> TileRow | None:
    key = (row.number, level, index)
    return session.get(TileRow, key, populate_existing=True)
