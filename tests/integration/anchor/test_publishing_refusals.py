"""What publishing refuses: nothing is signed that does not add up, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, Update, delete, update
from sqlmodel import col

from anchor import publishing
from anchor.database import open_database, writing
from anchor.models import EntryRow, LogRow, TileRow
from tests.databases import Databases
from tests.integration.anchor import published
from tests.integration.anchor.published import (
    KEY,
    LOG,
    ORIGIN,
    files,
    fill,
    noted,
    published_at,
    publisher,
    refused,
)
from verifier import checkpoint
from verifier.errors import TemError


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


def signed(origin: str, size: int, key: Ed25519PrivateKey) -> bytes:
    return checkpoint.sign(origin, size, bytes(32), key).encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "note_shape"),
        (b"\xff\xfe", "can't decode"),
        (signed(ORIGIN, 300, KEY)[:-1], "note_shape"),
        (signed(ORIGIN, 300, KEY).replace(b"300", b"299"), "note_signature_invalid"),
        (signed(ORIGIN, 300, Ed25519PrivateKey.from_private_bytes(32 * b"1")), "note_not_signed"),
        (signed("tem.example/other", 300, KEY), "a checkpoint of tem.example/other"),
        (signed(ORIGIN, 0, KEY), "size 0"),
    ],
)
def test_a_checkpoint_that_is_not_the_log_s_own(
    engine: Engine, public: Path, text: bytes, said: str
) -> None:
    published_at(engine, public, 300)
    place = published.folder(public) / "checkpoint"
    place.write_bytes(text)
    fill(engine, 301)
    assert said in refused(engine, public, "published_damaged", place)


def test_an_older_database_is_refused(engine: Engine, public: Path, databases: Databases) -> None:
    published_at(engine, public, 300)
    with databases.prepared() as url:
        older = open_database(url)
        fill(older, 299)
        place = published.folder(public) / "checkpoint"
        assert "tem restore" in refused(older, public, "log_behind_published", place)
        fill(older, 300)
        assert publisher(older, public).publish(LOG) == 300
        older.dispose()


@pytest.mark.parametrize("size", [300, 301, 512, 600])
@pytest.mark.parametrize("start", [256, 300])
def test_another_history_is_refused(
    engine: Engine, public: Path, databases: Databases, start: int, size: int
) -> None:
    published_at(engine, public, start)
    with databases.prepared() as url:
        other = open_database(url)
        fill(other, start - 1)
        fill(other, size, b" of another history")
        place = published.folder(public) / "checkpoint"
        assert "two histories" in refused(other, public, "log_forked", place)
        other.dispose()


FIRST_TILE = (col(TileRow.level) == 1, col(TileRow.index) == 0)


@pytest.mark.parametrize(
    "damage",
    [
        update(EntryRow).where(col(EntryRow.index) == 512).values(statement=b"another"),
        update(EntryRow).where(col(EntryRow.index) == 299).values(statement=b"another"),
        delete(EntryRow).where(col(EntryRow.index) == 599),
        delete(EntryRow).where(col(EntryRow.index) == 300),
        delete(EntryRow).where(col(EntryRow.index) >= 512),
        update(TileRow).where(*FIRST_TILE).values(hashes=bytes(64)),
        delete(TileRow).where(*FIRST_TILE),
        update(LogRow).values(root=bytes(32)),
    ],
)
def test_a_damaged_database_is_not_signed(engine: Engine, public: Path, damage: Update) -> None:
    published_at(engine, public, 300)
    fill(engine, 600)
    with writing(engine) as session:
        session.execute(damage)
    refused(engine, public, "log_damaged", "log")
    assert published.readable(public) == 300


def test_what_is_sound_goes_on_up_to_the_damage(
    engine: Engine, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_at(engine, public, 300)
    fill(engine, 600)
    with writing(engine) as session:
        damaged = update(EntryRow).where(col(EntryRow.index) == 599)
        session.execute(damaged.values(statement=b"another"))
    monkeypatch.setattr(publishing, "STEP", 256)
    assert publisher(engine, public).publish(LOG) == 512 == published.readable(public)
    refused(engine, public, "log_damaged", "log")


def test_a_step_that_the_newest_root_does_not_extend(
    engine: Engine, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_at(engine, public, 300)
    fill(engine, 600)
    with writing(engine) as session:
        session.execute(update(LogRow).values(root=bytes(32)))
    monkeypatch.setattr(publishing, "STEP", 256)
    refused(engine, public, "log_damaged", "log")


def test_a_damaged_root_of_what_is_published(engine: Engine, public: Path) -> None:
    published_at(engine, public, 300)
    with writing(engine) as session:
        session.execute(update(LogRow).values(root=bytes(32)))
    refused(engine, public, "log_damaged", "log")


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000"]
)
@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: bytes([data[0] ^ 1]) + data[1:]]
)
def test_a_published_file_is_never_overwritten_with_other_bytes(
    engine: Engine, public: Path, path: str, damage: Callable[[bytes], bytes]
) -> None:
    right = published_at(engine, public, 300)
    place = published.folder(public) / path
    place.write_bytes(damage(right[path]))
    (published.folder(public) / "checkpoint").unlink()
    assert "remove this file" in refused(engine, public, "published_damaged", place)
    place.unlink()
    assert publisher(engine, public).publish(LOG) == 300
    assert files(public) == right


def test_what_the_system_refuses_is_said(engine: Engine, public: Path) -> None:
    fill(engine, 300)
    place = published.folder(public) / "tile"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"no folder")
    with pytest.raises(TemError, match=r"Not a directory.*goes on by itself") as caught:
        publisher(engine, public).publish(LOG)
    assert caught.value.code == "publish_failed"
    assert caught.value.place.startswith(str(place))
    assert (files(public), noted(engine)) == ({"tile": b"no folder"}, 0)
    place.unlink()
    assert publisher(engine, public).publish(LOG) == 300
