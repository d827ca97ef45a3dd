"""The files of a backup beside its database: what they say, and where they go."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from registry.backup.manifest import KEYS, TRUST, Manifest
from registry.errors import BackupError
from registry.settings import Settings
from verifier import trust
from verifier.trust import Trust

_TEMPORARY = ".restoring"


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are not there, for their owner alone."""
    if not folder.exists():
        make_private(folder.parent)
        folder.mkdir(mode=0o700)


class Files:
    """Trust file and keys of a backup in ``folder``, on their way into an installation.

    As a context manager, it takes away again what it placed if the block fails.
    """

    def __init__(self, settings: Settings, folder: Path, backup: Manifest) -> None:
        self._trust_file = settings.trust_file
        self._contents = {self._trust_file: (folder / TRUST).read_bytes()}
        for name in backup.files:
            if name.startswith(f"{KEYS}/"):
                path = settings.keys / name.removeprefix(f"{KEYS}/")
                self._contents[path] = (folder / name).read_bytes()
        self._placed = list[Path]()

    def trust(self) -> Trust:
        """What the registry in the backup trusts.

        Raises BackupError (``restore_not_empty``) if another file stands where one has to go.
        """
        trusted = trust.parse(self._contents[self._trust_file])
        for path, content in self._contents.items():
            there = path.read_bytes() if path.exists() else content
            same = there == content
            if path == self._trust_file:
                same = replace(trust.parse(there), max_age=trusted.max_age) == trusted
            if not same:
                said = "Another file stands here than in the backup: move it away first."
                raise BackupError("restore_not_empty", said, str(path))
        return trusted

    def place(self) -> None:
        """Put every file that is not there yet in its place, whole or not at all."""
        for path, content in self._contents.items():
            if path.exists():
                continue
            make_private(path.parent)
            aside = path.with_name(path.name + _TEMPORARY)
            mode = 0o644 if path == self._trust_file else 0o600
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as f:
                f.write(content)
                f.flush()
                os.fsync(f.fileno())
            aside.replace(path)
            self._placed.append(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            for path in self._placed:
                with suppress(OSError):
                    path.unlink()
