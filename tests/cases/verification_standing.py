"""Whole verifications about repudiated logs and statuses, and about which verdict comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.cases import Case
from tests.cases.judging import NEVER_ANCHORED, WAITING, fails, judged, unknown
from tests.cases.verification_entitlement import fine, refused
from tests.chain import anchored_at, state, status
from tests.changes import Change, body, never_accredited, revoked, says
from tests.world import BOA, BODY, CORE, INDEX, LOG, RECORD, REGULATOR, TA, T, issue
from verifier.chain_view import Anchor, LogState, Status, StatusReason
from verifier.view.state import StatusEntry


def cases() -> list[Case]:
    return [*_repudiations(), *_statuses(), *_precedence()]


def _repudiations() -> list[Case]:
    def from_index(index: int) -> Change:
        return lambda chain: chain.logs.update(
            {LOG: replace(chain.logs[LOG], state=LogState.REPUDIATED, repudiated_from=index)}
        )

    closed: Change = lambda chain: setattr(chain.logs[LOG], "state", LogState.CLOSED)  # noqa: E731
    return [
        fine("log closed", "what is in it stands", closed),
        fine("log repudiated above", "smaller indices verify as before", from_index(INDEX + 1)),
        refused("log repudiated at this index", "repudiated from it on", 4, "log_repudiated",
                from_index(INDEX)),
        refused("log repudiated below", "repudiated from there on", 4, "log_repudiated",
                from_index(1)),
        judged("log repudiated, not anchored", "judged now", "not_authorised", 4,
               {4: fails("log_repudiated"), **WAITING, 7: unknown("log_closed")},
               view=state(RECORD, anchored_at(*NEVER_ANCHORED), from_index(2))),
    ]  # fmt: skip


def _statuses() -> list[Case]:
    def ended(name: str, why: str, code: str, *entries: StatusEntry, **more: Any) -> Case:
        return judged(name, why, "not_in_force", 8, {8: fails(code)},
                      view=state(RECORD, anchored_at(), says(*entries)), **more)  # fmt: skip

    now = TA + 5
    annulled = replace(status(Status.WITHDRAWN, now, REGULATOR), annulled=True)
    reasons = [
        ended(f"suspended: {reason.name.lower()}", "every reason has its words", "suspended",
              status(Status.SUSPENDED, now, BODY, reason),
              values={"reason": reason.name.lower(), "by": "QUATEST 3",
                      "since": "2026-09-21T14:13:35Z"})
        for reason in StatusReason
    ]  # fmt: skip
    other = says(status(Status.WITHDRAWN, now), record=issue({**CORE, "sub": "V26.00002"}))
    return [
        *reasons,
        fine("suspended and resumed", "the newest entry counts",
             says(status(Status.SUSPENDED, TA + 1), status(Status.ACTIVE, TA + 2))),
        fine("another record withdrawn", "a status belongs to one leaf", other),
        fine("annulled", "counts as never made", says(annulled)),
        fine("effective after the view", "the view's block time counts",
             says(status(Status.WITHDRAWN, T + 21))),
        ended("withdrawn", "by its body", "withdrawn",
              status(Status.WITHDRAWN, now, BODY, StatusReason.ISSUED_IN_ERROR),
              values={"by": "QUATEST 3", "reason": "issued_in_error"}),
        ended("superseded", "reissued", "superseded",
              status(Status.SUPERSEDED, now, BODY, StatusReason.REISSUED)),
        ended("withdrawn by the regulator, active for the body", "the worst counts", "withdrawn",
              status(Status.ACTIVE, now), status(Status.WITHDRAWN, now, REGULATOR),
              values={"by": "Regulator"}),
        ended("three authors", "the worst counts, whoever came first", "withdrawn",
              status(Status.SUSPENDED, T - 9), status(Status.SUPERSEDED, T - 8, BOA),
              status(Status.WITHDRAWN, now, REGULATOR), values={"by": "Regulator"}),
        ended("two withdrawals", "of equals the first effective", "withdrawn",
              status(Status.WITHDRAWN, now), status(Status.WITHDRAWN, now - 1, BOA),
              values={"by": "Bureau of Accreditation"}),
        ended("withdrawal annulled, suspension stands", "the entry before counts", "suspended",
              status(Status.SUSPENDED, TA, REGULATOR), annulled),
        ended("withdrawn before Ta", "whenever it was", "withdrawn",
              status(Status.WITHDRAWN, T - 5)),
        ended("effective at the view's block time", "the interval holds its first second",
              "withdrawn", status(Status.WITHDRAWN, T + 20)),
    ]  # fmt: skip


def _precedence() -> list[Case]:
    """More than one thing is wrong: the first verdict that applies."""
    withdrawn = says(status(Status.WITHDRAWN, TA))
    gone = fails("withdrawn")
    other_root: Change = lambda chain: chain.logs[LOG].anchors.__setitem__(  # noqa: E731
        2, Anchor(5, TA, 30, bytes(32))
    )
    return [
        judged("withdrawn and not accredited", "not entitled comes first", "not_authorised", 5,
               {5: fails("accreditation_none"), 8: gone},
               view=state(RECORD, anchored_at(), never_accredited, withdrawn)),
        judged("withdrawn and not anchored", "a status needs no anchor", "not_in_force", 8,
               {**WAITING, 8: gone},
               view=state(RECORD, anchored_at(*NEVER_ANCHORED), withdrawn)),
        judged("withdrawn, key unknown to the chain", "not genuine comes first", "not_genuine", 4,
               {3: unknown("key_bytes_missing"), 4: fails("key_unknown"), 8: gone},
               view=state(RECORD, anchored_at(), withdrawn,
                          lambda chain: body(chain).keys.clear())),
        judged("another root held, key revoked", "not genuine comes first; the key is not why",
               "not_genuine", 7, {4: fails("key_revoked"), 7: fails("anchor_differs")},
               view=state(RECORD, anchored_at(), revoked(T), other_root)),
        judged("key revoked and not accredited", "the first that failed is named",
               "not_authorised", 4, {4: fails("key_revoked"), 5: fails("accreditation_none")},
               view=state(RECORD, anchored_at(), revoked(T), never_accredited)),
    ]  # fmt: skip
