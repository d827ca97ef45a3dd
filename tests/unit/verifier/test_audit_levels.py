"""Recomputing the tree of a log with tiles of three levels."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.refusing import refusal
from tests.static_logs import PublishedLog, flip
from tests.unit.verifier.tree_audits import (
    Break,
    Found,
    Outcome,
    anchors_of,
    bit,
    rewritten,
    without,
)
from verifier import audit_tree
from verifier.audit_findings import MAX_SHOWN

ENTRIES = [b"entry %d" % number for number in range(66_000)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> PublishedLog:
    """A log with tiles of level 2."""
    return PublishedLog(tmp_path_factory.mktemp("large") / "log", list(ENTRIES)).publish()


@pytest.fixture
def large(sound: PublishedLog, tmp_path: Path) -> PublishedLog:
    shutil.copytree(sound.folder, tmp_path / "log")
    return PublishedLog(tmp_path / "log", list(ENTRIES))


LARGE_ANCHORS = anchors_of(ENTRIES, 1, 40_000, 65_536, 65_537, 66_000)


@pytest.mark.parametrize(
    ("breaking", "found"),
    [
        (lambda _: None, []),
        (bit("tile/2/000.p/1"), [("tile_differs", "tile/2/000.p/1", None)]),
        (bit("tile/1/000", 77), [("tile_differs", "tile/1/000", None)]),
        (bit("tile/1/001.p/1"), [("tile_differs", "tile/1/001.p/1", None)]),
        (bit("tile/0/200", 77), [("tile_differs", "tile/0/200", None)]),
        (bit("tile/entries/100"), [("entries_differ", "tile/entries/100", 25_855)]),
        (without("tile/2/000.p/1"), [("file_missing", "tile/2/000.p/1", None)]),
        (without("tile/1/000"), [("file_missing", "tile/1/000", None)]),
        (without("tile/1/000", "tile/2/000.p/1"), [("file_missing", "tile/2/000.p/1", None),
                                                   ("file_missing", "tile/1/000", None)]),
    ],
)  # fmt: skip
def test_a_log_with_a_second_level(large: PublishedLog, breaking: Break, found: Found) -> None:
    breaking(large)
    outcome = Outcome(large, LARGE_ANCHORS)
    assert outcome.found == found
    assert (outcome.audit.rooted, outcome.audit.compared) == (True, len(LARGE_ANCHORS))


@pytest.mark.parametrize("below", [1, 2])
def test_a_subtree_rewritten(large: PublishedLog, below: int) -> None:
    rewritten(30_000, below=below)(large)
    path = {1: "tile/0/117", 2: "tile/1/000"}[below]
    assert Outcome(large, []).found == [("subtree_differs", path, None)]


def test_many_damaged_files_are_counted(large: PublishedLog) -> None:
    for number in range(200):
        flip(large.folder / f"tile/0/{number:03}")
    outcome = Outcome(large, LARGE_ANCHORS)
    assert len(outcome.found) == MAX_SHOWN
    assert outcome.findings.counts == {"tile_differs": 200}
    assert outcome.findings.hidden() == {"tile_differs": 200 - MAX_SHOWN}


def test_files_missing_in_a_row_end_the_search(
    large: PublishedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_tree, "MAX_GAP", 100)
    without(*(f"tile/{kind}/{n:03}" for n in range(100, 149) for kind in ("0", "entries")))(large)
    assert Outcome(large, []).findings.counts == {"file_missing": 98}
    without(*(f"tile/{kind}/{n:03}" for n in range(149, 151) for kind in ("0", "entries")))(large)
    assert refusal(lambda: Outcome(large, [])) == "gap_too_long"
