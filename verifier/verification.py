"""The verification of one proof file: eight checks in order, and what they come to."""

from __future__ import annotations

from typing import Any

from verifier import checks, facts, record, shortcode
from verifier.chain_view import ChainView
from verifier.checks import Outlook, attempt, unknown
from verifier.errors import ChainUnavailable
from verifier.facts import Facts
from verifier.names import day_end
from verifier.record import Record
from verifier.report import Check, Report, Result, judge

NOT_REACHED = unknown("not_reached")
# How long after its claimed dates a registration raises a question, in seconds (72 hours).
LATE = 72 * 3600


def verify(proof: bytes | str, chain_view: ChainView, now: int) -> Report:
    """Judge the bytes of a ``.tem`` file by ``chain_view`` at ``now`` (seconds since 1970, UTC).

    Never raises for anything in ``proof`` and never reports an outage as a forgery: what could not
    be read is unknown. The file's own ``chain`` member is not used.
    """
    data = proof.encode("utf-8", "surrogatepass") if isinstance(proof, str) else proof
    first, decoded = attempt("format_ok", lambda: record.decode(data))
    if decoded is None:
        return _report((first, *[NOT_REACHED] * 7), None, None)
    second, compared = attempt("content_ok", lambda: record.compare(decoded))
    if compared is None:
        return _report((first, second, *[NOT_REACHED] * 6), None, None)
    second, _ = attempt("content_ok", lambda: record.require_known_type(compared))
    outlook = _look(chain_view, compared, now)
    results = (
        first,
        second,
        checks.signature(compared, outlook),
        checks.key(compared, outlook),
        checks.accreditation(compared, outlook),
        checks.inclusion(compared, outlook),
        checks.anchor(compared, outlook),
        checks.in_force(compared, outlook),
    )
    return _report(results, compared, outlook)


def _look(view: ChainView, compared: Record, now: int) -> Outlook:
    try:
        return facts.read(view, compared, now)
    except ChainUnavailable as error:
        return error


def _report(results: tuple[Check, ...], compared: Record | None, outlook: Outlook | None) -> Report:
    found = outlook if isinstance(outlook, Facts) else None
    return Report(
        verdict=judge(results),
        checks=results,
        outcome=compared.claims.outcome if compared else None,
        facts={
            "record": _record(compared) if compared else None,
            "issuer": _issuer(found) if found else None,
            "time": _time(compared, found) if compared and found else None,
            "chain": _chain(found) if found else None,
        },
        notes=_notes(compared, found) if compared else (),
    )


def _record(compared: Record) -> dict[str, Any]:
    claims = compared.claims
    return {
        "code": shortcode.encode(compared.leaf),
        "leaf": compared.leaf.hex(),
        "log": claims.log,
        "index": compared.file.index,
        "public": {k: v for k, v in claims.members.items() if k not in ("_sd", "_sd_alg")},
        "disclosed": {item.name: item.value for item in compared.disclosures},
        "withheld": len(claims.hidden) - len(compared.disclosures),
    }


def _issuer(found: Facts) -> dict[str, Any] | None:
    if found.organisation is None:
        return None
    held = found.then.accreditation
    return {
        "did": found.organisation.did,
        "name": found.organisation.name,
        "kind": found.organisation.kind.name.lower(),
        "custody": found.then.key.custody.name.lower(),
        "accredited_by": found.names.get(held.accreditor),
        "accredited_scope": held.scope,
    }


def _time(compared: Record, found: Facts) -> dict[str, Any]:
    """Ta and its distance from the claimed dates, in seconds."""
    claims, proven = compared.claims, found.proven_time
    return {
        "proven": proven,
        "signed": claims.iat,
        "issued": claims.issued.isoformat(),
        "after_signed": None if proven is None else proven - claims.iat,
        "after_issued": None if proven is None else max(proven - day_end(claims.issued), 0),
    }


def _chain(found: Facts) -> dict[str, Any]:
    return {
        "block": found.block.number,
        "hash": "0x" + found.block.hash.hex(),
        "time": found.block.time,
        "age": found.age,
        "stale": found.stale,
    }


def _notes(compared: Record, found: Facts | None) -> tuple[Check, ...]:
    """What the reader has to know besides, above all what no verdict proves."""
    codes = ["number_not_proven_unique", "object_not_seen"]
    if found and found.proven_time is not None:
        claimed = min(compared.claims.iat, day_end(compared.claims.issued))
        if found.proven_time - claimed > LATE:
            codes.insert(0, "registered_late")
    if compared.claims.imported:
        codes.append("imported")
    withheld = len(compared.claims.hidden) - len(compared.disclosures)
    if withheld:
        codes.append("fields_withheld")
    if compared.claims.outcome == "fail":
        codes.insert(0, "outcome_fail")
    return tuple(Check(Result.PASS, code, values={"count": str(withheld)}) for code in codes)
