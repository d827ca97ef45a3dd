"""The eight checks, in the words of the protocol: each passes, fails, or is unknown.

Checks 1 and 2 look at the file alone. The others compare the record with the facts that the chain
view gave; where it could not be read they are unknown with its code, and never fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from verifier import statement
from verifier.chain_view import AccreditationState, KeyState, LogState, Reason, Status
from verifier.checkpoint import Checkpoint, signed_by
from verifier.errors import ChainUnavailable, ProofError, UnsupportedError
from verifier.facts import DATED_AHEAD, Entitlement, Facts
from verifier.names import day_start, instant
from verifier.record import Record
from verifier.report import Check, Result

_T = TypeVar("_T")
Outlook = Facts | ChainUnavailable


def passed(code: str, **values: str) -> Check:
    return Check(Result.PASS, code, values=values)


def failed(code: str, **values: str) -> Check:
    return Check(Result.FAIL, code, values=values)


def unknown(code: str, **values: str) -> Check:
    return Check(Result.UNKNOWN, code, values=values)


def attempt(code: str, step: Callable[[], _T]) -> tuple[Check, _T | None]:
    """Run a step of check 1 or 2: its result if it passes, the reason if it does not."""
    try:
        return passed(code), step()
    except ProofError as error:
        return Check(Result.FAIL, error.code, error.place, error.message), None
    except UnsupportedError as error:
        return Check(Result.UNKNOWN, error.code, error.place, error.message), None


def signature(record: Record, facts: Outlook) -> Check:
    """3: fails when ES256 does not verify; unknown without the key's bytes."""
    if isinstance(facts, ChainUnavailable):
        return unknown(facts.code)
    key = facts.then.key
    if key.state is KeyState.NONE:
        return unknown("key_bytes_missing")
    check, _ = attempt(
        "signature_ok", lambda: statement.verify_signature(record.statement, key.x, key.y)
    )
    return check


def key(record: Record, facts: Outlook) -> Check:
    """4: fails when the issuer never registered the key, when it was not valid at Ta, or when the
    log was repudiated from at or below this index."""
    if isinstance(facts, ChainUnavailable):
        return unknown(facts.code)
    if facts.organisation is None:
        return _missing(facts, "issuer_unknown")
    if facts.then.key.state is KeyState.NONE:
        return _missing(facts, "key_unknown")
    if facts.then.key.state is not KeyState.VALID:
        return _key_not_valid(facts)
    repudiated_from = facts.log.repudiated_from if facts.log else None
    if repudiated_from is not None and repudiated_from <= record.file.index:
        return failed("log_repudiated")
    return passed("key_ok")


def _key_not_valid(facts: Facts) -> Check:
    then = facts.then.key
    revocation = then.revocation
    by = facts.names.get(revocation.by, "")
    if facts.outdated and then.state is not KeyState.NOT_YET:
        return unknown("proof_outdated")
    if then.state is KeyState.REVOKED and revocation.reason is Reason.COMPROMISED:
        return failed("key_compromised", since=instant(revocation.effective), by=by)
    if facts.proven_time is not None and facts.signed.key.state is KeyState.VALID:
        return _lost_before_anchor(facts)
    if then.state is KeyState.REVOKED:
        return failed("key_revoked", since=instant(revocation.effective), by=by)
    if then.state is KeyState.EXPIRED:
        return failed("key_expired", since=instant(then.until))
    return _missing(facts, "key_not_yet_valid", since=instant(then.start))


def accreditation(record: Record, facts: Outlook) -> Check:
    """5: fails when the organisation is not active, or has no chain body → accreditor → root for
    the scope, at Ta and on the issued day. A log's own entries ask only an active organisation."""
    if isinstance(facts, ChainUnavailable):
        return unknown(facts.code)
    if facts.organisation is None:
        return _missing(facts, "issuer_unknown")
    own_entry = record.claims.vct.family == "log"
    moments = (facts.then,) if own_entry else (facts.then, facts.printed)
    for moment in moments:
        reason = _not_entitled(moment, facts, own_entry)
        if reason is None:
            continue
        held_when_signed = _not_entitled(facts.signed, facts, own_entry) is None
        if moment is facts.then and facts.proven_time is not None and held_when_signed:
            return _lost_before_anchor(facts)
        return reason
    return passed("accreditation_ok", by=_accreditor(facts.then, facts))


def _not_entitled(moment: Entitlement, facts: Facts, own_entry: bool) -> Check | None:
    """Why the issuer might not issue at that moment, or None if it might."""
    activity, at = moment.activity, instant(moment.at)
    if not activity.active:
        if activity.registered_at > moment.at:
            return _missing(facts, "issuer_not_yet_registered", at=at)
        since = instant(activity.entry.effective)
        by = facts.names.get(activity.author, "")
        return _lapsed(facts, "issuer_suspended", at=at, since=since, by=by)
    held = moment.accreditation
    if own_entry or held.state is AccreditationState.VALID:
        return None
    code = f"accreditation_{held.state.name.lower()}"
    if held.state in _ABSENT:
        return _missing(facts, code, at=at)
    return _lapsed(facts, code, at=at, by=_accreditor(moment, facts))


_ABSENT = frozenset(
    {
        AccreditationState.NONE,
        AccreditationState.NOT_YET,
        AccreditationState.GRANT_NONE,
        AccreditationState.GRANT_NOT_YET,
    }
)


def inclusion(record: Record, facts: Outlook) -> Check:
    """6: fails when the path is malformed, or when the contract lacks this size and the checkpoint
    disagrees with the root computed from the path."""
    if isinstance(facts, ChainUnavailable):
        return unknown(facts.code)
    if facts.root is None:
        return failed("path_malformed")
    if facts.held:
        return passed("inclusion_ok")
    if facts.log is None:
        return _missing(facts, "log_unknown")
    if record.checkpoint is None:
        return unknown("checkpoint_missing")
    return _checkpoint_agrees(record, facts, record.checkpoint)


def _checkpoint_agrees(record: Record, facts: Facts, signed: Checkpoint) -> Check:
    if signed.origin != record.claims.log:
        return failed("checkpoint_origin_differs")
    if signed.size != record.file.size:
        return failed("checkpoint_size_differs")
    if signed.root != facts.root:
        return failed("checkpoint_root_differs")
    if any(signed_by(signed, public) for public in facts.checkpoint_keys):
        return passed("inclusion_signed")
    if not facts.checkpoint_keys:
        return _missing(facts, "checkpoint_key_unknown")
    return _missing(facts, "checkpoint_signature_wrong")  # perhaps by a key set since


def anchor(record: Record, facts: Outlook) -> Check:
    """7: fails when the contract holds another root for this size, or when iat or issued lies more
    than 300 s after Ta."""
    if isinstance(facts, ChainUnavailable):
        return unknown(facts.code)
    if facts.held is None:
        return _not_held(record, facts)
    if facts.proven_time is None:
        return failed("anchor_differs")
    dated = max(record.claims.iat, day_start(record.claims.issued))
    if dated > facts.proven_time + DATED_AHEAD:
        return failed("dated_after_anchor", at=instant(facts.proven_time), dated=instant(dated))
    return passed("anchor_ok", at=instant(facts.proven_time))


def _not_held(record: Record, facts: Facts) -> Check:
    if facts.dated_in_future:
        return unknown("dated_in_future")
    if facts.log and facts.log.size > record.file.size:
        return unknown("proof_outdated")
    if facts.log and facts.log.state is not LogState.OPEN:
        return unknown("log_closed")
    if facts.stale:
        return unknown("view_too_old")
    return unknown("not_yet_anchored")


def in_force(record: Record, facts: Outlook) -> Check:
    """8: fails when withdrawn, superseded, suspended or expired at the view's block time; the
    worst is named."""
    if isinstance(facts, ChainUnavailable):
        return unknown(facts.code)
    standing = facts.standing
    if standing and standing.status is not Status.ACTIVE:
        return failed(
            standing.status.name.lower(),
            since=instant(standing.effective),
            by=facts.names.get(standing.author, ""),
            reason=standing.reason.name.lower(),
        )
    if record.claims.exp is not None and record.claims.exp <= facts.block.time:
        return failed("expired", since=instant(record.claims.exp))
    if facts.stale:
        return unknown("view_too_old")
    return passed("in_force_ok")


def _missing(facts: Facts, code: str, **values: str) -> Check:
    """A fact that is not there: unknown if the view is too old to have it, else a failure."""
    if facts.before_record:
        return unknown("view_older_than_record")
    if facts.stale:
        return unknown("view_too_old")
    return failed(code, **values)


def _lapsed(facts: Facts, code: str, **values: str) -> Check:
    """What does not hold now but can return: without Ta, only a view of today can tell, and none
    where the chain knows Ta and only the file does not prove it."""
    if facts.outdated:
        return unknown("proof_outdated")
    if facts.proven_time is None:
        return _missing(facts, code, **values)
    return failed(code, **values)


def _lost_before_anchor(facts: Facts) -> Check:
    return failed(
        "lost_before_anchor", signed=instant(facts.signed.at), anchored=instant(facts.then.at)
    )


def _accreditor(moment: Entitlement, facts: Facts) -> str:
    """Who accredited the issuer; itself for its log's own entries, and for the root."""
    own = facts.organisation.name if facts.organisation else ""
    return facts.names.get(moment.accreditation.accreditor, own)
