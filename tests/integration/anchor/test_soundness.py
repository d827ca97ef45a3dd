"""Whether a log is whole, told from its rows as they pass by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anchor import store
from anchor.database import open_database, reading, writing
from anchor.errors import LogError
from anchor.models import EntryRow, LogRow, TileRow
from anchor.soundness import Soundness
from anchor.store import Entry
from tests.integration.anchor.published import NOW, ORG

SIZE = 600
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def rows(sqlite_url: str) -> Rows:
    """All rows of two logs, by table, in the order of their keys."""
    engine = open_database(sqlite_url)
    with writing(engine) as session:
        for origin, size in (("tem.example/one", SIZE), ("tem.example/two", 1)):
            log = store.create(session, ORG, origin, Entry(origin.encode(), NOW), NOW).log
            entries = [Entry(b"entry %d" % number, NOW) for number in range(1, size)]
            store.append(session, log, entries, NOW)
    with reading(engine) as session:
        found = {
            kind.__tablename__: [
                dict(row._mapping)
                for row in session.execute(
                    kind.__table__.select().order_by(*kind.__table__.primary_key)
                )
            ]
            for kind in (LogRow, EntryRow, TileRow)
        }
    engine.dispose()
    return found


def see(rows: Rows, piece: int = 100) -> None:
    sound = Soundness()
    for table, values in rows.items():
        for first in range(0, len(values), piece):
            sound.see(table, values[first : first + piece])
    sound.require_whole()


@pytest.mark.parametrize("piece", [1, 255, 256, 257, 10_000])
def test_whole_logs_in_pieces(rows: Rows, piece: int) -> None:
    see({**rows, "records": [{"log": 1, "index": 0}]}, piece)


def test_no_log_at_all() -> None:
    see({"logs": [], "entries": [], "tiles": []})


def flip(row: dict[str, Any], name: str, at: int = -1) -> None:
    data = bytearray(row[name])
    data[at] ^= 1
    row[name] = bytes(data)


def _tile(rows: Rows, level: int, index: int) -> dict[str, Any]:
    return next(row for row in rows["tiles"] if (row["level"], row["index"]) == (level, index))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda rows: flip(rows["entries"][5], "statement"), "Entry 5 is not what its leaf"),
        (lambda rows: flip(rows["entries"][5], "leaf"), "Entry 5 is not what its leaf"),
        (lambda rows: rows["entries"].pop(5), "Entry 5 is missing"),
        (lambda rows: rows["entries"].pop(SIZE - 1), f"has {SIZE - 1} entries instead of {SIZE}"),
        (lambda rows: rows["entries"].insert(6, rows["entries"][5]), "Entry 6 is missing"),
        (lambda rows: flip(rows["logs"][0], "root"), "root is not that of the entries"),
        (lambda rows: flip(rows["logs"][0], "frontier", 0), "root is not that of the entries"),
        (lambda rows: rows["logs"][0].update(frontier=b""), "root is not that of the entries"),
        (lambda rows: rows["logs"][0].update(size=SIZE - 1), f"instead of {SIZE - 1}"),
        (lambda rows: flip(_tile(rows, 0, 1), "hashes"), "Tile 0/1 is not that of the entries"),
        (lambda rows: flip(_tile(rows, 1, 0), "hashes"), "Tile 1/0 is not that of the entries"),
        (lambda rows: _tile(rows, 0, 0).update(hashes=bytes(32)), "Tile 0/0 is not"),
        (lambda rows: _tile(rows, 0, 1).update(index=2), "Tile 0/2 is not"),
        (lambda rows: _tile(rows, 1, 0).update(level=9), "Tile 9/0 is not"),
        (lambda rows: _tile(rows, 1, 0).update(index=1, hashes=b""), "Tile 1/1 is not"),
        (lambda rows: rows["tiles"].pop(0), "has 2 tiles instead of 3"),
    ],
)
def test_what_is_damaged_is_named(rows: Rows, damage: Callable[[Rows], object], said: str) -> None:
    damage(rows)
    with pytest.raises(LogError) as error:
        see(rows)
    assert (error.value.code, error.value.place) == ("log_damaged", "tem.example/one")
    assert said in error.value.message


@pytest.mark.parametrize("table", ["entries", "tiles"])
def test_rows_of_no_log(rows: Rows, table: str) -> None:
    rows[table].append({**rows[table][0], "log": 99})
    with pytest.raises(LogError) as error:
        see(rows)
    assert (error.value.code, "99" in error.value.message) == ("log_damaged", True)


def test_a_log_without_an_entry() -> None:
    row = {"number": 1, "origin": "tem.example/one", "size": 0, "root": b"", "frontier": b""}
    with pytest.raises(LogError) as error:
        see({"logs": [row], "entries": [], "tiles": []})
    assert error.value.code == "log_damaged"
