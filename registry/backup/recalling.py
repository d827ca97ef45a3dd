"""Bringing back the claims of a record of which a restore has left only the statement.

Whoever holds the record has them in their proof file, or in the certificate that carries it. The
statement, which the log holds, binds every byte of them.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from anchor import store as logs
from anchor.database import writing
from registry.backup import store
from registry.errors import NotFound
from verifier import qr, record
from verifier.errors import ConfigurationError, ContentError, FormatError
from verifier.record import Record


def recall(engine: Engine, path: Path, *, partial: bool) -> bool:
    """Take claims and disclosures from a proof file or PDF; False if none were lost.

    Raises ProofError if the file is not sound in itself, or withholds fields and is not to be
    taken as ``partial``; NotFound (``not_found``) if its record is in no log here.
    """
    found = _record(path)
    with writing(engine) as session:
        places = [place for place in logs.find(session, found.leaf) if place.log == found.log]
        if not places:
            raise NotFound("not_found", "This record is in no log here.", str(path))
        log = logs.lock(session, found.log)
        row = store.lost(session, log, places[0].index)
        if row is None:
            return False
        withheld = len(found.claims.hidden) - len(found.disclosures)
        if withheld and not partial:
            raise ContentError(
                "fields_withheld",
                f"{withheld} fields are withheld in this file, and could not be added later: "
                "find a fuller one, or say --partial.",
                str(path),
            )
        store.recall(session, row, found.file.claims, found.file.disclosures)
    return True


def _record(path: Path) -> Record:
    try:
        with path.open("rb") as file:
            data = file.read(qr.MAX_FILE + 1)
    except OSError as error:
        said = f"{error.strerror or 'It cannot be read'}."
        raise ConfigurationError("file_unreadable", said, str(path)) from error
    inside = qr.read(data) if qr.is_readable(data) else data
    if not isinstance(inside, bytes):
        raise FormatError("attachment_missing", "No proof file is attached to it.", str(path))
    return record.compare(record.decode(inside))
