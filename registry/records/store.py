"""Records in the database. Nothing here commits."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, insert, select
from sqlmodel import Session, col

from registry.errors import NotFound
from registry.records.models import IdempotencyRow, RecordRow

# Every issued record runs these: put together once, and past the ORM.
_ADD = insert(RecordRow)
_REMEMBER = insert(IdempotencyRow)
_WITH_NUMBER = select(col(RecordRow.index)).where(
    col(RecordRow.log) == bindparam("log"), col(RecordRow.sub) == bindparam("sub")
)
_REMEMBERED = select(col(IdempotencyRow.index), col(IdempotencyRow.request)).where(
    col(IdempotencyRow.log) == bindparam("log"), col(IdempotencyRow.key) == bindparam("key")
)


class StoredRecord(NamedTuple):
    """A record's claims and disclosures, beside the statement that the log holds."""

    sub: str
    vct: str
    claims: bytes
    disclosures: tuple[str, ...]


def add(session: Session, log: int, index: int, record: StoredRecord) -> None:
    """Store the record of entry ``index``; ``log`` is the log's number in this database."""
    values = {
        "log": log,
        "index": index,
        "sub": record.sub,
        "vct": record.vct,
        "claims": record.claims,
        "disclosures": "~".join(record.disclosures),
    }
    session.connection().execute(_ADD, values)


def get(session: Session, log: int, index: int) -> StoredRecord | None:
    """The record of an entry, or None."""
    row = session.get(RecordRow, (log, index))
    return None if row is None else _record(row)


def get_one(session: Session, log: int, index: int) -> StoredRecord:
    """The record of an entry that has one."""
    return _record(session.get_one(RecordRow, (log, index)))


def with_number(session: Session, log: int, sub: str) -> int | None:
    """The index of the record that has this number, or None."""
    return session.connection().scalar(_WITH_NUMBER, {"log": log, "sub": sub})


def remember(session: Session, log: int, key: str, index: int, request: bytes, now: int) -> None:
    """Store a caller's key for the request (its SHA-256) that made a record."""
    values = {"log": log, "key": key, "index": index, "request": request, "created": now}
    session.connection().execute(_REMEMBER, values)


def remembered(session: Session, log: int, key: str) -> tuple[int, bytes] | None:
    """The index and the request for which a caller's key was used before, or None."""
    row = session.connection().execute(_REMEMBERED, {"log": log, "key": key}).first()
    return None if row is None else (row[0], row[1])


def _record(row: RecordRow) -> StoredRecord:
    if row.claims is None:
        raise NotFound(
            "claims_lost",
            "Only the statement of this record is left here, since a backup was restored: "
            "the proof file or certificate that was handed out still verifies.",
            "code",
        )
    disclosures = tuple(row.disclosures.split("~")) if row.disclosures else ()
    return StoredRecord(row.sub, row.vct, row.claims, disclosures)
