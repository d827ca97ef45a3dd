"""Recomputing logs from their rows, as these pass by: what is copied or put back has to be whole.

A tree costs 32 bytes of memory for every 256 entries, however long the log is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlmodel import Session, select

from anchor import tile_store, tree
from anchor.errors import LogError
from anchor.models import LogRow
from verifier.merkle import HASH_BYTES, fold, leaf_hash, perfect_root
from verifier.tiles import TILE_HEIGHT, TILE_WIDTH

Row = Mapping[str, Any]

_TILE_BYTES = TILE_WIDTH * HASH_BYTES


def require_newest_whole(session: Session) -> None:
    """Raise LogError (``log_damaged``) if a log's newest tree is not that of its right-most tiles.

    That is quick, and says nothing about what stands further left.
    """
    for row in session.exec(select(LogRow)):
        root = tree.root(row.size, tile_store.reader(session, row))
        frontier = tile_store.split(row.frontier)
        if root != row.root or fold(frontier) != root or len(frontier) != row.size.bit_count():
            said = "Its newest root is not that of its entries and tiles: restore a backup."
            raise LogError("log_damaged", said, row.origin)


class Soundness:
    """Sees the rows of ``logs``, ``entries`` and ``tiles``, in this order, each by its key."""

    def __init__(self) -> None:
        self._trees: dict[int, _Tree] = {}

    def see(self, table: str, rows: Sequence[Row]) -> None:
        """Take the next rows of a table; those of other tables are nothing to a log.

        Raises LogError (``log_damaged``), which names the log and what is wrong in it.
        """
        if table == "logs":
            self._trees |= {row["number"]: _Tree(row) for row in rows}
        elif table in ("entries", "tiles"):
            for number, found in groupby(rows, itemgetter("log")):
                one = self._trees.get(number)
                if one is None:
                    raise LogError("log_damaged", f"No log has the number {number}.", table)
                (one.entries if table == "entries" else one.tiles)(list(found))

    def require_whole(self) -> None:
        """Raise LogError (``log_damaged``) unless every log was seen whole."""
        for one in self._trees.values():
            one.require_whole()


class _Tree:
    """One log: what its row says, and what its entries have made of it so far."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._size, self._tiles = 0, 0
        self._frontier = list[bytes]()
        self._nodes = list[list[bytes]]()

    def entries(self, rows: Sequence[Row]) -> None:
        for index, row in enumerate(rows, self._size):
            if row["index"] != index:
                raise self._damaged(f"Entry {index} is missing.")
            if leaf_hash(row["statement"]) != row["leaf"]:
                raise self._damaged(f"Entry {index} is not what its leaf hash says.")
        growth = tree.grow(self._size, self._frontier, (row["leaf"] for row in rows))
        self._size, self._frontier = self._size + len(rows), growth.frontier
        for level, nodes in enumerate(growth.nodes):
            if level == len(self._nodes):
                self._nodes.append([])
            self._nodes[level] += nodes

    def tiles(self, rows: Sequence[Row]) -> None:
        for row in rows:
            level, index, hashes = row["level"], row["index"], row["hashes"]
            if not self._fits(level, index, hashes):
                raise self._damaged(f"Tile {level}/{index} is not that of the entries.")
        self._tiles += len(rows)

    def require_whole(self) -> None:
        row = self._row
        if self._size != row["size"]:
            raise self._damaged(f"It has {self._size} entries instead of {row['size']}.")
        frontier = self._frontier
        if b"".join(frontier) != row["frontier"] or not frontier or fold(frontier) != row["root"]:
            raise self._damaged("Its root is not that of the entries.")
        due = (self._size >> TILE_HEIGHT) + sum(-(-len(n) // TILE_WIDTH) for n in self._nodes)
        if self._tiles != due:
            raise self._damaged(f"It has {self._tiles} tiles instead of {due}.")

    def _fits(self, level: int, index: int, hashes: bytes) -> bool:
        if level == 0:
            full = len(hashes) == _TILE_BYTES and index < self._size >> TILE_HEIGHT
            return full and perfect_root(hashes) == self._nodes[0][index]
        if not 0 < level <= len(self._nodes):
            return False
        start = index * TILE_WIDTH
        return hashes == b"".join(self._nodes[level - 1][start : start + TILE_WIDTH]) != b""

    def _damaged(self, message: str) -> LogError:
        return LogError("log_damaged", message, str(self._row["origin"]))
