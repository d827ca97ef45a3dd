"""Publishing logs: which files stand there when, and what is refused without changing anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, delete, event, update
from sqlmodel import col

from anchor import publishing, store
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.models import EntryRow, LogRow
from tests.integration.anchor import published
from tests.integration.anchor.published import KEY, LOG, files, fill, noted, published_at, publisher
from verifier import checkpoint
from verifier.merkle import verify_consistency, verify_inclusion
from verifier.names import org_id


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 600])
def test_the_files_are_those_of_the_standard(engine: Engine, public: Path, size: int) -> None:
    assert published_at(engine, public, size) == published.expected(size)
    assert published.readable(public) == size


@pytest.mark.parametrize(
    "sizes",
    [
        (1, 2, 3),
        (5, 9, 300),
        (250, 600),
        (256, 257, 512, 700),
        (200, 200, 255, 256),
    ],
)
def test_narrow_tiles_stay_until_the_full_one_is_there(
    engine: Engine, public: Path, sizes: tuple[int, ...]
) -> None:
    assert published_at(engine, public, *sizes) == published.expected(*sizes)


def test_tiles_of_three_levels(engine: Engine, public: Path) -> None:
    """The example of the standard: what a log of 70,000 entries consists of."""
    fill(engine, 70_000)
    assert publisher(engine, public).publish(LOG) == publishing.STEP == 65_536
    assert publisher(engine, public).publish(LOG) == noted(engine) == 70_000
    found = files(public)
    names = {name for name in found if not name.startswith("tile/entries/")}
    full = {f"tile/0/{index:03}" for index in range(273)}
    narrow = {"tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}
    assert names == {*full, "tile/1/000", *narrow, "checkpoint"}
    assert found == published.expected(70_000)


def test_one_more_entry_touches_a_handful(engine: Engine, public: Path) -> None:
    before = published_at(engine, public, 1000)
    fill(engine, 1001)
    asked = list[str]()
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    publisher(engine, public).publish(LOG)
    after = files(public)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"tile/entries/003.p/233", "tile/0/003.p/233", "checkpoint"}
    assert len(asked) <= 20


def test_a_proof_of_any_record_reads_tiles_and_not_the_log(engine: Engine) -> None:
    """Without the entries themselves: what a proof costs does not grow with the log."""
    fill(engine, 70_000)
    with reading(engine) as session:
        state = store.state(session, LOG)
        leaves = {n: store.tile(session, LOG, 0, n // 256, 70_000) for n in (0, 4711, 65_535)}
    with writing(engine) as session:
        session.execute(delete(EntryRow).where(col(EntryRow.index) < 273 * 256))
    asked = list[str]()
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with reading(engine) as session:
        for index, tile in leaves.items():
            asked.clear()
            path = store.inclusion_path(session, LOG, index, state.size)
            leaf = tile[index % 256 * 32 :][:32]
            verify_inclusion(leaf, index, state.size, path, state.root)
            assert len(asked) <= 8
        old = store.root_at(session, LOG, 4711)
        asked.clear()
        proof = store.consistency_proof(session, LOG, 4711, state.size)
        assert len(asked) <= 8
        verify_consistency(4711, old, state.size, state.root, proof)


def test_a_log_that_is_far_behind_goes_on_in_steps(
    engine: Engine, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "STEP", 256)
    fill(engine, 600)
    worker = publisher(engine, public)
    assert worker.due() == [LOG]
    for size in (256, 512, 600):
        assert worker.publish(LOG) == size == noted(engine) == published.readable(public)
    assert worker.due() == []
    assert worker.publish(LOG) == 600
    assert files(public) == published.expected(256, 512, 600)


def test_published_is_due_until_it_is_noted(engine: Engine, public: Path) -> None:
    published_at(engine, public, 300)
    with writing(engine) as session:
        session.execute(update(LogRow).values(published=299))
    worker = publisher(engine, public)
    assert worker.due() == [LOG]
    assert worker.publish(LOG) == noted(engine) == 300
    assert worker.due() == []


@pytest.mark.parametrize("lost", [".", "logs", f"logs/{LOG.hex()}", f"logs/{LOG.hex()}/checkpoint"])
def test_files_that_are_gone_are_made_anew(
    engine: Engine, public: Path, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, however many: a reader who saw the old checkpoint never sees a smaller one."""
    published_at(engine, public, 600)
    worker = publisher(engine, public)
    worker.publish(LOG)
    fill(engine, 700)
    place = public / lost
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    monkeypatch.setattr(publishing, "STEP", 256)
    assert worker.due() == [LOG]
    assert worker.publish(LOG) == 600 == published.readable(public)
    assert worker.publish(LOG) == 700 == published.readable(public)
    assert files(public) == published.expected(600, 700)


def test_an_unknown_log_leaves_no_trace(engine: Engine, public: Path) -> None:
    with pytest.raises(LogError) as caught:
        publisher(engine, public).publish(bytes(32))
    assert caught.value.code == "log_unknown"
    assert not public.exists()


def test_each_log_has_its_own_key_and_folder(engine: Engine, public: Path) -> None:
    other_org = org_id("did:web:other.example")
    fill(engine, 3)
    with writing(engine) as session:
        entry = store.Entry(b"genesis of the other", published.NOW)
        other = store.create(session, other_org, "tem.example/other", entry, published.NOW).log
    keys = {published.ORG: KEY, other_org: Ed25519PrivateKey.generate()}
    worker = publishing.Publisher(engine, public, keys.__getitem__)
    assert worker.due() == [LOG, other]
    assert [worker.publish(log) for log in worker.due()] == [3, 1]
    assert worker.due() == []
    text = (public / "logs" / other.hex() / "checkpoint").read_text("utf-8")
    found = checkpoint.verify(text, keys[other_org].public_key().public_bytes_raw())
    assert (found.origin, found.size) == ("tem.example/other", 1)
    assert published.readable(public) == 3
