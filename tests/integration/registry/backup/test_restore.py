"""Putting backups back: what comes with them, what is brought forward, and what is refused."""

from __future__ import annotations

import functools
import http.server
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import delete, select

from anchor.chain.models import TransactionRow
from anchor.database import reading, writing
from anchor.errors import LogError
from anchor.models import EntryRow, LogRow
from registry.backup import manifest as manifests
from registry.backup.placing import Files
from registry.certificates.schemas import CertificateRequest
from registry.errors import Conflict, NotFound
from registry.organisations.models import ApiKeyRow, OrganisationRow
from registry.records.models import RecordRow
from registry.running import installation
from tests.databases import Databases
from tests.integration.registry.backup.conftest import (
    Begin,
    Place,
)
from tests.integration.registry.backup.restores import brought, refused, whole
from tests.integration.registry.conftest import BODY
from tests.integration.registry.requests import certificate
from verifier import Verdict

WAIT_SECONDS = 60


@pytest.mark.parametrize("newer", [0, 1, 300])
def test_an_old_backup_is_brought_forward(
    here: Place, begin: Begin, backup: Path, newer: int
) -> None:
    here.issue(newer)
    here.publish()
    here.anchor()
    there = begin("there")
    said = brought(there, backup)
    assert f"2 logs with {4 + newer} entries, {newer} of them" in said
    assert whole(there.rows()) == whole(here.rows())
    lost = [row for row in there.rows()["records"] if row[4] is None]
    assert [row[5] for row in lost] == [""] * newer
    here.issue(newer + 1)
    here.publish()
    assert f"{newer + 1} of them" in brought(there, "--in-place")
    assert whole(there.rows()) == whole(here.rows())
    again = begin("again")
    brought(again, backup)
    assert whole(again.rows()) == whole(here.rows())


def test_a_restored_registry_goes_on(here: Place, begin: Begin, backup: Path) -> None:
    here.issue(3)
    here.publish()
    here.anchor()
    there = begin("there")
    brought(there, backup)
    shutil.copytree(here.settings.keys, there.settings.keys)
    lost = here.size - 1
    with there.running() as running:
        service = running.services.certificates
        with pytest.raises(Conflict) as error:  # its number stays its own
            service.issue(there.body, CertificateRequest(**certificate(f"V26.{lost}")))
        assert error.value.code == "number_taken"
        issued = service.issue(there.body, CertificateRequest(**certificate("V26.new")))
        assert issued.index == lost + 1
        anchor = running.worker.anchor_newest(there.body.log.log)
        assert anchor.size == there.size == lost + 2
        for leaf in (issued.leaf, _leaf(there, 1)):
            data, _ = running.services.proofs.whole(leaf.hex())
            report = there.judge(data)
            assert report.verdict is Verdict.VALID, report.to_json()
        with pytest.raises(NotFound) as missing:
            running.services.proofs.whole(_leaf(there, lost).hex())
        assert missing.value.code == "claims_lost"
        before = there.rows()["chain_transactions"]
        running.founding.accreditor("did:web:boa.test", "Cơ quan công nhận", ["verification"])
        running.founding.body(BODY, "did:web:boa.test")
        assert there.rows()["chain_transactions"] == before


def _leaf(place: Place, index: int) -> bytes:
    with reading(place.engine) as session:
        query = select(EntryRow.leaf).where(EntryRow.log == place.body.log.number)
        return session.exec(query.where(EntryRow.index == index)).one()


def test_an_act_that_was_under_way_becomes_final(here: Place, begin: Begin, tmp_path: Path) -> None:
    """The backup knows only that it was signed; the chain holds it under the same hash."""
    here.issue(1)
    here.publish()
    here.anchor()
    with writing(here.engine) as session:
        act = session.exec(
            select(TransactionRow).where(TransactionRow.purpose == "LogAnchor.anchor")
        ).one()
        act.state, act.block, act.block_hash, act.block_time = "signed", None, None, None
    backup = here.back_up(tmp_path / "backup")
    there = begin("there")
    brought(there, backup)
    shutil.copytree(here.settings.keys, there.settings.keys)
    with there.running() as running:
        assert running.worker.anchor_newest(there.body.log.log).size == there.size
    with reading(there.engine) as session:
        acts = session.exec(
            select(TransactionRow.state).where(TransactionRow.purpose == "LogAnchor.anchor")
        ).all()
    assert acts == ["final"]


def test_a_registry_does_not_start_with_an_older_copy(
    here: Place, begin: Begin, backup: Path
) -> None:
    copy = begin("copy", here)
    here.issue(1)
    here.publish()
    with pytest.raises(LogError) as error, installation(copy.settings, copy.founded.keyring):
        pass
    assert error.value.code == "log_behind_published"
    before = copy.rows()
    issuing = copy.tem("issue", "examples/verification.json")
    assert (issuing.exit_code, "[log_behind_published]" in issuing.stderr) == (1, True)
    assert copy.rows() == before
    brought(copy, "--in-place")
    with installation(copy.settings, copy.founded.keyring):
        pass


@pytest.fixture
def site(here: Place) -> Iterator[str]:
    """The published files over HTTP."""
    handler = functools.partial(_Quiet, directory=str(here.settings.public_folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_published_files_may_be_far_away(
    here: Place, begin: Begin, backup: Path, site: str
) -> None:
    here.issue(300)
    here.publish()
    there = begin("there", public="another folder")
    said = refused(
        there, backup, "--published", "http://127.0.0.1:9/logs/" + here.body.log.log.hex()
    )
    assert "[log_unreachable]" in said
    brought(there, backup, "--published", f"{site}/logs/{here.body.log.log.hex()}")
    assert whole(there.rows()) == whole(here.rows())
    assert not there.settings.public_folder.exists()


def _forked(place: Place, twin: Place) -> None:
    twin.issue(2, "C26.")
    place.issue(2)


def test_two_histories_are_refused(here: Place, begin: Begin, tmp_path: Path) -> None:
    copy = begin("copy", here, public="of the copy")
    _forked(here, copy)
    backup = copy.back_up(tmp_path / "backup")
    here.publish()
    there = begin("there")
    said = refused(there, backup)
    assert "[log_forked] (tem.test/body)" in said
    assert here.body.log.root.hex() in said
    assert copy.body.log.root.hex() in said
    here.anchor()
    elsewhere = begin("elsewhere", public="of the copy")
    assert "the chain has the root" in refused(elsewhere, backup)
    here.issue(1)
    here.publish()
    assert "[log_forked]" in refused(there, backup)


def test_a_chain_that_is_ahead_of_everything(here: Place, begin: Begin, backup: Path) -> None:
    here.issue(2)
    here.publish()
    published = shutil.copytree(here.settings.public_folder, here.settings.data.parent / "older")
    here.issue(3)
    here.anchor()
    there = begin("there", public="older")
    said = refused(there, backup)
    assert "[chain_ahead] (tem.test/body)" in said
    assert "holds 8 entries" in said
    assert "end at 5" in said
    here.publish()
    brought(there, backup, "--published", str(here.settings.public_folder))
    assert published == there.settings.public_folder


def test_files_that_are_damaged_or_gone(here: Place, begin: Begin, backup: Path) -> None:
    here.issue(300)
    here.publish()
    there = begin("there")
    folder = here.settings.public_folder / "logs" / here.body.log.log.hex()
    for name, code in (
        ("checkpoint", "published_damaged"),
        ("tile/entries/000", "entries_differ"),
        ("tile/1/000.p/1", "root_differs"),
    ):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert f"[{code}]" in refused(there, backup)
        (folder / name).unlink()
        if name != "checkpoint":
            assert f"[file_missing] ({name})" in refused(there, backup)
        (folder / name).write_bytes(data)
    assert "[source_unknown]" in refused(there, backup, "--published", "/nowhere", exit_code=2)
    brought(there, backup)


def test_a_number_that_was_given_twice(here: Place, begin: Begin, backup: Path) -> None:
    before = here.size
    with writing(here.engine) as session:  # as a registry that forgot its numbers would
        session.exec(
            delete(RecordRow).where(RecordRow.sub == "V26.1", RecordRow.log == here.body.log.number)
        )
    here.issue(1, number="V26.1")
    here.publish()
    said = refused(begin("there"), backup)
    assert f"[number_repeated] (tem.test/body entry {before})" in said
    assert "V26.1 of entry 1" in said


def test_a_log_that_the_backup_does_not_know(here: Place, begin: Begin, tmp_path: Path) -> None:
    here.publish()
    older = begin("older", here)
    with writing(older.engine) as session:
        number = older.body.log.number
        org, log = older.body.org, older.body.log.log
        session.exec(delete(ApiKeyRow).where(ApiKeyRow.org == org))
        session.exec(delete(OrganisationRow).where(OrganisationRow.log == log))
        for kind in (RecordRow, EntryRow):
            session.exec(delete(kind).where(kind.log == number))
        session.exec(delete(LogRow).where(LogRow.number == number))
    backup = older.back_up(tmp_path / "backup")
    there = begin("there")
    assert "[log_missing] (tem.test/body)" in refused(there, backup)
    assert "[log_missing] (tem.test/body)" in refused(older, "--in-place")


def test_a_killed_restore_leaves_the_old_state(here: Place, begin: Begin, backup: Path) -> None:
    here.issue(300)
    here.publish()
    there = begin("there")
    empty = there.rows()
    child = there.child("restore", backup, TEM_FAILPOINT="database.commit.before:1")
    child.communicate(timeout=WAIT_SECONDS)
    assert child.returncode == -signal.SIGKILL
    assert there.rows() == empty
    brought(there, backup)
    assert whole(there.rows()) == whole(here.rows())


def test_a_killed_bringing_forward_leaves_whole_logs(
    here: Place, begin: Begin, backup: Path
) -> None:
    copy = begin("copy", here)
    here.issue(300)
    here.publish()
    before = copy.rows()
    child = copy.child("restore", "--in-place", TEM_FAILPOINT="database.commit.before:1")
    child.communicate(timeout=WAIT_SECONDS)
    assert child.returncode == -signal.SIGKILL
    assert copy.rows() == before
    brought(copy, "--in-place")
    assert whole(copy.rows()) == whole(here.rows())


def test_files_are_taken_away_again_if_the_rows_cannot_stay(
    here: Place, begin: Begin, tmp_path: Path
) -> None:
    assert here.tem("backup", tmp_path / "backup", "--with-keys").exit_code == 0
    there = begin("there")
    files = Files(there.settings, tmp_path / "backup", manifests.read(tmp_path / "backup"))
    kept = there.settings.keys / "operator.json"
    kept.parent.mkdir()
    kept.write_bytes((here.settings.keys / "operator.json").read_bytes())

    def fail() -> None:
        with files:
            files.place()
            assert there.files() == here.files()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert there.files() == {"keys/operator.json": kept.read_bytes()}


def test_a_sqlite_file_that_is_damaged_elsewhere(
    here: Place, begin: Begin, sqlite_databases: Databases
) -> None:
    copy = begin("copy", here, databases=sqlite_databases)
    with copy.engine.begin() as connection:  # the pages of an index, in use by nobody
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql("DELETE FROM sqlite_schema WHERE name LIKE 'ix_%'")
    assert "[database_damaged]" in refused(copy, "--in-place", exit_code=2)


def test_an_old_copy_that_is_damaged_is_not_brought_forward(
    here: Place, begin: Begin, backup: Path
) -> None:
    copy = begin("copy", here)
    with writing(copy.engine) as session:
        row = session.get_one(EntryRow, (copy.body.log.number, 1))
        row.statement += b"\0"
    assert "[log_damaged] (tem.test/body)" in refused(copy, "--in-place")
