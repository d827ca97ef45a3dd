"""Logs in a real database, against the reference tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Delete, Engine, Update, delete, update
from sqlmodel import Session, col

from anchor import store
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.models import LogRow, TileRow
from anchor.store import Entry
from tests import reference_tree
from tests.databases import Databases
from verifier import tiles
from verifier.errors import ContentError
from verifier.merkle import verify_consistency, verify_inclusion
from verifier.names import log_id, org_id

NOW = 1_790_000_000
ORG = org_id("did:web:body.example")
ORIGIN = "tem.example/body"
LOG = log_id(ORG, ORIGIN)


def statements(start: int, end: int) -> list[Entry]:
    return [Entry(b"statement %d" % n, NOW) for n in range(start, end)]


def leaves(size: int) -> list[bytes]:
    return [reference_tree.leaf(entry.statement) for entry in statements(0, size)]


@pytest.fixture
def log(engine: Engine) -> Engine:
    """A database with one log, whose entry 0 is statement 0."""
    with writing(engine) as session:
        store.create(session, ORG, ORIGIN, statements(0, 1)[0], NOW)
    return engine


def fill(engine: Engine, size: int) -> None:
    with writing(engine) as session:
        store.append(session, LOG, statements(store.state(session, LOG).size, size), NOW)


def refused(act: Callable[[], object]) -> LogError:
    with pytest.raises(LogError) as caught:
        act()
    return caught.value


def test_a_log_begins_with_its_entry_0(log: Engine) -> None:
    with reading(log) as session:
        state = store.state(session, LOG)
        assert store.states(session) == [state]
        assert store.statement(session, LOG, 0) == b"statement 0"
    assert (state.log, state.org, state.origin, state.size) == (LOG, ORG, ORIGIN, 1)
    assert (state.root, state.created, state.halted) == (leaves(1)[0], NOW, None)


@pytest.mark.parametrize("org", [ORG, org_id("did:web:other.example")])
def test_an_origin_is_taken_once(log: Engine, org: bytes) -> None:
    with writing(log) as session:
        error = refused(lambda: store.create(session, org, ORIGIN, Entry(b"x", 0), NOW))
        assert error.code == "log_exists"


@pytest.mark.parametrize("origin", ["", "no-slash", "UPPER.example/x", "a/ü", "a b/c"])
def test_a_malformed_origin_is_refused(engine: Engine, origin: str) -> None:
    with writing(engine) as session, pytest.raises(ContentError) as caught:
        store.create(session, ORG, origin, Entry(b"x", NOW), NOW)
    assert caught.value.code == "origin_invalid"


def test_indices_go_on_without_a_gap(log: Engine) -> None:
    with writing(log) as session:
        assert store.append(session, LOG, statements(1, 4), NOW) == range(1, 4)
    with writing(log) as session:
        assert store.append(session, LOG, [], NOW) == range(4, 4)
        assert store.append(session, LOG, statements(4, 5), NOW) == range(4, 5)
        assert store.lock(session, LOG).size == 5
    with reading(log) as session:
        assert [store.statement(session, LOG, n) for n in range(5)] == [
            entry.statement for entry in statements(0, 5)
        ]


def test_what_is_not_committed_takes_no_index(log: Engine) -> None:
    def append_and_stop(session: Session) -> None:
        store.append(session, LOG, statements(1, 300), NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError), writing(log) as session:
        append_and_stop(session)
    fill(log, 3)
    with reading(log) as session:
        state = store.state(session, LOG)
        assert (state.size, state.root) == (3, reference_tree.root(leaves(3)))


def test_a_refused_batch_takes_no_index_and_does_not_hurt_its_transaction(log: Engine) -> None:
    with writing(log) as session:
        twice = [*statements(1, 3), *statements(2, 3)]
        error = refused(lambda: store.append(session, LOG, twice, NOW))
        assert (error.code, error.place) == ("duplicate_leaf", "entries[2]")
        assert store.append(session, LOG, statements(1, 3), NOW) == range(1, 3)


@pytest.mark.parametrize("known", [0, 1, 255, 256, 299])
def test_a_statement_stands_in_a_log_once(log: Engine, known: int) -> None:
    fill(log, 300)
    entries = [Entry(b"new", NOW), *statements(known, known + 1)]
    with writing(log) as session:
        error = refused(lambda: store.append(session, LOG, entries, NOW))
    assert (error.code, error.place) == ("duplicate_leaf", "entries[1]")
    with reading(log) as session:
        assert store.state(session, LOG).root == reference_tree.root(leaves(300))


def test_the_same_statement_may_stand_in_two_logs(log: Engine) -> None:
    with writing(log) as session:
        other = store.create(session, ORG, "tem.example/other", statements(0, 1)[0], NOW)
        places = store.find(session, leaves(1)[0])
    assert {place.log for place in places} == {LOG, other.log}


@pytest.mark.parametrize("ahead", [61, 3600, 1 << 40])
def test_a_time_ahead_of_the_clock_is_refused(log: Engine, ahead: int) -> None:
    with writing(log) as session:
        entries = [Entry(b"now", NOW + 60), Entry(b"ahead", NOW + ahead)]
        error = refused(lambda: store.append(session, LOG, entries, NOW))
        assert (error.code, error.place) == ("iat_ahead", "entries[1].iat")
        assert store.state(session, LOG).size == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda s: store.append(s, bytes(32), statements(1, 2), NOW),
        lambda s: store.state(s, bytes(32)),
        lambda s: store.lock(s, bytes(32)),
        lambda s: store.halt(s, bytes(32), "why"),
        lambda s: store.resume(s, bytes(32)),
        lambda s: store.statement(s, bytes(32), 0),
        lambda s: store.inclusion_path(s, bytes(32), 0, 1),
        lambda s: store.consistency_proof(s, bytes(32), 1, 1),
        lambda s: store.root_at(s, bytes(32), 1),
        lambda s: store.tile(s, bytes(32), 0, 0, 1),
        lambda s: store.first_ahead(s, bytes(32), 0, 1),
    ],
)
def test_an_unknown_log_is_refused(log: Engine, act: Callable[[Session], object]) -> None:
    with writing(log) as session:
        assert refused(lambda: act(session)).code == "log_unknown"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda s: store.statement(s, LOG, 5), "entry_unknown"),
        (lambda s: store.statement(s, LOG, -1), "entry_unknown"),
        (lambda s: store.inclusion_path(s, LOG, 5, 5), "index_out_of_range"),
        (lambda s: store.inclusion_path(s, LOG, -1, 5), "index_out_of_range"),
        (lambda s: store.inclusion_path(s, LOG, 0, 6), "size_unknown"),
        (lambda s: store.consistency_proof(s, LOG, 0, 5), "size_out_of_range"),
        (lambda s: store.consistency_proof(s, LOG, 4, 3), "size_out_of_range"),
        (lambda s: store.consistency_proof(s, LOG, 5, 6), "size_unknown"),
        (lambda s: store.root_at(s, LOG, 0), "size_out_of_range"),
        (lambda s: store.root_at(s, LOG, 6), "size_unknown"),
        (lambda s: store.tile(s, LOG, 0, 0, 6), "size_unknown"),
        (lambda s: store.tile(s, LOG, 0, 1, 5), "tile_unknown"),
        (lambda s: store.tile(s, LOG, 1, 0, 5), "tile_unknown"),
    ],
)
def test_what_the_log_does_not_have_is_refused(
    log: Engine, act: Callable[[Session], object], code: str
) -> None:
    fill(log, 5)
    with reading(log) as session:
        assert refused(lambda: act(session)).code == code


def test_a_halted_log_takes_nothing_until_it_is_resumed(log: Engine) -> None:
    with writing(log) as session:
        store.halt(session, LOG, "contract_refused: look at it")
        store.halt(session, LOG, "a later reason")
        error = refused(lambda: store.append(session, LOG, statements(1, 2), NOW))
        assert error.code == "log_halted"
        assert "look at it" in error.message
        store.resume(session, LOG)
        assert store.append(session, LOG, statements(1, 2), NOW) == range(1, 2)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.integers(1, 600), min_size=1, max_size=6))
def test_any_batches_give_the_reference_tree(databases: Databases, steps: list[int]) -> None:
    with databases.opened() as engine:
        _give_the_reference_tree(engine, steps)


def _give_the_reference_tree(engine: Engine, steps: list[int]) -> None:
    size = 1
    with writing(engine) as session:
        store.create(session, ORG, ORIGIN, statements(0, 1)[0], NOW)
        for step in steps:
            store.append(session, LOG, statements(size, size + step), NOW)
            size += step
            assert store.state(session, LOG).root == reference_tree.root(leaves(size))
    with reading(engine) as session:
        for old in {1, size // 2 or 1, size - 1 or 1, size}:
            assert store.root_at(session, LOG, old) == reference_tree.root(leaves(old))
            proof = store.consistency_proof(session, LOG, old, size)
            assert proof == reference_tree.consistency(old, leaves(size))
            index = old - 1
            path = store.inclusion_path(session, LOG, index, size)
            assert path == reference_tree.path(index, leaves(size))


@pytest.fixture(scope="module")
def large(databases: Databases) -> Iterator[Engine]:
    """A log of more than 256² entries, so that tiles of level 2 exist, in uneven batches."""
    with databases.opened() as engine:
        with writing(engine) as session:
            store.create(session, ORG, ORIGIN, statements(0, 1)[0], NOW)
        for size in (255, 256, 257, 700, 65_535, 65_536, 65_537, 70_000):
            fill(engine, size)
        yield engine


LARGE = leaves(70_000)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_536, 65_537, 69_999, 70_000])
def test_old_and_new_proofs_come_from_the_same_tiles(large: Engine, size: int) -> None:
    root = reference_tree.root(LARGE[:size])
    with reading(large) as session:
        assert store.root_at(session, LOG, size) == root
        for index in {0, size // 3, size - 1}:
            path = store.inclusion_path(session, LOG, index, size)
            verify_inclusion(LARGE[index], index, size, path, root)
        newest = store.state(session, LOG)
        proof = store.consistency_proof(session, LOG, size, newest.size)
    verify_consistency(size, root, newest.size, newest.root, proof)


@pytest.mark.parametrize(
    ("level", "index", "size", "width"),
    [
        (0, 0, 70_000, 256),
        (0, 0, 100, 100),
        (0, 273, 70_000, 112),
        (1, 0, 70_000, 256),
        (1, 1, 70_000, 17),
        (1, 1, 66_000, 1),
        (2, 0, 70_000, 1),
    ],
)
def test_tiles(large: Engine, level: int, index: int, size: int, width: int) -> None:
    span = 256**level
    first = index * 256
    expected = [
        reference_tree.root(LARGE[n * span : (n + 1) * span]) for n in range(first, first + width)
    ]
    assert tiles.width(level, index, size) == width
    with reading(large) as session:
        assert store.tile(session, LOG, level, index, size) == b"".join(expected)


def test_a_record_is_found_by_the_beginning_of_its_leaf(log: Engine) -> None:
    fill(log, 300)
    leaf = leaves(300)[123]
    with reading(log) as session:
        for prefix in (leaf, leaf[:16]):
            assert store.find(session, prefix) == [store.Place(LOG, 123, leaf)]
        assert store.find(session, leaf[:15] + bytes([leaf[15] ^ 1])) == []
        assert len(store.find(session, b"")) == 300


def test_the_first_entry_ahead(log: Engine) -> None:
    with writing(log) as session:
        times = [NOW, NOW + 5, NOW + 1, NOW + 9]
        entries = [Entry(b"at %d" % time, time) for time in times]
        store.append(session, LOG, entries, NOW)
        assert store.first_ahead(session, LOG, 0, NOW + 4) == 2
        assert store.first_ahead(session, LOG, 2, NOW + 4) == 2
        assert store.first_ahead(session, LOG, 3, NOW + 4) == 4
        assert store.first_ahead(session, LOG, 0, NOW + 9) is None


@pytest.mark.parametrize(
    "damage",
    [
        {"root": bytes(32)},
        {"frontier": bytes(64)},
        {"frontier": bytes(32)},
        {"frontier": b""},
        {"frontier": bytes(63)},
        {"size": 4},
        {"size": 7},
    ],
)
def test_a_damaged_log_does_not_grow(log: Engine, damage: dict[str, object]) -> None:
    fill(log, 3)
    with writing(log) as session:
        session.execute(update(LogRow).values(damage))
    with writing(log) as session:
        error = refused(lambda: store.append(session, LOG, statements(3, 4), NOW))
    assert error.code == "log_damaged"


@pytest.mark.parametrize(
    ("level", "damage"),
    [
        (0, update(TileRow).values(hashes=bytes(8160))),
        (1, update(TileRow).values(hashes=bytes(31))),
        (1, delete(TileRow)),
    ],
)
def test_a_truncated_tile_proves_nothing(log: Engine, level: int, damage: Update | Delete) -> None:
    fill(log, 600)
    with writing(log) as session:
        session.execute(damage.where(col(TileRow.level) == level))
    with reading(log) as session:
        for act in (
            lambda: store.consistency_proof(session, LOG, 255, 600),
            lambda: store.tile(session, LOG, level, 0, 600),
        ):
            assert refused(act).code == "log_damaged"


def test_entries_beyond_the_end_are_damage_and_no_duplicate(log: Engine) -> None:
    with writing(log) as session:
        session.execute(update(LogRow).values(size=0, frontier=b""))
    with writing(log) as session:
        error = refused(lambda: store.append(session, LOG, statements(1, 2), NOW))
        assert (error.code, error.message[:30]) == ("log_damaged", "There are entries from 0 on, w")
