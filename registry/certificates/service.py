"""Issuing a certificate: rules, signature, and one transaction for record, entry and number."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from anchor import store as logs
from anchor.batch import Part
from anchor.sequencer import Sequencer
from anchor.store import LogState
from registry.certificates import rules
from registry.certificates.schemas import CertificateRequest
from registry.errors import Conflict, RequestError
from registry.keyring import Keyring
from registry.organisations.store import Organisation
from registry.records import service as records
from registry.records import store
from registry.records.service import Prepared, RandomBytes
from registry.records.store import StoredRecord
from verifier import shortcode
from verifier.encoding import canonical_json, parse_json
from verifier.merkle import leaf_hash

MAX_OFFLINE = 600
"""Characters of base45 that a QR code of 35 mm holds with ease; the statement has to fit in."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A committed certificate. ``again``: an earlier request with the same key has made it."""

    leaf: bytes
    index: int
    number: str
    issued: str
    origin: str
    again: bool

    @property
    def code(self) -> str:
        """The short code."""
        return shortcode.encode(self.leaf)


class CertificateService:
    """Issues certificates for the organisations of one database.

    ``clock`` gives seconds since 1970; ``require_clock`` raises ClockError while that clock is
    known to be wrong.
    """

    def __init__(
        self,
        sequencer: Sequencer,
        keyring: Keyring,
        clock: Callable[[], int],
        require_clock: Callable[[], None],
        random: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._sequencer, self._keyring = sequencer, keyring
        self._clock, self._require_clock, self._random = clock, require_clock, random

    def issue(
        self, body: Organisation, request: CertificateRequest, key: str | None = None
    ) -> Issued:
        """Issue a certificate in the name of ``body``; returns once it is committed.

        The same idempotency ``key`` with the same request gives the first one's certificate.
        Raises RequestError; Conflict (``number_taken``, ``idempotency_key_reused``); LogError,
        ClockError, StorageError. Nothing has changed then, unless it is ``outcome_unknown``.
        """
        self._require_clock()
        now = self._clock()
        prepared = self._prepare(body, request, now)
        asked = sha256(canonical_json(request.model_dump())).digest()

        def record(part: Part) -> Issued:
            if key is not None:
                index = _earlier(part, key, asked)
                if index is not None:
                    return _issued_before(part, body.log, index)
            _require_free(part, request.number)
            index = records.add(part, prepared)
            if key is not None:
                store.remember(part.session, part.number, key, index, asked, now)
            statement = prepared.entry.statement
            return _issued(body.log, index, statement, prepared.record, again=False)

        return self._sequencer.submit(body.log.log, record)

    def _prepare(self, body: Organisation, request: CertificateRequest, now: int) -> Prepared:
        kind, issued = rules.check(request, body.founded, now)
        core = {
            "iss": body.did,
            "sub": request.number,
            "issued": issued.isoformat(),
            "scope": request.scope,
            "log": body.log.origin,
            "outcome": request.outcome,
        }
        signer = self._keyring.signer(body.did)
        prepared = records.prepare(signer, kind, core, request.fields, now, self._random)
        size = _base45_length(prepared.entry.statement)
        if size > MAX_OFFLINE:
            facts = ", ".join(kind.facts)
            raise RequestError(
                "offline_too_large",
                f"The offline QR code would have {size} characters, over {MAX_OFFLINE}: "
                f"shorten the number or one of {facts}.",
                "/fields",
            )
        return prepared


def _earlier(part: Part, key: str, asked: bytes) -> int | None:
    """Index of the record that this key has made before, if any."""
    found = store.remembered(part.session, part.number, key)
    if found is None:
        return None
    index, request = found
    if request != asked:
        said = "This key was used for another request."
        raise Conflict("idempotency_key_reused", said, "Idempotency-Key")
    return index


def _require_free(part: Part, number: str) -> None:
    index = store.with_number(part.session, part.number, number)
    if index is not None:
        raise Conflict("number_taken", f"Record {index} of the log has this number.", "/number")


def _issued_before(part: Part, log: LogState, index: int) -> Issued:
    """What the database holds at ``index``."""
    statement = logs.statement(part.session, log.log, index)
    record = store.get_one(part.session, part.number, index)
    return _issued(log, index, statement, record, again=True)


def _issued(
    log: LogState, index: int, statement: bytes, record: StoredRecord, *, again: bool
) -> Issued:
    issued = parse_json(record.claims, "claims")["issued"]
    return Issued(leaf_hash(statement), index, record.sub, issued, log.origin, again)


def _base45_length(data: bytes) -> int:
    """Characters of ``data`` in base45 (RFC 9285)."""
    return len(data) // 2 * 3 + len(data) % 2 * 2
