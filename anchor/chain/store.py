"""Transactions and anchors in the database. Nothing here commits."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from anchor import store as logs
from anchor.chain.contract import Call
from anchor.chain.log_anchor import Anchor
from anchor.chain.models import AccountRow, AnchorRow, SignatureRow, State, TransactionRow
from anchor.chain.node import Head
from anchor.errors import ContractRefused, LogError, Refusal, TransactionError


def enqueue(
    session: Session, chain_id: int, account: str, call: Call, reference: str, now: int
) -> TransactionRow:
    """Ask for an act; the same ``reference`` for the same purpose again gives the same row.

    Takes part in the caller's transaction: what is asked for stands or falls with the decision
    behind it. Raises TransactionError (``reference_reused``) if the reference names another act.
    """
    row = find(session, chain_id, call.purpose, reference)
    if row is None or row.state == State.REFUSED:
        row = TransactionRow(
            chain_id=chain_id,
            account=account,
            purpose=call.purpose,
            reference=reference,
            contract=call.to,
            data=call.data,
            state=State.WAITING,
            created=now,
        )
        if _inserted(session, row):
            return row
        row = find(session, chain_id, call.purpose, reference)
    if row is None or (row.account, row.contract, row.data) != (account, call.to, call.data):
        raise TransactionError(
            "reference_reused", f"{call.purpose} {reference} was asked for otherwise.", "reference"
        )
    return row


def find(session: Session, chain_id: int, purpose: str, reference: str) -> TransactionRow | None:
    """The newest act with this purpose and reference."""
    query = select(TransactionRow).where(
        TransactionRow.chain_id == chain_id,
        TransactionRow.purpose == purpose,
        TransactionRow.reference == reference,
    )
    return session.exec(query.order_by(col(TransactionRow.id).desc()).limit(1)).first()


def get(session: Session, identity: int) -> TransactionRow:
    """The act with this id, which exists."""
    return session.get_one(TransactionRow, identity)


def lock(session: Session, identity: int) -> TransactionRow:
    """The act with this id, which exists; its row locked until the transaction ends."""
    query = select(TransactionRow).where(TransactionRow.id == identity).with_for_update()
    return session.exec(query, execution_options={"populate_existing": True}).one()


def waiting(session: Session, chain_id: int, account: str, limit: int) -> list[TransactionRow]:
    """The acts of an account that have no nonce yet, oldest first."""
    query = select(TransactionRow).where(
        TransactionRow.chain_id == chain_id,
        TransactionRow.account == account,
        TransactionRow.state == State.WAITING,
    )
    return list(session.exec(query.order_by(col(TransactionRow.id)).limit(limit)))


def has_unfinished(session: Session, chain_id: int, account: str) -> bool:
    """Whether an act of the account is neither final nor refused."""
    query = select(TransactionRow.id).where(
        TransactionRow.chain_id == chain_id,
        TransactionRow.account == account,
        col(TransactionRow.state).in_((State.WAITING, State.SIGNED)),
    )
    return session.exec(query.limit(1)).first() is not None


def signatures(session: Session, transaction: int) -> list[SignatureRow]:
    """Everything that was signed for an act, newest first."""
    query = select(SignatureRow).where(SignatureRow.transaction == transaction)
    return list(session.exec(query.order_by(col(SignatureRow.nonce).desc())))


def take_nonce(session: Session, chain_id: int, account: str, at_least: int) -> int:
    """Give the account's next nonce, never one below ``at_least``, what the chain has used."""
    query = select(AccountRow).where(AccountRow.chain_id == chain_id, AccountRow.account == account)
    if session.exec(query).first() is None:
        _inserted(session, AccountRow(chain_id=chain_id, account=account, next_nonce=0))
    row = session.exec(query.with_for_update(), execution_options={"populate_existing": True}).one()
    nonce = max(row.next_nonce, at_least)
    row.next_nonce = nonce + 1
    session.add(row)
    return nonce


def store_signature(
    session: Session, row: TransactionRow, nonce: int, raw: bytes, digest: bytes, now: int
) -> None:
    """Keep signed bytes, which may be sent once this is committed."""
    row.nonce, row.state = nonce, State.SIGNED
    session.add(row)
    session.add(SignatureRow(hash=digest, transaction=row.id, nonce=nonce, raw=raw, created=now))


def refuse(session: Session, row: TransactionRow, block: Head | None, refusal: Refusal) -> None:
    """An act was refused in a final block, or before it was sent."""
    row.state, row.error = State.REFUSED, encode_refusal(refusal)
    if block is not None:
        row.block, row.block_hash, row.block_time = block.number, block.hash, block.time
    session.add(row)


def encode_refusal(refusal: Refusal) -> str:
    """A refusal as it is stored."""
    if isinstance(refusal, ContractRefused):
        said: dict[str, Any] = {"error": refusal.error, "values": refusal.values}
    else:
        said = {"code": refusal.code, "message": refusal.message}
    return json.dumps(said, sort_keys=True)


def refusal_of(row: TransactionRow) -> Refusal:
    """Why an act was refused, or is about to be."""
    said = json.loads(row.error or "{}")
    place = f"{row.purpose} {row.reference}"
    if "code" in said:
        return TransactionError(said["code"], said["message"], place)
    return ContractRefused(said["error"], said["values"], place)


def require_own(session: Session, log: bytes, anchor: Anchor) -> None:
    """Raise LogError unless the log had the anchor's root at its size.

    ``log_forked``: it had another. ``size_unknown``: it is not that long.
    """
    if logs.root_at(session, log, anchor.size) != anchor.root:
        raise LogError("log_forked", f"Another root is anchored for size {anchor.size}.", "root")


def record_anchor(session: Session, log: bytes, anchor: Anchor) -> None:
    """Remember an anchor of the log's own root seen in a final block; once more is harmless."""
    put(session, AnchorRow(log=logs.state(session, log).number, **asdict(anchor)))


def anchor_at(session: Session, log: bytes, size: int) -> Anchor | None:
    """The anchor of this size, if it is known."""
    return _anchor(session.get(AnchorRow, (logs.state(session, log).number, size)))


def first_anchor_covering(session: Session, log: bytes, index: int) -> Anchor | None:
    """The first anchored size above ``index``: its time is the proven time of that entry."""
    number = logs.state(session, log).number
    query = select(AnchorRow).where(AnchorRow.log == number, AnchorRow.size > index)
    return _anchor(session.exec(query.order_by(col(AnchorRow.size)).limit(1)).first())


def latest_anchor(session: Session, log: bytes) -> Anchor | None:
    """The largest anchored size that is known, or None."""
    number = logs.state(session, log).number
    query = select(AnchorRow).where(AnchorRow.log == number)
    return _anchor(session.exec(query.order_by(col(AnchorRow.size).desc()).limit(1)).first())


def put(session: Session, row: SQLModel) -> None:
    """Insert a row, or bring the one with its key up to date; several may do so at once."""
    key = inspect(type(row)).primary_key_from_instance(row)
    fresh = type(row)(**row.model_dump())
    if session.get(type(row), key) is not None or not _inserted(session, row):
        session.merge(fresh)


def _inserted(session: Session, row: SQLModel) -> bool:
    """Insert a row; False if another process was faster."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def _anchor(row: AnchorRow | None) -> Anchor | None:
    return None if row is None else Anchor(row.size, row.time, row.block_number, row.root)
