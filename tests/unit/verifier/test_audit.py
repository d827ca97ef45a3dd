"""Audits of whole logs: what is checked, and checkpoints and files that are broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests import reference_tree
from tests.static_logs import PublishedLog, chain_of, flip, statement, statements
from tests.unit.verifier.audits import SIZE, SIZES, Found, chained, found, lying, run
from tests.world import (
    BODY,
    KEY,
    LOG,
    LOG_KEY,
    NOW,
    ORIGIN,
    OTHER_LOG_KEY,
    STRANGER,
    secret,
)
from verifier import checkpoint
from verifier.audit import Depth, Terms, audit
from verifier.published import Folder
from verifier.static_log import LogUnreadable, StaticLog


@pytest.fixture
def log(tmp_path: Path) -> PublishedLog:
    return PublishedLog(tmp_path / LOG.hex(), list(statements(SIZE))).publish()


@pytest.mark.parametrize("size", [1, 2, 256, 257, 300])
def test_a_sound_log_is_clean(tmp_path: Path, size: int) -> None:
    log = PublishedLog(tmp_path, list(statements(size))).publish()
    audited = chained(log, sizes=[n for n in SIZES if n < size] + [size])
    assert (audited.result, found(audited), audited.unchecked) == ("clean", set(), {})
    assert (audited.log, audited.did) == (LOG, BODY.did)
    assert audited.checkpoint is not None
    assert (audited.checkpoint.origin, audited.checkpoint.size) == (ORIGIN, size)


def test_what_was_found_as_json(log: PublishedLog) -> None:
    flip(log.folder / "tile/0/000")
    said = chained(log).to_json()
    root = reference_tree.root(log.leaves)
    assert said == {
        "place": "log",
        "result": "wrong",
        "log": LOG.hex(),
        "did": BODY.did,
        "origin": ORIGIN,
        "size": SIZE,
        "root": root.hex(),
        "block": 100,
        "anchors": 4,
        "unchecked": {},
        "findings": [
            {
                "code": "tile_differs",
                "file": "tile/0/000",
                "entry": None,
                "unknown": False,
                "message": "Of its hashes 255 is not what lies below gives.",
            }
        ],
        "counts": {"tile_differs": 1},
    }


def test_without_a_chain_what_it_would_tell_is_not_checked(log: PublishedLog) -> None:
    log.entries[7] = statement(7, STRANGER)
    log.key = OTHER_LOG_KEY
    audited = run(log.publish(), None)
    assert (audited.result, found(audited)) == ("clean", set())
    assert audited.unchecked == dict.fromkeys(
        ("signatures", "checkpoint", "anchors"), "no chain was asked"
    )
    assert audited.to_json()["anchors"] is None


@pytest.mark.parametrize(
    ("depth", "left_out", "codes"),
    [
        (Depth.TREE, {"entries", "signatures"}, set()),
        (Depth.ENTRIES, {"signatures"}, {"number_repeated"}),
        (Depth.SIGNATURES, set(), {"number_repeated", "signature_invalid"}),
    ],
)
def test_what_is_left_out_is_said_and_not_found(
    log: PublishedLog, depth: Depth, left_out: set[str], codes: set[str]
) -> None:
    log.entries[7], log.entries[8] = statement(7, STRANGER, kid=KEY.kid), statement(9)
    audited = run(log.publish(), chain_of(log, SIZES), depth=depth)
    assert audited.unchecked == dict.fromkeys(left_out, "left out")
    assert {code for code, _, _ in found(audited)} == codes


def test_progress_is_told(log: PublishedLog) -> None:
    for depth in Depth:
        told = list[tuple[int, int]]()
        run(log, None, depth=depth, progress=lambda *step, told=told: told.append(step))
        assert told == [(256, SIZE), (300, SIZE)]


def written(text: str | bytes) -> Callable[[PublishedLog], object]:
    data = text.encode() if isinstance(text, str) else text
    return lambda log: (log.folder / "checkpoint").write_bytes(data)


def signed(size: int, root: bytes = bytes(32), origin: str = ORIGIN) -> str:
    return checkpoint.sign(origin, size, root, LOG_KEY)


@pytest.mark.parametrize(
    ("breaking", "code"),
    [
        (lambda log: (log.folder / "checkpoint").unlink(), "checkpoint_missing"),
        (written(""), "note_shape"),
        (written(signed(300)[:-10]), "note_shape"),
        (written(signed(300).replace("\n300\n", "\n0300\n")), "checkpoint_size"),
        (written(signed(0)), "checkpoint_empty"),
        (written(signed(300, origin="Not/An/Origin")), "origin_invalid"),
        (written(b"\xff"), "checkpoint_not_text"),
        (written(b"x" * 20_000), "checkpoint_too_large"),
    ],
)
def test_a_checkpoint_that_cannot_be_read(
    log: PublishedLog, breaking: Callable[[PublishedLog], object], code: str
) -> None:
    breaking(log)
    audited = chained(log)
    assert found(audited) == {(code, "checkpoint", None)}
    assert set(audited.unchecked.values()) == {"the audit ended before"}
    assert audited.to_json()["size"] is None


def test_a_checkpoint_signed_by_another_key(log: PublishedLog) -> None:
    log.key = OTHER_LOG_KEY
    expected: Found = {("checkpoint_signature_wrong", "checkpoint", None)}
    assert found(chained(log.publish())) == expected
    log.key = LOG_KEY
    log.publish()
    text = (log.folder / "checkpoint").read_text("utf-8")
    forged = checkpoint.sign(ORIGIN, SIZE, reference_tree.root(log.leaves[:2]), LOG_KEY)
    written(text.rpartition("\n\n")[0] + "\n\n" + forged.rpartition("\n\n")[2])(log)
    assert found(chained(log)) == expected


def test_any_key_that_the_log_ever_had_may_have_signed(log: PublishedLog) -> None:
    another = OTHER_LOG_KEY.public_key().public_bytes_raw()
    audited = chained(log, lambda chain: chain.logs[LOG].checkpoint_keys.append(another))
    assert audited.result == "clean"


def test_no_key_for_checkpoints(log: PublishedLog) -> None:
    audited = chained(log, lambda chain: chain.logs[LOG].checkpoint_keys.clear())
    assert found(audited) == {("checkpoint_key_unknown", "checkpoint", None)}


def test_a_checkpoint_of_another_log(log: PublishedLog) -> None:
    """Of another origin of the same body: what it is compared with is the folder's log."""
    view = chain_of(log, SIZES)
    log.origin = "tem.example/another"
    log.publish()
    assert found(run(log, view)) == {
        ("log_id_differs", "checkpoint", None),
        ("checkpoint_origin_differs", "checkpoint", None),
    }
    log.sign(SIZE, secret("root of another log"))
    assert ("root_differs", "checkpoint", None) in found(run(log, view))


@pytest.mark.parametrize("size", [299, 257, 256, 1])
def test_a_checkpoint_of_a_smaller_tree(log: PublishedLog, size: int) -> None:
    """Sound in itself, but the chain holds more."""
    view = chain_of(log, SIZES)
    PublishedLog(log.folder, log.entries[:size]).publish()
    audited = run(log, view)
    assert found(audited) == {("behind_chain", "checkpoint", size)}
    assert "anchors" in audited.unchecked


@pytest.mark.parametrize("size", [256, 299, 301, 1 << 40])
def test_a_checkpoint_that_lies_about_its_size(log: PublishedLog, size: int) -> None:
    log.sign(size, reference_tree.root(log.leaves))
    audited = chained(log)
    assert audited.result == "wrong"
    codes = {code for code, _, _ in found(audited)}
    assert codes & {"root_differs", "file_missing"}
    assert ("gap_too_long" in codes) is (size == 1 << 40)


class Failing(Folder):
    """A folder of which one file cannot be read."""

    broken: str

    def read(self, paths: Sequence[str], limit: int) -> list[bytes | None]:
        if self.broken in paths:
            raise LogUnreadable("file_unreadable", "Input/output error.", f"/a[1]/{self.broken}")
        return super().read(paths, limit)


@pytest.mark.parametrize("path", ["checkpoint", "tile/entries/000", "tile/0/001.p/44"])
def test_files_that_cannot_be_read_are_unknown(log: PublishedLog, path: str) -> None:
    files = type("Broken", (Failing,), {"broken": path})(log.folder)
    view = chain_of(log, SIZES)
    audited = audit(StaticLog(files), "log", LOG.hex(), Terms(view, NOW))
    assert (audited.result, found(audited)) == (
        "unknown",
        {("file_unreadable", f"/a[1]/{path}", None)},
    )
    assert audited.unchecked["tree"] == "the audit ended before"


def test_the_view_is_fixed_before_the_checkpoint_is_read(log: PublishedLog) -> None:
    """Otherwise a log that grows meanwhile would look as if the chain were ahead of it."""
    asked = list[str]()

    class Watching(Folder):
        def read(self, paths: Sequence[str], limit: int) -> list[bytes | None]:
            asked.extend(paths)
            return super().read(paths, limit)

    honest = chain_of(log, SIZES)
    view = lying(log, block=lambda: asked.append("block") or honest.at_block)
    audit(StaticLog(Watching(log.folder)), "log", LOG.hex(), Terms(view, NOW))
    assert asked[:2] == ["block", "checkpoint"]
