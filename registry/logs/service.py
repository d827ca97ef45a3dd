"""Finding published logs and their files."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine

from anchor.database import reading
from anchor.public_files import log_folder
from registry.errors import NotFound
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from verifier.tiles import CHECKPOINT

_ID = re.compile(r"[0-9a-f]{64}")
# The one spelling that C2SP tlog-tiles gives a tile: level, number in groups of three digits, and
# of a partial one its width.
_LEVEL = r"(?:entries|[1-5]?[0-9]|6[0-3])"
_NUMBER = r"(?:(?!x000)(?:x[0-9]{3}/){1,5})?[0-9]{3}"
_WIDTH = r"(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_TILE = re.compile(rf"{_LEVEL}/{_NUMBER}(?:\.p/{_WIDTH})?")


class LogService:
    """Reads what was published below the folder ``public``, and from the database whose it is."""

    def __init__(self, engine: Engine, public: Path) -> None:
        self._engine, self._public = engine, public

    def all_of_them(self) -> list[Organisation]:
        """Every body that issues here with its log, by DID."""
        with reading(self._engine) as session:
            return organisations.all_of_them(session)

    def checkpoint(self, log: str) -> bytes:
        """The signed checkpoint of the log with this id (hex). Raises NotFound."""
        return self._read(log, CHECKPOINT)

    def tile(self, log: str, path: str) -> bytes:
        """A tile or bundle by its path below ``tile/``, in its one spelling.

        Raises NotFound (``not_published``), also for a partial tile whose full one is there:
        whoever asked for it takes that (C2SP tlog-tiles, Partial Tiles).
        """
        if not _TILE.fullmatch(path):
            raise _not_published("path")
        return self._read(log, f"tile/{path}")

    def _read(self, log: str, path: str) -> bytes:
        if not _ID.fullmatch(log):
            raise _not_published("log")
        folder = log_folder(self._public.resolve(), bytes.fromhex(log))
        place = (folder / path).resolve()
        if not place.is_relative_to(folder):  # a link that leads elsewhere is not followed
            raise _not_published("path")
        try:
            return place.read_bytes()
        except FileNotFoundError as error:
            raise _not_published("path") from error


def _not_published(place: str) -> NotFound:
    return NotFound("not_published", "There is no such file, or not yet.", place)
