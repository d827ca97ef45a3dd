"""Recomputing a log's tree: one damaged file is one finding, and names that file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import reference_tree
from tests.refusing import refusal
from tests.static_logs import PublishedLog, flip
from tests.unit.verifier.tree_audits import (
    Break,
    Found,
    Outcome,
    anchors_of,
    at,
    bit,
    both,
    rewritten,
    without,
)
from tests.world import secret
from verifier.chain_view import Anchor

SIZE = 600
SIZES = (1, 100, 256, 300, 512, 599, 600)
ENTRIES = [b"entry %d" % number for number in range(800)]
ANCHORS = anchors_of(ENTRIES[:SIZE], *SIZES)


@pytest.fixture
def log(tmp_path: Path) -> PublishedLog:
    return PublishedLog(tmp_path / "log", ENTRIES[:SIZE]).publish()


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 600])
def test_a_sound_log(tmp_path: Path, size: int) -> None:
    log = PublishedLog(tmp_path, ENTRIES[:size]).publish()
    sizes = [n for n in (*SIZES, size) if n <= size]
    anchors = anchors_of(log.entries, *sorted({*sizes}))
    outcome = Outcome(log, anchors)
    assert outcome.found == []
    assert outcome.entries == dict(enumerate(ENTRIES[:size]))
    assert (outcome.audit.rooted, outcome.audit.compared) == (True, len(anchors))


@pytest.mark.parametrize(
    ("breaking", "found"),
    [
        (bit("tile/0/001"), [("tile_differs", "tile/0/001", None)]),
        (bit("tile/0/002.p/88"), [("tile_differs", "tile/0/002.p/88", None)]),
        (bit("tile/1/000.p/2"), [("tile_differs", "tile/1/000.p/2", None)]),
        (bit("tile/entries/001"), [("entries_differ", "tile/entries/001", 511)]),
        (bit("tile/entries/002.p/88"), [("entries_differ", "tile/entries/002.p/88", 599)]),
        (without("tile/0/000"), [("file_missing", "tile/0/000", None)]),
        (without("tile/0/002.p/88"), [("file_missing", "tile/0/002.p/88", None)]),
        (without("tile/1/000.p/2"), [("file_missing", "tile/1/000.p/2", None)]),
        (at("tile/0/000", lambda data: data[:-1]), [("tile_length", "tile/0/000", None)]),
        (at("tile/0/000", lambda data: data + b"\0"), [("tile_length", "tile/0/000", None)]),
        (at("tile/0/000", lambda _: b""), [("tile_length", "tile/0/000", None)]),
        (at("tile/1/000.p/2", lambda data: data[:32]), [("tile_length", "tile/1/000.p/2", None)]),
        (at("tile/0/001", lambda data: bytes(len(data))), [("tile_differs", "tile/0/001", None)]),
    ],
)
def test_one_damaged_file_is_one_finding(log: PublishedLog, breaking: Break, found: Found) -> None:
    breaking(log)
    outcome = Outcome(log, ANCHORS)
    assert outcome.found == found
    assert (outcome.audit.rooted, outcome.audit.compared) == (True, len(ANCHORS))
    wrong = {entry for code, _, entry in found if code == "entries_differ"}
    expected = {i: None if i in wrong else e for i, e in enumerate(ENTRIES[:SIZE])}
    assert outcome.entries == expected


@pytest.mark.parametrize(
    ("breaking", "found"),
    [
        (without("tile/entries/001"), [("file_missing", "tile/entries/001", None)]),
        (
            at("tile/entries/001", lambda data: data[:-1]),
            [("bundle_truncated", "tile/entries/001", 511)],
        ),
        (
            at("tile/entries/001", lambda data: data + b"\0"),
            [("bundle_trailing", "tile/entries/001", 512)],
        ),
        (at("tile/entries/001", lambda _: b""), [("bundle_truncated", "tile/entries/001", 256)]),
    ],
)
def test_a_bundle_that_cannot_be_read_leaves_the_tree_as_it_is(
    log: PublishedLog, breaking: Break, found: Found
) -> None:
    breaking(log)
    outcome = Outcome(log, ANCHORS)
    assert outcome.found == found
    assert sorted(outcome.entries) == [*range(256), *range(512, 600)]
    assert (outcome.audit.rooted, outcome.audit.compared) == (True, len(ANCHORS))


def test_a_narrow_bundle_that_cannot_be_read(log: PublishedLog) -> None:
    without("tile/entries/002.p/88")(log)
    outcome = Outcome(log, ANCHORS)
    assert outcome.found == [("file_missing", "tile/entries/002.p/88", None)]
    assert sorted(outcome.entries) == [*range(512)]
    assert outcome.audit.compared == len(ANCHORS)


def test_full_files_stand_in_for_narrow_ones(log: PublishedLog) -> None:
    before = (log.folder / "checkpoint").read_bytes()
    PublishedLog(log.folder, ENTRIES[:800]).publish()
    without("tile/entries/002.p/88", "tile/0/002.p/88")(log)
    (log.folder / "checkpoint").write_bytes(before)
    outcome = Outcome(log, ANCHORS)
    assert outcome.found == []
    assert outcome.entries == dict(enumerate(ENTRIES[:SIZE]))
    bit("tile/0/002", 3)(log)
    assert Outcome(log, ANCHORS).found == [("tile_differs", "tile/0/002", None)]


def test_several_damaged_files_are_as_many_findings(log: PublishedLog) -> None:
    both(bit("tile/0/000"), bit("tile/entries/001"), without("tile/0/002.p/88"))(log)
    assert sorted(Outcome(log, ANCHORS).found) == [
        ("entries_differ", "tile/entries/001", 511),
        ("file_missing", "tile/0/002.p/88", None),
        ("tile_differs", "tile/0/000", None),
    ]


def test_a_tile_and_its_entries_rewritten(log: PublishedLog) -> None:
    """What they say together the tile above contradicts, and so does the chain."""
    rewritten(300, below=1)(log)
    outcome = Outcome(log, ANCHORS)
    assert outcome.found == [
        ("subtree_differs", "tile/0/001", None),
        ("anchor_differs", "chain", 300),
    ]


def test_everything_but_the_checkpoint_rewritten(log: PublishedLog) -> None:
    rewritten(300)(log)
    assert Outcome(log, []).found == [("root_differs", "checkpoint", None)]


def test_everything_rewritten_and_signed_anew(log: PublishedLog) -> None:
    """Only the chain knows that there was another history."""
    rewritten(300, signed=True)(log)
    assert Outcome(log, []).found == []
    outcome = Outcome(log, ANCHORS)
    assert outcome.found == [("anchor_differs", "chain", 300)]
    assert "512 entries, and for 2 sizes more" in outcome.findings.shown[0].message


@pytest.mark.parametrize("wrong", [1, 256, 300, 512, 600])
def test_an_anchored_root_that_differs(log: PublishedLog, wrong: int) -> None:
    anchors = [a if a.size != wrong else Anchor(wrong, 0, 0, secret("root")) for a in ANCHORS]
    outcome = Outcome(log, anchors)
    agreed = max((size for size in SIZES if size < wrong), default=0)
    assert outcome.found == [("anchor_differs", "chain", agreed)]
    assert f"root for {wrong} entries" in outcome.findings.shown[0].message


def test_tile_entries_and_the_tile_above_all_differ(log: PublishedLog) -> None:
    """What lies below counts; the root says that something more is wrong."""
    both(bit("tile/0/001", 0), bit("tile/1/000.p/2"), bit("tile/entries/001"))(log)
    outcome = Outcome(log, ANCHORS)
    codes = {code for code, _, _ in outcome.found}
    assert {"tile_differs", "root_differs", "anchor_differs"} == codes
    assert ("tile_differs", "tile/0/001", None) in outcome.found


def test_tile_and_bundle_both_missing(log: PublishedLog) -> None:
    """The tile above still gives the root; sizes that end among the missing are not compared."""
    without("tile/0/001", "tile/entries/001")(log)
    outcome = Outcome(log, ANCHORS)
    assert {code for code, _, _ in outcome.found} == {"file_missing"}
    assert outcome.audit.rooted
    assert outcome.audit.compared == len(ANCHORS) - 1


def test_nothing_left_of_a_part_of_the_tree(log: PublishedLog) -> None:
    without("tile/0/001", "tile/entries/001", "tile/1/000.p/2")(log)
    outcome = Outcome(log, ANCHORS)
    assert {(code, file) for code, file, _ in outcome.found} == {
        ("file_missing", "tile/0/001"),
        ("file_missing", "tile/entries/001"),
        ("file_missing", "tile/1/000.p/2"),
    }
    assert not outcome.audit.rooted
    assert outcome.audit.compared == 3
    assert sorted(outcome.entries) == [*range(256), *range(512, 600)]


def test_the_narrow_tile_and_its_bundle_both_missing(log: PublishedLog) -> None:
    without("tile/0/002.p/88", "tile/entries/002.p/88")(log)
    outcome = Outcome(log, ANCHORS)
    assert not outcome.audit.rooted
    assert outcome.audit.compared == 5


@pytest.mark.parametrize(
    ("size", "codes"),
    [(599, {"file_missing"}), (601, {"file_missing"}), (512, {"root_differs"}),
     (256, {"file_missing", "root_differs"})],
)  # fmt: skip
def test_a_checkpoint_of_another_size(log: PublishedLog, size: int, codes: set[str]) -> None:
    leaves = [reference_tree.leaf(entry) for entry in log.entries]
    log.sign(size, reference_tree.root(leaves))
    assert {code for code, _, _ in Outcome(log, []).found} <= codes


def test_a_checkpoint_far_ahead_of_the_files(log: PublishedLog) -> None:
    log.sign(1 << 40, secret("root"))
    assert refusal(lambda: Outcome(log, [])) == "gap_too_long"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_any_flipped_bit_is_found_in_its_file(log: PublishedLog, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(log.files))
    file = log.folder / path
    whole = file.read_bytes()
    place, number = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    flip(file, place, 1 << number)
    try:
        outcome = Outcome(log, ANCHORS)
    finally:
        file.write_bytes(whole)
    assert {file for _, file, _ in outcome.found} == {path}
    assert outcome.audit.rooted
    assert outcome.audit.compared == len(ANCHORS)
