"""Claims that a restore has lost, brought back by whoever holds the record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from anchor.database import reading, writing
from anchor.models import EntryRow
from registry import chain
from registry.certificates import pdf, qrcodes
from registry.proofs.service import ProofService
from registry.records.models import RecordRow
from tests.integration.registry.backup.conftest import Begin, Place
from verifier import Verdict
from verifier.encoding import base64url_encode


@pytest.fixture
def lost(here: Place, begin: Begin, tmp_path: Path) -> Place:
    """A restored registry that has lost the claims of three records."""
    backup = here.back_up(tmp_path / "backup")
    here.issue(3)
    here.publish()
    here.anchor()
    there = begin("there")
    assert there.tem("restore", backup).exit_code == 0
    return there


def proofs(place: Place) -> ProofService:
    keyring, settings = place.founded.keyring, place.founded.settings
    return ProofService(place.engine, keyring, chain.read_trust(settings))


def leaf(place: Place, index: int) -> str:
    with reading(place.engine) as session:
        query = select(EntryRow.leaf).where(EntryRow.log == place.body.log.number)
        return session.exec(query.where(EntryRow.index == index)).one().hex()


def record(place: Place, index: int) -> RecordRow:
    with reading(place.engine) as session:
        return session.get_one(RecordRow, (place.body.log.number, index))


def test_claims_come_back_from_proof_file_and_certificate(
    here: Place, lost: Place, tmp_path: Path
) -> None:
    data, body = proofs(here).whole(leaf(here, 1))
    (tmp_path / "one.tem").write_bytes(data)
    data, _ = proofs(here).whole(leaf(here, 2))
    (tmp_path / "two.pdf").write_bytes(pdf.render(data, body.name, "tem.test"))
    done = lost.tem("recall", tmp_path / "one.tem", tmp_path / "two.pdf")
    assert done.exit_code == 0, done.output
    assert done.stderr.count(": recalled.") == 2
    for index in (1, 2):
        assert record(lost, index) == record(here, index)
        again, _ = proofs(lost).whole(leaf(lost, index))
        assert lost.judge(again).verdict is not Verdict.NOT_GENUINE
    assert record(lost, 3).claims is None
    before = lost.rows()
    done = lost.tem("recall", tmp_path / "one.tem")
    assert (done.exit_code, "nothing was lost" in done.stderr) == (0, True)
    assert lost.rows() == before


def test_a_file_that_withholds_fields_is_taken_only_if_asked(
    here: Place, lost: Place, tmp_path: Path
) -> None:
    (tmp_path / "public.tem").write_bytes(proofs(here).public(leaf(here, 1)))
    before = lost.rows()
    refused = lost.tem("recall", tmp_path / "public.tem")
    assert (refused.exit_code, "[fields_withheld]" in refused.stderr) == (1, True)
    assert "7 fields" in refused.stderr
    assert lost.rows() == before
    assert lost.tem("recall", "--partial", tmp_path / "public.tem").exit_code == 0
    assert record(lost, 1).claims == record(here, 1).claims
    assert record(lost, 1).disclosures == ""


def test_an_erased_field_does_not_come_back(here: Place, tmp_path: Path) -> None:
    """Only what a restore has lost is taken from a file."""
    here.issue(1)
    index = here.size - 1
    (tmp_path / "whole.tem").write_bytes(proofs(here).whole(leaf(here, index))[0])
    with writing(here.engine) as session:
        row = session.get_one(RecordRow, (here.body.log.number, index))
        row.disclosures = "~".join(row.disclosures.split("~")[1:])
    before = here.rows()
    done = here.tem("recall", tmp_path / "whole.tem")
    assert (done.exit_code, "nothing was lost" in done.stderr) == (0, True)
    assert here.rows() == before


def test_files_that_are_refused(here: Place, lost: Place, tmp_path: Path) -> None:
    whole = json.loads(proofs(here).whole(leaf(here, 1))[0])
    other = json.loads(proofs(here).whole(leaf(here, 2))[0])
    changed = json.loads(proofs(here).whole(leaf(here, 1))[0])
    changed["disclosures"][0] = base64url_encode(b'["AAAAAAAAAAAAAAAAAAAAAA","owner","x"]')
    here.issue(1)
    unpublished = json.loads(proofs(here).whole(leaf(here, 4))[0])
    before = lost.rows()
    for name, content, code in (
        ("claims of another", {**whole, "claims": other["claims"]}, "claims_hash_differs"),
        ("field of another", {**whole, "disclosures": other["disclosures"]}, "disclosure_unused"),
        ("made up", changed, "disclosure_unused"),
        ("not in the log", unpublished, "not_found"),
        ("nothing", {}, "member_missing"),
    ):
        path = tmp_path / f"{name}.tem"
        path.write_text(json.dumps(content))
        done = lost.tem("recall", path)
        assert (done.exit_code, f"[{code}]" in done.stderr) == (1, True), done.output
        assert str(path) in done.stderr
    assert lost.rows() == before
    picture = tmp_path / "code.png"
    picture.write_bytes(qrcodes.png(qrcodes.content("tem.test", bytes.fromhex(leaf(here, 1)))))
    assert "[attachment_missing]" in lost.tem("recall", picture).stderr
    right = tmp_path / "right.tem"
    right.write_text(json.dumps(whole))
    done = lost.tem("recall", tmp_path / "no file.tem", right)
    assert (done.exit_code, "[file_unreadable]" in done.stderr) == (1, True)
    assert record(lost, 1).claims == record(here, 1).claims, "the others are taken"
