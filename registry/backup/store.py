"""Whole databases, row by row, between any two kinds of database. Nothing here commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, text
from sqlmodel import Session, SQLModel, col, select

from anchor.forward import Newer
from anchor.soundness import Soundness
from anchor.store import LogState
from registry.records.models import RecordRow
from verifier.errors import ConfigurationError, ContentError

CHUNK = 2_000
"""Rows that are in memory at a time."""

Progress = Callable[[int, int], None]
"""Told how much is done, and how much there is."""

_LOGS = ("logs", "entries", "tiles")


def copy(source: Connection, target: Connection, progress: Progress) -> None:
    """Copy every row into ``target``, whose tables are empty and of the same form.

    Raises LogError (``log_damaged``) if the logs that the rows are of are not whole.
    """
    for table, rows in _sound(source, _tables(), progress):
        target.execute(insert(table), rows)
    if target.dialect.name == "postgresql":
        _continue_numbers(target)


def examine(connection: Connection, progress: Progress) -> None:
    """Raise LogError (``log_damaged``) if a log of the database is not whole, and
    ConfigurationError (``database_damaged``) if its file is not."""
    if connection.dialect.name == "sqlite":
        said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        if said != "ok":
            raise ConfigurationError(
                "database_damaged", f"{said}: restore a backup.", "TEM_DATABASE"
            )
    tables = [table for table in _tables() if table.name in _LOGS]
    for _ in _sound(connection, tables, progress):
        pass


def first_with_rows(connection: Connection) -> str | None:
    """The name of a table that has rows, or None if the database is empty.

    On PostgreSQL no other transaction can write to any table until this one ends.
    """
    for table in _tables():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))
        if connection.execute(table.select().limit(1)).first() is not None:
            return table.name
    return None


def _tables() -> list[Table]:
    """All tables, each after those that its rows refer to."""
    return SQLModel.metadata.sorted_tables


def _sound(
    source: Connection, tables: Sequence[Table], progress: Progress
) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """The rows of ``tables`` in pieces; at the end all logs among them have been whole."""
    counts = [select(func.count()).select_from(table) for table in tables]
    total = sum(source.execute(count).scalar_one() for count in counts)
    sound, done = Soundness(), 0
    for table in tables:
        for rows in _rows(source, table):
            sound.see(table.name, rows)
            yield table, rows
            done += len(rows)
            progress(done, total)
    sound.require_whole()


def _rows(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    query = table.select().order_by(*table.primary_key)
    with source.execute(query, execution_options={"yield_per": CHUNK}) as found:
        names = list(found.keys())
        for rows in found.partitions():
            yield [dict(zip(names, row, strict=True)) for row in rows]


def _continue_numbers(target: Connection) -> None:
    """Let PostgreSQL number new rows after those that came with their numbers."""
    for table in _tables():
        column = table.autoincrement_column
        if column is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            target.execute(select(func.setval(sequence, func.max(column))))


def add_lost(session: Session, log: LogState, newer: Sequence[Newer]) -> None:
    """Store the records of entries of which only the statement is left, so that their numbers
    stay theirs. Raises ContentError (``number_repeated``)."""
    taken = _taken(session, log, [new.header.sub for new in newer])
    for new in newer:
        earlier = taken.setdefault(new.header.sub, new.index)
        if earlier != new.index:
            raise ContentError(
                "number_repeated",
                f"It has the number {new.header.sub} of entry {earlier}: whoever signed it has to "
                "say which counts.",
                f"{log.origin} entry {new.index}",
            )
    values = [
        {
            "log": log.number,
            "index": new.index,
            "sub": new.header.sub,
            "vct": new.header.vct,
            "claims": None,
            "disclosures": "",
        }
        for new in newer
    ]
    session.execute(insert(RecordRow), values)


def _taken(session: Session, log: LogState, numbers: Sequence[str]) -> dict[str, int]:
    query = select(RecordRow.sub, RecordRow.index).where(col(RecordRow.log) == log.number)
    return dict(session.exec(query.where(col(RecordRow.sub).in_(numbers))).all())


def lost(session: Session, log: LogState, index: int) -> RecordRow | None:
    """The record of an entry if its claims are lost."""
    row = session.get_one(RecordRow, (log.number, index))
    return row if row.claims is None else None


def recall(session: Session, row: RecordRow, claims: bytes, disclosures: Sequence[str]) -> None:
    """Give a record its claims and disclosures back."""
    row.claims, row.disclosures = claims, "~".join(disclosures)
    session.add(row)
