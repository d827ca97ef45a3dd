"""The tables of the logs. They hold opaque bytes: nothing here knows what a statement says.

``number`` is a log's key inside one database, short because every entry carries it; outside, a
log is known by its id on chain (32 bytes).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel


class LogRow(SQLModel, table=True):
    """A log and its newest tree; the row that a sequencer locks.

    ``frontier`` is the roots of the perfect subtrees of ``size`` leaves, largest first, joined.
    ``published`` is the size up to which entries, tiles and checkpoint stand in published files.
    ``halted`` says why nothing may be appended or anchored until an operator resumes the log.
    """

    __tablename__ = "logs"

    number: int = Field(default=None, primary_key=True)
    log: bytes = Field(unique=True)
    org: bytes
    origin: str = Field(unique=True)
    size: int = Field(sa_type=BigInteger)
    root: bytes
    frontier: bytes
    created: int = Field(sa_type=BigInteger)
    published: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    halted: str | None = None


class EntryRow(SQLModel, table=True):
    """One entry: its place, its leaf hash, and the bytes that were signed.

    ``iat`` is the signing time that the caller gave, by which the worker holds back what is ahead
    of the chain. A record is its leaf hash, so one leaf stands in a log only once; the constraint
    begins with the leaf, so that it also serves to find a record by the beginning of its hash.
    """

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("leaf", "log"),)

    log: int = Field(primary_key=True, foreign_key="logs.number")
    index: int = Field(primary_key=True, sa_type=BigInteger)
    leaf: bytes
    iat: int = Field(sa_type=BigInteger)
    statement: bytes


class TileRow(SQLModel, table=True):
    """The hashes of one tile (C2SP tlog-tiles), joined.

    Level 0 holds full tiles only: the leaf hashes of a narrower one stand in the entries. Above,
    the last tile of a level grows by one hash whenever a tile below it becomes full.
    """

    __tablename__ = "tiles"

    log: int = Field(primary_key=True, foreign_key="logs.number")
    level: int = Field(primary_key=True)
    index: int = Field(primary_key=True, sa_type=BigInteger)
    hashes: bytes
