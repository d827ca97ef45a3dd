"""The tables of what was sent to the chain, and of what was seen on it.

A transaction is first of all something that has to come true on the chain: ``purpose``, contract
and data. It can stand here without a nonce, written in the same database transaction as the
decision behind it. The sender then gives it a nonce and signed bytes, before anything is sent.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class State(StrEnum):
    """``waiting`` (no nonce yet) → ``signed`` (perhaps sent) → ``final``; or ``refused``."""

    WAITING = "waiting"
    SIGNED = "signed"
    FINAL = "final"
    REFUSED = "refused"


class AccountRow(SQLModel, table=True):
    """An account that sends, and its next nonce; the row that is locked to give nonces."""

    __tablename__ = "chain_accounts"

    chain_id: int = Field(primary_key=True, sa_type=BigInteger)
    account: str = Field(primary_key=True)
    next_nonce: int = Field(sa_type=BigInteger)


class TransactionRow(SQLModel, table=True):
    """One act. ``reference`` is its requester's name for it: the same again is the same act.

    Ids ascend in the order in which the acts were asked for, which is the order in which they
    would have to be repeated. ``data`` and ``contract`` (None: creates one) are what is called.
    ``block``, ``block_hash`` and ``block_time`` are those of the final block that holds it;
    ``error`` is why it was refused, as JSON. Only a refused act may be asked for again.

    A signed act has a block as well once it was seen in one that may still be undone. When the
    chain has lost that block, ``block_hash`` is None, and ``block`` still says in which order the
    lost acts have to be repeated.
    """

    __tablename__ = "chain_transactions"
    __table_args__ = (
        UniqueConstraint("chain_id", "account", "nonce"),
        Index(
            "chain_transactions_once",
            "chain_id",
            "purpose",
            "reference",
            unique=True,
            sqlite_where=text("state <> 'refused'"),
            postgresql_where=text("state <> 'refused'"),
        ),
        Index("chain_transactions_open", "chain_id", "state", "account"),
        Index("chain_transactions_block", "chain_id", "block"),
    )

    id: int = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
    )
    chain_id: int = Field(sa_type=BigInteger)
    account: str
    nonce: int | None = Field(default=None, sa_type=BigInteger)
    purpose: str
    reference: str
    contract: str | None
    data: bytes
    state: str
    created: int = Field(sa_type=BigInteger)
    sent: int | None = Field(default=None, sa_type=BigInteger)
    block: int | None = Field(default=None, sa_type=BigInteger)
    block_hash: bytes | None = None
    block_time: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None


class SignatureRow(SQLModel, table=True):
    """Signed bytes of a transaction. Whatever was ever signed for a nonce may turn up on chain."""

    __tablename__ = "chain_signatures"

    hash: bytes = Field(primary_key=True)
    transaction: int = Field(sa_type=BigInteger, foreign_key="chain_transactions.id", index=True)
    nonce: int = Field(sa_type=BigInteger)
    raw: bytes
    created: int = Field(sa_type=BigInteger)


class WorkerRow(SQLModel, table=True):
    """What a worker last said of itself, for whoever looks from another process.

    ``round`` is when its last round ended, ``answered`` when the chain last answered it, in
    seconds since 1970. ``trouble`` is the code of what it cannot get past, ``said`` the sentence
    and what to do, ``since`` when that began; all None while there is none.
    """

    __tablename__ = "anchor_workers"

    chain_id: int = Field(primary_key=True, sa_type=BigInteger)
    account: str = Field(primary_key=True)
    round: int = Field(sa_type=BigInteger)
    answered: int | None = Field(default=None, sa_type=BigInteger)
    trouble: str | None = None
    said: str | None = None
    since: int | None = Field(default=None, sa_type=BigInteger)


class AnchorRow(SQLModel, table=True):
    """A root that LogAnchor holds, seen in a final block, whose number and time it has."""

    __tablename__ = "anchors"

    log: int = Field(primary_key=True, foreign_key="logs.number")
    size: int = Field(primary_key=True, sa_type=BigInteger)
    root: bytes
    time: int = Field(sa_type=BigInteger)
    block_number: int = Field(sa_type=BigInteger)
