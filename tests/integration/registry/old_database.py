"""A database as the first release left it, with rows in every table."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Engine, MetaData, insert, inspect, select

from registry.database import configuration

FIRST = "0001"

ROWS: dict[str, list[dict[str, Any]]] = {
    "chain_accounts": [{"chain_id": 31337, "account": "0xaa", "next_nonce": 2}],
    "chain_transactions": [
        {
            "id": 7, "chain_id": 31337, "account": "0xaa", "nonce": 0,
            "purpose": "LogAnchor.anchor", "reference": "01/0/1", "contract": None,
            "data": b"\x00\xff", "state": "final",
            "created": 1, "sent": 2, "block": 3, "block_hash": bytes(32), "block_time": 4,
            "error": None,
        },
        {
            "id": 8, "chain_id": 31337, "account": "0xaa", "nonce": 1,
            "purpose": "LogAnchor.anchor", "reference": "01/1/2", "contract": "0xbb", "data": b"",
            "state": "refused",
            "created": 1, "sent": None, "block": None, "block_hash": None, "block_time": None,
            "error": "{}",
        },
    ],
    "logs": [
        {
            "number": n, "log": bytes([n]), "org": bytes([n]), "origin": f"tem.example/{n}",
            "size": 2**40, "root": b"root", "frontier": b"", "created": 2**33, "halted": halted,
        }
        for n, halted in ((1, None), (2, "look at it"))
    ],
    "anchors": [{"log": 1, "size": 2, "root": b"root", "time": 5, "block_number": 2**40}],
    "chain_signatures": [
        {"hash": b"h", "transaction": 7, "nonce": 0, "raw": b"raw", "created": 1}
    ],
    "entries": [
        {"log": log, "index": n, "leaf": bytes([log, n]), "iat": 9, "statement": b"\x00statement"}
        for log, n in ((1, 0), (1, 1), (2, 0))
    ],
    "organisations": [
        {"org": b"\x01", "did": "did:web:x", "name": "Cơ quan", "log": b"\x01", "founded": 1}
    ],
    "tiles": [{"log": 1, "level": 0, "index": 2**40, "hashes": bytes(64)}],
    "api_keys": [
        {"id": "k", "org": b"\x01", "digest": b"d", "label": "l", "created": 1, "revoked": None}
    ],
    "records": [
        {
            "log": log, "index": n, "sub": f"V26.{n}", "vct": "urn:x",
            "claims": b'{"a":"\xc6\xa1"}', "disclosures": "WyJh~WyJi",
        }
        for log, n in ((1, 0), (1, 1), (2, 0))
    ],
    "idempotency_keys": [
        {"log": 1, "key": "first", "index": 0, "request": bytes(32), "created": 1},
        {"log": 1, "key": "second", "index": 1, "request": bytes(32), "created": 1},
        {"log": 2, "key": "first", "index": 0, "request": bytes(32), "created": 1},
    ],
}  # fmt: skip
"""By table, in an order in which they can be inserted."""


def make(engine: Engine) -> None:
    """Fill an empty database with the tables and rows."""
    with engine.connect() as connection, connection.begin():
        command.upgrade(configuration(connection), FIRST)
    tables = MetaData()
    tables.reflect(engine)
    assert {*ROWS, "alembic_version"} == {*tables.tables}
    with engine.begin() as connection:
        for name, rows in ROWS.items():
            connection.execute(insert(tables.tables[name]), rows)


def rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """What is left of ROWS: in each table the columns that ROWS has."""
    tables = MetaData()
    tables.reflect(engine)
    found = {}
    with engine.connect() as connection:
        for name, given in ROWS.items():
            table = tables.tables[name]
            columns = [table.c[column] for column in given[0]]
            rows = connection.execute(select(*columns).order_by(*table.primary_key)).mappings()
            found[name] = [dict(row) for row in rows]
    return found


def form(engine: Engine) -> dict[str, Any]:
    """Every table with its columns, keys, constraints and indexes."""
    inspector = inspect(engine)
    return {
        name: {
            "columns": sorted(
                (column["name"], str(column["type"]), column["nullable"])
                for column in inspector.get_columns(name)
            ),
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "foreign": sorted(
                (key["constrained_columns"], key["referred_table"], key["referred_columns"])
                for key in inspector.get_foreign_keys(name)
            ),
            "unique": sorted(one["column_names"] for one in inspector.get_unique_constraints(name)),
            "indexes": sorted(
                (index["name"] or "", index["column_names"], bool(index["unique"]))
                for index in inspector.get_indexes(name)
            ),
        }
        for name in inspector.get_table_names()
    }
