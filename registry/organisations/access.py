"""API keys: how a program shows in whose name it asks.

A key is ``tem_<id>_<secret>``, with 256 random bits in the secret. It is shown once; the database
keeps its SHA-256, which needs no slow hash because nobody can guess the secret.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256

from sqlalchemy import Engine

from anchor.database import reading, writing
from registry.errors import NotFound, RequestError, Unauthenticated
from registry.organisations import store
from registry.organisations.store import Organisation
from verifier.names import org_id, require_name

_KEY = re.compile(r"tem_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


def create(engine: Engine, did: str, label: str, now: int) -> str:
    """Make a key for an organisation and return it: it cannot be shown again.

    Raises NotFound (``organisation_unknown``), RequestError (``label_invalid``).
    """
    if not label.isprintable():
        said = "A label has only characters that can be shown."
        raise RequestError("label_invalid", said, "label")
    key_id = secrets.token_hex(8)
    key = f"tem_{key_id}_{secrets.token_urlsafe(32)}"
    org = org_id(require_name("did", did, "did"))
    with writing(engine) as session:
        if store.get(session, org) is None:
            raise NotFound("organisation_unknown", f"No organisation {did} issues here.", "did")
        store.add_api_key(session, key_id, org, _digest(key), label, now)
    return key


def revoke(engine: Engine, key_id: str, now: int) -> None:
    """Let a key open nothing any more; raises NotFound (``api_key_unknown``)."""
    with writing(engine) as session:
        row = store.api_key(session, key_id)
        if row is None:
            raise NotFound("api_key_unknown", f"There is no API key {key_id}.", "id")
        store.revoke_api_key(session, row, now)


def organisation_of(engine: Engine, key: str) -> Organisation:
    """In whose name a key speaks; raises Unauthenticated (``api_key_wrong``)."""
    parts = _KEY.fullmatch(key)
    with reading(engine) as session:
        row = store.api_key(session, parts[1]) if parts else None
        # Compared in constant time; a revoked key looks like one that never was.
        if (
            row is None
            or not hmac.compare_digest(row.digest, _digest(key))
            or row.revoked is not None
        ):
            raise Unauthenticated("api_key_wrong", "This API key opens nothing.", "Authorization")
        return store.get_one(session, row.org)


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()
