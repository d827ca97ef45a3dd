"""Organisations and their API keys in the database. Nothing here commits."""

from __future__ import annotations

from typing import NamedTuple

from sqlmodel import Session, select

from anchor import store as logs
from anchor.store import LogState
from registry.organisations.models import ApiKeyRow, OrganisationRow


class Organisation(NamedTuple):
    """A body that issues here, since when (seconds since 1970), and the log that it writes to."""

    org: bytes
    did: str
    name: str
    founded: int
    log: LogState


def add(session: Session, org: bytes, did: str, name: str, founded: int, log: bytes) -> None:
    """Store an organisation; ``log`` is its log's id (32 bytes)."""
    session.add(OrganisationRow(org=org, did=did, name=name, founded=founded, log=log))
    session.flush()


def all_of_them(session: Session) -> list[Organisation]:
    """Every organisation that issues here, by DID."""
    # Sorted here, as databases differ in how they order text.
    rows = sorted(session.exec(select(OrganisationRow)), key=lambda row: row.did)
    known = {state.log: state for state in logs.states(session)}
    return [Organisation(row.org, row.did, row.name, row.founded, known[row.log]) for row in rows]


def get(session: Session, org: bytes) -> Organisation | None:
    """The organisation with this id, or None."""
    row = session.get(OrganisationRow, org)
    return None if row is None else _organisation(session, row)


def get_one(session: Session, org: bytes) -> Organisation:
    """The organisation with this id, which issues here."""
    return _organisation(session, session.get_one(OrganisationRow, org))


def add_api_key(
    session: Session, key_id: str, org: bytes, digest: bytes, label: str, now: int
) -> None:
    """Store an API key by its digest (SHA-256)."""
    session.add(ApiKeyRow(id=key_id, org=org, digest=digest, label=label, created=now))
    session.flush()


def api_key(session: Session, key_id: str) -> ApiKeyRow | None:
    """The API key with this id, revoked or not, or None."""
    return session.get(ApiKeyRow, key_id)


def revoke_api_key(session: Session, row: ApiKeyRow, now: int) -> None:
    """Let an API key open nothing any more; the first revocation stays."""
    session.refresh(row, with_for_update=True)
    row.revoked = now if row.revoked is None else row.revoked
    session.add(row)
    session.flush()


def _organisation(session: Session, row: OrganisationRow) -> Organisation:
    return Organisation(row.org, row.did, row.name, row.founded, logs.state(session, row.log))
