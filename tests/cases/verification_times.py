"""Whole verifications about time: dates ahead, late registration, expiry, views too old."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.cases import Case
from tests.cases.judging import (
    NEVER_ANCHORED,
    WAITING,
    Words,
    fails,
    judged,
    unknown,
)
from tests.cases.verification_files import PROOF
from tests.cases.verification_log import WAITS
from tests.chain import anchored_at, entry, granted, state, status
from tests.changes import (
    Change,
    accredited,
    at,
    body,
    grants,
    key_is,
    never_accredited,
    no_grant,
    org_suspended,
    says,
    suspended,
)
from tests.world import (
    BLOCK,
    BOA,
    BODY,
    CORE,
    DAY,
    FIELDS,
    FOUNDED,
    LOG,
    NOW,
    RECORD,
    ROOT,
    TA,
    Issued,
    T,
    issue,
    proof_of,
)
from verifier.chain_view import Act, Status

STALE = BLOCK + 601
# The first second of 2026-09-22 in Viet Nam.
MIDNIGHT = 1790010000


def cases() -> list[Case]:
    return [*_ahead(), *_late(), *_expiry(), *_stale(), *_older(), *_future()]


def _of(record: Issued, *changes: Change, anchored: Any = None) -> dict[str, Any]:
    return {"file": proof_of(record), "view": state(record, anchored or anchored_at(), *changes)}


def _ahead() -> list[Case]:
    """What claims a time after the block that witnesses it."""
    ahead = {7: fails("dated_after_anchor")}

    def signed(after: int) -> dict[str, Any]:
        return _of(issue({**CORE, "iat": TA + after}))

    def printed(before: int) -> dict[str, Any]:
        """Issued on 22 September, anchored that many seconds before the day begins."""
        record = issue({**CORE, "issued": "2026-09-22"})
        anchored = ((1, T - 5000), (5, MIDNIGHT - before))
        return {**_of(record, at(MIDNIGHT), anchored=anchored), "now": MIDNIGHT}

    return [
        judged("signed 300 s after Ta", "clocks differ by that much", "valid", 8, **signed(300)),
        judged("signed 301 s after Ta", "nobody can sign later than it was witnessed",
               "not_genuine", 7, ahead, **signed(301),
               values={"at": "2026-09-21T14:13:30Z", "dated": "2026-09-21T14:18:31Z"}),
        judged("signed a year after Ta", "nobody can sign later than it was witnessed",
               "not_genuine", 7, ahead, **signed(365 * DAY)),
        judged("issued 300 s after Ta", "the day begins at UTC+07:00", "valid", 8, **printed(300)),
        judged("issued 301 s after Ta", "the day begins at UTC+07:00", "not_genuine", 7, ahead,
               **printed(301)),
        judged("issued tomorrow", "a date that had not begun", "not_genuine", 7, ahead,
               **_of(issue({**CORE, "issued": "2026-09-22"}))),
        judged("imported and issued tomorrow", "imported history has no later date either",
               "not_genuine", 7, ahead, notes=["imported"],
               **_of(issue({**CORE, "issued": "2026-09-22", "imported": True}))),
    ]  # fmt: skip


def _late() -> list[Case]:
    def good(name: str, why: str, late: bool, parts: dict[str, Any]) -> Case:
        notes = ["registered_late"] if late else []
        return judged(name, why, "valid", 8, notes=notes, **parts)

    def after_signing(seconds: int) -> dict[str, Any]:
        anchored = ((1, T - 5000), (5, T + seconds))
        record = issue({**CORE, "issued": "2026-09-24"})
        now = T + seconds + 10
        return {**_of(record, at(now), anchored=anchored), "now": now}

    def after_day(seconds: int) -> dict[str, Any]:
        """Anchored that long after the end of 21 September, signed just before."""
        ta = MIDNIGHT + seconds
        record = issue({**CORE, "iat": ta - 5})
        return {**_of(record, at(ta + 5), anchored=((1, T - 5000), (5, ta))), "now": ta + 5}

    return [
        good("72 h after signing", "not more than 72 h", False, after_signing(72 * 3600)),
        good("72 h and 1 s after signing", "the earlier time is not proven", True,
             after_signing(72 * 3600 + 1)),
        good("72 h after the issued day", "its end counts", False, after_day(72 * 3600)),
        good("72 h and 1 s after the issued day", "the earlier date is not proven", True,
             after_day(72 * 3600 + 1)),
        good("issued a year before", "the earlier date is not proven", True,
             _of(issue({**CORE, "issued": "2025-09-21"}), accredited(granted(BOA, 1)),
                 grants(verification=[granted(ROOT, 1)]),
                 lambda chain: setattr(body(chain), "registered_at", 1))),
        good("issued in the year 1", "dates before 1970 count as 1970", True,
             _of(issue({**CORE, "issued": "0001-01-01"}), accredited(granted(BOA, 0)),
                 grants(verification=[granted(ROOT, 0)]),
                 lambda chain: setattr(body(chain), "registered_at", 0))),
    ]  # fmt: skip


def _expiry() -> list[Case]:
    ends = CORE["exp"]

    def seen(time: int, *changes: Change) -> dict[str, Any]:
        return {"view": state(RECORD, anchored_at(), at(time), *changes), "now": time}

    failed = issue({**CORE, "outcome": "fail"}, {**FIELDS, "conclusion": "Không đạt"})
    past = issue({**CORE, "exp": 1789923600}, {**FIELDS, "valid_until": "2026-09-20"})
    return [
        judged("last second", "exp is the first second after the last valid day", "valid", 8,
               **seen(ends - 1)),
        judged("expired", "the day is over in Viet Nam", "not_in_force", 8, {8: fails("expired")},
               **seen(ends), values={"since": "2027-09-30T17:00:00Z"}),
        judged("expired, failed", "a failed record that ended", "not_in_force", 8,
               {8: fails("expired")}, file=proof_of(failed), outcome="fail", notes=["outcome_fail"],
               view=state(failed, anchored_at(), at(ends)), now=ends),
        judged("expired before it was issued", "the dates are the issuer's", "not_in_force", 8,
               {8: fails("expired")}, **_of(past)),
        judged("expired by the clock, not by the view", "the view's block time counts", "valid", 8,
               view=state(RECORD, anchored_at(), at(ends - 1)), now=ends + 9),
        judged("expired and suspended", "suspended is worse", "not_in_force", 8,
               {8: fails("suspended")}, **seen(ends, says(status(Status.SUSPENDED, TA)))),
        judged("expired and active again", "the date counts then", "not_in_force", 8,
               {8: fails("expired")}, **seen(ends, says(status(Status.SUSPENDED, TA),
                                                        status(Status.ACTIVE, TA + 1)))),
        judged("expired, not anchored", "a date needs no anchor", "not_in_force", 8,
               {**WAITING, 8: fails("expired")},
               view=state(RECORD, anchored_at(*NEVER_ANCHORED), at(ends)), now=ends),
    ]  # fmt: skip


def _absent() -> list[tuple[str, int, dict[int, Any], tuple[Change, ...]]]:
    """What a view may lack: check, results besides, and the chain without it."""
    bytes_missing = {3: unknown("key_bytes_missing")}
    no_key_or_scope: tuple[Change, ...] = (lambda chain: body(chain).keys.clear(),)
    return [
        ("issuer", 4, {**bytes_missing, 5: None},
         (lambda chain: chain.organisations.pop(BODY.id),)),
        ("key", 4, bytes_missing, no_key_or_scope),
        ("key, which begins later", 4, {}, (key_is(start=BLOCK + 9999),)),
        ("issuer's registration, which is later", 5, {},
         (lambda chain: setattr(body(chain), "registered_at", BLOCK + 9999),)),
        ("accreditation", 5, {}, (never_accredited,)),
        ("accreditation, which begins later", 5, {}, (accredited(granted(BOA, BLOCK + 9999)),)),
        ("accreditor's grant", 5, {}, (no_grant,)),
        ("accreditor's grant, which begins later", 5, {},
         (grants(verification=[granted(ROOT, BLOCK + 9999)]),)),
    ]  # fmt: skip


def _stale() -> list[Case]:
    """A view older than the verifier allows: what is missing may have come since."""
    old = unknown("view_too_old")

    def aged(name: str, why: str, words: Words, *changes: Change, **more: Any) -> Case:
        number = min(n for n, (result, _) in words.items() if result == "unknown")
        view = state(RECORD, more.pop("anchored", anchored_at()), *changes)
        return judged(name, why, "unverifiable", number, words, view=view, now=STALE, **more)

    why = "it may have come since"
    waits = {**WAITING, 7: old, 8: old}
    definite = {8: old}
    return [
        judged("view of 600 s", "as old as it may be", "valid", 8, now=BLOCK + 600),
        judged("clock behind the chain", "a view is never younger than now", "valid", 8,
               now=BLOCK - 60),
        aged("view of 601 s", "it may have been withdrawn since", {8: old}),
        *(aged(f"old view lacks the {what}", why,
               {**{n: old if word is None else word for n, word in besides.items()},
                number: old, 8: old}, *changes)
          for what, number, besides, changes in _absent()),
        aged("old view lacks the anchor", why, waits, anchored=WAITS),
        aged("old view, not anchored, suspended", "it may have been lifted since",
             {**waits, 5: old}, org_suspended(suspended(T - 10, BOA)), anchored=WAITS),
        aged("old view lacks the log", why, {6: old, 7: old, 8: old},
             lambda chain: chain.logs.clear()),
        aged("old view lacks the checkpoint key", why, {**waits, 6: old},
             lambda chain: chain.logs[LOG].checkpoint_keys.clear(), anchored=WAITS),
        aged("old view, no checkpoint", why, {**waits, 6: unknown("checkpoint_missing")},
             file=replace(PROOF, checkpoint=None), anchored=WAITS),
        aged("old view, size passed", why, {**waits, 7: unknown("proof_outdated")},
             anchored=anchored_at((1, -5000), (7, 10))),
        judged("old view, withdrawn", "a withdrawal is final", "not_in_force", 8,
               {8: fails("withdrawn")}, now=STALE,
               view=state(RECORD, anchored_at(), says(status(Status.WITHDRAWN, TA)))),
        judged("old view, expired", "a date that passed has passed", "not_in_force", 8,
               {8: fails("expired")}, now=CORE["exp"] + 601,
               view=state(RECORD, anchored_at(), at(CORE["exp"]))),
        judged("old view, key expired", "the past does not change", "not_authorised", 4,
               {4: fails("key_expired"), **definite}, now=STALE,
               view=state(RECORD, anchored_at(), key_is(until=T))),
        judged("old view, accreditation withdrawn", "the past does not change", "not_authorised",
               5, {5: fails("accreditation_withdrawn"), **definite}, now=STALE,
               view=state(RECORD, anchored_at(),
                          accredited(granted(BOA), entry(Act.WITHDRAWN, FOUNDED + 9, BOA)))),
        judged("old view, another root", "a root never changes", "not_genuine", 7,
               {7: fails("anchor_differs"), 8: old}, now=STALE,
               file=proof_of(issue({**CORE, "sub": "V26.00009"}))),
    ]  # fmt: skip


def _older() -> list[Case]:
    """A view that stands before the record's iat, yet not too old."""
    older = unknown("view_older_than_record")
    before = at(T - 1)

    def seen(name: str, words: Words, *changes: Change, **more: Any) -> Case:
        number = min(n for n, (result, _) in words.items() if result == "unknown")
        why = "the registry issues only under what was final: the view has not got there"
        view = state(RECORD, WAITS, before, *changes)
        return judged(name, why, "unverifiable", number, words, view=view, **more)

    return [
        seen("view before the record", WAITING),
        *(seen(f"earlier view lacks the {what}",
               {**WAITING, **{n: older if word is None else word for n, word in besides.items()},
                number: older}, *changes)
          for what, number, besides, changes in _absent()),
        seen("earlier view lacks the log", {**WAITING, 6: older}, lambda chain: chain.logs.clear()),
        seen("earlier view lacks the checkpoint key", {**WAITING, 6: older},
             lambda chain: chain.logs[LOG].checkpoint_keys.clear()),
        seen("earlier view, checkpoint by a key of later", {**WAITING, 6: older},
             lambda chain: chain.logs[LOG].checkpoint_keys.__setitem__(0, b"\x07" * 32)),
        seen("earlier view, issuer suspended", {**WAITING, 5: older},
             org_suspended(suspended(T - 10, BOA))),
        seen("earlier view, accreditation expired", {**WAITING, 5: older},
             accredited(granted(BOA, until=T - 10))),
        judged("earlier view, wrong checkpoint", "what is wrong is wrong at any time",
               "not_genuine", 6, {6: fails("checkpoint_size_differs"), 7: WAITING[7]},
               file=replace(PROOF, size=6), view=state(RECORD, WAITS, before)),
    ]  # fmt: skip


def _future() -> list[Case]:
    """Signed after the verifier's own clock, and not anchored."""
    ahead = issue({**CORE, "iat": NOW + 301})
    within = issue({**CORE, "iat": NOW + 300})
    year = issue({**CORE, "iat": NOW + 365 * DAY})
    waits = {**WAITING, 7: unknown("dated_in_future")}
    words = {3: unknown("key_bytes_missing"), 4: unknown("view_older_than_record")}

    def seen(name: str, why: str, number: int, words: Words, record: Issued, *more: Change) -> Case:
        parts = _of(record, *more, anchored=WAITS)
        return judged(name, why, "unverifiable", number, words, **parts)

    return [
        seen("signed 300 s from now", "clocks differ by that much", 7, WAITING, within),
        seen("signed 301 s from now", "a time that has not come", 7, waits, ahead),
        seen("signed a year from now", "a time that has not come", 7, waits, year),
        seen("signed a year from now, key unknown", "no view reaches that far", 3,
             {**waits, **words}, year, lambda chain: body(chain).keys.clear()),
    ]  # fmt: skip
