"""What an audit finds in the entries of a log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.static_logs import PublishedLog, flip, statement, statements
from tests.unit.verifier.audits import SIZE, chained, found, unknown
from tests.world import (
    BOA,
    GENESIS,
    GENESIS_VCT,
    KEY,
    LOG,
    STRANGER,
    T,
)
from verifier import audit_entries
from verifier import statement as cose
from verifier.audit_findings import MAX_SHOWN
from verifier.encoding import cbor_encode


@pytest.fixture
def log(tmp_path: Path) -> PublishedLog:
    return PublishedLog(tmp_path / LOG.hex(), list(statements(SIZE))).publish()


def raw(**labels: Any) -> bytes:
    """An entry with other labels in its protected header."""
    parsed = cose.parse(statement(3))
    protected = cbor_encode({**cose.cbor_decode(parsed.protected, "x"), **{
        int(name[1:]): value for name, value in labels.items()
    }})  # fmt: skip
    signature = KEY.sign(cose.to_be_signed(protected, parsed.payload))
    return cose.assemble(protected, parsed.payload, signature)


def high_s(entry: bytes) -> bytes:
    s = cose.P256_ORDER - int.from_bytes(entry[-32:])
    return entry[:-32] + s.to_bytes(32)


@pytest.mark.parametrize(
    ("index", "entry", "codes"),
    [
        (0, statement(0), {"genesis_missing"}),
        (3, statement(3, vct=GENESIS_VCT), {"genesis_repeated"}),
        (299, GENESIS.statement, {"genesis_repeated", "number_repeated"}),
        (3, statement(3, iss=BOA.did), {"issuer_differs"}),
        (3, statement(3, iss="not a did"), {"did_invalid"}),
        (3, statement(3, sub="not a number"), {"sub_invalid"}),
        (3, statement(3, vct="urn:tem:cert"), {"vct_invalid"}),
        (3, statement(3, STRANGER, kid=KEY.kid), {"signature_invalid"}),
        (3, high_s(statement(3)), {"signature_high_s"}),
        (3, statement(3)[:-64] + bytes(64), {"signature_range"}),
        (3, statement(3, kid=STRANGER.kid), {"key_unknown"}),
        (3, statement(3, STRANGER), {"signature_invalid"}),
        (299, statement(4), {"number_repeated"}),
        (299, statement(4, STRANGER), {"number_repeated", "signature_invalid"}),
        (3, b"", {"statement_tag"}),
        (3, b"no statement", {"statement_tag"}),
        (3, statement(3) + b"\x00", {"cbor_not_canonical"}),
        (3, statement(3)[:-1], {"cbor_invalid"}),
        (3, statement(3)[:2] + b"\x59\x00" + statement(3)[3:], {"cbor_not_canonical"}),
        (3, bytes(cose.MAX_BYTES + 1), {"statement_too_large"}),
    ],
)
def test_an_entry_that_breaks_a_rule(
    log: PublishedLog, index: int, entry: bytes, codes: set[str]
) -> None:
    log.entries[index] = entry
    audited = chained(log.publish())
    path = "tile/entries/000" if index < 256 else "tile/entries/001.p/44"
    assert found(audited) == {(code, path, index) for code in codes}
    assert audited.result == "wrong"


def test_both_entries_with_one_number_are_named(log: PublishedLog) -> None:
    log.entries[270] = statement(4, iat=T + 1)
    (finding,) = chained(log.publish()).findings.shown
    assert (finding.file, finding.entry) == ("tile/entries/001.p/44", 270)
    assert finding.message == "The number V26.00004 is that of entry 4 already."


def test_many_repeated_numbers_are_counted(log: PublishedLog) -> None:
    log.entries[1:] = [statement(1, iat=T + number) for number in range(1, SIZE)]
    audited = chained(log.publish())
    assert audited.findings.counts == {"number_repeated": SIZE - 2}
    assert len(audited.findings.shown) == MAX_SHOWN


def test_numbers_whose_hashes_are_the_same_by_chance(
    log: PublishedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = list[str]()

    def colliding(number: str) -> int:
        hashed.append(number)
        return len(number)

    monkeypatch.setattr(audit_entries, "hash", colliding, raising=False)
    assert found(chained(log)) == set()
    assert len(hashed) == SIZE
    log.entries[270] = log.entries[1]
    assert found(chained(log.publish())) == {("number_repeated", "tile/entries/001.p/44", 270)}


def test_an_entry_that_is_not_the_trees_is_not_judged_as_one(log: PublishedLog) -> None:
    flip(log.folder / "tile/entries/000", -5)
    assert found(chained(log)) == {("entries_differ", "tile/entries/000", 255)}


def test_entries_that_cannot_be_read_are_not_said_to_be_checked(log: PublishedLog) -> None:
    (log.folder / "tile/entries/001.p/44").unlink()
    audited = chained(log)
    assert found(audited) == {("file_missing", "tile/entries/001.p/44", None)}
    said = f"files are missing or damaged (256 of {SIZE} checked)"
    assert audited.unchecked == {"entries": said, "signatures": said}


def test_a_tree_that_cannot_be_computed_is_not_said_to_be_checked(log: PublishedLog) -> None:
    for path in ("tile/entries/001.p/44", "tile/0/001.p/44"):
        (log.folder / path).unlink()
    unchecked = chained(log).unchecked
    assert unchecked["tree"] == "files are missing or damaged"
    assert unchecked["anchors"] == "files are missing or damaged (3 of 4 checked)"


@pytest.mark.parametrize("label", ["_1", "_258"])
def test_an_algorithm_that_is_not_known_is_unknown(log: PublishedLog, label: str) -> None:
    log.entries[3] = raw(**{label: -999})
    audited = chained(log.publish())
    code = "algorithm_unknown" if label == "_1" else "hash_algorithm_unknown"
    assert (audited.result, unknown(audited)) == ("unknown", {code})
