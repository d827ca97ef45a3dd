"""The chain as the checks see it: facts of the three contracts, all at one finalised block.

The enumerations have the numbers of the contracts' interfaces, which a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from verifier.trust import Trust


class Kind(IntEnum):
    """What an organisation is (ITrustRegistry)."""

    NONE = 0
    ROOT = 1
    ACCREDITOR = 2
    REGULATOR = 3
    BODY = 4


class Act(IntEnum):
    """What an entry does (ITrustRegistry)."""

    NONE = 0
    GRANTED = 1
    SUSPENDED = 2
    WITHDRAWN = 3


class Reason(IntEnum):
    """Why an entry was made (ITrustRegistry)."""

    UNSPECIFIED = 0
    COMPROMISED = 1
    SUPERSEDED = 2
    CEASED = 3
    VOLUNTARY = 4
    INVESTIGATION = 5
    NONCONFORMITY = 6
    LEGAL_ORDER = 7
    MISTAKE = 8
    RESOLVED = 9


class Custody(IntEnum):
    """Who holds a private key (ITrustRegistry)."""

    BODY = 0
    OPERATOR = 1


class KeyState(IntEnum):
    """A key at a moment (ITrustRegistry)."""

    NONE = 0
    NOT_YET = 1
    VALID = 2
    EXPIRED = 3
    REVOKED = 4


class AccreditationState(IntEnum):
    """An accreditation at a moment (ITrustRegistry)."""

    NONE = 0
    NOT_YET = 1
    EXPIRED = 2
    WITHDRAWN = 3
    SUSPENDED = 4
    GRANT_NONE = 5
    GRANT_NOT_YET = 6
    GRANT_EXPIRED = 7
    GRANT_WITHDRAWN = 8
    GRANT_SUSPENDED = 9
    VALID = 10


class LogState(IntEnum):
    """A log as it is now (ILogAnchor)."""

    NONE = 0
    OPEN = 1
    CLOSED = 2
    REPUDIATED = 3


class Status(IntEnum):
    """What an author says of a record, from good to bad (IStatusRegistry)."""

    ACTIVE = 0
    SUSPENDED = 1
    SUPERSEDED = 2
    WITHDRAWN = 3


class StatusReason(IntEnum):
    """Why a status was set (IStatusRegistry)."""

    UNSPECIFIED = 0
    ISSUED_IN_ERROR = 1
    REISSUED = 2
    HOLDER_REQUEST = 3
    SUBJECT_CHANGED = 4
    NONCONFORMITY = 5
    INVESTIGATION = 6
    FRAUD = 7
    KEY_COMPROMISED = 8
    LEGAL_ORDER = 9
    CEASED = 10
    RESOLVED = 11


@dataclass(frozen=True, slots=True)
class Block:
    """The finalised block at which every fact was read; ``time`` in seconds since 1970."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: it counts from ``effective``; ``until`` 0 is open."""

    act: Act
    reason: Reason
    effective: int
    until: int
    recorded_at: int
    by: bytes


NO_ENTRY = Entry(Act.NONE, Reason.UNSPECIFIED, 0, 0, 0, bytes(32))


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: what a page shows as its name comes from here, never from a file."""

    did: str
    name: str
    kind: Kind
    sponsor: bytes


@dataclass(frozen=True, slots=True)
class Activity:
    """Whether an organisation was active at a moment, and if not, whose suspension stood."""

    exists: bool
    active: bool
    registered_at: int
    author: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class Key:
    """A key's state at a moment, and its P-256 coordinates (32 bytes each)."""

    state: KeyState
    custody: Custody
    start: int
    until: int
    recorded_at: int
    x: bytes
    y: bytes
    revocation: Entry


@dataclass(frozen=True, slots=True)
class Accreditation:
    """The chain body → accreditor → root for a scope at a moment, or why there is none."""

    state: AccreditationState
    accreditor: bytes
    scope: str
    accreditation: Entry
    grant_scope: str
    grant: Entry


@dataclass(frozen=True, slots=True)
class Log:
    """A log: its latest anchored size and root, and from which index on it was repudiated."""

    org: bytes
    origin: str
    state: LogState
    size: int
    root: bytes
    repudiated_from: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A root that the contract holds: ``time`` is its block's, in seconds since 1970."""

    size: int
    time: int
    block_number: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """The worst status of a record: whose it is, who recorded it, why, and since when."""

    author: bytes
    by: bytes
    status: Status
    reason: StatusReason
    effective: int
    recorded_at: int


class ChainView(Protocol):
    """Facts at one finalised block, the same for every call on one view.

    ``org``, ``log`` and ``leaf`` are 32 bytes, ``kid`` is 8; ``at`` is in seconds since 1970. Each
    method raises ChainUnavailable if it cannot answer, and never guesses.
    """

    @property
    def trust(self) -> Trust:
        """The configuration that this view was opened with and answers for."""

    def block(self) -> Block:
        """The block that this view stands at."""

    def organisation(self, org: bytes) -> Organisation | None:
        """The organisation, or None if it was never registered."""

    def active_at(self, org: bytes, at: int) -> Activity:
        """Whether the organisation was active."""

    def key_at(self, org: bytes, kid: bytes, at: int) -> Key:
        """A key and its state; state NONE if the organisation never registered it."""

    def keys(self, org: bytes) -> list[bytes]:
        """The kid of every key that the organisation ever registered, oldest first."""

    def accreditation_at(self, org: bytes, scope: str, at: int) -> Accreditation:
        """The accreditation that covers ``scope``."""

    def log(self, log: bytes) -> Log | None:
        """The log, or None if it was never opened."""

    def anchor_at(self, log: bytes, size: int) -> Anchor | None:
        """The anchor of exactly this size."""

    def first_anchor_covering(self, log: bytes, index: int) -> Anchor | None:
        """The first anchor whose size is above ``index``."""

    def anchors(self, log: bytes) -> list[Anchor]:
        """Every anchor of the log, sizes growing."""

    def checkpoint_keys(self, log: bytes) -> tuple[bytes, ...]:
        """Every Ed25519 key (32 bytes) that ever signed for this log, oldest first."""

    def status_at(self, log: bytes, leaf: bytes, at: int) -> Standing | None:
        """The worst status, or None if nobody ever said anything about the record."""
