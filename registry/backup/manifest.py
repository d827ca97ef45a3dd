"""A backup is a folder: a manifest, the database as one SQLite file, trust file, perhaps keys.

::

    tem-backup.json      what the backup holds, and the SHA-256 of every other file
    database.sqlite      every row, whatever kind of database it came from
    trust.json           chain, contracts and root organisation
    keys/…               the key files, still encrypted, if they were asked for
"""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from registry.errors import BackupError

MANIFEST = "tem-backup.json"
DATABASE = "database.sqlite"
TRUST = "trust.json"
KEYS = "keys"


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class File(_Shape):
    """A file of a backup: its length, and its SHA-256 in hex."""

    bytes: int
    sha256: str


class Log(_Shape):
    """A log as it stands in a backup; its id and root in hex."""

    log: str
    origin: str
    size: int
    root: str


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    known = name in (DATABASE, TRUST) or (len(path.parts) > 1 and path.parts[0] == KEYS)
    if not known or ".." in path.parts or str(path) != name:
        raise ValueError(f"{name[:64]!a} is no file of a backup")
    return name


class Manifest(_Shape):
    """What a backup holds: ``revision`` is the form of its database, ``made`` the moment that it
    shows, in seconds since 1970. ``files`` are all but the manifest, by their paths."""

    tem_backup: Literal[1] = 1
    revision: str
    made: int = Field(ge=0)
    logs: tuple[Log, ...]
    files: dict[Annotated[str, AfterValidator(_inside)], File]

    def encode(self) -> bytes:
        """The manifest's bytes."""
        return self.model_dump_json(indent=2).encode() + b"\n"


def measure(path: Path) -> File:
    """Length and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
        return File(bytes=file.tell(), sha256=digest)


def read(folder: Path) -> Manifest:
    """The manifest of a backup whose files are all as it says.

    Raises BackupError (``backup_missing``, ``backup_damaged``), which names the file.
    """
    found = _parse(folder / MANIFEST)
    for name, expected in found.files.items():
        path = folder / name
        try:
            measured = measure(path)
        except OSError as error:
            raise damaged(path, f"It cannot be read: {error.strerror}.") from error
        if measured != expected:
            raise damaged(path, "It is not the file that was backed up.")
    return found


def damaged(path: Path, message: str) -> BackupError:
    """The error of a backup that is not what it was when it was made."""
    return BackupError("backup_damaged", f"{message} Use another backup.", str(path))


def _parse(path: Path) -> Manifest:
    try:
        data = path.read_bytes()
    except OSError as error:
        said = f"This is no backup, its manifest cannot be read: {error.strerror}."
        raise BackupError("backup_missing", said, str(path)) from error
    try:
        found = Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise damaged(path, f"{where or 'It'}: {first['msg']}.") from error
    for name in (DATABASE, TRUST):
        if name not in found.files:
            raise damaged(path, f"It names no {name}.")
    return found
