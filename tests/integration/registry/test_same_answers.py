"""SQLite and PostgreSQL are equals: what happens to both gives the same answers and the same rows.

The answers are those of every store and service; the errors are compared by their words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from anchor.database import reading
from registry.keyring import Keyring
from tests.databases import Postgresql, Sqlite
from tests.integration.registry import histories
from tests.integration.registry.histories import Side, answer, questions

LENGTH, QUESTIONS = 250, 5

LOG, BODY = (0, 0, 1, 2), (0, 1)
SIZES = (0, 1, 1, 2, 3, 5, 8, 255, 256, 257, 300, 512, 600)
BLOCK = (1, 2, 3, 4)
ACCOUNT = ("0xaa", "0xaa", "0xAA", "0xb")
NUMBERS = ("V26.1", "v26.1", "V26.10", "V26-1", "genesis", "Số", "V\u0000", "")
KEYS = (None, None, "k", "K", "k ", "ключ")
PLACES = ("Chợ Bến Thành", "chợ bến thành", "\U0001f4a9", "x\u0000y")
COUNTS = (0, 1, 2, 3, 255, 256, 257)
PREFIXES = (b"", b"\x00", b"\x7f", b"\x80", b"\xff", bytes(range(16)))

EVENTS: Sequence[tuple[Callable[..., Any], Sequence[Sequence[Any]]]] = [
    *2 * [(histories.issue, (BODY, NUMBERS, KEYS, PLACES))],
    *2 * [(histories.append, (LOG, range(400), COUNTS, (0, 0, 0, 90, 10_000)))],
    (histories.prove, (BODY, (0, 1, 2, 3, 4), (True, False))),
    (histories.begin, (("tem.test/z", "tem.test/Z", "tem.test/a-b", "tem.test/body", ""),)),
    (histories.halt, (LOG, ("look at it", "xem lại: 'Sở'", "x\u0000 \ud800"))),
    *3 * [(histories.resume, (LOG,))],
    (histories.publish, (LOG, SIZES)),
    (histories.anchor, (LOG, (1, 1, 1, 2, 3, 257), BLOCK, (True, True, True, False))),
    (histories.ask, (ACCOUNT, ("a", "b", "B", "a/1", "ơ"), (b"\x00\xff" * 20, bytes(range(40))))),
    (histories.sign, (ACCOUNT, range(4))),
    (histories.refuse, (ACCOUNT, (0, 1, 2))),
    (histories.follow, (("sent", "seen", "seen", "final"), BLOCK)),
    (histories.lose, (BLOCK,)),
    (histories.note_worker, (ACCOUNT, (None, "chain_unreachable", "x\u0000 \ud800"))),
    (histories.make_key, (("k", "K"), BODY)),
    (histories.revoke_key, (("k", "K"), (1, 2, 3))),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_one_history_gives_the_same_answers_on_both(
    sqlite_databases: Sqlite, postgresql_databases: Postgresql, keyring: Keyring, seed: int
) -> None:
    random, done = Random(seed), Counter[str]()
    with sqlite_databases.opened() as one, postgresql_databases.opened() as other:
        sides = [Side(one, keyring), Side(other, keyring)]
        for n in range(LENGTH):
            happens, choices = random.choice(EVENTS)
            drawn = [random.choice(choice) for choice in choices]
            first, second = (answer(partial(happens, side, *drawn)) for side in sides)
            assert first == second, (n, happens.__name__, drawn)
            done[happens.__name__] += not histories.refused(first)
            if n % (LENGTH // QUESTIONS) == 0:
                require_same_answers(sides, random.choice(SIZES), random.choice(PREFIXES))
        assert rows(one) == rows(other)
    assert set(done.elements()) == {happens.__name__ for happens, _ in EVENTS}, done


def require_same_answers(sides: Sequence[Side], size: int, prefix: bytes) -> None:
    asked = [questions(side, size, prefix) for side in sides]
    for number, (question, same) in enumerate(zip(*asked, strict=True)):
        first, second = partial(sides[0].read, question), partial(sides[1].read, same)
        assert answer(first) == answer(second), number


def rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, with the names of logs instead of their numbers."""
    with reading(engine) as session:
        connection = session.connection()
        logs = connection.execute(select(SQLModel.metadata.tables["logs"])).mappings()
        names = {log["number"]: log["origin"] for log in logs}
        found = dict[str, list[tuple[Any, ...]]]()
        for name, table in SQLModel.metadata.tables.items():
            key = "number" if name == "logs" else "log"
            all_rows = connection.execute(select(table)).mappings()
            found[name] = sorted(
                (
                    tuple(names.get(v, v) if column == key else v for column, v in row.items())
                    for row in all_rows
                ),
                key=repr,
            )
        return found
