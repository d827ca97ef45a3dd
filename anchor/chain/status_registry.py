"""The client of StatusRegistry: negative decisions about records.

What each function does and who may call it: contracts/src/interfaces/IStatusRegistry.sol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum

from anchor.chain.contract import Call, Contract
from anchor.chain.node import BlockId
from verifier.chain_view import Standing, Status, StatusReason
from verifier.view.values import shaped


class AnnulReason(IntEnum):
    """Why an entry was annulled (IStatusRegistry)."""

    UNSPECIFIED = 0
    STOLEN_KEY = 1
    MISTAKE = 2
    LEGAL_ORDER = 3


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What ``author`` says about the record (``log``, ``leaf``); ``effective`` 0: from now on."""

    log: bytes
    leaf: bytes
    author: bytes
    status: Status
    reason: StatusReason
    effective: int


@dataclass(frozen=True, slots=True)
class StatusAt:
    """The worst status at a time, and what each author said then."""

    worst: Standing
    by_author: list[Standing]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of one author; ``annulled_at`` 0 if it counts."""

    author: bytes
    by: bytes
    index: int
    status: Status
    reason: StatusReason
    effective: int
    recorded_at: int
    annulled_at: int
    annul_reason: AnnulReason


class StatusRegistry(Contract):
    """See the interface; acts first, views after."""

    name = "StatusRegistry"

    def set_status(
        self,
        log: bytes,
        leaf: bytes,
        author: bytes,
        status: Status,
        reason: StatusReason,
        effective: int,
    ) -> Call:
        return self._act("setStatus", log, leaf, author, status, reason, effective)

    def set_statuses(self, changes: Sequence[StatusChange]) -> Call:
        return self._act("setStatuses", [astuple(change) for change in changes])

    def lift(self, by: bytes, log: bytes, leaf: bytes, author: bytes, reason: StatusReason) -> Call:
        return self._act("lift", by, log, leaf, author, reason)

    def annul(
        self, log: bytes, leaf: bytes, author: bytes, index: int, reason: AnnulReason
    ) -> Call:
        return self._act("annul", log, leaf, author, index, reason)

    def trust(self, *, block: BlockId | None = None) -> str:
        return self._one(str, "trust", block=block)

    def logs(self, *, block: BlockId | None = None) -> str:
        return self._one(str, "logs", block=block)

    def status_at(
        self, log: bytes, leaf: bytes, when: int, *, block: BlockId | None = None
    ) -> StatusAt:
        worst, by_author = self._read("statusAt", log, leaf, when, block=block)
        return StatusAt(shaped(Standing, worst), [shaped(Standing, one) for one in by_author])

    def authors(self, log: bytes, leaf: bytes, *, block: BlockId | None = None) -> list[bytes]:
        return self._many(bytes, "authors", log, leaf, block=block)

    def history(
        self, log: bytes, leaf: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[HistoryEntry]:
        return self._many(HistoryEntry, "history", log, leaf, offset, limit, block=block)
