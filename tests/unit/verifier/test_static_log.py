"""Reading a log from its published files: every entry proven before it is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import reference_tree
from tests.refusing import refusal
from tests.static_logs import PublishedLog, flip
from verifier import checkpoint
from verifier.checkpoint import Checkpoint
from verifier.errors import TemError
from verifier.published import Folder
from verifier.static_log import MAX_BUNDLE, MAX_CHECKPOINT, StaticLog

SIZE = 600
ENTRIES = [b"entry %d" % number * ((number + 5) % 7) for number in range(66_000)]


@pytest.fixture
def published(tmp_path: Path) -> PublishedLog:
    return PublishedLog(tmp_path / "log", ENTRIES[:SIZE]).publish()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> PublishedLog:
    """A log with tiles of level 2."""
    return PublishedLog(tmp_path_factory.mktemp("large") / "log", ENTRIES).publish()


def reader(log: PublishedLog) -> StaticLog:
    return StaticLog(Folder(log.folder))


def signed(log: PublishedLog) -> Checkpoint:
    text = reader(log).checkpoint()
    assert text is not None
    return checkpoint.parse(text)


def read(log: PublishedLog, start: int = 0) -> list[tuple[int, bytes]]:
    return list(reader(log).entries(signed(log), start))


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 600])
def test_all_entries_in_order(tmp_path: Path, size: int) -> None:
    log = PublishedLog(tmp_path, ENTRIES[:size]).publish()
    assert read(log) == list(enumerate(ENTRIES[:size]))


@pytest.mark.parametrize("start", [0, 1, 255, 256, 300, 511, 512, 599, 600, 10_000])
def test_from_an_index_on(published: PublishedLog, start: int) -> None:
    assert read(published, start) == list(enumerate(published.entries))[start:]


@pytest.mark.parametrize("start", [0, 65_535, 65_536, 65_990])
def test_a_log_with_a_second_level(large: PublishedLog, start: int) -> None:
    assert read(large, start) == list(enumerate(ENTRIES))[start:]


def test_what_lies_before_the_start_is_not_read(published: PublishedLog) -> None:
    (published.folder / "tile/entries/000").unlink()
    assert [index for index, _ in read(published, 256)] == list(range(256, SIZE))


def test_the_full_bundle_stands_in_for_the_narrow_one(published: PublishedLog) -> None:
    before = signed(published)
    PublishedLog(published.folder, ENTRIES[:800]).publish()
    (published.folder / "tile/entries/002.p/88").unlink()
    assert list(reader(published).entries(before)) == list(enumerate(ENTRIES[:SIZE]))


Break = Callable[[Path], object]


def remove(path: str) -> Break:
    return lambda folder: (folder / path).unlink()


def bit(path: str, place: int = -1) -> Break:
    return lambda folder: flip(folder / path, place)


def cut(path: str) -> Break:
    return lambda folder: (folder / path).write_bytes((folder / path).read_bytes()[:-1])


def longer(path: str, data: bytes = b"\x00") -> Break:
    return lambda folder: (folder / path).write_bytes((folder / path).read_bytes() + data)


@pytest.mark.parametrize(
    ("breaking", "code", "place"),
    [
        (remove("tile/1/000.p/2"), "file_missing", "tile/1/000.p/2"),
        (remove("tile/entries/001"), "file_missing", "tile/entries/001"),
        (remove("tile/entries/002.p/88"), "file_missing", "tile/entries/002.p/88"),
        (bit("tile/1/000.p/2"), "root_differs", "checkpoint"),
        (bit("tile/entries/002.p/88"), "root_differs", "checkpoint"),
        (bit("tile/entries/001"), "entries_differ", "tile/entries/001"),
        (cut("tile/1/000.p/2"), "tile_length", "tile/1/000.p/2"),
        (longer("tile/1/000.p/2"), "tile_length", "tile/1/000.p/2"),
        (cut("tile/entries/001"), "bundle_truncated", "tile/entries/001[511]"),
        (longer("tile/entries/001"), "bundle_trailing", "tile/entries/001[512]"),
        (cut("tile/entries/002.p/88"), "bundle_truncated", "tile/entries/002.p/88[599]"),
        (longer("tile/entries/001", bytes(MAX_BUNDLE)), "bundle_too_large", "tile/entries/001"),
    ],
)
def test_what_is_not_in_the_tree_is_not_given(
    published: PublishedLog, breaking: Break, code: str, place: str
) -> None:
    breaking(published.folder)
    given = list[int]()
    with pytest.raises(TemError) as error:
        given += [index for index, _ in reader(published).entries(signed(published))]
    assert (error.value.code, error.value.place) == (code, place)
    assert given == []


def test_entries_before_the_damage_are_given(published: PublishedLog) -> None:
    flip(published.folder / "tile/entries/001")
    given = reader(published).entries(signed(published))
    assert [next(given)[0] for _ in range(256)] == list(range(256))
    assert refusal(lambda: next(given)) == "entries_differ"


def test_a_damaged_tile_between_root_and_entries(large: PublishedLog) -> None:
    flip(large.folder / "tile/1/000", 40 * 32)
    try:
        with pytest.raises(TemError) as error:
            read(large)
        assert (error.value.code, error.value.place) == ("tile_differs", "tile/1/000")
    finally:
        flip(large.folder / "tile/1/000", 40 * 32)


@pytest.mark.parametrize("size", [599, 601, 512, 2])
def test_the_size_of_another_checkpoint(published: PublishedLog, size: int) -> None:
    other = signed(published)._replace(size=size)
    code = refusal(lambda: list(reader(published).entries(other)))
    assert code in ("file_missing", "root_differs")


def test_another_root(published: PublishedLog) -> None:
    other = signed(published)._replace(root=reference_tree.leaf(b"another"))
    assert refusal(lambda: list(reader(published).entries(other))) == "root_differs"


def test_no_entries_at_all(published: PublishedLog) -> None:
    empty = signed(published)._replace(size=0)
    assert refusal(lambda: list(reader(published).entries(empty))) == "checkpoint_empty"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * (MAX_CHECKPOINT + 1), "checkpoint_too_large"),
        (b"\xff\n", "checkpoint_not_text"),
    ],
)
def test_a_checkpoint_that_is_no_text(published: PublishedLog, data: bytes, code: str) -> None:
    (published.folder / "checkpoint").write_bytes(data)
    assert refusal(reader(published).checkpoint) == code


def test_no_checkpoint(published: PublishedLog) -> None:
    (published.folder / "checkpoint").unlink()
    assert reader(published).checkpoint() is None


def test_files_that_cannot_be_read_say_nothing(published: PublishedLog) -> None:
    (published.folder / "tile/entries/001").unlink()
    (published.folder / "tile/entries/001").mkdir()
    assert refusal(lambda: read(published)) == "file_unreadable"
