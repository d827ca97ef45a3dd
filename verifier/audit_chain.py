"""What the chain says about one log: read at once, before the log's files are gone through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from verifier import statement
from verifier.audit_findings import CHAIN, Finding, Findings
from verifier.chain_view import Anchor, Block, ChainView, Log
from verifier.checkpoint import Checkpoint, signed_by
from verifier.errors import ChainUnavailable
from verifier.names import org_id
from verifier.tiles import CHECKPOINT


@dataclass(frozen=True, slots=True)
class LogOnChain:
    """A log's id and origin, its body's DID and keys (by kid: x, y), its anchors and checkpoint
    keys."""

    log: bytes
    origin: str
    did: str
    keys: Mapping[bytes, tuple[bytes, bytes]]
    anchors: Sequence[Anchor]
    checkpoint_keys: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Outlook:
    """A view's block, whether it is older than the verifier allows, and the log if it has it."""

    block: Block
    stale: bool
    log: LogOnChain | None


def read(view: ChainView, logs: Sequence[bytes], now: int) -> Outlook:
    """Everything about the first of ``logs`` that the chain has; raises ChainUnavailable."""
    block = view.block()
    stale = now - block.time > view.trust.max_age
    for log in logs:
        found = view.log(log)
        if found is not None:
            return Outlook(block, stale, _read(view, log, found))
    return Outlook(block, stale, None)


def _read(view: ChainView, log: bytes, found: Log) -> LogOnChain:
    organisation = view.organisation(found.org)
    if organisation is None or org_id(organisation.did) != found.org:
        raise ChainUnavailable("chain_contradiction", "A log without its organisation.", CHAIN)
    anchors = view.anchors(log)
    ends = [(anchor.size, anchor.root) for anchor in anchors[-1:]]
    grows = all(one.size < later.size for one, later in pairwise(anchors))
    if ends != [(found.size, found.root)] or not grows:
        raise ChainUnavailable("chain_contradiction", "The anchors are not the log's.", CHAIN)
    keys = {kid: _key(view, found.org, kid) for kid in view.keys(found.org)}
    checkpoint_keys = view.checkpoint_keys(log)
    return LogOnChain(log, found.origin, organisation.did, keys, anchors, checkpoint_keys)


def _key(view: ChainView, org: bytes, kid: bytes) -> tuple[bytes, bytes]:
    key = view.key_at(org, kid, view.block().time)
    if statement.key_thumbprint(key.x, key.y)[:8] != kid or not statement.on_curve(key.x, key.y):
        raise ChainUnavailable("chain_contradiction", "No key of P-256 with this kid.", CHAIN)
    return key.x, key.y


def compare(checkpoint: Checkpoint, seen: Outlook, findings: Findings) -> None:
    """Hold a checkpoint against the chain: its log, its signature, its size."""
    if seen.log is None:
        findings.add(_missing(seen, "log_unknown", CHAIN, "The chain has no such log."))
        return
    if seen.log.origin != checkpoint.origin:
        said = f"The chain's log is {seen.log.origin}, not {checkpoint.origin}."
        findings.add(Finding("checkpoint_origin_differs", CHECKPOINT, said))
    keys = seen.log.checkpoint_keys
    if not keys:
        said = "The chain has no key for this log's checkpoints."
        findings.add(_missing(seen, "checkpoint_key_unknown", CHECKPOINT, said))
    elif not any(signed_by(checkpoint, key) for key in keys):
        said = "No key that the chain has for this log has signed it."
        findings.add(_missing(seen, "checkpoint_signature_wrong", CHECKPOINT, said))
    anchored = seen.log.anchors[-1].size
    if anchored > checkpoint.size:
        said = f"The chain holds {anchored} entries, of which {checkpoint.size} are published."
        findings.add(Finding("behind_chain", CHECKPOINT, said, checkpoint.size))


def _missing(seen: Outlook, code: str, file: str, said: str) -> Finding:
    """What the chain does not have: unknown if the view is too old to have it."""
    if seen.stale:
        return Finding("view_too_old", file, f"{said} The view is too old to tell.", unknown=True)
    return Finding(code, file, said)
