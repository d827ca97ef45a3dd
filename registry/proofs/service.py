"""Making the proof file of a record, with the fields that whoever asks may see."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session

from anchor import store as logs
from anchor.chain.store import first_anchor_covering
from anchor.database import reading
from anchor.store import LogState, Place
from registry.errors import NotFound, Several
from registry.keyring import Keyring
from registry.organisations import store as organisations
from registry.organisations.store import Organisation
from registry.records import store as records
from registry.records.store import StoredRecord
from verifier import shortcode
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
        place, log, record, body = found
        anchored = first_anchor_covering(session, place.log, place.index)
        size = log.size if anchored is None else anchored.size
        key = self._keyring.checkpoint(body.did)
        return ProofFile(
            claims=record.claims,
            disclosures=record.disclosures if whole else (),
            statement=logs.statement(session, place.log, place.index),
            origin=log.origin,
            index=place.index,
            size=size,
            path=tuple(logs.inclusion_path(session, place.log, place.index, size)),
            checkpoint=logs.checkpoint(session, place.log, size, key),
            chain_id=f"eip155:{self._trust.chain_id}",
            anchor=self._trust.log_anchor,
        )


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
