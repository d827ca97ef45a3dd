"""Auditing a log from its published files: recomputed, and compared with itself and the chain.

Nothing stops at the first finding. What could not be judged is unknown, and what was not looked at
is said not to have been checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from verifier import audit_chain, audit_entries
from verifier import checkpoint as checkpoints
from verifier.audit_chain import LogOnChain, Outlook
from verifier.audit_entries import Checked, Numbers, Rules
from verifier.audit_findings import CHAIN, MAX_SHOWN, Finding
from verifier.audit_report import Audit
from verifier.audit_tree import Batch, TreeAudit
from verifier.chain_view import ChainView
from verifier.checkpoint import Checkpoint
from verifier.errors import ChainUnavailable, ContentError, ProofError, TemError, UnsupportedError
from verifier.names import log_id, org_id, require_name
from verifier.statement import Statement
from verifier.static_log import File, LogUnreadable, StaticLog
from verifier.tiles import CHECKPOINT, TILE_WIDTH, Tile, width

_T = TypeVar("_T")
_ID = re.compile(r"[0-9a-f]{64}")

Judge = Callable[[Iterator[Batch], Rules], Iterable[Checked]]
"""Applies ``audit_entries.check`` to every batch, in their order."""


class Depth(IntEnum):
    """How far down a log is audited; each includes those before it."""

    TREE = 0
    ENTRIES = 1
    SIGNATURES = 2


def in_order(batches: Iterator[Batch], rules: Rules) -> Iterator[Checked]:
    """The judge that works alone. Implements Judge."""
    return (audit_entries.check(batch, rules) for batch in batches)


@dataclass(frozen=True, slots=True)
class Terms:
    """How logs are audited: against ``view`` (None: no chain), ``at`` seconds since 1970.

    ``progress`` is told (entries gone through, entries in all).
    """

    view: ChainView | None
    at: int
    depth: Depth = Depth.SIGNATURES
    judge: Judge = in_order
    progress: Callable[[int, int], None] = lambda done, size: None


def audit(log: StaticLog, place: str, name: str | None, terms: Terms) -> Audit:
    """Audit one log; ``name`` is that of its folder, where that has to be its id."""
    run = _Run(log, Audit(place), terms)
    try:
        run.go(name)
    except LogUnreadable as error:
        run.unknown(error, error.place)
    return run.found


class _Run:
    """One audit on its way."""

    def __init__(self, log: StaticLog, found: Audit, terms: Terms) -> None:
        self._log = log
        self._terms = terms
        self.found = found

    def unknown(self, error: TemError, file: str) -> None:
        """Something that could not be judged."""
        self.found.findings.add(Finding(error.code, file, error.message, unknown=True))

    def go(self, name: str | None) -> None:
        """All steps; raises LogUnreadable where the files cannot be read."""
        # The block comes first: all that it holds has been published before.
        block = self._attempt(lambda view: view.block())
        signed = self.found.checkpoint = self._checkpoint()
        if signed is None:
            return
        logs = self._identify(signed, name)
        if block is not None and logs:
            self.found.outlook = self._attempt(
                lambda view: audit_chain.read(view, logs, self._terms.at)
            )
        seen = self.found.outlook
        if seen is not None:
            audit_chain.compare(signed, seen, self.found.findings)
            if seen.log is not None:
                self.found.log, self.found.did = seen.log.log, seen.log.did
        self._go_through(signed, seen)

    def _attempt(self, ask: Callable[[ChainView], _T]) -> _T | None:
        """What the chain says; None without a chain, or if it cannot be asked (a finding)."""
        if self._terms.view is None:
            return None
        try:
            return ask(self._terms.view)
        except ChainUnavailable as error:
            self.unknown(error, CHAIN)
            return None

    def _checkpoint(self) -> Checkpoint | None:
        try:
            text = self._log.checkpoint()
            if text is None:
                raise ContentError("checkpoint_missing", "There is no checkpoint.", CHECKPOINT)
            signed = checkpoints.parse(text)
            if signed.size == 0:
                raise ContentError("checkpoint_empty", "The log has not one entry.", CHECKPOINT)
            require_name("origin", signed.origin, CHECKPOINT)
        except ProofError as error:
            self.found.findings.add(Finding(error.code, CHECKPOINT, error.message))
            return None
        return signed

    def _identify(self, signed: Checkpoint, name: str | None) -> list[bytes]:
        """Which log it may be: as entry 0 and the checkpoint say, and as the folder does."""
        ids = list[bytes]()
        first = self._statement(signed.size, 0)
        if first is not None:
            self.found.did = first.header.iss
            ids.append(log_id(org_id(first.header.iss), signed.origin))
        if name is not None and ids and name != ids[0].hex():
            said = f"Body and origin make log {ids[0].hex()}, the folder's name is another."
            self.found.findings.add(Finding("log_id_differs", CHECKPOINT, said))
        if name is not None and _ID.fullmatch(name):
            ids.append(bytes.fromhex(name))
        if self._terms.view is not None and not ids:
            said = "Entry 0 cannot be read, so the chain cannot be asked about the log."
            self.found.findings.add(Finding("log_unidentified", CHAIN, said, unknown=True))
        self.found.log = ids[0] if ids else None
        return ids

    def _go_through(self, signed: Checkpoint, seen: Outlook | None) -> None:
        """The log itself, from the first entry to the last."""
        chain = seen.log if seen else None
        depth = self._terms.depth if chain else min(self._terms.depth, Depth.ENTRIES)
        self._leave_out(chain)
        tree = TreeAudit(self._log, signed, self.found.findings, chain.anchors if chain else ())
        rules = Rules(
            did=self.found.did,
            keys=chain.keys if chain and depth is Depth.SIGNATURES else None,
            view_time=seen.block.time if seen else 0,
            stale=seen is not None and seen.stale,
        )
        batches = tree.batches()
        try:
            if depth is Depth.TREE:
                entries = self._count(batches, signed.size)
            else:
                entries = self._judge(batches, signed.size, rules)
        except ContentError as error:
            self.found.findings.add(Finding.of_file(error))
            return
        self._done("tree", int(tree.rooted), 1)
        if depth >= Depth.ENTRIES:
            self._done("entries", entries, signed.size)
        if depth is Depth.SIGNATURES:
            self._done("signatures", entries, signed.size)
        if chain is not None:
            self._done("checkpoint", 1, 1)
            self._done("anchors", tree.compared, len(chain.anchors))

    def _done(self, part: str, count: int, of: int) -> None:
        """A part was checked, as far as there was something to check."""
        if count == of:
            del self.found.unchecked[part]
        else:
            said = f" ({count} of {of} checked)" if count else ""
            self.found.unchecked[part] = f"files are missing or damaged{said}"

    def _leave_out(self, chain: LogOnChain | None) -> None:
        """Say why what will not be looked at is not."""
        unchecked = self.found.unchecked
        if chain is None:
            asked = self._terms.view is not None
            said = "the chain did not tell" if asked else "no chain was asked"
            unchecked |= dict.fromkeys(("signatures", "checkpoint", "anchors"), said)
        if self._terms.depth < Depth.SIGNATURES:
            unchecked["signatures"] = "left out"
        if self._terms.depth < Depth.ENTRIES:
            unchecked["entries"] = "left out"

    def _count(self, batches: Iterator[Batch], size: int) -> int:
        done = 0
        for batch in batches:
            done += len(batch.entries)
            self._terms.progress(done, size)
        return done

    def _judge(self, batches: Iterator[Batch], size: int, rules: Rules) -> int:
        done, numbers = 0, Numbers()
        for checked in self._terms.judge(batches, rules):
            done += checked.entries
            for finding in checked.findings:
                self.found.findings.add(finding)
            for index, number in checked.numbers:
                numbers.add(index, number)
            self._terms.progress(done, size)
        for first, later in numbers.alike():
            self._repeated(size, first, later)
        return done

    def _repeated(self, size: int, first: int, later: int) -> None:
        """Two entries whose numbers may be the same: read again, unless enough are known."""
        path, said = "", ""  # of those that are only counted
        if self.found.findings.counts["number_repeated"] < MAX_SHOWN:
            one, other = self._statement(size, first), self._statement(size, later)
            if one is None or other is None or one.header.sub != other.header.sub:
                return
            path = self._bundle(size, later).path
            said = f"The number {one.header.sub} is that of entry {first} already."
        self.found.findings.add(Finding("number_repeated", path, said, later))

    def _bundle(self, size: int, index: int) -> File:
        tile = Tile(0, index // TILE_WIDTH, width(0, index // TILE_WIDTH, size))
        if tile.width < TILE_WIDTH:
            return self._log.narrow_bundle(tile)
        return self._log.bundles([tile.index])[0]

    def _statement(self, size: int, index: int) -> Statement | None:
        """One entry, if it can be read: what is wrong with it is found on the way through."""
        try:
            return audit_entries.parse(self._bundle(size, index).entries()[index % TILE_WIDTH])
        except (ProofError, UnsupportedError):
            return None
