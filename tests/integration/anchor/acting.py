"""Acts for tests of how they are sent, and where they stand."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import col, select

from anchor.chain.contract import Call
from anchor.chain.deploy import Contracts
from anchor.chain.models import TransactionRow
from anchor.chain.trust_registry import Role
from anchor.database import reading
from tests.integration.anchor.founding import Body

SOMEBODY = "0x" + "0a" * 20


def rows(engine: Engine, account: str) -> list[TransactionRow]:
    with reading(engine) as session:
        query = select(TransactionRow).where(TransactionRow.account == account.lower())
        return list(session.exec(query.order_by(col(TransactionRow.id))))


def allow(contracts: Contracts, body: Body, account: str = SOMEBODY) -> Call:
    """An act of the body's administrator that may be repeated."""
    return contracts.trust_registry.set_operator(body.org, account, Role.STATUS, True)
