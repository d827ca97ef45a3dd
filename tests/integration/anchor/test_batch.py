"""Batches: requests of one transaction, of which each stands or falls alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from anchor import store
from anchor.batch import Batch, Entry, Part
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.models import LogRow, TileRow
from tests.integration.anchor.sequencing import GENESIS, LOG, NOW, ORG, begin, held


@pytest.fixture
def log(engine: Engine) -> Engine:
    begin(engine)
    return engine


class Refused(Exception):  # noqa: N818
    """A caller's own reason to refuse a request."""


def entries(*statements: bytes) -> list[Entry]:
    return [Entry(one, NOW) for one in statements]


def add_and_refuse(part: Part, *statements: bytes) -> None:
    part.append(entries(*statements))
    raise Refused


def ask(batch: Batch, *statements: bytes) -> range:
    with batch.request() as part:
        return part.append(entries(*statements))


def test_a_refused_request_leaves_its_index_to_the_next_one(log: Engine) -> None:
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        assert ask(batch, b"a", b"b") == range(1, 3)
        with pytest.raises(Refused), batch.request() as part:
            add_and_refuse(part, b"c", b"d")
        assert ask(batch, b"e") == range(3, 4)
        batch.finish()
    assert held(log) == [GENESIS, b"a", b"b", b"e"]


def test_what_was_refused_may_come_again(log: Engine) -> None:
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        with pytest.raises(Refused), batch.request() as part:
            add_and_refuse(part, b"a")
        assert ask(batch, b"a") == range(1, 2)
        batch.finish()
    assert held(log) == [GENESIS, b"a"]


def test_a_request_adds_one_by_one(log: Engine) -> None:
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        with batch.request() as part:
            assert [part.add(one) for one in entries(b"a", b"b")] == [1, 2]
            assert part.append([]) == range(3, 3)
            assert part.append(entries(b"c")) == range(3, 4)
        batch.finish()
    assert held(log) == [GENESIS, b"a", b"b", b"c"]


def test_the_writes_of_a_refused_request_go_with_it(log: Engine) -> None:
    def write(session: Session, index: int) -> None:
        session.add(TileRow(log=1, level=9, index=index, hashes=b""))
        session.flush()

    def write_and_refuse(part: Part) -> None:
        write(part.session, 1)
        raise Refused

    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        for index in (0, 2):
            with batch.request() as part:
                write(part.session, index)
            with pytest.raises(Refused), batch.request() as part:
                write_and_refuse(part)
            with batch.request() as part:
                assert part.session.get(TileRow, (1, 9, 1)) is None
        batch.finish()
    with reading(log) as session:
        written = session.exec(select(TileRow.index).where(col(TileRow.level) == 9))
        assert sorted(written) == [0, 2]


def test_a_broken_rule_of_the_database_refuses_one_request(log: Engine) -> None:
    def twice(session: Session) -> None:
        for _ in range(2):
            session.add(TileRow(log=1, level=9, index=0, hashes=b""))
            session.flush()
            session.expunge_all()

    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        assert ask(batch, b"a") == range(1, 2)
        with pytest.raises(IntegrityError), batch.request() as part:
            twice(part.session)
        assert ask(batch, b"b") == range(2, 3)
        batch.finish()
    assert held(log) == [GENESIS, b"a", b"b"]


@pytest.mark.parametrize("first", [(GENESIS,), (b"a",), (b"new", b"a"), (b"new", b"new")])
def test_a_duplicate_refuses_one_request(log: Engine, first: Sequence[bytes]) -> None:
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        ask(batch, b"a")
        with pytest.raises(LogError) as caught:
            ask(batch, *first)
        place = f"entries[{len(first) - 1}]"
        assert (caught.value.code, caught.value.place) == ("duplicate_leaf", place)
        assert ask(batch, b"new") == range(2, 3)
        batch.finish()
    assert held(log) == [GENESIS, b"a", b"new"]


def test_a_request_may_go_on_after_a_duplicate(log: Engine) -> None:
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        with batch.request() as part:
            part.append(entries(b"a"))
            for _ in range(2):
                with pytest.raises(LogError, match="duplicate_leaf"):
                    part.append(entries(b"b", b"a", b"c"))
            assert part.append(entries(b"b", b"c")) == range(2, 4)
        batch.finish()
    assert held(log) == [GENESIS, b"a", b"b", b"c"]


@pytest.mark.parametrize("ahead", [61, 86_400])
def test_the_time_of_the_batch_decides_what_is_ahead(log: Engine, ahead: int) -> None:
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        with pytest.raises(LogError) as caught, batch.request() as part:
            part.append([Entry(b"now", NOW + 60), Entry(b"ahead", NOW + ahead)])
        assert (caught.value.code, caught.value.place) == ("iat_ahead", "entries[1].iat")
        batch.finish()
    assert held(log) == [GENESIS]


def test_an_empty_batch_writes_nothing(log: Engine) -> None:
    written = list[str]()

    @event.listens_for(log, "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        written.append(statement.split()[0])

    before = held(log)
    written.clear()
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        with pytest.raises(Refused), batch.request() as part:
            raise Refused
        with batch.request() as part:
            assert part.append([]) == range(1, 1)
        batch.finish()
    assert "SELECT" in written
    assert {"INSERT", "UPDATE", "DELETE"}.isdisjoint(written)
    assert held(log) == before


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ({"halted": "a test"}, "log_halted"),
        ({"frontier": bytes(32)}, "log_damaged"),
        ({"size": 3}, "log_damaged"),
    ],
)
def test_a_log_that_takes_nothing_refuses_who_appends(
    log: Engine, damage: dict[str, object], code: str
) -> None:
    with writing(log) as session:
        session.execute(update(LogRow).values(damage))
    with writing(log) as session:
        batch = store.begin_batch(session, LOG, NOW)
        for _ in range(2):
            with pytest.raises(LogError) as caught:
                ask(batch, b"a")
            assert (caught.value.code, caught.value.place) == (code, "log")
        with batch.request() as part:  # what appends nothing is answered as ever
            assert part.number == store.state(session, LOG).number
        batch.finish()


def test_a_batch_that_is_not_committed_leaves_nothing(log: Engine) -> None:
    def append_and_stop(session: Session) -> None:
        batch = store.begin_batch(session, LOG, NOW)
        ask(batch, *(b"%d" % n for n in range(300)))
        batch.finish()
        raise Refused

    with pytest.raises(Refused), writing(log) as session:
        append_and_stop(session)
    assert held(log) == [GENESIS]


ORIGINS = itertools.count()

# A request: how many entries it appends, and whether it is then refused, or repeats an entry.
REQUESTS = st.tuples(st.integers(0, 90), st.sampled_from(["accepted", "refused", "duplicate"]))
BATCHES = st.lists(
    st.tuples(st.lists(REQUESTS, max_size=8), st.sampled_from(["committed", "given up"])),
    max_size=5,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=BATCHES)
def test_any_requests_leave_what_a_list_would_hold(
    engine: Engine, batches: list[tuple[list[tuple[int, str]], str]]
) -> None:
    log = begin(engine, f"tem.example/{next(ORIGINS)}")
    model, number = [GENESIS], 0
    for requests, end in batches:
        wanted = list(model)
        with writing(engine) as session:
            batch = store.begin_batch(session, log, NOW)
            for count, fate in requests:
                fresh = [b"statement %d" % n for n in range(number, number + count)]
                number += count
                _request(batch, wanted, fresh, fate)
            batch.finish()
            if end == "given up":
                session.rollback()
        model = wanted if end == "committed" else model
        assert held(engine, log) == model


def _request(batch: Batch, wanted: list[bytes], fresh: list[bytes], fate: str) -> None:
    """Make one request of ``batch``, and do to the model what it has to do to the log."""
    if fate == "accepted":
        assert ask(batch, *fresh) == range(len(wanted), len(wanted) + len(fresh))
        wanted += fresh
    elif fate == "refused":
        with pytest.raises(Refused), batch.request() as part:
            add_and_refuse(part, *fresh)
    else:
        with pytest.raises(LogError, match="duplicate_leaf"):
            ask(batch, *fresh, wanted[len(wanted) // 2])


def test_two_bodies_cannot_begin_the_same_log(engine: Engine) -> None:
    begin(engine)
    with writing(engine) as session:
        with pytest.raises(LogError, match="log_exists"):
            store.create(session, ORG, "tem.example/body", Entry(b"other", NOW), NOW)
        store.create(session, ORG, "tem.example/another", Entry(b"other", NOW), NOW)
    assert held(engine) == [GENESIS]
