"""The tables of records: beside each entry of a log, what its statement is about."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel


class RecordRow(SQLModel, table=True):
    """The claims that an entry's statement signs, and the disclosures of what they hide.

    ``claims`` are None where only the statement is left: after a restore, of what is younger than
    the backup. ``disclosures`` are joined by ``~``; deleting one erases its field for good. A
    number (``sub``) is used once in a log.
    """

    __tablename__ = "records"
    __table_args__ = (
        ForeignKeyConstraint(["log", "index"], ["entries.log", "entries.index"]),
        UniqueConstraint("log", "sub"),
    )

    log: int = Field(primary_key=True)
    index: int = Field(primary_key=True, sa_type=BigInteger)
    sub: str
    vct: str
    claims: bytes | None
    disclosures: str


class IdempotencyRow(SQLModel, table=True):
    """A caller's own key for a request to a log: the same request again gives the same record.

    ``request`` is the SHA-256 of what was asked for.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (ForeignKeyConstraint(["log", "index"], ["records.log", "records.index"]),)

    log: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    index: int = Field(sa_type=BigInteger)
    request: bytes
    created: int = Field(sa_type=BigInteger)
