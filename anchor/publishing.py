"""Publishing the logs as static files (C2SP tlog-tiles), from which anyone can rebuild them.

::

    <public>/logs/<log id, hex>/checkpoint
                                tile/<L>/<N>[.p/<W>]
                                tile/entries/<N>[.p/<W>]

Only what is committed is published, and only what adds up is signed: entries and tiles have to give
the root that the log had in the database, and to extend the checkpoint that stands there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import Session

from anchor import store, tile_store, tree
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.public_files import PublicFiles
from anchor.store import LogState
from verifier import checkpoint as checkpoints
from verifier.checkpoint import Checkpoint
from verifier.errors import ProofError, TemError, printable
from verifier.merkle import HASH_BYTES, fold, frontier, leaf_hashes, verify_consistency
from verifier.tiles import (
    TILE_WIDTH,
    edge,
    encode_bundle,
    entries_path,
    hashes_at,
    tile_path,
)

STEP = TILE_WIDTH * TILE_WIDTH
"""How many entries are published at once: a log that is far behind holds up the others, and the
end of the process, for a few seconds only."""

_TILE_BYTES = TILE_WIDTH * HASH_BYTES


class Publisher:
    """Publishes the logs of one database below ``folder``.

    ``key_of`` gives the checkpoint key of an organisation by its id (32 bytes).
    """

    def __init__(
        self, engine: Engine, folder: Path, key_of: Callable[[bytes], Ed25519PrivateKey]
    ) -> None:
        self._engine, self._folder, self._key_of = engine, folder, key_of
        self._settled = set[Path]()

    def due(self) -> list[bytes]:
        """The logs that hold more than is published, or whose published files are gone."""
        with reading(self._engine) as session:
            logs = store.states(session)
        return [
            state.log
            for state in logs
            if state.published < state.size or not self._files(state.log).checkpoint_place.exists()
        ]

    def publish(self, log: bytes) -> int:
        """Publish what the log holds now; returns the size that is known to be published.

        That is less than what it holds if another process or thread is publishing this log, and
        if it is far behind: then the next call goes on. Repeating it is harmless. Files that are
        gone altogether are made anew.

        Raises LogError, with the file, and has changed nothing: ``log_behind_published`` (the
        database is older than what was published), ``log_forked`` (what was published is another
        history), ``published_damaged``, ``log_damaged`` (the database contradicts itself),
        ``log_unknown``. Raises TemError (``publish_failed``) if the system refuses, such as for
        want of space; the next call goes on.
        """
        with reading(self._engine) as session:
            known = store.state(session, log)
        key = self._key_of(known.org)
        files = self._files(log)
        with _reporting(files.folder), files.exclusively() as mine:
            return self._publish(log, key, files) if mine else known.published

    def _publish(self, log: bytes, key: Ed25519PrivateKey, files: PublicFiles) -> int:
        text = files.checkpoint()
        with reading(self._engine) as session:
            state = store.state(session, log)
            shown = None if text is None else _parse(text, state, key, files)
            if shown is None:
                self._settled.clear()  # folders that were on disk may be gone
            size = _next_size(state, shown)
            root = _stage(session, state, shown, size, files)
        if shown is None or shown.size < size:
            files.show()
            files.show_checkpoint(checkpoints.sign(state.origin, size, root, key).encode())
        if state.published < size:
            with writing(self._engine) as session:
                store.note_published(session, log, size)
        return size

    def _files(self, log: bytes) -> PublicFiles:
        return PublicFiles(self._folder, log, self._settled)


@contextmanager
def _reporting(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TemError(
            "publish_failed",
            f"{error.strerror}. Once that is mended, publishing goes on by itself.",
            str(error.filename or folder),
        ) from error


def _parse(data: bytes, state: LogState, key: Ed25519PrivateKey, files: PublicFiles) -> Checkpoint:
    """The published checkpoint, if it is this log's and the database is not older."""
    place = str(files.checkpoint_place)
    advice = "See with `tem audit` whether the files are right, and put the right checkpoint there."
    try:
        found = checkpoints.verify(data.decode(), key.public_key().public_bytes_raw())
    except (ProofError, UnicodeDecodeError) as error:
        said = f"It is no checkpoint signed by this log ({error}). {advice}"
        raise LogError("published_damaged", said, place) from error
    if found.origin != state.origin or found.size < 1:
        said = f"It is a checkpoint of {printable(found.origin)}, size {found.size}. {advice}"
        raise LogError("published_damaged", said, place)
    if found.size > state.size:
        raise LogError(
            "log_behind_published",
            f"{found.size} entries are published, and the database has {state.size}: it is older. "
            "Bring it forward with `tem restore --in-place`, or restore a newer backup.",
            place,
        )
    return found


def _next_size(state: LogState, shown: Checkpoint | None) -> int:
    """How far to go: at most to the next multiple of STEP, but never back behind what was said
    to be published, or readers would see the log shrink."""
    start = 0 if shown is None else shown.size
    return min(state.size, max(state.published, start - start % STEP + STEP))


class _Roots(NamedTuple):
    """The roots, by the entries in the database, of what is published and of what is to be."""

    old: bytes | None
    new: bytes


def _stage(
    session: Session, state: LogState, shown: Checkpoint | None, size: int, files: PublicFiles
) -> bytes:
    """Stage all files of the tree of ``size`` that the published one has not; its root."""
    roots = _grow(session, state, 0 if shown is None else shown.size, size, files)
    proof = store.consistency_proof(session, state.log, size, state.size)
    try:
        verify_consistency(size, roots.new, state.size, state.root, proof)
    except ProofError as error:
        said = "The entries and tiles in the database do not give its root. Restore a backup of it."
        raise LogError("log_damaged", said, "log") from error
    if shown is not None and roots.old != shown.root:
        raise LogError(
            "log_forked",
            f"The first {shown.size} entries published are not those of the database: these are "
            "two histories, and only one may go on. See with `tem audit` which one is anchored.",
            str(files.checkpoint_place),
        )
    return roots.new


def _grow(session: Session, state: LogState, start: int, size: int, files: PublicFiles) -> _Roots:
    """Stage the bundles and tiles in which the trees of ``start`` and ``size`` leaves differ."""
    if start == size:
        root = store.root_at(session, state.log, size)
        return _Roots(root, root)
    first = start // TILE_WIDTH
    layers = defaultdict[int, bytearray](bytearray)
    old, new = list[bytes](), list[bytes]()
    for tile in edge(first * TILE_WIDTH):
        hashes = store.tile(session, state.log, tile.level, tile.index, first * TILE_WIDTH)
        layers[tile.level] += hashes
        new += frontier(hashes)
    for index in range(first, -(-size // TILE_WIDTH)):
        entries = _entries(session, state, index, size)
        leaves = leaf_hashes(entries)
        if index == first:
            old = [*new, *frontier(leaves[: start % TILE_WIDTH * HASH_BYTES])]
        files.stage(entries_path(index, len(entries)), encode_bundle(entries))
        files.stage(tile_path(0, index, len(entries)), leaves)
        growth = tree.grow(index * TILE_WIDTH, new, tile_store.split(leaves))
        new = growth.frontier
        for level, nodes in enumerate(growth.nodes, start=1):
            layers[level] += b"".join(nodes)
    for level, layer in layers.items():
        _stage_layer(level, bytes(layer), start, size, files)
    return _Roots(fold(old) if old else None, fold(new))


def _stage_layer(level: int, hashes: bytes, start: int, size: int, files: PublicFiles) -> None:
    """Stage the tiles of a level above 0, if there is more in them at ``size`` than at ``start``.

    ``hashes`` are those of the tile that ``start`` ends in, and all that follow.
    """
    before = hashes_at(level, start)
    if before == hashes_at(level, size):
        return
    for index, at in enumerate(range(0, len(hashes), _TILE_BYTES), before // TILE_WIDTH):
        tile = hashes[at : at + _TILE_BYTES]
        files.stage(tile_path(level, index, len(tile) // HASH_BYTES), tile)


def _entries(session: Session, state: LogState, index: int, size: int) -> list[bytes]:
    """The entries under a tile of level 0, below ``size``."""
    start = index * TILE_WIDTH
    end = min(size, start + TILE_WIDTH)
    found = store.statements(session, state.log, start, end)
    if len(found) != end - start:
        said = f"Of the entries {start} to {end - 1} the database has {len(found)}."
        raise LogError("log_damaged", f"{said} Restore a backup of it.", "log")
    return found
