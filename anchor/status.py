"""How anchoring stands, from the database alone: it can be asked while the chain is away, and from
another process than the one that anchors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from anchor.chain import anchor_store
from anchor.database import reading

PATIENCE = 300
"""Seconds that an entry may wait for its anchor before somebody should look."""


@dataclass(frozen=True, slots=True)
class LogStatus:
    """A log: its size here, in the published files, and on chain in a final block.

    ``waits`` is for how many seconds its oldest entry without an anchor has waited; None if all
    are anchored. ``halted`` says why nothing is appended or anchored, if so.
    """

    origin: str
    log: bytes
    size: int
    published: int
    anchored: int
    waits: int | None
    halted: str | None


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """What a worker last said: times in seconds since 1970; ``trouble`` is a code, if any."""

    account: str
    round: int
    answered: int | None
    trouble: str | None
    said: str | None
    since: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """All logs and workers of a database, and how many acts are on their way to a final block.

    ``now`` is when it was asked for, in seconds since 1970.
    ``acts`` counts them: ``waiting`` to be signed, ``sent``, ``seen`` in a block that is not
    final, ``lost`` with their block and to be repeated.
    """

    logs: Sequence[LogStatus]
    workers: Sequence[WorkerStatus]
    acts: dict[str, int]
    now: int

    def concerns(self, patience: int = PATIENCE) -> list[str]:
        """What somebody should look at, a sentence each: halted logs, troubles, long waits."""
        halted = [
            f"{log.origin} is halted: {log.halted} "
            f"Mend that, then `tem anchor resume {log.origin}`."
            for log in self.logs
            if log.halted is not None
        ]
        troubles = [f"{one.account}: {one.said}" for one in self.workers if one.trouble is not None]
        long = [
            f"{log.origin} has waited for its anchor for {log.waits} s."
            for log in self.logs
            if log.halted is None and log.waits is not None and log.waits > patience
        ]
        if long and all(self.now - one.round > patience for one in self.workers):
            long.append("No worker is at work: run `tem serve`.")
        return [*halted, *troubles, *long]


def status(engine: Engine, now: int) -> Status:
    """How anchoring stands at ``now``, in seconds since 1970."""
    with reading(engine) as session:
        logs = [
            LogStatus(
                one.origin,
                one.log,
                one.size,
                one.published,
                one.anchored,
                None if one.since is None else max(0, now - one.since),
                one.halted,
            )
            for one in anchor_store.standings(session)
        ]
        workers = [
            WorkerStatus(row.account, row.round, row.answered, row.trouble, row.said, row.since)
            for row in anchor_store.workers(session)
        ]
        return Status(logs, workers, anchor_store.counts(session), now)
