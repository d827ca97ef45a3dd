"""The chain of the test world: everything in order, until a test changes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests import reference_tree
from tests.world import (
    AOSC,
    BLOCK,
    BOA,
    BODY,
    FOUNDED,
    KEY,
    LOG,
    LOG_KEY,
    ORIGIN,
    RECORD,
    REGULATOR,
    ROOT,
    SIZE,
    TA,
    TRUST,
    Issued,
    Org,
    T,
    leaves_with,
    secret,
)
from verifier.chain_view import (
    Act,
    Anchor,
    Block,
    Custody,
    Entry,
    Organisation,
    Reason,
    Standing,
    Status,
    StatusReason,
)
from verifier.view.state import (
    ChainState,
    KeyRecord,
    LogRecord,
    OrganisationRecord,
    StatusEntry,
)

# Sizes of the log, and when they were anchored.
ANCHORED = ((1, T - 5000), (2, T - 50), (SIZE, TA))


def anchored_at(*sizes: tuple[int, int]) -> Sequence[tuple[int, int]]:
    """Sizes and times as ``state`` takes them; given as seconds after T, by default ANCHORED."""
    return [(size, T + after) for size, after in sizes] or ANCHORED


def entry(act: Act, at: int, by: Org, until: int = 0, reason: Reason = Reason.UNSPECIFIED) -> Entry:
    """One line of a history."""
    return Entry(act, reason, at, until, at, by.id)


def granted(by: Org, at: int = FOUNDED, until: int = 0) -> Entry:
    return entry(Act.GRANTED, at, by, until)


def status(
    what: Status, at: int, by: Org = BODY, reason: StatusReason = StatusReason.UNSPECIFIED
) -> StatusEntry:
    return StatusEntry(Standing(by.id, by.id, what, reason, at, at))


def _organisation(org: Org, sponsor: Org | None, **histories: Any) -> OrganisationRecord:
    made = Organisation(org.did, org.name, org.kind, sponsor.id if sponsor else bytes(32))
    return OrganisationRecord(made, FOUNDED, **histories)


def state(
    record: Issued = RECORD,
    anchored: Sequence[tuple[int, int]] = ANCHORED,
    *changes: Callable[[ChainState], object],
) -> ChainState:
    """The chain in which everything is in order, after ``changes``.

    ``anchored`` are sizes of the log of ``leaves_with(record)`` and their times.
    """
    leaves = leaves_with(record, max(SIZE, *(size for size, _ in anchored)))
    anchors = [
        Anchor(size, time, 10 * number, reference_tree.root(leaves[:size]))
        for number, (size, time) in enumerate(anchored, start=1)
    ]
    scope = "verification/scales"
    key = KeyRecord(*KEY.point, FOUNDED, 0, FOUNDED, Custody.BODY)
    chain = ChainState(
        TRUST,
        Block(100, secret("block 100"), BLOCK),
        {
            ROOT.id: _organisation(ROOT, None),
            BOA.id: _organisation(BOA, ROOT, grants={"verification": [granted(ROOT)]}),
            AOSC.id: _organisation(AOSC, ROOT),
            REGULATOR.id: _organisation(REGULATOR, ROOT),
            BODY.id: _organisation(
                BODY, BOA, keys={KEY.kid: key}, accreditations={scope: {BOA.id: [granted(BOA)]}}
            ),
        },
        {LOG: LogRecord(BODY.id, ORIGIN, anchors=anchors)},
    )
    chain.logs[LOG].checkpoint_keys.append(LOG_KEY.public_key().public_bytes_raw())
    for change in changes:
        change(chain)
    return chain
