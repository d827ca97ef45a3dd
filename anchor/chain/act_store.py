"""Acts that were signed, on their way from their stored bytes into a final block, in the database.

An act that was signed is somewhere on this way: never sent; sent; ``seen`` in a block that may
still be undone; or that block is ``gone``, and the act has to be sent again. Nothing here commits.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Select, Update, and_, delete, func, select, update
from sqlmodel import Session, col

from anchor.chain import store
from anchor.chain.models import AnchorRow, SignatureRow, State, TransactionRow
from anchor.chain.node import Receipt
from anchor.errors import ContractRefused

_NEVER = float("inf")


class Held(NamedTuple):
    """A block in which an act was seen, final or not."""

    number: int
    hash: bytes


class Signed(NamedTuple):
    """An act that is neither final nor refused, and the nonce of its newest signature.

    ``block`` and ``block_hash``: where it was seen last; without the hash, that block is gone.
    ``sent``: when it was first sent. ``error``: why the block refused it, as it is stored.
    """

    id: int
    account: str
    nonce: int
    block: int | None
    block_hash: bytes | None
    sent: int | None
    error: str | None

    @property
    def lost(self) -> bool:
        """Whether it was in a block that is gone."""
        return self.block is not None and self.block_hash is None

    @property
    def place(self) -> tuple[float, int]:
        """Its place in the order in which the acts can be repeated.

        What was in a block comes in the order of the blocks. An act was signed on top of a block,
        so it needs nothing of its own block, nor of what had not been in one.
        """
        return (_NEVER if self.block is None else self.block, self.id)


def signed(session: Session, chain_id: int) -> list[Signed]:
    """The acts of all accounts that are under way, in the order in which they can be repeated."""
    row = TransactionRow
    query = select(*(getattr(row, name) for name in Signed._fields)).where(
        col(row.chain_id) == chain_id, col(row.state) == State.SIGNED
    )
    return sorted((Signed(*found) for found in session.execute(query)), key=lambda one: one.place)


def signatures(session: Session, acts: Iterable[Signed]) -> dict[int, list[SignatureRow]]:
    """Everything that was signed for these acts, by their ids, newest first."""
    found = defaultdict[int, list[SignatureRow]](list)
    ids = [act.id for act in acts]
    for start in range(0, len(ids), 500):
        some = col(SignatureRow.transaction).in_(ids[start : start + 500])
        query = select(SignatureRow).where(some).order_by(col(SignatureRow.nonce).desc())
        for row in session.scalars(query):
            found[row.transaction].append(row)
    return found


def note_sent(session: Session, acts: Sequence[Signed], now: int) -> None:
    """A node has these acts."""
    for act in _in_order(acts):
        session.execute(_still(act).where(col(TransactionRow.sent).is_(None)).values(sent=now))


def note_seen(session: Session, acts: Sequence[Signed], now: int) -> None:
    """These acts are in the blocks that they name."""
    for act in _in_order(acts):
        values = {"block": act.block, "block_hash": act.block_hash, "error": act.error}
        sent = func.coalesce(TransactionRow.sent, now)
        session.execute(_still(act).values(**values, sent=sent))


def note_final(session: Session, acts: Iterable[tuple[Signed, int]]) -> None:
    """These acts have come true in final blocks, whose times are beside them.

    An act that was taken back meanwhile is left as it is.
    """
    for act, time in sorted(acts):  # by their ids, as _in_order
        there = _still(act).where(col(TransactionRow.block_hash) == act.block_hash)
        session.execute(there.values(state=State.FINAL, block_time=time))


def newest_block(session: Session, chain_id: int, up_to: int | None = None) -> Held | None:
    """The newest block in which an act was seen, at most number ``up_to``."""
    query = _held(chain_id).order_by(col(TransactionRow.block).desc()).limit(1)
    if up_to is not None:
        query = query.where(col(TransactionRow.block) <= up_to)
    found = session.execute(query).first()
    return None if found is None else Held(*found)


def has_finished(session: Session, chain_id: int, block: int) -> bool:
    """Whether an act is final or refused in this block."""
    row = TransactionRow
    query = _held(chain_id).where(col(row.block) == block, col(row.state) != State.SIGNED)
    return session.execute(query.limit(1)).first() is not None


def blocks(session: Session, chain_id: int) -> list[Held]:
    """All blocks in which acts were seen, oldest first."""
    query = _held(chain_id).distinct().order_by(col(TransactionRow.block))
    return [Held(*found) for found in session.execute(query)]


def take_back(session: Session, chain_id: int, above: int) -> tuple[int, int]:
    """The chain has lost every block after ``above``: what was seen there has to be sent again.

    Returns how many acts were seen there, and how many of them were finished. What was refused
    there has used a nonce, and goes along; where it was asked for anew since, it gives up its
    name.
    """
    row = TransactionRow
    lost = and_(
        col(row.chain_id) == chain_id, col(row.block) > above, col(row.block_hash).is_not(None)
    )
    # All are locked first, in the order in which everybody locks acts.
    session.execute(select(col(row.id)).where(lost).order_by(col(row.id)).with_for_update()).all()
    query = select(row).where(lost, col(row.state) == State.REFUSED).order_by(col(row.id))
    refused = list(session.scalars(query))
    for one in refused:
        newest = store.find(session, chain_id, one.purpose, one.reference)
        if newest is not None and newest.id != one.id:
            one.reference = f"{one.reference} (refused, {one.id})"
        one.state, one.block_hash, one.block_time, one.error = State.SIGNED, None, None, None
        session.add(one)
        session.flush()
    counts = list[int]()
    for state in (State.FINAL, State.SIGNED):
        change = update(row).where(lost, col(row.state) == state)
        values = {"state": State.SIGNED, "block_hash": None, "block_time": None, "error": None}
        counts.append(session.execute(change.values(**values)).rowcount)  # type: ignore[attr-defined]
    session.execute(delete(AnchorRow).where(col(AnchorRow.block_number) > above))
    finished = len(refused) + counts[0]
    return finished + counts[1], finished


def seen_in(act: Signed, receipt: Receipt, refusal: ContractRefused | None) -> Signed:
    """The act, seen in the block of its receipt."""
    error = None if refusal is None else store.encode_refusal(refusal)
    return act._replace(block=receipt.block_number, block_hash=receipt.block_hash, error=error)


def refusal_in(act: Signed) -> ContractRefused:
    """Why the block refused the act."""
    said = json.loads(act.error or "{}")
    return ContractRefused(said["error"], said["values"])


def _in_order(acts: Sequence[Signed]) -> list[Signed]:
    """By their ids: whoever changes several acts locks them in this order, so that two workers
    never wait for each other."""
    return sorted(acts, key=lambda act: act.id)


def _still(act: Signed) -> Update:
    """Change the act, unless another process has finished it."""
    row = TransactionRow
    return update(row).where(col(row.id) == act.id, col(row.state) == State.SIGNED)


def _held(chain_id: int) -> Select[int | None, bytes | None]:
    row = TransactionRow
    return select(col(row.block), col(row.block_hash)).where(
        col(row.chain_id) == chain_id, col(row.block) >= 0, col(row.block_hash).is_not(None)
    )
