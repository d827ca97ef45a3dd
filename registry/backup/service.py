"""Making a backup, while the registry serves: one moment of the database, in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine

from anchor import store as logs
from anchor.database import reading
from registry import chain
from registry.backup import manifest, store
from registry.backup.manifest import DATABASE, KEYS, MANIFEST, TRUST, Log, Manifest
from registry.backup.placing import make_private
from registry.backup.store import Progress
from registry.database import open_prepared
from registry.errors import BackupError
from registry.settings import Settings


def back_up(
    engine: Engine, folder: Path, files: Mapping[str, Path], now: int, progress: Progress
) -> Manifest:
    """Back up a database, and ``files`` under their paths in the backup, into a new ``folder``.

    It is there whole or not at all. Raises BackupError (``backup_exists``, ``backup_unwritable``),
    LogError (``log_damaged``).
    """
    with _made(folder) as path:
        with reading(engine) as session:
            revision = MigrationContext.configure(session.connection()).get_current_revision()
            found = [
                Log(log=one.log.hex(), origin=one.origin, size=one.size, root=one.root.hex())
                for one in logs.states(session)
            ]
            with _file(path / DATABASE) as target:
                store.copy(session.connection(), target, progress)
        for name, source in files.items():
            make_private((path / name).parent)
            _write(path / name, source.read_bytes())
        made = Manifest(
            revision=str(revision),
            made=now,
            logs=tuple(found),
            files={name: manifest.measure(path / name) for name in (DATABASE, *files)},
        )
        _write(path / MANIFEST, made.encode())
    return made


def files_of(settings: Settings, *, keys: bool) -> dict[str, Path]:
    """What belongs into an installation's backup beside its database.

    Raises ConfigurationError (``trust_missing``) before founding.
    """
    chain.read_trust(settings)
    found = {TRUST: settings.trust_file}
    if keys:
        paths = (path for path in sorted(settings.keys.rglob("*")) if path.is_file())
        found |= {f"{KEYS}/{path.relative_to(settings.keys).as_posix()}": path for path in paths}
    return found


@contextmanager
def _made(folder: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when it is complete, and vanishes if it is not."""
    if folder.exists():
        raise BackupError("backup_exists", "There is something of this name.", str(folder))
    try:
        with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as aside:
            path = Path(aside) / folder.name
            path.mkdir(mode=0o700)
            yield path
            for inside in (*path.rglob("*"), path):
                _sync(inside)
            path.rename(folder)
            _sync(folder.parent)
    except OSError as error:
        said = f"The backup cannot be made: {error.strerror}."
        raise BackupError("backup_unwritable", said, str(error.filename or folder)) from error


@contextmanager
def _file(path: Path) -> Iterator[Connection]:
    """A new SQLite file of this program's form, to be filled in one transaction.

    It has no journal: it is complete, or thrown away.
    """
    _write(path, b"")
    engine = open_prepared(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            for pragma in ("journal_mode = OFF", "synchronous = OFF"):
                connection.connection.execute(f"PRAGMA {pragma}")
            with connection.begin():
                yield connection
    finally:
        engine.dispose()


def _write(path: Path, data: bytes) -> None:
    """A new file that only its owner reads."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def _sync(path: Path) -> None:
    """Bring a file, or a folder's list of files, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
