"""Bringing an older copy of a database forward from files, none of which is trusted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import Session

from anchor import store
from anchor.database import writing
from anchor.errors import LogError
from anchor.forward import Newer, bring_forward
from anchor.store import LogState
from tests.integration.anchor.places import STRANGER, Place, signer_of
from verifier.errors import ProofError, TemError
from verifier.published import Folder
from verifier.statement import P256_ORDER
from verifier.static_log import StaticLog


def forward(place: Place, now: int | None = None) -> list[Newer]:
    """Bring a log forward in one transaction; what was newer."""
    found = list[Newer]()

    def write(session: Session, log: LogState, newer: list[Newer]) -> None:
        assert store.state(session, log.log).size == newer[-1].index + 1
        found.extend(newer)

    with writing(place.engine) as session:
        bring_forward(
            session,
            place.contracts,
            store.state(session, place.log),
            StaticLog(Folder(place.folder)),
            write,
            place.now if now is None else now,
            lambda _done, _all: None,
        )
    return found


def refused(place: Place, kind: type[TemError] = ProofError, now: int | None = None) -> TemError:
    """The refusal, which has changed nothing."""
    before = place.state()
    with pytest.raises(kind) as error:
        forward(place, now)
    assert place.state() == before
    return error.value


@pytest.mark.parametrize(("size", "newer"), [(1, 0), (1, 1), (3, 300), (255, 2), (256, 5000)])
def test_what_is_published_is_brought_back(
    place: Place, twin: Place, size: int, newer: int
) -> None:
    for one in (place, twin):
        one.grow(size)
    place.grow(size + newer)
    place.publish()
    found = forward(twin)
    assert [new.index for new in found] == list(range(size, size + newer))
    assert [new.header.sub for new in found] == [str(new.index) for new in found]
    assert twin.state() == replace_published(place.state(), twin)
    assert forward(twin) == []
    twin.grow(size + newer + 1)
    place.grow(size + newer + 1)
    assert twin.state().root == place.state().root


def replace_published(state: LogState, place: Place) -> LogState:
    return state._replace(published=place.state().published, number=place.state().number)


def test_nothing_is_published(place: Place, twin: Place) -> None:
    place.grow(3)
    assert forward(twin) == []


def test_a_database_that_is_ahead_stays_as_it_is(place: Place, twin: Place) -> None:
    place.grow(3)
    place.publish()
    twin.grow(5)
    before = twin.state()
    assert forward(twin) == []
    assert twin.state() == before


def test_entries_after_a_halt_show_that_the_log_went_on(place: Place, twin: Place) -> None:
    with writing(twin.engine) as session:
        store.halt(session, twin.log, "looked at")
    place.publish()
    forward(twin)
    assert twin.state().halted == "looked at"
    place.grow(2)
    place.publish()
    assert len(forward(twin)) == 1
    assert twin.state().halted is None


def test_two_histories_are_never_joined(place: Place, twin: Place) -> None:
    place.grow(300)
    place.publish()
    twin.grow(2, "C")
    refusal = refused(twin, LogError)
    assert (refusal.code, refusal.place) == ("log_forked", place.body.origin)
    twin.grow(400, "C")
    assert refused(twin, LogError).code == "log_forked"


def _flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("file", "damage", "code"),
    [
        ("tile/entries/000", _flip, "entries_differ"),
        ("tile/entries/001.p/44", _flip, "root_differs"),
        ("tile/entries/001.p/44", lambda path: path.write_bytes(b""), "bundle_truncated"),
        ("tile/entries/000", Path.unlink, "file_missing"),
        ("tile/entries/001.p/44", Path.unlink, "file_missing"),
        ("tile/1/000.p/1", _flip, "root_differs"),
        ("tile/1/000.p/1", Path.unlink, "file_missing"),
        ("tile/1/000.p/1", lambda path: path.write_bytes(b"short"), "tile_length"),
    ],
)
def test_a_file_that_is_not_what_was_published(
    place: Place, twin: Place, file: str, damage: Callable[[Path], object], code: str
) -> None:
    place.grow(300)
    place.publish()
    damage(place.folder / file)
    refusal = refused(twin)
    assert refusal.code == code
    if code != "root_differs":
        assert refusal.place.startswith(file)


@pytest.mark.parametrize("damage", [_flip, lambda path: _flip(path, len(path.read_bytes()) // 2)])
def test_a_checkpoint_that_is_not_what_was_published(
    place: Place, twin: Place, damage: Callable[[Path], None]
) -> None:
    place.grow(300)
    place.publish()
    damage(place.checkpoint)
    assert refused(twin, LogError).code == "published_damaged"


def test_a_checkpoint_of_somebody_else_s(place: Place, twin: Place) -> None:
    place.grow(300)
    place.publish(STRANGER)
    assert refused(twin, LogError).code == "published_damaged"


def test_a_leaf_tile_is_not_needed(place: Place, twin: Place) -> None:
    place.grow(300)
    place.publish()
    (place.folder / "tile/0/000").unlink()
    assert len(forward(twin)) == 299


def _high_s(statement: bytes) -> bytes:
    s = P256_ORDER - int.from_bytes(statement[-32:])
    return statement[:-32] + s.to_bytes(32)


@pytest.mark.parametrize(
    ("made", "code", "where"),
    [
        (lambda _: b"no statement", "statement_tag", "statement"),
        (lambda place: place.statement("2") + b"\0", "cbor_not_canonical", "statement"),
        (lambda place: place.statement("2")[:-1] + b"\0", "signature_invalid", "signature"),
        (lambda place: _high_s(place.statement("2")), "signature_high_s", "signature"),
        (lambda place: place.statement("2", signer_of("another")), "key_unknown", "kid"),
        (lambda place: place.statement("2", iss="did:web:other"), "issuer_differs", "iss"),
        (lambda place: place.statement("2", iss="Thử"), "did_invalid", "iss"),
        (lambda place: place.statement("\0"), "sub_invalid", "sub"),
        (lambda place: place.statement("2", vct="\0"), "vct_invalid", "vct"),
        (lambda place: place.statement("2", iat=1 << 62), "cbor_type", "protected"),
    ],
)
def test_an_entry_that_its_issuer_never_made(
    place: Place, twin: Place, made: Callable[[Place], bytes], code: str, where: str
) -> None:
    place.grow(2)
    place.append([made(place)])
    place.grow(300)
    place.publish()
    refusal = refused(twin)
    assert refusal.code == code
    assert refusal.place.startswith(f"{place.body.origin} entry 2: ")
    assert where in refusal.place


def test_an_entry_that_this_program_cannot_judge(place: Place, twin: Place) -> None:
    """Of a newer program: nothing is said against it, and it is not taken."""
    place.append([place.statement("1").replace(b"\x01\x26", b"\x01\x27")])
    place.publish()
    assert refused(twin, TemError).code == "algorithm_unknown"


def test_a_clock_that_is_wrong_takes_nothing(place: Place, twin: Place) -> None:
    place.grow(3)
    place.publish()
    assert refused(twin, LogError, place.now - 61).code == "iat_ahead"
    assert len(forward(twin)) == 2


def test_entries_of_a_revoked_key_are_still_its_issuer_s(place: Place, twin: Place) -> None:
    place.grow(3)
    place.publish()
    place.body.acts.revoke_key(place.body.kid, 1, "revoked")
    place.body.acts.settle()
    assert len(forward(twin)) == 2
