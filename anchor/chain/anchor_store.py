"""Which logs wait for an anchor, and how their workers fare, in the database. Nothing commits."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from anchor.chain.models import AnchorRow, State, TransactionRow, WorkerRow
from anchor.database import storable
from anchor.models import EntryRow, LogRow

ANCHORING = "LogAnchor.anchor"
"""Purpose of the acts that anchor; their data names the log first."""


class Standing(NamedTuple):
    """Where a log stands: its sizes here, in the published files, and as last seen on chain.

    ``since`` is the ``iat`` of its oldest entry that is not anchored, None if all are.
    """

    log: bytes
    org: bytes
    origin: str
    size: int
    published: int
    anchored: int
    since: int | None
    halted: str | None


def standings(session: Session) -> list[Standing]:
    """All logs, by name."""
    found = (Standing(*row) for row in session.execute(_standings()))
    return sorted(found, key=lambda one: one.origin)  # databases differ in how they order text


def standing(session: Session, log: bytes) -> Standing:
    """One log, which exists."""
    return Standing(*session.execute(_standings().where(col(LogRow.log) == log)).one())


def due(session: Session) -> list[Standing]:
    """The logs with published entries that are not known to be anchored, waiting longest first."""
    behind = col(LogRow.published) > _anchored()
    query = _standings().where(behind, col(LogRow.halted).is_(None))
    first = func.coalesce(EntryRow.iat, 0)
    found = session.execute(query.order_by(first, col(LogRow.number)))
    return [Standing(*row) for row in found]


def under_way(session: Session, chain_id: int) -> set[bytes]:
    """The ids of the logs that have an act of anchoring which is neither final nor refused."""
    row = TransactionRow
    query = select(func.substr(row.data, 5, 32)).where(
        col(row.chain_id) == chain_id,
        col(row.state).in_((State.WAITING, State.SIGNED)),
        col(row.purpose) == ANCHORING,
    )
    return {bytes(found) for (found,) in session.execute(query)}


def counts(session: Session) -> dict[str, int]:
    """How many acts are under way: ``waiting`` for a nonce, ``sent`` or about to be, ``seen`` in a
    block that is not final, ``lost`` with theirs."""
    row = TransactionRow
    query = select(col(row.state), col(row.block).is_(None), col(row.block_hash).is_(None))
    counted = query.add_columns(func.count()).where(
        col(row.state).in_((State.WAITING, State.SIGNED))
    )
    found = dict.fromkeys(("waiting", "sent", "seen", "lost"), 0)
    groups = counted.group_by(
        col(row.state), col(row.block).is_(None), col(row.block_hash).is_(None)
    )
    for state, never, gone, count in session.execute(groups):
        name = "sent" if never else "lost" if gone else "seen"
        found["waiting" if state == State.WAITING else name] += count
    return found


def workers(session: Session) -> list[WorkerRow]:
    """What the workers said of themselves."""
    return list(session.scalars(select(WorkerRow).order_by(col(WorkerRow.account))))


def note_worker(session: Session, row: WorkerRow) -> None:
    """Remember what a worker says of itself."""
    row.said = None if row.said is None else storable(row.said)
    try:
        with session.begin_nested():
            session.merge(row)
    except IntegrityError:  # another worker of this account has just said its first word
        session.merge(row)


def _anchored() -> ColumnElement[int]:
    newest = select(func.max(AnchorRow.size)).where(col(AnchorRow.log) == col(LogRow.number))
    return func.coalesce(newest.correlate(LogRow).scalar_subquery(), 0)


def _standings() -> Select[Any]:
    log = LogRow
    oldest = and_(col(EntryRow.log) == col(log.number), col(EntryRow.index) == _anchored())
    columns: list[Any] = [log.log, log.org, log.origin, log.size, log.published]
    columns += [_anchored(), EntryRow.iat, log.halted]
    return select(*columns).outerjoin_from(LogRow, EntryRow, oldest)
