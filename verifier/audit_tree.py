"""Recomputing a log's tree from its entries, and saying which file is wrong where they differ.

A hash of the tree stands in three places: in a tile, in what lies below it (entries, or tiles), and
in the hash above (a higher tile, or the checkpoint's root). Two that agree outvote the third, so
that one damaged file is one finding, and nothing else is called wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeVar

from verifier.audit_findings import CHAIN, Finding, Findings
from verifier.chain_view import Anchor
from verifier.checkpoint import Checkpoint
from verifier.errors import ContentError, ProofError
from verifier.merkle import HASH_BYTES, fold, frontier, leaf_hashes, node_hash, perfect_root
from verifier.static_log import READ_AHEAD, File, StaticLog
from verifier.tiles import CHECKPOINT, TILE_WIDTH, Tile, edge, tile_path

MAX_GAP = 1000
"""After so many files in a row that are not there, no more are looked for."""

_T = TypeVar("_T")


class Batch(NamedTuple):
    """The entries of one bundle from index ``first`` on; None for one that is not the tree's."""

    path: str
    first: int
    entries: Sequence[bytes | None]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A tile's hashes, joined: as published, and as what lies below gives them (None: unknown)."""

    tile: Tile
    path: str
    stored: bytes | None
    computed: bytes | None
    bundle: Batch | None = None


class TreeAudit:
    """One pass over a log's files, left to right, in memory that does not grow with the log.

    ``anchors`` (sizes growing) are compared on the way; ``compared`` counts those that could be.
    ``rooted``: whether there was enough to compute the root.
    """

    def __init__(
        self,
        log: StaticLog,
        checkpoint: Checkpoint,
        findings: Findings,
        anchors: Sequence[Anchor] = (),
    ) -> None:
        self._log = log
        self._checkpoint = checkpoint
        self._findings = findings
        self._anchors = deque(anchor for anchor in anchors if anchor.size <= checkpoint.size)
        self._differing = list[Anchor]()
        self._agreed = 0  # up to this size every anchor does
        self._frontier: list[bytes] | None = []  # of the full tiles of level 0 so far
        self._missing = 0
        self.compared = 0
        self.rooted = False

    def batches(self) -> Iterator[Batch]:
        """Go through the log once, giving its entries as far as they can be read.

        Raises LogUnreadable, and ContentError (``gap_too_long``) if too much is missing.
        """
        edges = list[_Compared]()
        for tile in edge(self._checkpoint.size):
            file = self._log.narrow_tile(tile)
            stored = self._held(file, file.hashes)
            if stored is not None:
                stored = stored[: tile.width * HASH_BYTES]
            if tile.level:
                computed = yield from self._below(tile, stored)
                edges.append(_Compared(tile, file.path, stored, computed))
            else:
                edges.append(self._leaves(tile, file.path, stored, self._log.narrow_bundle(tile)))
        for found, right in zip(edges, self._choose(edges), strict=True):
            self._blame(found, right)
            if not found.tile.level:
                self._grow(found.tile, right, None)
                yield from _right_entries(found, right)
        self._report_anchors()

    def _below(self, tile: Tile, stored: bytes | None) -> Generator[Batch, None, bytes | None]:
        """Audit all that lies below a tile; returns the hashes that it gives, if it gives all."""
        level, first = tile.level - 1, tile.index * TILE_WIDTH
        computed = list[bytes | None]()
        for offset in range(0, tile.width, READ_AHEAD):
            indices = range(first + offset, first + min(offset + READ_AHEAD, tile.width))
            files = self._log.tiles(level, indices)
            bundles = self._log.bundles(indices) if level == 0 else files
            for file, bundle in zip(files, bundles, strict=True):
                start = len(computed) * HASH_BYTES
                above = stored[start : start + HASH_BYTES] if stored else None
                root = yield from self._subtree(level, file, bundle, above)
                computed.append(root)
        known = [root for root in computed if root is not None]
        return b"".join(known) if len(known) == len(computed) else None

    def _subtree(
        self, level: int, file: File, bundle: File, above: bytes | None
    ) -> Generator[Batch, None, bytes | None]:
        """Audit a full tile and all below it; returns its root, as most agree."""
        tile = Tile(level, file.position, TILE_WIDTH)
        stored = self._held(file, file.hashes)
        if level:
            computed = yield from self._below(tile, stored)
            found = _Compared(tile, file.path, stored, computed)
        else:
            found = self._leaves(tile, file.path, stored, bundle)
        right = _vote(found, above)
        self._blame(found, right)
        root = above if right is None else perfect_root(right)
        if level == 0:
            self._grow(tile, right, root)
            yield from _right_entries(found, right)
        return root

    def _leaves(self, tile: Tile, path: str, stored: bytes | None, bundle: File) -> _Compared:
        entries = self._held(bundle, bundle.entries)
        if entries is None:
            return _Compared(tile, path, stored, None)
        batch = Batch(bundle.path, tile.index * TILE_WIDTH, entries[: tile.width])
        return _Compared(tile, path, stored, leaf_hashes(entries[: tile.width]), batch)

    def _held(self, file: File, read: Callable[[], _T]) -> _T | None:
        """What a file holds, or None and a finding."""
        try:
            found = read()
        except ProofError as error:
            self._findings.add(Finding.of_file(error))
            self._missing = self._missing + 1 if file.data is None else 0
            if self._missing == MAX_GAP:
                said = f"{MAX_GAP} files in a row are not there; no more were looked for."
                raise ContentError("gap_too_long", said, file.path) from error
            return None
        self._missing = 0
        return found

    def _choose(self, edges: Sequence[_Compared]) -> Sequence[bytes | None]:
        """Of every narrow tile, the hashes that together give the checkpoint's root."""
        options = [
            list(dict.fromkeys(h for h in (e.computed, e.stored) if h is not None)) for e in edges
        ]
        for pick in product(*options):
            self.rooted = True
            if (
                fold([root for hashes in pick for root in frontier(hashes)])
                == self._checkpoint.root
            ):
                return pick
        if self.rooted:
            said = "The entries and tiles give another root."
            self._findings.add(Finding("root_differs", CHECKPOINT, said))
        return [hashes[0] if hashes else None for hashes in options]

    def _blame(self, found: _Compared, right: bytes | None) -> None:
        """Say what is wrong where a tile differs from what lies below it."""
        stored, computed = found.stored, found.computed
        if stored is None or computed is None or stored == computed:
            return
        numbers = _differing(stored, computed)
        if right != stored:
            said = f"Of its hashes {_some(numbers, 0)} not what lies below gives."
            self._findings.add(Finding("tile_differs", found.path, said))
        elif found.bundle is not None:
            first = found.bundle.first
            said = f"Of its entries {_some(numbers, first)} not those of the tree."
            entry = first + numbers[0]
            self._findings.add(Finding("entries_differ", found.bundle.path, said, entry))
        else:
            for number in numbers:
                path = tile_path(found.tile.level - 1, found.tile.index * TILE_WIDTH + number)
                said = "It and what lies below give another hash than the tile above."
                self._findings.add(Finding("subtree_differs", path, said))

    def _grow(self, tile: Tile, leaves: bytes | None, root: bytes | None) -> None:
        """Compare the anchors that end in a tile of level 0, then add the tile if it is full."""
        start = tile.index * TILE_WIDTH
        while self._anchors and self._anchors[0].size <= start + tile.width:
            anchor = self._anchors.popleft()
            count = anchor.size - start
            if leaves is not None:
                last = frontier(leaves[: count * HASH_BYTES])
            elif root is not None and count == TILE_WIDTH:
                last = [root]
            else:
                continue
            if self._frontier is not None:
                self._compare(anchor, fold([*self._frontier, *last]))
        if root is None or self._frontier is None:
            self._frontier = None
            return
        rest = tile.index
        while rest & 1:
            root, rest = node_hash(self._frontier.pop(), root), rest >> 1
        self._frontier.append(root)

    def _compare(self, anchor: Anchor, root: bytes) -> None:
        self.compared += 1
        if anchor.root != root:
            self._differing.append(anchor)
        elif not self._differing:
            self._agreed = anchor.size

    def _report_anchors(self) -> None:
        if self._differing:
            size, more = self._differing[0].size, len(self._differing) - 1
            said = f"The chain holds another root for {size} entries, and for {more} sizes more."
            self._findings.add(Finding("anchor_differs", CHAIN, said, self._agreed))


def _vote(found: _Compared, above: bytes | None) -> bytes | None:
    """The hashes of a full tile that most agree on; what lies below counts more if all differ."""
    if found.computed is None or found.stored is None or found.computed == found.stored:
        return found.stored if found.computed is None else found.computed
    return found.stored if perfect_root(found.stored) == above else found.computed


def _right_entries(found: _Compared, right: bytes | None) -> Iterator[Batch]:
    """The entries under a tile, without those that are not the tree's."""
    if found.bundle is None or found.computed is None or right is None:
        return
    wrong = {*_differing(right, found.computed)}
    entries = [None if i in wrong else e for i, e in enumerate(found.bundle.entries)]
    yield found.bundle._replace(entries=entries)


def _some(numbers: Sequence[int], first: int) -> str:
    """A few hashes or entries in words: the first, and how many more."""
    more = len(numbers) - 1
    named = str(first + numbers[0])
    return f"{named} and {more} more are" if more else f"{named} is"


def _differing(one: bytes, other: bytes) -> list[int]:
    """Which of two tiles' hashes are not the same."""
    if one == other:
        return []
    places = range(0, len(one), HASH_BYTES)
    return [
        place // HASH_BYTES
        for place in places
        if one[place : place + HASH_BYTES] != other[place : place + HASH_BYTES]
    ]
