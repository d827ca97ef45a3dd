"""The client of LogAnchor: the roots of every body's log.

What each function does and who may call it: contracts/src/interfaces/ILogAnchor.sol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anchor.chain.contract import Call, Contract
from anchor.chain.node import BlockId
from verifier.chain_view import LogState
from verifier.view.values import shaped

MAX_STEP = 1 << 24
"""How many leaves one anchor may add at most."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A size that the contract holds, the time and number of its block, and its root."""

    size: int
    time: int
    block_number: int
    root: bytes


@dataclass(frozen=True, slots=True)
class LogInfo:
    """A log as it is now; all empty if it is not known."""

    org: bytes
    origin: str
    state: LogState
    opened_at: int
    closed_at: int
    anchors: int
    size: int
    root: bytes
    repudiated: bool
    repudiated_from: int


@dataclass(frozen=True, slots=True)
class CheckpointKey:
    """An Ed25519 key (32 bytes; zero for none) and the block time from which it counts."""

    key: bytes
    since: int


@dataclass(frozen=True, slots=True)
class Repudiation:
    """Records from ``from_size`` on are repudiated, as the sponsor confirmed."""

    from_size: int
    proposed_at: int
    confirmed_at: int
    sponsor: bytes


@dataclass(frozen=True, slots=True)
class ProposedRepudiation:
    """A proposal that waits for the sponsor; zero if there is none."""

    from_size: int
    proposed_at: int


class LogAnchor(Contract):
    """See the interface; acts first, views after."""

    name = "LogAnchor"

    def open_log(self, org: bytes, origin: str, genesis_root: bytes) -> Call:
        return self._act("openLog", org, origin, genesis_root)

    def anchor(
        self, log: bytes, old_size: int, new_size: int, new_root: bytes, proof: Sequence[bytes]
    ) -> Call:
        return self._act("anchor", log, old_size, new_size, new_root, proof)

    def set_checkpoint_key(self, log: bytes, key: bytes) -> Call:
        return self._act("setCheckpointKey", log, key)

    def close_log(self, log: bytes) -> Call:
        return self._act("closeLog", log)

    def propose_repudiation(self, log: bytes, from_size: int) -> Call:
        return self._act("proposeRepudiation", log, from_size)

    def confirm_repudiation(self, log: bytes, from_size: int) -> Call:
        return self._act("confirmRepudiation", log, from_size)

    def trust(self, *, block: BlockId | None = None) -> str:
        return self._one(str, "trust", block=block)

    def log_id(self, org: bytes, origin: str, *, block: BlockId | None = None) -> bytes:
        return self._one(bytes, "logId", org, origin, block=block)

    def log_info(self, log: bytes, *, block: BlockId | None = None) -> LogInfo:
        return self._one(LogInfo, "logInfo", log, block=block)

    def organisation_of(self, log: bytes, *, block: BlockId | None = None) -> bytes:
        return self._one(bytes, "organisationOf", log, block=block)

    def open_log_of(self, org: bytes, *, block: BlockId | None = None) -> bytes:
        return self._one(bytes, "openLogOf", org, block=block)

    def latest(self, log: bytes, *, block: BlockId | None = None) -> Anchor:
        return self._one(Anchor, "latest", log, block=block)

    def anchor_at(self, log: bytes, size: int, *, block: BlockId | None = None) -> Anchor | None:
        exists, anchor = self._read("anchorAt", log, size, block=block)
        return shaped(Anchor, anchor) if exists else None

    def first_anchor_covering(
        self, log: bytes, index: int, *, block: BlockId | None = None
    ) -> Anchor | None:
        exists, anchor = self._read("firstAnchorCovering", log, index, block=block)
        return shaped(Anchor, anchor) if exists else None

    def anchors(
        self, log: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[Anchor]:
        return self._many(Anchor, "anchors", log, offset, limit, block=block)

    def checkpoint_key_at(
        self, log: bytes, when: int, *, block: BlockId | None = None
    ) -> CheckpointKey:
        return self._one(CheckpointKey, "checkpointKeyAt", log, when, block=block)

    def checkpoint_keys(
        self, log: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[CheckpointKey]:
        return self._many(CheckpointKey, "checkpointKeys", log, offset, limit, block=block)

    def proposed_repudiation(
        self, log: bytes, *, block: BlockId | None = None
    ) -> ProposedRepudiation:
        return ProposedRepudiation(*self._read("proposedRepudiation", log, block=block))

    def repudiations(
        self, log: bytes, offset: int, limit: int, *, block: BlockId | None = None
    ) -> list[Repudiation]:
        return self._many(Repudiation, "repudiations", log, offset, limit, block=block)

    def verify_inclusion(
        self,
        log: bytes,
        size: int,
        index: int,
        leaf: bytes,
        path: Sequence[bytes],
        *,
        block: BlockId | None = None,
    ) -> bool:
        return self._one(bool, "verifyInclusion", log, size, index, leaf, path, block=block)
