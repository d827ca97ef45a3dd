"""The logs in the database: creating, appending, proving.

Every function works in the transaction of the session that it is given, and none commits. An
appended entry exists once that transaction is committed: sign and publish nothing before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from anchor import tile_store, tree
from anchor.batch import Batch
from anchor.batch import Entry as Entry  # whoever appends through this module gets it here
from anchor.database import storable
from anchor.errors import LogError
from anchor.models import EntryRow, LogRow
from verifier import tiles
from verifier.merkle import HASH_BYTES, leaf_hash
from verifier.names import log_id, require_name


class LogState(NamedTuple):
    """A log as it stands in the session's transaction.

    ``number`` is its key in this database (for foreign keys to ``entries``), ``log`` its id on
    chain, ``size`` and ``root`` those of its newest tree, ``published`` the size that stands in the
    published files, ``halted`` why the log stands still, if so.
    """

    number: int
    log: bytes
    org: bytes
    origin: str
    size: int
    root: bytes
    created: int
    published: int
    halted: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands, and its whole leaf hash."""

    log: bytes
    index: int
    leaf: bytes


def create(session: Session, org: bytes, origin: str, genesis: Entry, now: int) -> LogState:
    """Begin a log with its entry 0. Raises LogError (``log_exists``), ContentError (``origin``)."""
    log = log_id(org, require_name("origin", origin, "origin"))
    leaf = leaf_hash(genesis.statement)
    row = LogRow(
        log=log, org=org, origin=origin, size=0, root=leaf, frontier=b"", created=now, halted=None
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        said = f"There is a log {origin} already."
        raise LogError("log_exists", said, "origin") from error
    append(session, log, [genesis], now)
    return _state(row)


def begin_batch(session: Session, log: bytes, now: int) -> Batch:
    """Begin to append requests to a log, whose row stays locked until the transaction ends.

    Raises LogError (``log_unknown``).
    """
    return Batch(session, _locked(session, log), now)


def append(session: Session, log: bytes, entries: Sequence[Entry], now: int) -> range:
    """Append entries in order, all or none, and return their indices: a batch of one request.

    Raises LogError as ``begin_batch`` and ``Part.append``.
    """
    batch = begin_batch(session, log, now)
    with batch.request() as part:
        indices = part.append(entries)
    batch.finish()
    return indices


def lock(session: Session, log: bytes) -> LogState:
    """The log's state, its row locked until the transaction ends. Raises ``log_unknown``."""
    return _state(_locked(session, log))


def state(session: Session, log: bytes) -> LogState:
    """The log's state; raises LogError (``log_unknown``)."""
    return _state(_row(session, log))


def states(session: Session) -> list[LogState]:
    """All logs of this database, in the order of their creation."""
    return [_state(row) for row in session.exec(select(LogRow).order_by(col(LogRow.number)))]


def halt(session: Session, log: bytes, reason: str) -> None:
    """Let nothing be appended or anchored until ``resume``; the first reason stays."""
    row = _locked(session, log)
    row.halted = row.halted or storable(reason)
    session.add(row)
    session.flush()


def resume(session: Session, log: bytes) -> None:
    """Let a halted log go on: an operator's decision, after mending what halted it."""
    row = _locked(session, log)
    row.halted = None
    session.add(row)
    session.flush()


def note_published(session: Session, log: bytes, size: int) -> None:
    """Note that the first ``size`` entries stand in the published files; never less than before."""
    behind = update(LogRow).where(col(LogRow.log) == log, col(LogRow.published) < size)
    session.execute(behind.values(published=size))


def statement(session: Session, log: bytes, index: int) -> bytes:
    """The entry's bytes; raises LogError (``log_unknown``, ``entry_unknown``)."""
    row = session.get(EntryRow, (_row(session, log).number, index))
    if row is None:
        raise LogError("entry_unknown", f"The log has no entry {index}.", "index")
    return row.statement


def statements(session: Session, log: bytes, start: int, end: int) -> list[bytes]:
    """The bytes of entries ``start`` to ``end`` (without it), of those that there are."""
    index = col(EntryRow.index)
    query = select(EntryRow.statement).join(LogRow)
    found = query.where(LogRow.log == log, index >= start, index < end)
    return list(session.exec(found.order_by(index)))


def find(session: Session, prefix: bytes) -> list[Place]:
    """All records, in any log, whose leaf hash begins with ``prefix`` (such as 16 bytes)."""
    leaf = col(EntryRow.leaf)
    last = prefix + b"\xff" * (HASH_BYTES - len(prefix))
    query = select(LogRow.log, EntryRow.index, EntryRow.leaf).join(LogRow)
    found = session.exec(query.where(leaf >= prefix, leaf <= last).order_by(leaf))
    return [Place(*place) for place in found]


def first_ahead(session: Session, log: bytes, start: int, bound: int) -> int | None:
    """The first index from ``start`` on whose ``iat`` is after ``bound``, or None."""
    query = select(EntryRow.index).where(
        EntryRow.log == _row(session, log).number, EntryRow.index >= start, EntryRow.iat > bound
    )
    return session.exec(query.order_by(col(EntryRow.index)).limit(1)).first()


def inclusion_path(session: Session, log: bytes, index: int, size: int) -> list[bytes]:
    """The path of entry ``index`` in the tree of ``size``, at most the log's own.

    Raises LogError (``index_out_of_range``, ``size_unknown``, ``log_unknown``).
    """
    return tree.inclusion_path(index, size, _reader(session, log, size))


def consistency_proof(session: Session, log: bytes, size1: int, size2: int) -> list[bytes]:
    """The proof that the tree of ``size2`` extends that of ``size1``.

    Raises LogError (``size_out_of_range``, ``size_unknown``, ``log_unknown``).
    """
    return tree.consistency_proof(size1, size2, _reader(session, log, size2))


def root_at(session: Session, log: bytes, size: int) -> bytes:
    """The root that the log had at ``size``; raises as ``consistency_proof``."""
    return tree.root(size, _reader(session, log, size))


def tile(session: Session, log: bytes, level: int, index: int, size: int) -> bytes:
    """The joined hashes of a tile (C2SP tlog-tiles) as it was when the log had ``size`` leaves.

    Raises LogError (``size_unknown``, ``tile_unknown``, ``log_unknown``, ``log_damaged``).
    """
    row = _sized(session, log, size)
    width = tiles.width(level, index, size)
    if width == 0:
        raise LogError("tile_unknown", f"There is no tile {level}/{index} yet.", "index")
    return b"".join(tile_store.read(session, row, level, index, width))


def _row(session: Session, log: bytes) -> LogRow:
    return _known(session.exec(select(LogRow).where(LogRow.log == log)).first())


def _locked(session: Session, log: bytes) -> LogRow:
    # populate_existing: what the session may have read before the lock does not count.
    query = select(LogRow).where(LogRow.log == log).with_for_update()
    return _known(session.exec(query, execution_options={"populate_existing": True}).first())


def _known(row: LogRow | None) -> LogRow:
    if row is None:
        raise LogError("log_unknown", "There is no such log here.", "log")
    return row


def _state(row: LogRow) -> LogState:
    return LogState(**row.model_dump(include=set(LogState._fields)))


def _sized(session: Session, log: bytes, size: int) -> LogRow:
    row = _row(session, log)
    if size > row.size:
        raise LogError("size_unknown", f"The log has {row.size} entries, not {size}.", "size")
    return row


def _reader(session: Session, log: bytes, size: int) -> tree.ReadNode:
    return tile_store.reader(session, _sized(session, log, size))
