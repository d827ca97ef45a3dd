"""Following what was signed until it stands in a final block, for all accounts of the database.

It takes no private key: the signed bytes are stored. One look costs a few questions, however many
acts are under way: the account's nonce tells which of them are in blocks, and acts of one block
are judged together. How a node words an error decides nothing: whether a transaction arrived is
asked, by its hash.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from sqlalchemy import Engine
from sqlmodel import Session

from anchor import failpoints
from anchor import store as logs
from anchor.chain import act_store, store
from anchor.chain.act_store import Signed
from anchor.chain.anchor_store import ANCHORING
from anchor.chain.models import SignatureRow, State, TransactionRow
from anchor.chain.node import Head, Node, Receipt
from anchor.database import reading, writing
from anchor.errors import ContractRefused, NodeFault, Refusal, SendUnknown, TransactionError
from anchor.standstill import Standstill
from verifier.errors import TemError

IN_FLIGHT = 200
"""How many transactions of one account may wait for their blocks; no node takes any number."""

RESEND = 5.0
"""Seconds after which a node is asked whether it still has what it was given."""

TAKEN_BLOCKS = 5
"""So many more blocks have to be final before a nonce counts as used by another program."""

_log = logging.getLogger(__name__)


class Follower:
    """Follows the acts of one database on one chain. ``clock`` gives seconds since 1970.

    ``final`` is the newest final block at the last look, before anything else was asked;
    ``troubles`` is what holds up an account, by the account; ``busy`` is whether anything is under
    way.
    """

    def __init__(self, engine: Engine, node: Node, clock: Callable[[], int]) -> None:
        self.final = Head(0, b"", 0)
        self.troubles = dict[str, TemError]()
        self.busy = False
        self._engine, self._node, self._clock = engine, node, clock
        self._standstill = Standstill(node)
        self._used = dict[str, int]()
        self._asked = dict[int, float]()
        self._dropped = set[int]()
        self._nowhere = dict[int, int]()

    def follow(self) -> list[Signed]:
        """Look once, without waiting, and send what is missing; what is in no block, in order.

        Raises ChainUnavailable; the rest stays as it was.
        """
        self.final = self._standstill.newest_final()
        self._used.clear()
        self.troubles.clear()
        with reading(self._engine) as session:
            acts = act_store.signed(session, self._node.network.chain_id)
        self.busy = bool(acts)
        seen = self._look([act for act in acts if not act.block_hash])
        self._settle([*seen, *(act for act in acts if act.block_hash)])
        ids = {act.id for act in seen}
        outside = [act for act in acts if not act.block_hash and act.id not in ids]
        self._forget(outside)
        self._require_no_gap(outside)
        self.send(outside)
        return outside

    def unsteady(self, outside: Sequence[Signed]) -> bool:
        """Whether the chain lacks what new acts may need: nothing is judged or signed meanwhile."""
        return any(act.lost or act.id in self._dropped for act in outside)

    def send(self, outside: Sequence[Signed]) -> None:
        """Send those acts that no node has.

        What was lost is repeated in order: before an act of another account, all earlier ones have
        to be in a block, as it may need what they did.
        """
        missing = self._missing(outside)
        if self.unsteady(outside):
            run = {
                act.id for act in takewhile(lambda one: one.account == outside[0].account, outside)
            }
            missing = [act for act in missing if act[0].id in run]
        sent = list[Signed]()
        try:
            for act, newest in missing:
                if act.account not in self.troubles and self._hand_over(act, newest):
                    sent.append(act)
        finally:
            fresh = [act for act in sent if act.sent is None]
            if fresh:
                with writing(self._engine) as session:
                    act_store.note_sent(session, fresh, self._clock())

    def _look(self, outside: Sequence[Signed]) -> list[Signed]:
        """Those of the acts that are in a block now."""
        mined = [act for act in outside if act.nonce < self._nonce(act.account)]
        if not mined:
            return []
        found = list[Signed]()
        with reading(self._engine) as session:
            signatures = act_store.signatures(session, mined)
        for act in mined:
            try:
                receipt = self._receipt(signatures[act.id])
                if receipt is not None:
                    refusal = None if receipt.ok else self._reason(act, signatures[act.id], receipt)
                    found.append(act_store.seen_in(act, receipt, refusal))
                elif self._is_taken(act):
                    self._give_up(act)
            except NodeFault as fault:
                self.troubles[act.account] = fault
        if found:
            with writing(self._engine) as session:
                act_store.note_seen(session, found, self._clock())
        return found

    def _receipt(self, signatures: Sequence[SignatureRow]) -> Receipt | None:
        """The receipt under whichever of the signed hashes has one."""
        failpoints.reach("chain.receipt.before")
        receipts = (self._node.receipt(signature.hash) for signature in signatures)
        found = next((receipt for receipt in receipts if receipt is not None), None)
        failpoints.reach("chain.receipt.after")
        return found

    def _reason(
        self, act: Signed, signatures: Sequence[SignatureRow], receipt: Receipt
    ) -> ContractRefused:
        """Why a block refused the act, by calling it again there."""
        if receipt.gas_used >= self._node.gas_limit(signatures[0].hash):
            return ContractRefused("OutOfGas", {"used": receipt.gas_used})
        with reading(self._engine) as session:
            row = store.get(session, act.id)
        try:
            self._node.call(row.contract, row.data, receipt.block_number, row.account)
        except ContractRefused as refusal:
            return refusal
        except NodeFault:
            pass  # the node no longer has the state of that block
        return ContractRefused("Reverted", {})

    def _is_taken(self, act: Signed) -> bool:
        """Whether a block that was final long ago used the nonce for what we never signed."""
        if self._node.nonce(act.account, self.final.number) <= act.nonce:
            return False
        return (
            self.final.number >= self._nowhere.setdefault(act.id, self.final.number) + TAKEN_BLOCKS
        )

    def _give_up(self, act: Signed) -> None:
        """The nonce is used, so what was signed can never come true; the acts after it can."""
        error = TransactionError(
            "nonce_taken",
            f"Another program has sent from {act.account}: give each program its own account.",
            act.account,
        )
        self.troubles[act.account] = error
        with writing(self._engine) as session:
            conclude(session, act.id, self.final, error)

    def _settle(self, inside: Sequence[Signed]) -> None:
        """Finish the acts whose block is final."""
        due = [act for act in inside if (act.block or 0) <= self.final.number]
        heads = {number: self._node.find(number) for number in {act.block or 0 for act in due}}
        standing = list[tuple[Signed, Head]]()
        for act in due:
            head = heads[act.block or 0]
            if head is not None and head.hash == act.block_hash:  # else recovery.check sees to it
                standing.append((act, head))
        final = [(act, head.time) for act, head in standing if act.error is None]
        if final:
            with writing(self._engine) as session:
                act_store.note_final(session, final)
        for act, head in standing:
            if act.error is not None:
                with writing(self._engine) as session:
                    conclude(session, act.id, head, act_store.refusal_in(act))

    def _nonce(self, account: str) -> int:
        """How many transactions of the account are in blocks, asked once a look."""
        if account not in self._used:
            self._used[account] = self._node.nonce(account)
        return self._used[account]

    def _require_no_gap(self, outside: Sequence[Signed]) -> None:
        """Note the accounts whose next transaction is none of ours: the others wait in vain."""
        lowest = dict[str, int]()
        for act in outside:
            lowest[act.account] = min(act.nonce, lowest.get(act.account, act.nonce))
        for account, nonce in lowest.items():
            used = self._nonce(account)
            if used < nonce:
                said = f"The chain waits for transaction {used}, the first one here is {nonce}."
                self.troubles[account] = SendUnknown("nonce_gap", said, account)

    def _missing(self, outside: Sequence[Signed]) -> list[tuple[Signed, SignatureRow]]:
        """The acts to send, with what was signed for each; not too many of one account."""
        now = time.monotonic()
        near = [act for act in outside if 0 <= act.nonce - self._nonce(act.account) < IN_FLIGHT]
        due = [act for act in near if now >= self._asked.get(act.id, -RESEND) + RESEND]
        if not due:
            return []
        with reading(self._engine) as session:
            signatures = act_store.signatures(session, due)
        missing = list[tuple[Signed, SignatureRow]]()
        for act in due:
            newest = signatures[act.id][0]
            if act.sent is not None:
                if self._node.knows(newest.hash):
                    self._asked[act.id] = now
                    continue
                self._dropped.add(act.id)
            missing.append((act, newest))
        return missing

    def _hand_over(self, act: Signed, newest: SignatureRow) -> bool:
        """Give the act to a node; whether one has it now."""
        failpoints.reach("chain.send.before")
        try:
            self._node.send(newest.raw)
        except NodeFault as fault:
            if not self._node.knows(newest.hash):
                self.troubles[act.account] = SendUnknown("not_accepted", fault.message, act.account)
                return False
        failpoints.reach("chain.send.after")
        self._asked[act.id] = time.monotonic()
        return True

    def _forget(self, outside: Sequence[Signed]) -> None:
        """Keep in mind only what is still under way."""
        ids = {act.id for act in outside}
        self._dropped &= ids
        for kept in (self._asked, self._nowhere):
            for id_ in kept.keys() - ids:
                del kept[id_]


def conclude(session: Session, identity: int, block: Head | None, refusal: Refusal) -> None:
    """An act was refused, in a block or before it was sent; if it was to anchor, its log halts."""
    row = store.lock(session, identity)
    if row.state in (State.FINAL, State.REFUSED):
        return
    store.refuse(session, row, block, refusal)
    for state in _anchored_by(session, row):
        _log.critical(
            "log %s halts, as its anchor is refused. %s Mend that, then `tem anchor resume %s`",
            state.origin, refusal, state.origin,
        )  # fmt: skip
        logs.halt(session, state.log, str(refusal))
        return
    if block is not None:  # perhaps nobody waits for the answer, as when it was repeated
        _log.error(
            "%s %s is refused in block %d. %s", row.purpose, row.reference, block.number, refusal
        )


def _anchored_by(session: Session, row: TransactionRow) -> Iterator[logs.LogState]:
    """The log of this database that the act was to anchor, if it was."""
    if row.purpose == ANCHORING:
        log = row.data[4:36]  # the first argument
        yield from (state for state in logs.states(session) if state.log == log)
