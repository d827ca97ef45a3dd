"""The contracts' whole state, rebuilt from their events, and the answers it gives.

It answers exactly as the contracts' own views do (ITrustRegistry, ILogAnchor, IStatusRegistry),
which a test shows by asking both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from verifier.chain_view import (
    NO_ENTRY,
    Accreditation,
    AccreditationState,
    Act,
    Activity,
    Anchor,
    Block,
    Custody,
    Entry,
    Key,
    KeyState,
    Kind,
    Log,
    LogState,
    Organisation,
    Standing,
)
from verifier.trust import Trust

NOBODY = bytes(32)
NO_KEY = Key(KeyState.NONE, Custody.BODY, 0, 0, 0, NOBODY, NOBODY, NO_ENTRY)
NO_ACCREDITATION = Accreditation(AccreditationState.NONE, NOBODY, "", NO_ENTRY, "", NO_ENTRY)


@dataclass(slots=True)
class KeyRecord:
    """A registered key and its revocations; each reaches back further than the one before."""

    x: bytes
    y: bytes
    start: int
    until: int
    recorded_at: int
    custody: Custody
    revocations: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class OrganisationRecord:
    """An organisation with all its histories.

    ``suspensions`` by author; ``grants`` by scope; ``accreditations`` by scope, then accreditor.
    """

    organisation: Organisation
    registered_at: int
    suspensions: dict[bytes, list[Entry]] = field(default_factory=dict)
    keys: dict[bytes, KeyRecord] = field(default_factory=dict)
    grants: dict[str, list[Entry]] = field(default_factory=dict)
    accreditations: dict[str, dict[bytes, list[Entry]]] = field(default_factory=dict)


@dataclass(slots=True)
class LogRecord:
    """A log with all its anchors, in order."""

    org: bytes
    origin: str
    state: LogState = LogState.OPEN
    anchors: list[Anchor] = field(default_factory=list)
    checkpoint_keys: list[bytes] = field(default_factory=list)
    repudiated_from: int | None = None

    @property
    def grows(self) -> bool:
        """Whether each anchor is of a larger size than the one before; look-ups rely on it."""
        sizes = [anchor.size for anchor in self.anchors]
        return bool(sizes) and all(one < next_ for one, next_ in pairwise(sizes))


@dataclass(slots=True)
class StatusEntry:
    """One status that an author set; annulled ones count as never made."""

    standing: Standing
    annulled: bool = False


@dataclass(slots=True)
class ChainState:
    """Everything the three contracts hold at ``block``. Implements ChainView."""

    trust: Trust
    at_block: Block
    organisations: dict[bytes, OrganisationRecord] = field(default_factory=dict)
    logs: dict[bytes, LogRecord] = field(default_factory=dict)
    statuses: dict[tuple[bytes, bytes], dict[bytes, list[StatusEntry]]] = field(
        default_factory=dict
    )

    def block(self) -> Block:
        return self.at_block

    def organisation(self, org: bytes) -> Organisation | None:
        record = self.organisations.get(org)
        return record.organisation if record else None

    def active_at(self, org: bytes, at: int) -> Activity:
        record = self.organisations.get(org)
        if record is None:
            return Activity(False, False, 0, NOBODY, NO_ENTRY)
        standing = [
            (entry.effective, author, entry)
            for author, entries in record.suspensions.items()
            if (entry := effective_at(entries, at)) and entry.act is Act.SUSPENDED
        ]
        if standing:
            _, author, entry = min(standing, key=lambda item: item[0])
            return Activity(True, False, record.registered_at, author, entry)
        registered = record.registered_at <= at
        return Activity(True, registered, record.registered_at, NOBODY, NO_ENTRY)

    def key_at(self, org: bytes, kid: bytes, at: int) -> Key:
        record = self.organisations.get(org)
        key = record.keys.get(kid) if record else None
        if key is None:
            return NO_KEY
        revocation = key.revocations[-1] if key.revocations else NO_ENTRY
        return Key(
            state=_key_state(key, revocation, at),
            custody=key.custody,
            start=key.start,
            until=key.until,
            recorded_at=key.recorded_at,
            x=key.x,
            y=key.y,
            revocation=revocation,
        )

    def keys(self, org: bytes) -> list[bytes]:
        record = self.organisations.get(org)
        return [*record.keys] if record else []

    def accreditation_at(self, org: bytes, scope: str, at: int) -> Accreditation:
        record = self.organisations.get(org)
        kind = record.organisation.kind if record else Kind.NONE
        if record is None or kind is Kind.REGULATOR:
            return NO_ACCREDITATION
        if kind is Kind.ROOT:
            return replace(NO_ACCREDITATION, state=AccreditationState.VALID)
        if kind is Kind.ACCREDITOR:
            return self._granted(org, scope, at)
        best = NO_ACCREDITATION
        for prefix in prefixes(scope):
            for accreditor, entries in record.accreditations.get(prefix, {}).items():
                found = self._accredited(accreditor, prefix, entries, at)
                best = found if found.state > best.state else best
        return best

    def _accredited(
        self, accreditor: bytes, scope: str, entries: list[Entry], at: int
    ) -> Accreditation:
        entry = effective_at(entries, at)
        state = interval_state(entry, at)
        if state is not AccreditationState.VALID:
            shown = entry or entries[0]
            return replace(
                NO_ACCREDITATION,
                state=state,
                accreditor=accreditor,
                scope=scope,
                accreditation=shown,
            )
        granted = self._granted(accreditor, scope, at)
        return replace(granted, accreditor=accreditor, scope=scope, accreditation=entry or NO_ENTRY)

    def _granted(self, accreditor: bytes, scope: str, at: int) -> Accreditation:
        """The accreditor's own grant that covers ``scope``, or the closest to one."""
        record = self.organisations.get(accreditor)
        best = replace(NO_ACCREDITATION, state=AccreditationState.GRANT_NONE, accreditor=accreditor)
        for prefix in prefixes(scope):
            entries = record.grants.get(prefix, []) if record else []
            if not entries:
                continue
            entry = effective_at(entries, at)
            state = _OF_GRANT[interval_state(entry, at)]
            if state > best.state:
                best = replace(best, state=state, grant_scope=prefix, grant=entry or entries[0])
        return best

    def log(self, log: bytes) -> Log | None:
        record = self.logs.get(log)
        if record is None:
            return None
        last = record.anchors[-1]
        return Log(
            record.org, record.origin, record.state, last.size, last.root, record.repudiated_from
        )

    def anchor_at(self, log: bytes, size: int) -> Anchor | None:
        first = self.first_anchor_covering(log, size - 1)
        return first if first and first.size == size else None

    def first_anchor_covering(self, log: bytes, index: int) -> Anchor | None:
        record = self.logs.get(log)
        if record is None:
            return None
        low, high = 0, len(record.anchors)
        while low < high:
            middle = (low + high) // 2
            if record.anchors[middle].size > index:
                high = middle
            else:
                low = middle + 1
        return record.anchors[low] if low < len(record.anchors) else None

    def anchors(self, log: bytes) -> list[Anchor]:
        record = self.logs.get(log)
        return [*record.anchors] if record else []

    def checkpoint_keys(self, log: bytes) -> tuple[bytes, ...]:
        record = self.logs.get(log)
        return tuple(key for key in record.checkpoint_keys if any(key)) if record else ()

    def status_at(self, log: bytes, leaf: bytes, at: int) -> Standing | None:
        standings = [
            standing
            for entries in self.statuses.get((log, leaf), {}).values()
            if (standing := _standing_at(entries, at))
        ]
        return min(standings, key=lambda s: (-s.status, s.effective), default=None)


def prefixes(scope: str) -> Iterable[str]:
    """A scope and every scope above it, the narrowest first."""
    segments = scope.split("/")
    return ("/".join(segments[:count]) for count in range(len(segments), 0, -1))


def effective_at(entries: list[Entry], at: int) -> Entry | None:
    """The last recorded entry that is effective by ``at``."""
    return next((entry for entry in reversed(entries) if entry.effective <= at), None)


def interval_state(entry: Entry | None, at: int) -> AccreditationState:
    """What the entry that decides at ``at`` (None: all begin later) makes of a grant."""
    if entry is None:
        return AccreditationState.NOT_YET
    if entry.act is Act.SUSPENDED:
        return AccreditationState.SUSPENDED
    if entry.act is Act.WITHDRAWN:
        return AccreditationState.WITHDRAWN
    if entry.until and at >= entry.until:
        return AccreditationState.EXPIRED
    return AccreditationState.VALID


# What the state of an accreditor's own grant is called.
_OF_GRANT = {
    AccreditationState.NOT_YET: AccreditationState.GRANT_NOT_YET,
    AccreditationState.EXPIRED: AccreditationState.GRANT_EXPIRED,
    AccreditationState.WITHDRAWN: AccreditationState.GRANT_WITHDRAWN,
    AccreditationState.SUSPENDED: AccreditationState.GRANT_SUSPENDED,
    AccreditationState.VALID: AccreditationState.VALID,
}


def _key_state(key: KeyRecord, revocation: Entry, at: int) -> KeyState:
    if at < key.start:
        return KeyState.NOT_YET
    if revocation is not NO_ENTRY and revocation.effective <= at:
        return KeyState.REVOKED
    if key.until and at >= key.until:
        return KeyState.EXPIRED
    return KeyState.VALID


def _standing_at(entries: list[StatusEntry], at: int) -> Standing | None:
    for entry in reversed(entries):
        if not entry.annulled and entry.standing.effective <= at:
            return entry.standing
    return None
