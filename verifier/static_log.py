"""Reading a log from its published files (C2SP tlog-tiles), wherever they stand.

Where they stand is a ``Files``: a folder or an address. A file that is not there is one thing, and
wrong if it should be; files that could not be read are another, and say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from verifier.checkpoint import Checkpoint
from verifier.errors import ContentError, FormatError, TemError
from verifier.merkle import HASH_BYTES, fold, frontier, leaf_hashes, perfect_root
from verifier.statement import MAX_BYTES
from verifier.tiles import (
    CHECKPOINT,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    edge,
    encode_bundle,
    entries_path,
    parse_bundle,
    tile_path,
)

MAX_CHECKPOINT = 16_384
TILE_BYTES = TILE_WIDTH * HASH_BYTES
# A full bundle of the longest statements.
MAX_BUNDLE = TILE_WIDTH * len(encode_bundle([bytes(MAX_BYTES)]))
# How many tiles are asked for at once: an address answers slowly, but many at a time.
READ_AHEAD = 16


class LogUnreadable(TemError):  # noqa: N818 - a state of the world, and no fault of the log
    """The published files could not be read: whether they are right is unknown.

    ``log_unreachable`` (no answer, or too slow), ``log_answer`` (an answer that is neither a file
    nor "not found") or ``file_unreadable`` (the system refuses).
    """


class Files(Protocol):
    """The files of one log, by their paths below it."""

    def read(self, paths: Sequence[str], limit: int) -> list[bytes | None]:
        """What each file holds, of a longer one ``limit`` + 1 bytes; None if it is not there.

        Raises LogUnreadable.
        """


class File(NamedTuple):
    """A tile or bundle as published: ``data`` is None if it is not there.

    ``width`` is how many hashes or entries it has to hold.
    """

    path: str
    position: int
    width: int
    data: bytes | None

    def hashes(self) -> bytes:
        """The hashes of a tile, joined; raises ContentError (``file_missing``) or FormatError
        (``tile_length``)."""
        data = self._there()
        if len(data) != self.width * HASH_BYTES:
            raise FormatError("tile_length", f"Expected {self.width} hashes.", self.path)
        return data

    def entries(self) -> list[bytes]:
        """The entries of a bundle; raises ContentError (``file_missing``) or FormatError
        (``bundle_too_large``, and those of ``parse_bundle``)."""
        data = self._there()
        if len(data) > MAX_BUNDLE:
            raise FormatError("bundle_too_large", f"Over {MAX_BUNDLE} bytes.", self.path)
        return parse_bundle(data, self.width, self.path, self.position * TILE_WIDTH)

    def _there(self) -> bytes:
        if self.data is None:
            raise ContentError("file_missing", "There is no such file.", self.path)
        return self.data


class StaticLog:
    """One log, read from ``files``; only ``entries`` verifies what it gives."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def checkpoint(self) -> str | None:
        """The signed checkpoint as text, or None if there is none.

        Raises FormatError (``checkpoint_too_large``, ``checkpoint_not_text``), LogUnreadable.
        """
        (data,) = self._files.read([CHECKPOINT], MAX_CHECKPOINT)
        if data is None:
            return None
        if len(data) > MAX_CHECKPOINT:
            raise FormatError("checkpoint_too_large", f"Over {MAX_CHECKPOINT} bytes.", CHECKPOINT)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError("checkpoint_not_text", "It is not UTF-8.", CHECKPOINT) from error

    def tiles(self, level: int, indices: Sequence[int]) -> list[File]:
        """Full tiles of a level; raises LogUnreadable."""
        return self._full(lambda *at: tile_path(level, *at), indices, TILE_BYTES)

    def bundles(self, indices: Sequence[int]) -> list[File]:
        """Full bundles of entries; raises LogUnreadable."""
        return self._full(entries_path, indices, MAX_BUNDLE)

    def narrow_tile(self, tile: Tile) -> File:
        """A narrow tile, or the full one if the narrow one is gone; raises LogUnreadable."""
        return self._narrow(lambda *at: tile_path(tile.level, *at), tile, TILE_BYTES)

    def narrow_bundle(self, tile: Tile) -> File:
        """A narrow bundle, or the full one if the narrow one is gone; raises LogUnreadable."""
        return self._narrow(entries_path, tile, MAX_BUNDLE)

    def entries(self, checkpoint: Checkpoint, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Entries from index ``start`` on with their indices, each proven to be in the tree of
        ``checkpoint``, whose signature is the caller's to verify.

        At the first that is not, raises ContentError (``file_missing``, ``root_differs``,
        ``tile_differs``, ``entries_differ``) or FormatError with the file; or LogUnreadable.
        """
        tiles = edge(checkpoint.size)
        if not tiles:
            raise ContentError("checkpoint_empty", "The log has not one entry.", CHECKPOINT)
        last = list[bytes]()
        hashes = list[bytes]()
        for tile in tiles:
            if tile.level:
                hashes.append(self.narrow_tile(tile).hashes()[: tile.width * HASH_BYTES])
            else:
                last = self.narrow_bundle(tile).entries()[: tile.width]
                hashes.append(leaf_hashes(last))
        if fold([root for joined in hashes for root in frontier(joined)]) != checkpoint.root:
            raise ContentError("root_differs", "The files give another root.", CHECKPOINT)
        for tile, joined in zip(tiles, hashes, strict=True):
            if tile.level:
                yield from self._below(tile, joined, start)
            else:
                yield from _numbered(last, tile.index * TILE_WIDTH, start)

    def _below(self, tile: Tile, hashes: bytes, start: int) -> Iterator[tuple[int, bytes]]:
        """The entries under a tile of level 1 or above whose hashes are right."""
        first, level = tile.index * TILE_WIDTH, tile.level - 1
        span = TILE_HEIGHT * tile.level
        wanted = [i for i in range(first, first + tile.width) if (i + 1) << span > start]
        for offset in range(0, len(wanted), READ_AHEAD):
            indices = wanted[offset : offset + READ_AHEAD]
            files = self.tiles(level, indices) if level else self.bundles(indices)
            for index, file in zip(indices, files, strict=True):
                at = (index - first) * HASH_BYTES
                root = hashes[at : at + HASH_BYTES]
                if level:
                    below = file.hashes()
                    _require(perfect_root(below) == root, "tile_differs", file.path)
                    yield from self._below(Tile(level, index, TILE_WIDTH), below, start)
                else:
                    entries = file.entries()
                    right = perfect_root(leaf_hashes(entries)) == root
                    _require(right, "entries_differ", file.path)
                    yield from _numbered(entries, index * TILE_WIDTH, start)

    def _full(self, path: Callable[[int], str], indices: Sequence[int], limit: int) -> list[File]:
        paths = [path(index) for index in indices]
        found = self._files.read(paths, limit)
        return [
            File(path, index, TILE_WIDTH, data)
            for path, index, data in zip(paths, indices, found, strict=True)
        ]

    def _narrow(self, path: Callable[..., str], tile: Tile, limit: int) -> File:
        narrow = path(tile.index, tile.width)
        (data,) = self._files.read([narrow], limit)
        if data is not None:
            return File(narrow, tile.index, tile.width, data)
        (full,) = self._full(path, [tile.index], limit)
        return full if full.data is not None else File(narrow, tile.index, tile.width, None)


def _numbered(entries: Sequence[bytes], first: int, start: int) -> Iterator[tuple[int, bytes]]:
    return ((index, entry) for index, entry in enumerate(entries, first) if index >= start)


def _require(right: bool, code: str, path: str) -> None:
    if not right:
        raise ContentError(code, "It gives another hash than the tile above.", path)
