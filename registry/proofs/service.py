"""Making the proof file of a record, with the fields that whoever asks may see."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session

from anchor import store as logs
from anchor.chain.store import first_anchor_covering
from anchor.database import reading
from anchor.errors import LogError
from anchor.store import LogState, Place
from registry.errors import NotFound, Several
from registry.keyring import Keyring
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from registry.records import store as records
from registry.records.store import StoredRecord
from verifier import checkpoint, shortcode
from verifier.errors import ProofError
from verifier.merkle import leaf_hash, verify_inclusion
from verifier.proof import ProofFile
from verifier.trust import Trust

_LEAF = re.compile(r"[0-9a-fA-F]{64}")


class Found(NamedTuple):
    """A record, where it stands, and whose it is."""

    place: Place
    log: LogState
    record: StoredRecord
    body: Organisation


class ProofService:
    """Makes proof files from one database, which names ``trust`` as its chain."""

    def __init__(self, engine: Engine, keyring: Keyring, trust: Trust) -> None:
        self._engine, self._keyring, self._trust = engine, keyring, trust

    def public(self, code: str, asks: bytes | None = None) -> bytes:
        """The proof file of the record with this short code or leaf hash (hex).

        It shows the public fields, and all of them to the record's own organisation (``asks``).
        Raises FormatError for a mistyped code, NotFound (``not_found``), Several (``several``).
        """
        with reading(self._engine) as session:
            found = _find(session, code)
            return self._build(session, found, whole=asks == found.body.org).encode()

    def whole(self, code: str) -> tuple[bytes, Organisation]:
        """The proof file with every field, and whose it is; for the registry's own operator.

        Raises as ``public``.
        """
        with reading(self._engine) as session:
            found = _find(session, code)
            return self._build(session, found, whole=True).encode(), found.body

    def _build(self, session: Session, found: Found, *, whole: bool) -> ProofFile:
        place, log, record, _ = found
        size, root, signed = self._tree(session, found)
        statement = logs.statement(session, place.log, place.index)
        path = logs.inclusion_path(session, place.log, place.index, size)
        _require_sound(leaf_hash(statement), place.index, size, path, root)
        return ProofFile(
            claims=record.claims,
            disclosures=record.disclosures if whole else (),
            statement=statement,
            origin=log.origin,
            index=place.index,
            size=size,
            path=tuple(path),
            checkpoint=signed,
            chain_id=f"eip155:{self._trust.chain_id}",
            anchor=self._trust.log_anchor,
        )

    def _tree(self, session: Session, found: Found) -> tuple[int, bytes, str | None]:
        """Size, root and checkpoint of the tree that the record is proven in.

        A tree that is not yet published has no checkpoint: if this database were lost, the one
        that is brought forward could come to another root at that size.
        """
        place, log, _, body = found
        anchored = first_anchor_covering(session, place.log, place.index)
        if anchored is not None:
            size, root = anchored.size, anchored.root
        elif place.index < log.published:
            size, root = log.published, logs.root_at(session, log.log, log.published)
        else:
            return log.size, log.root, None
        key = self._keyring.checkpoint(body.did)
        return size, root, checkpoint.sign(log.origin, size, root, key)


def _require_sound(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """Raise LogError (``log_damaged``) rather than sign and give out what does not hold."""
    try:
        verify_inclusion(leaf, index, size, path, root)
    except ProofError as error:
        said = (
            "The stored tiles do not lead to the log's root: the operator has to restore a backup."
        )
        raise LogError("log_damaged", said, "code") from error


def _find(session: Session, code: str) -> Found:
    prefix = bytes.fromhex(code) if _LEAF.fullmatch(code) else shortcode.decode(code)
    found = [
        Found(place, log, record, organisations.get_one(session, log.org))
        for place in logs.find(session, prefix)
        for log in [logs.state(session, place.log)]
        if (record := records.get(session, log.number, place.index)) is not None
    ]
    if not found:
        raise NotFound("not_found", "There is no record with this code here.", "code")
    if len(found) > 1:
        leaves = [one.place.leaf.hex() for one in found]
        raise Several("several", f"{len(found)} records have this code.", "code", leaves)
    return found[0]
