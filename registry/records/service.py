"""Making a record: claims, statement, entry. The same for every type.

``prepare`` needs no database and may be slow (a key may be far away); ``add`` is short and runs in
a request's part of a batch, so that a record and its entry stand or fall together.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from anchor.batch import Entry, Part
from registry.keyring import Signer
from registry.records import store
from registry.records.store import StoredRecord
from verifier import claims
from verifier.disclosure import SALT_BYTES
from verifier.names import day_end, parse_date
from verifier.statement import Header, assemble, to_be_signed
from verifier.types import RecordType

RandomBytes = Callable[[int], bytes]
"""Gives that many random bytes, such as ``secrets.token_bytes``."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed record that is in no log yet."""

    record: StoredRecord
    entry: Entry


def prepare(
    signer: Signer,
    kind: RecordType,
    core: Mapping[str, Any],
    fields: Mapping[str, Any],
    iat: int,
    random: RandomBytes = secrets.token_bytes,
) -> Prepared:
    """Compose and sign a record.

    ``core`` has ``iss``, ``sub``, ``issued``, ``scope``, ``log`` and ``outcome``. Raises
    ContentError if no verifier would accept the result.
    """
    members: dict[str, Any] = {**core, "vct": kind.vct, "iat": iat}
    if kind.expires is not None and kind.expires in fields:
        place = f"fields.{kind.expires}"
        members["exp"] = day_end(parse_date(fields[kind.expires], place))
    composed = claims.compose(members, fields, kind, _salts(random))
    header = Header(
        kid=signer.kid,
        iss=core["iss"],
        sub=core["sub"],
        iat=iat,
        exp=members.get("exp"),
        vct=kind.vct,
        facts={name: composed.members[name] for name in kind.facts if name in composed.members},
    )
    protected, payload = header.encode(), sha256(composed.data).digest()
    signature = signer.sign(to_be_signed(protected, payload))
    return Prepared(
        StoredRecord(core["sub"], kind.vct, composed.data, composed.disclosures),
        Entry(assemble(protected, payload, signature), iat),
    )


def add(part: Part, prepared: Prepared) -> int:
    """Append a prepared record to its log and store it; returns its index.

    Raises LogError, as ``Part.append``.
    """
    index = part.add(prepared.entry)
    store.add(part.session, part.number, index, prepared.record)
    return index


def _salts(random: RandomBytes) -> Iterator[bytes]:
    while True:
        yield random(SALT_BYTES)
