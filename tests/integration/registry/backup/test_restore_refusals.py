"""Backups that are not put back: not what was made, not for here, not of this chain."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlmodel import Session, select

from anchor.chain.embedded import EmbeddedChain
from anchor.database import open_database
from anchor.models import EntryRow
from registry.database import configuration
from tests.integration.registry.backup.conftest import Begin, Place
from tests.integration.registry.backup.restores import brought, refused


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a backup, as it stands."""
    found: dict[str, Any] = json.loads((folder / "tem-backup.json").read_bytes())
    return found


def test_only_an_empty_installation_is_restored_into(
    here: Place, begin: Begin, backup: Path, tmp_path: Path
) -> None:
    said = refused(here, backup)
    assert "[restore_not_empty] (TEM_DATABASE)" in said
    there = begin("there")
    there.settings.trust_file.write_bytes(_other_trust(here))
    assert f"[restore_not_empty] ({there.settings.trust_file})" in refused(there, backup)
    there.settings.trust_file.write_bytes(here.settings.trust_file.read_bytes())
    assert here.tem("backup", tmp_path / "with keys", "--with-keys").exit_code == 0
    there.settings.keys.mkdir()
    (there.settings.keys / "operator.json").write_text("another")
    said = refused(there, tmp_path / "with keys")
    assert f"[restore_not_empty] ({there.settings.keys / 'operator.json'})" in said
    (there.settings.keys / "operator.json").unlink()
    brought(there, tmp_path / "with keys")
    assert "[restore_not_empty]" in refused(there, backup)


def _other_trust(here: Place) -> bytes:
    members = json.loads(here.settings.trust_file.read_bytes())
    return json.dumps({**members, "root": "0x" + 64 * "1"}).encode()


def _edit(folder: Path, **changes: object) -> None:
    path = folder / "tem-backup.json"
    path.write_text(json.dumps({**manifest(folder), **changes}))


def _resign(folder: Path, name: str) -> None:
    """Let the manifest say of a file what it is now."""
    data = (folder / name).read_bytes()
    files = manifest(folder)["files"]
    said = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    _edit(folder, files={**files, name: said})


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _other_root(folder: Path) -> None:
    logs = manifest(folder)["logs"]
    _edit(folder, logs=[{**logs[0], "root": 64 * "0"}, *logs[1:]])


def _outside(folder: Path) -> None:
    files = manifest(folder)["files"]
    _edit(folder, files={**files, "keys/../../x": files["trust.json"]})


def _without_trust(folder: Path) -> None:
    files = manifest(folder)["files"]
    _edit(folder, files={"database.sqlite": files["database.sqlite"]})


@pytest.mark.parametrize(
    ("damage", "code", "where"),
    [
        (lambda folder: _flip(folder / "database.sqlite"), "backup_damaged", "database.sqlite"),
        (lambda folder: _truncate(folder / "database.sqlite"), "backup_damaged", "database.sqlite"),
        (lambda folder: (folder / "database.sqlite").unlink(), "backup_damaged", "database.sqlite"),
        (lambda folder: _flip(folder / "trust.json"), "backup_damaged", "trust.json"),
        (lambda folder: (folder / "tem-backup.json").unlink(), "backup_missing", "tem-backup"),
        (
            lambda folder: (folder / "tem-backup.json").write_text("{"),
            "backup_damaged",
            "backup.json",
        ),
        (lambda folder: _edit(folder, made="today"), "backup_damaged", "backup.json"),
        (lambda folder: _edit(folder, tem_backup=2), "backup_damaged", "backup.json"),
        (lambda folder: _edit(folder, more=1), "backup_damaged", "backup.json"),
        (_other_root, "backup_damaged", "backup.json"),
        (_outside, "backup_damaged", "backup.json"),
        (_without_trust, "backup_damaged", "backup.json"),
        (shutil.rmtree, "backup_missing", "tem-backup.json"),
    ],
)
def test_a_backup_that_is_not_what_was_made(
    begin: Begin, backup: Path, damage: Callable[[Path], object], code: str, where: str
) -> None:
    damage(backup)
    said = refused(begin("there"), backup)
    assert f"[{code}]" in said
    assert where in said.rpartition("(")[2]


def test_a_backup_whose_rows_are_not_whole(begin: Begin, backup: Path) -> None:
    """Its digest is right: whoever made it so is found out by the tree."""
    engine = create_engine(f"sqlite:///{backup / 'database.sqlite'}")
    with Session(engine) as session:
        row = session.exec(select(EntryRow).where(EntryRow.index == 2)).one()
        row.statement += b"\0"
        session.add(row)
        session.commit()
    engine.dispose()
    _resign(backup, "database.sqlite")
    assert "[log_damaged] (tem.test/body)" in refused(begin("there"), backup)


def _revision(backup: Path, revision: str) -> None:
    """Make of the backup one that a program of this revision would have made, without a log."""
    path = backup / "database.sqlite"
    path.unlink()
    engine = open_database(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
    with engine.connect() as connection:
        connection.connection.execute("PRAGMA journal_mode = DELETE")
    engine.dispose()
    _resign(backup, "database.sqlite")
    _edit(backup, revision=revision, logs=[])


def test_backups_of_older_and_newer_programs(here: Place, begin: Begin, backup: Path) -> None:
    there = begin("there", public="nothing is here")
    _revision(backup, "9999")
    assert "[database_revision]" in refused(there, backup, exit_code=2)
    _revision(backup, "0001")
    assert "0 logs with 0 entries" in brought(there, backup)
    assert [path.name for path in there.settings.data.iterdir()] == ["trust.json"]


def test_another_chain_is_refused(begin: Begin, backup: Path, binary: Path, tmp_path: Path) -> None:
    there = begin("there")
    with EmbeddedChain(binary, tmp_path / "other chain") as other:
        said = refused(there, backup, exit_code=2, TEM_RPC=other.network().rpcs[0])
        assert "[wrong_chain]" in said
    assert "[wrong_chain]" in refused(there, backup, exit_code=2, TEM_CHAIN_ID="1")
    assert "[chain_missing]" in refused(there, backup, exit_code=2, TEM_RPC="")
    assert "[chain_unreachable]" in refused(there, backup, TEM_RPC="http://127.0.0.1:9")
    members = json.loads((backup / "trust.json").read_bytes())
    changed = {**members, "log_anchor": "0x" + 40 * "9"}
    (backup / "trust.json").write_text(json.dumps(changed))
    _resign(backup, "trust.json")
    assert "[wrong_contract]" in refused(there, backup, exit_code=2)


def test_wrong_use(begin: Begin, backup: Path) -> None:
    there = begin("there")
    assert "[restore_what]" in refused(there, exit_code=2)
    assert "[restore_what]" in refused(there, backup, "--in-place", exit_code=2)
