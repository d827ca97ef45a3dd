"""Whole verifications in which the issuer was not entitled: key, organisation, accreditation."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.cases import Case
from tests.cases.judging import fails, judged, unknown
from tests.chain import anchored_at, entry, granted, state
from tests.changes import (
    SCOPE,
    Change,
    accredited,
    body,
    grants,
    key_is,
    never_accredited,
    no_grant,
    org_suspended,
    revoked,
    suspended,
)
from tests.world import (
    AOSC,
    BOA,
    BODY,
    CORE,
    DAY,
    FOUNDED,
    RECORD,
    REGULATOR,
    ROOT,
    STRANGER,
    TA,
    Issued,
    T,
    header_of,
    issue,
    proof_of,
    signed,
)
from verifier.chain_view import Act, Custody, Reason
from verifier.view.state import ChainState, KeyRecord


def cases() -> list[Case]:
    return [*_keys(), *_key_losses(), *_organisations(), *_accreditations(), *_grants(), *_losses()]


def refused(
    name: str,
    why: str,
    number: int,
    code: str,
    *changes: Change,
    record: Issued = RECORD,
    **more: Any,
) -> Case:
    """Really signed and in the log, but not entitled: check ``number`` fails."""
    return judged(name, why, "not_authorised", number, {number: fails(code)},
                  file=proof_of(record), view=state(record, anchored_at(), *changes),
                  **more)  # fmt: skip


def fine(name: str, why: str, *changes: Change, **more: Any) -> Case:
    record = more.pop("record", RECORD)
    return judged(name, why, "valid", 8, file=proof_of(record),
                  view=state(record, anchored_at(), *changes), **more)  # fmt: skip


def _keys() -> list[Case]:
    second = issue(signer=STRANGER)
    header = replace(header_of(json.loads(RECORD.claims)), kid=STRANGER.kid)
    other_kid = Issued(RECORD.claims, RECORD.disclosures, signed(RECORD.claims, header))
    both: Change = lambda chain: body(chain).keys.update(  # noqa: E731
        {STRANGER.kid: KeyRecord(*STRANGER.point, FOUNDED, 0, FOUNDED, Custody.OPERATOR)}
    )
    return [
        fine("second key of the body", "the kid chooses the key", both, record=second),
        fine("key from Ta on", "the interval holds its first second", key_is(start=TA)),
        fine("key until after Ta", "the interval lacks its last second", key_is(until=TA + 1)),
        fine("key revoked after Ta", "what was anchored before stands", revoked(TA + 1)),
        fine("key stolen after Ta", "what was anchored before stands",
             revoked(TA + 1, BOA, Reason.COMPROMISED)),
        refused("key not yet valid", "it begins after Ta", 4, "key_not_yet_valid",
                key_is(start=TA + 1)),
        refused("key not yet valid, later revoked", "before its start it is not yet valid", 4,
                "key_not_yet_valid", key_is(start=TA + 1), revoked(TA + 2)),
        refused("key expired before signing", "its interval was over", 4, "key_expired",
                key_is(until=T)),
        refused("key revoked before signing", "it had ended", 4, "key_revoked", revoked(T),
                values={"by": "QUATEST 3", "since": "2026-09-21T14:13:20Z"}),
        refused("key stolen before Ta", "whoever stole it may have signed", 4, "key_compromised",
                revoked(TA, BOA, Reason.COMPROMISED), values={"by": "Bureau of Accreditation"}),
        refused("key stolen, found out in two steps", "the furthest back counts", 4,
                "key_compromised", revoked(TA + 5, BODY, Reason.COMPROMISED),
                revoked(T - 60, BOA, Reason.COMPROMISED)),
        judged("kid of the body's other key", "the kid chooses the key", "not_genuine", 3,
               {3: fails("signature_invalid")}, file=proof_of(other_kid),
               view=state(other_kid, anchored_at(), both)),
        judged("body's kid registered with another point", "the kid is computed from the point",
               "not_genuine", 4, {3: unknown("key_bytes_missing"), 4: fails("key_unknown")},
               view=state(RECORD, anchored_at(), lambda chain: body(chain).keys.clear(), both)),
    ]  # fmt: skip


def _key_losses() -> list[Case]:
    """Held when signing, lost when the log was anchored."""
    code, times = "lost_before_anchor", {"signed": "2026-09-21T14:13:20Z",
                                         "anchored": "2026-09-21T14:13:30Z"}  # fmt: skip
    return [
        refused("key ended before the anchor", "held at iat, not at Ta", 4, code,
                key_is(until=TA), values=times),
        refused("key revoked before the anchor", "held at iat, not at Ta", 4, code,
                revoked(TA), values=times),
        refused("key replaced before the anchor", "only theft reaches further", 4, code,
                revoked(T + 1, BODY, Reason.SUPERSEDED), values=times),
    ]  # fmt: skip


def _organisations() -> list[Case]:
    resumed = granted(BOA, TA - 1)
    later: Change = lambda chain: setattr(body(chain), "registered_at", TA + 1)  # noqa: E731
    return [
        fine("issuer suspended and resumed", "active again at Ta",
             org_suspended(suspended(T - DAY, BOA), granted(BOA, T - 60))),
        fine("issuer suspended after Ta", "what was anchored before stands",
             org_suspended(suspended(TA + 1, BOA))),
        fine("accreditor suspended", "what it accredited stands",
             org_suspended(suspended(T - DAY, ROOT), by=ROOT, who=BOA)),
        refused("issuer suspended by its sponsor", "not active at Ta", 5, "issuer_suspended",
                org_suspended(suspended(T, BOA)), values={"by": "Bureau of Accreditation"}),
        refused("issuer suspended by the regulator", "not active at Ta", 5, "issuer_suspended",
                org_suspended(suspended(T - 60, REGULATOR), by=REGULATOR),
                values={"by": "Regulator"}),
        refused("two suspensions, one lifted", "every author's counts", 5, "issuer_suspended",
                org_suspended(suspended(T - 60, BOA), resumed),
                org_suspended(suspended(T - 30, REGULATOR), by=REGULATOR),
                values={"by": "Regulator", "since": "2026-09-21T14:12:50Z"}),
        refused("two suspensions", "the first is named", 5, "issuer_suspended",
                org_suspended(suspended(T - 30, REGULATOR), by=REGULATOR),
                org_suspended(suspended(T - 60, BOA)),
                values={"by": "Bureau of Accreditation"}),
        refused("suspended on the issued day", "judged on that day too", 5, "issuer_suspended",
                org_suspended(suspended(T - 30 * DAY, REGULATOR), granted(REGULATOR, T - 10 * DAY),
                              by=REGULATOR),
                record=issue({**CORE, "issued": "2026-09-01"}), notes=["registered_late"],
                values={"by": "Regulator"}),
        refused("registered after Ta", "it did not take part then", 5,
                "issuer_not_yet_registered", later),
    ]  # fmt: skip


def _accreditations() -> list[Case]:
    early = issue({**CORE, "issued": "2026-08-01"})
    began = granted(BOA, T - 10 * DAY)
    history = issue({**CORE, "issued": "2026-08-01", "imported": True})
    wide = accredited(granted(BOA), scope="verification")
    return [
        fine("accredited for all verification", "a scope covers those below it",
             never_accredited, wide),
        fine("accredited from Ta on", "the interval holds its first second",
             accredited(granted(BOA, TA))),
        fine("accreditation withdrawn after Ta", "what was anchored before stands",
             accredited(granted(BOA), entry(Act.WITHDRAWN, TA + 1, BOA))),
        fine("suspended, then granted again", "a new grant resumes",
             accredited(granted(BOA), suspended(T - DAY, BOA), granted(BOA, T - 60))),
        fine("a second accreditor", "one valid chain is enough", accredited(
            granted(BOA), suspended(T - DAY, BOA)), accredited(granted(AOSC), by=AOSC), _aosc),
        fine("narrow one suspended, wide one holds", "one valid chain is enough",
             accredited(granted(BOA), suspended(T - DAY, BOA)), wide),
        fine("imported from before the accreditation", "history is judged at Ta alone",
             accredited(began), record=history, notes=["imported", "registered_late"]),
        refused("never accredited", "nobody accredited it", 5, "accreditation_none",
                never_accredited),
        refused("accredited for another scope", "scales are not thermometers", 5,
                "accreditation_none", never_accredited,
                accredited(granted(BOA), scope="verification/thermometers")),
        refused("accredited for a narrower scope", "a scope covers those below it, not above", 5,
                "accreditation_none", never_accredited,
                accredited(granted(BOA), scope="verification/scales/beam")),
        refused("scope that only begins alike", "whole segments count", 5, "accreditation_none",
                never_accredited, accredited(granted(BOA), scope="verification/scale")),
        refused("accreditation not yet", "it begins after Ta", 5, "accreditation_not_yet",
                accredited(granted(BOA, TA + 1))),
        refused("accreditation expired", "its interval was over", 5, "accreditation_expired",
                accredited(granted(BOA, FOUNDED, T))),
        refused("accreditation suspended", "before signing", 5, "accreditation_suspended",
                accredited(granted(BOA), suspended(T - 60, BOA)),
                values={"by": "Bureau of Accreditation"}),
        refused("accreditation withdrawn", "before signing", 5, "accreditation_withdrawn",
                accredited(granted(BOA), entry(Act.WITHDRAWN, T - 60, BOA))),
        refused("closest explanation", "suspended comes closer than expired", 5,
                "accreditation_suspended", accredited(granted(BOA, FOUNDED, T)),
                accredited(granted(AOSC), suspended(T - 60, AOSC), by=AOSC),
                values={"by": "Second accreditor"}),
        refused("issued before the accreditation", "judged on the issued day too", 5,
                "accreditation_not_yet", accredited(began), record=early,
                notes=["registered_late"], values={"at": "2026-08-01T16:59:59Z"}),
        refused("withdrawn on the issued day, accredited by another since",
                "judged on the issued day too", 5, "accreditation_withdrawn", never_accredited,
                accredited(granted(AOSC), entry(Act.WITHDRAWN, T - 60 * DAY, AOSC), by=AOSC),
                accredited(granted(BOA, T - 10 * DAY)), record=early, notes=["registered_late"],
                values={"by": "Second accreditor"}),
    ]  # fmt: skip


def _aosc(chain: ChainState) -> None:
    chain.organisations[AOSC.id].grants["verification/scales"] = [granted(ROOT)]


def _grants() -> list[Case]:
    return [
        fine("grant for exactly the scope", "it covers itself", no_grant,
             lambda chain: chain.organisations[BOA.id].grants.update({SCOPE: [granted(ROOT)]})),
        fine("grant withdrawn after Ta", "what was anchored before stands",
             grants(verification=[granted(ROOT), entry(Act.WITHDRAWN, TA + 1, ROOT)])),
        refused("accreditor never granted", "no chain to the root", 5, "accreditation_grant_none",
                no_grant),
        refused("accreditor granted another scope", "no chain to the root", 5,
                "accreditation_grant_none", no_grant, grants(calibration=[granted(ROOT)])),
        refused("accreditor's grant not yet", "it begins after Ta", 5,
                "accreditation_grant_not_yet", grants(verification=[granted(ROOT, TA + 1)])),
        refused("accreditor's grant expired", "its interval was over", 5,
                "accreditation_grant_expired",
                grants(verification=[granted(ROOT, FOUNDED, T)])),
        refused("accreditor's grant withdrawn", "before signing", 5,
                "accreditation_grant_withdrawn",
                grants(verification=[granted(ROOT), entry(Act.WITHDRAWN, T - 60, ROOT)])),
        refused("accreditor's grant suspended", "before signing", 5,
                "accreditation_grant_suspended",
                grants(verification=[granted(ROOT), suspended(T - 60, ROOT)])),
    ]  # fmt: skip


def _losses() -> list[Case]:
    """Appended before the scope was lost, anchored after."""
    code, times = "lost_before_anchor", {"signed": "2026-09-21T14:13:20Z",
                                         "anchored": "2026-09-21T14:13:30Z"}  # fmt: skip
    why = "held at iat, not at Ta"
    return [
        refused("organisation suspended before the anchor", why, 5, code,
                org_suspended(suspended(TA, BOA)), values=times),
        refused("accreditation ended before the anchor", why, 5, code,
                accredited(granted(BOA, FOUNDED, TA)), values=times),
        refused("accreditation withdrawn before the anchor", why, 5, code,
                accredited(granted(BOA), entry(Act.WITHDRAWN, T + 1, BOA)), values=times),
        refused("accreditation suspended before the anchor", why, 5, code,
                accredited(granted(BOA), suspended(T + 1, BOA)), values=times),
        refused("accreditor's grant ended before the anchor", why, 5, code,
                grants(verification=[granted(ROOT, FOUNDED, TA)]), values=times),
        judged("key and accreditation lost before the anchor", "both are named", "not_authorised",
               4, {4: fails(code), 5: fails(code)}, values=times,
               view=state(RECORD, anchored_at(), key_is(until=TA),
                          accredited(granted(BOA, FOUNDED, TA)))),
    ]  # fmt: skip
