"""Changing the published files of one log so that nobody ever sees half of a change.

A new file is first written and fsynced aside, in ``.publishing/<log>``, and then moved to its name
in ``logs/<log>``, which has to be on the same disk. The checkpoint goes last, when the names of all
others are on disk. So whoever reads a checkpoint finds all that it speaks of, whenever the process
or the machine stopped.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from anchor import failpoints
from anchor.errors import LogError
from verifier.tiles import CHECKPOINT

_PARTIAL = ".p"
_LOCK = "lock"


def log_folder(public: Path, log: bytes) -> Path:
    """Where a log's files stand below the folder of published files."""
    return public / "logs" / log.hex()


class PublicFiles:
    """The files of one log below ``public``. Every method may raise OSError.

    ``settled`` holds the folders whose own names are known to be on disk, and is added to.
    """

    def __init__(self, public: Path, log: bytes, settled: set[Path]) -> None:
        self.folder = log_folder(public, log)
        self._public, self._settled = public, settled
        self._aside = public / ".publishing" / log.hex()
        self._staged = dict[Path, Path]()
        self._places = list[Path]()

    @property
    def checkpoint_place(self) -> Path:
        """Where the checkpoint stands."""
        return self.folder / CHECKPOINT

    @contextmanager
    def exclusively(self) -> Iterator[bool]:
        """Whether nobody else changes these files now; if so, nobody does until the block ends.

        At its end, what is left over aside is removed, also that of an attempt which died.
        """
        if not self._public.is_dir():
            self._public.mkdir(parents=True, exist_ok=True)
            _sync(self._public.parent)
        self._aside.mkdir(parents=True, exist_ok=True)
        with (self._aside / _LOCK).open("ab") as file:
            mine = _locked(file)
            try:
                yield mine
            finally:
                if mine:
                    self._clear()

    def checkpoint(self) -> bytes | None:
        """The published checkpoint, or None."""
        return _content(self.checkpoint_place)

    def stage(self, path: str, data: bytes) -> None:
        """Prepare the file of this path; ``show`` makes it visible.

        A file that is there is left as it is. Raises LogError (``published_damaged``) if it holds
        anything else: what was published once never changes.
        """
        place = self.folder / path
        there = _content(place)
        if there is None:
            self._staged[place] = self._write_aside(place, data)
        elif there != data:
            raise LogError(
                "published_damaged",
                "It does not hold what the database holds. See with `tem audit` which is right; "
                "if the database is, remove this file.",
                str(place),
            )
        self._places.append(place)

    def show(self) -> None:
        """Let all that was staged be seen, for good.

        The narrower versions of what is full now are dropped: whoever looks for one takes the full
        one (C2SP tlog-tiles, Partial Tiles).
        """
        folders = {place.parent for place in self._places}
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        for place, aside in self._staged.items():
            failpoints.reach("publish.file.before")
            aside.replace(place)
            failpoints.reach("publish.file.after")
        self._staged.clear()
        self._settle(folders)
        for place in self._places:
            if place.parent.suffix != _PARTIAL:
                shutil.rmtree(place.with_name(place.name + _PARTIAL), ignore_errors=True)

    def show_checkpoint(self, data: bytes) -> None:
        """Put a new checkpoint in the place of the old one, for good."""
        aside = self._write_aside(self.checkpoint_place, data)
        failpoints.reach("publish.checkpoint.before")
        aside.replace(self.checkpoint_place)
        _sync(self.folder)
        failpoints.reach("publish.checkpoint.after")

    def _settle(self, folders: set[Path]) -> None:
        """Bring to disk what names these folders hold, and their own names."""
        named = set[Path]()
        for folder in folders:
            upwards = (folder, *folder.parents)
            named.update(upwards[: upwards.index(self._public)])
        named -= self._settled
        for folder in folders | {folder.parent for folder in named}:
            _sync(folder)
        self._settled |= named

    def _write_aside(self, place: Path, data: bytes) -> Path:
        aside = self._aside / str(len(self._staged))
        try:
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:  # without the file's name, or with one that tells nobody anything
            raise OSError(error.errno, error.strerror, str(place)) from error
        return aside

    def _clear(self) -> None:
        for file in self._aside.iterdir():
            if file.name != _LOCK:
                file.unlink()


def _locked(file: BinaryIO) -> bool:
    """Whether we have the lock: it goes with the open file, so a process's end gives it back."""
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _content(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
