"""The tables of the organisations that issue here, and of who may ask in their name."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class OrganisationRow(SQLModel, table=True):
    """A body that issues here: its id on chain, names, and the log that it writes to (by id).

    ``founded`` is when its founding on the chain was done: nothing it issues is dated before.
    """

    __tablename__ = "organisations"

    org: bytes = Field(primary_key=True)
    did: str = Field(unique=True)
    name: str
    log: bytes = Field(unique=True, foreign_key="logs.log")
    founded: int = Field(sa_type=BigInteger)


class ApiKeyRow(SQLModel, table=True):
    """A key with which a program speaks for an organisation. Only its SHA-256 is kept.

    ``id`` is the part that may be shown; times are seconds since 1970.
    """

    __tablename__ = "api_keys"

    id: str = Field(primary_key=True)
    org: bytes = Field(foreign_key="organisations.org")
    digest: bytes
    label: str
    created: int = Field(sa_type=BigInteger)
    revoked: int | None = Field(default=None, sa_type=BigInteger)
