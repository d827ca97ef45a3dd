"""Making backups: whole, of one moment, and never of what is damaged."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from anchor import store
from anchor.chain.models import TransactionRow
from anchor.database import open_database, writing
from anchor.models import EntryRow
from anchor.store import Entry
from registry.backup import manifest, service
from registry.errors import BackupError
from registry.records.models import RecordRow
from tests.integration.registry.backup.conftest import TEM, Begin, Place

WAIT_SECONDS = 60
SmallDisk = tuple[Path, Callable[..., subprocess.CompletedProcess[str]]]


def test_a_backup_is_restored_as_it_was(here: Place, begin: Begin, tmp_path: Path) -> None:
    here.issue(300)
    here.publish()
    here.anchor()
    before, folder = here.rows(), tmp_path / "backup"
    made = here.tem("backup", folder)
    assert made.exit_code == 0, made.output
    assert f"2 logs, {here.size + 1} entries" in made.stdout
    assert "holds no keys" in made.stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        "database.sqlite", "tem-backup.json", "trust.json",
    ]  # fmt: skip
    there = begin("there")
    done = there.tem("restore", folder)
    assert done.exit_code == 0, done.output
    assert there.rows() == here.rows() == before
    with writing(there.engine) as session:  # new rows get new numbers
        act = {"purpose": "p", "reference": "r", "contract": None, "data": b"", "state": "waiting"}
        session.add(TransactionRow(chain_id=1, account="a", created=1, **act))
        store.create(session, bytes(32), "tem.test/third", Entry(b"genesis", 1), 1)


@pytest.mark.parametrize("kinds", [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_a_backup_goes_into_the_other_kind_of_database(
    here: Place, begin: Begin, tmp_path: Path, request: pytest.FixtureRequest, kinds: list[str]
) -> None:
    first, second = (request.getfixturevalue(f"{kind}_databases") for kind in kinds)
    source = begin("source", here, databases=first)
    source.issue(5)
    target = begin("target", databases=second)
    assert source.tem("backup", tmp_path / "backup").exit_code == 0
    done = target.tem("restore", tmp_path / "backup")
    assert done.exit_code == 0, done.output
    assert target.rows() == source.rows()
    target.issue(2)


def test_keys_travel_as_encrypted_as_they_are(here: Place, begin: Begin, tmp_path: Path) -> None:
    assert here.tem("backup", tmp_path / "backup", "--with-keys").exit_code == 0
    keys = {name: data for name, data in here.files().items() if name.startswith("keys/")}
    assert len(keys) > 6
    for path in (tmp_path / "backup").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o700
    there = begin("there")
    assert there.tem("restore", tmp_path / "backup").exit_code == 0
    assert {name: there.files()[name] for name in keys} == keys
    for path in there.settings.keys.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    there.issue()


def _append_until(url: str, log: bytes, stop: str) -> None:
    """What another process does: append until a file appears."""
    engine = open_database(url)
    number = 0
    while not Path(stop).exists():
        with writing(engine) as session:
            batch = store.begin_batch(session, log, 1)
            with batch.request() as part:
                index = part.add(Entry(b"appended %d" % number, 1))
                row = {"sub": f"A{number}", "vct": "v", "claims": b"", "disclosures": ""}
                session.add(RecordRow(log=part.number, index=index, **row))
            batch.finish()
        number += 1
    engine.dispose()


def test_a_backup_shows_one_moment_while_others_write(
    here: Place, tmp_path: Path, begin: Begin
) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (here.settings.database, here.body.log.log, str(tmp_path / "stop"))
    child = context.Process(target=_append_until, args=arguments)
    child.start()
    try:
        sizes = []
        for number in range(3):
            before = here.size
            await_that(lambda before=before: here.size > before)
            service.back_up(here.engine, tmp_path / str(number), _trust(here), 1, _slowly(here))
            made = manifest.read(tmp_path / str(number))
            sizes.append(max(log.size for log in made.logs))
            assert before < sizes[-1] < here.size, "others have written meanwhile"
            with sqlite3.connect(tmp_path / str(number) / "database.sqlite") as database:
                (count,) = database.execute("SELECT count(*) FROM records").fetchone()
            database.close()
            assert count == sum(log.size for log in made.logs)
    finally:
        (tmp_path / "stop").touch()
        child.join(WAIT_SECONDS)
    assert child.exitcode == 0
    assert sizes == sorted(set(sizes))


def _slowly(here: Place) -> Callable[[int, int], None]:
    """Progress that goes on when somebody has written."""
    seen = here.size

    def progress(_done: int, _all: int) -> None:
        await_that(lambda: here.size > seen)

    return progress


def await_that(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def _trust(here: Place) -> dict[str, Path]:
    return {"trust.json": here.settings.trust_file}


def test_a_backup_takes_nobody_s_place(here: Place, tmp_path: Path) -> None:
    assert here.tem("backup", tmp_path / "backup").exit_code == 0
    again = here.tem("backup", tmp_path / "backup")
    assert (again.exit_code, "[backup_exists]" in again.stderr) == (1, True)
    nowhere = here.tem("backup", tmp_path / "no-folder" / "backup")
    assert (nowhere.exit_code, "[backup_unwritable]" in nowhere.stderr) == (1, True)
    here.settings.trust_file.unlink()
    unfounded = here.tem("backup", tmp_path / "unfounded")
    assert (unfounded.exit_code, "[trust_missing]" in unfounded.stderr) == (2, True)
    assert not (tmp_path / "unfounded").exists()


def test_a_damaged_log_is_not_backed_up(here: Place, tmp_path: Path) -> None:
    here.issue(3)
    with writing(here.engine) as session:
        row = session.get_one(EntryRow, (here.body.log.number, 2))
        row.statement = row.statement[:-1] + bytes([row.statement[-1] ^ 1])
    refused = here.tem("backup", tmp_path / "backup")
    assert refused.exit_code == 1
    assert "Entry 2 is not what its leaf hash says" in refused.stderr
    assert "[log_damaged] (tem.test/body)" in refused.stderr
    assert [path for path in tmp_path.iterdir() if "backup" in path.name] == []


class _Stopped(BaseException):
    """Ctrl-C, as far as a backup can tell."""


def test_an_interrupted_backup_leaves_nothing(here: Place, tmp_path: Path) -> None:
    before, seen = here.rows(), []

    def stop(_done: int, _all: int) -> None:
        seen.extend(path.name for path in tmp_path.iterdir() if "backup" in path.name)
        raise _Stopped

    with pytest.raises(_Stopped):
        service.back_up(here.engine, tmp_path / "backup", _trust(here), 1, stop)
    assert seen != []
    assert [path for path in tmp_path.iterdir() if "backup" in path.name] == []
    assert here.rows() == before


def _back_up_and_die(url: str, folder: str) -> None:
    def die(_done: int, _all: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    service.back_up(open_database(url), Path(folder), {}, 1, die)


def test_a_killed_backup_is_no_backup(here: Place, tmp_path: Path) -> None:
    arguments = (here.settings.database, str(tmp_path / "backup"))
    child = multiprocessing.get_context("spawn").Process(target=_back_up_and_die, args=arguments)
    child.start()
    child.join(WAIT_SECONDS)
    assert child.exitcode == -signal.SIGKILL
    assert not (tmp_path / "backup").exists()
    left = next(path for path in tmp_path.iterdir() if "backup" in path.name)
    with pytest.raises(BackupError) as error:
        manifest.read(left / "backup")
    assert error.value.code == "backup_missing"
    here.back_up(tmp_path / "backup")


@pytest.fixture
def small_disk(tmp_path: Path) -> SmallDisk:
    """A folder with 700 kB of room, and what runs a script that sees it as nobody else does."""
    folder = tmp_path / "disk"
    folder.mkdir()
    alone = "-m" if os.geteuid() == 0 else "-rm"
    inside = [shutil.which("unshare") or "unshare", alone, "sh", "-c"]
    mount = f"mount -t tmpfs -o size=700k tmpfs {folder} && "

    def run(environment: dict[str, str], script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [*inside, mount + script], env=environment, capture_output=True, text=True, check=False
        )

    if shutil.which("unshare") is None or run({}, "true").returncode:
        pytest.skip("nobody may make a small disk here")
    return folder, run


def test_a_full_disk_leaves_no_backup(here: Place, small_disk: SmallDisk) -> None:
    here.issue(600)
    folder, run = small_disk
    script = f"{TEM} backup {folder}/backup; code=$?; ls -A {folder} >&2; exit $code"
    done = run(here.environment(), script)
    assert done.returncode == 2, done.stderr
    (said,) = done.stderr.splitlines()  # and nothing is left on the disk
    assert "[disk_full]" in said


def test_a_full_disk_restores_nothing(here: Place, tmp_path: Path, small_disk: SmallDisk) -> None:
    """And when there is room, the same command does it: the database was still empty."""
    here.issue(600)
    here.back_up(tmp_path / "backup")
    folder, run = small_disk
    command = f"{TEM} restore {tmp_path}/backup"
    more = f"mount -o remount,size=30m {folder}"
    files = f"ls {folder} >&2"
    environment = here.environment(TEM_DATA=str(folder), TEM_DATABASE="")
    done = run(environment, f"{command}; {files}; {more} && {command}")
    assert done.returncode == 0, done.stderr
    first, *listed = done.stderr.splitlines()
    assert "[disk_full]" in first
    assert "trust.json" not in listed
    assert "2 logs with 602 entries" in done.stdout
