"""Appending to one log: requests one after the other in one transaction, each in a savepoint.

Whoever makes a batch owns the transaction and commits it; nobody may be told of an index before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from anchor import tile_store, tree
from anchor.clock import require_not_ahead
from anchor.errors import LogError
from anchor.models import EntryRow, LogRow
from verifier.merkle import fold, leaf_hash

# An entry whose leaf stands in the log already is left out; nothing else is forgiven.
_INSERT: Mapping[str, Insert] = {
    kind.dialect.name: kind.insert(EntryRow).on_conflict_do_nothing(index_elements=["leaf", "log"])
    for kind in (postgresql, sqlite)
}
_COUNTED = {"preserve_rowcount": True}


class Entry(NamedTuple):
    """What is appended: the signed bytes, and their signing time in seconds since 1970."""

    statement: bytes
    iat: int


class Batch:
    """What one transaction appends to a log whose row it has locked (``store.begin_batch``)."""

    def __init__(self, session: Session, row: LogRow, now: int) -> None:
        self.session, self.number, self.now = session, row.number, now
        self._row = row
        self._leaves = list[bytes]()

    @contextmanager
    def request(self) -> Iterator[Part]:
        """The part of one request: a savepoint, which whatever the block raises takes back.

        A refused request leaves nothing: its indices are the next one's.
        """
        part = Part(self, self._row.size + len(self._leaves))
        with self.session.begin_nested():
            yield part
        self._leaves += part.leaves

    def require_sound(self) -> None:
        """Raise LogError (``log_halted``, ``log_damaged``) if nothing may be appended."""
        if self._row.halted is not None:
            raise LogError("log_halted", f"The log stands still: {self._row.halted}", "log")
        _ = self._frontier

    def finish(self) -> None:
        """Write tiles and frontier once for all requests; nothing if none appended anything."""
        row, leaves = self._row, self._leaves
        if not leaves:
            return
        growth = tree.grow(row.size, self._frontier, leaves)
        tile_store.write(self.session, row, leaves, growth.nodes)
        row.size += len(leaves)
        row.frontier = b"".join(growth.frontier)
        row.root = fold(growth.frontier)
        self.session.add(row)
        self.session.flush()

    @cached_property
    def _frontier(self) -> list[bytes]:
        """The stored frontier, checked against size and root: one flipped bit must not spread."""
        row = self._row
        frontier = tile_store.split(row.frontier)
        whole = len(frontier) == row.size.bit_count()
        if not whole or (frontier and fold(frontier) != row.root):
            said = "The stored frontier does not give the stored root."
            raise LogError("log_damaged", said, "log")
        return frontier


class Part:
    """What one request of a batch appends, and where it makes its own writes: in ``session``.

    ``number`` is the log's key in this database, ``now`` the batch's time in seconds since 1970,
    ``leaves`` the leaf hashes that this request has appended.
    """

    def __init__(self, batch: Batch, start: int) -> None:
        self.session, self.number, self.now = batch.session, batch.number, batch.now
        self.leaves = list[bytes]()
        self._batch, self._start = batch, start

    def add(self, entry: Entry) -> int:
        """Append one entry and return its index; raises as ``append``."""
        return self.append([entry]).start

    def append(self, entries: Sequence[Entry]) -> range:
        """Append entries in order, all or none, and return their indices.

        Raises LogError, with the place in ``entries``: ``iat_ahead``, ``duplicate_leaf`` (this
        statement stands in this log already), ``log_halted``, ``log_damaged``.
        """
        for position, entry in enumerate(entries):
            require_not_ahead(entry.iat, self.now, f"entries[{position}].iat")
        self._batch.require_sound()
        start = self._start + len(self.leaves)
        leaves = [leaf_hash(entry.statement) for entry in entries]
        if entries:
            self._insert(start, entries, leaves)
        self.leaves += leaves
        return range(start, start + len(leaves))

    def _insert(self, start: int, entries: Sequence[Entry], leaves: Sequence[bytes]) -> None:
        values = [
            {
                "log": self.number,
                "index": index,
                "leaf": leaf,
                "iat": entry.iat,
                "statement": entry.statement,
            }
            for index, (entry, leaf) in enumerate(zip(entries, leaves, strict=True), start)
        ]
        connection = self.session.connection()
        insert = _INSERT[connection.dialect.name]
        try:
            done = connection.execute(insert, values, execution_options=_COUNTED)
        except IntegrityError as error:
            said = f"There are entries from {start} on, where the log ends."
            raise LogError("log_damaged", said, "log") from error
        if done.rowcount != len(values):
            position = self._first_duplicate(range(start, start + len(leaves)))
            said = "This statement is in this log already."
            raise LogError("duplicate_leaf", said, f"entries[{position}]")

    def _first_duplicate(self, indices: range) -> int:
        """Take out what was inserted at ``indices``, and say which was the first that was not."""
        index = col(EntryRow.index)
        here = (col(EntryRow.log) == self.number, index >= indices.start, index < indices.stop)
        inserted = set(self.session.exec(select(EntryRow.index).where(*here)))
        self.session.exec(delete(EntryRow).where(*here))
        return next(n for n, index in enumerate(indices) if index not in inserted)
