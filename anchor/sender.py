"""Sending transactions so that none is lost and none is sent in two versions.

One sender an account. Nonce, signed bytes, hash and purpose are committed before the first send;
``advance`` finishes whatever was begun, and is the same code every day and after a crash. How a
node words an error decides nothing: whether a transaction arrived is asked, by its hash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine
from sqlmodel import Session
from web3 import Web3
from web3.types import Nonce
from web3.utils import get_create_address

from anchor.chain import store
from anchor.chain.contract import Call
from anchor.chain.models import SignatureRow, State, TransactionRow
from anchor.chain.node import POLL, Head, Node, Receipt
from anchor.clock import system_clock
from anchor.database import reading, writing
from anchor.errors import ContractRefused, NodeFault, SendUnknown, TransactionError

PATIENCE = 60.0
"""Seconds that ``perform`` and ``settle`` wait before they say that the outcome is not known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An act that is in a block: ``final`` if that block cannot be undone.

    ``contract`` is the address at which a transaction without an addressee has created one.
    """

    id: int
    final: bool
    contract: str | None


class Sender:
    """Sends for one account, whose private key is in ``account``.

    ``clock`` gives seconds since 1970; ``pause`` waits that many seconds between two looks;
    ``on_refused`` runs in the database transaction that records a refusal.
    """

    def __init__(
        self,
        engine: Engine,
        node: Node,
        account: LocalAccount,
        *,
        clock: Callable[[], int] = system_clock,
        pause: Callable[[float], None] = time.sleep,
        on_refused: Callable[[Session, TransactionRow, ContractRefused], None] | None = None,
    ) -> None:
        self.engine, self.node = engine, node
        self.address = account.address.lower()
        self._account, self._clock, self._pause = account, clock, pause
        self._on_refused = on_refused

    def submit(self, call: Call, reference: str) -> int:
        """Store, sign, store again, then send; the same (purpose, reference) is the same act.

        Raises ChainUnavailable if the chain cannot be reached: the act is stored, and ``advance``
        goes on with it. Raises TransactionError (``reference_reused``, ``nonce_taken``).
        """
        with writing(self.engine) as session:
            chain_id = self.node.network.chain_id
            row = store.enqueue(session, chain_id, self.address, call, reference, self._clock())
            identity = row.id
        self.advance()
        return identity

    def perform(self, call: Call, reference: str, *, final: bool = False) -> Outcome:
        """Submit, and wait until the act is in a block, or in a final one.

        Raises ContractRefused; SendUnknown (``transaction_pending``) if it takes too long, which
        says nothing about the outcome; and as ``submit``.
        """
        identity = self.submit(call, reference)
        for _ in self._rounds():
            outcome = self._outcome(identity)
            if outcome is not None and (outcome.final or not final):
                return outcome
            self.advance()
        raise SendUnknown("transaction_pending", f"{call.purpose} is not in a block yet.", "chain")

    def settle(self) -> None:
        """Wait until everything that this account has begun is final or refused."""
        for _ in self._rounds():
            if not self._unfinished():
                return
            self.advance()
        raise SendUnknown("transaction_pending", "Transactions are not final yet.", "chain")

    def advance(self) -> None:
        """One round without waiting: sign what waits, send what is missing, finish what is final.

        An act that would be refused now is refused for good only if nothing sent before it is
        still on its way. Raises ChainUnavailable and TransactionError; the rest stays as it was.
        """
        under_way = False
        for row in self._unfinished():
            if row.state == State.WAITING:
                try:
                    self._sign(row)
                except ContractRefused as refusal:
                    if under_way:
                        return
                    self._finish(row.id, None, refusal)
                    continue
            under_way |= not self._follow(row.id)

    def _unfinished(self) -> list[TransactionRow]:
        with reading(self.engine) as session:
            return store.unfinished(session, self.node.network.chain_id, self.address)

    def _sign(self, row: TransactionRow) -> None:
        """Give a nonce and sign; raises ContractRefused if the act would fail now."""
        network = self.node.network
        gas = self.node.estimate(row.contract, row.data, row.account) * 3 // 2
        used = self.node.nonce(self.address)
        with writing(self.engine) as session:
            current = store.lock(session, row.id)
            if current.state != State.WAITING:
                return  # another process was faster
            nonce = store.take_nonce(session, network.chain_id, self.address, used)
            signed = self._account.sign_transaction(
                {
                    "chainId": network.chain_id,
                    "nonce": nonce,
                    "gas": gas,
                    "gasPrice": network.gas_price,
                    "to": Web3.to_checksum_address(row.contract) if row.contract else b"",
                    "value": 0,
                    "data": row.data,
                }
            )
            raw, digest = bytes(signed.raw_transaction), bytes(signed.hash)
            store.store_signature(session, current, nonce, raw, digest, self._clock())

    def _follow(self, identity: int) -> bool:
        """Look for the transaction on chain, and send it if it is not there; True if it is."""
        with reading(self.engine) as session:
            signatures = store.signatures(session, identity)
        receipt = self._receipt(signatures)
        if receipt is None:
            self._send(identity, signatures)
            return False
        final = self.node.head(self.node.network.finality)
        if receipt.block_number <= final.number:
            block = self.node.head(receipt.block_number)
            if block.hash == receipt.block_hash:
                refusal = None if receipt.ok else self._reason(identity, block)
                self._finish(identity, block, refusal)
        return True

    def _receipt(self, signatures: list[SignatureRow]) -> Receipt | None:
        """The receipt under whichever of the signed hashes has one."""
        receipts = (self.node.receipt(signature.hash) for signature in signatures)
        return next((receipt for receipt in receipts if receipt is not None), None)

    def _send(self, identity: int, signatures: list[SignatureRow]) -> None:
        newest = signatures[0]
        with reading(self.engine) as session:
            sent_before = store.get(session, identity).sent is not None
        if sent_before and self.node.knows(newest.hash):
            return
        try:
            self.node.send(newest.raw)
        except NodeFault as fault:
            if not self.node.knows(newest.hash):
                self._require_nonce_free(signatures)
                raise SendUnknown("not_accepted", fault.message, "rpc") from fault
        if not sent_before:
            with writing(self.engine) as session:
                row = store.lock(session, identity)
                row.sent = self._clock()
                session.add(row)

    def _require_nonce_free(self, signatures: list[SignatureRow]) -> None:
        """Raise TransactionError if a final block uses the nonce for something we never signed."""
        used = self.node.nonce(self.address, self.node.network.finality)
        if used > signatures[0].nonce and self._receipt(signatures) is None:
            raise TransactionError(
                "nonce_taken",
                f"Another program has sent from {self.address}: give each sender its own account.",
                "account",
            )

    def _reason(self, identity: int, block: Head) -> ContractRefused:
        """The custom error of a transaction that failed in ``block``, by calling it again there."""
        with reading(self.engine) as session:
            row = store.get(session, identity)
        try:
            self.node.call(row.contract, row.data, block.number, row.account)
        except ContractRefused as refusal:
            return refusal
        except NodeFault:
            pass  # the node no longer has the state of that block
        return ContractRefused("Reverted", {})

    def _finish(self, identity: int, block: Head | None, refusal: ContractRefused | None) -> None:
        with writing(self.engine) as session:
            row = store.lock(session, identity)
            if row.state in (State.FINAL, State.REFUSED):
                return
            store.finish(session, row, block, refusal)
            if refusal is not None and self._on_refused is not None:
                self._on_refused(session, row, refusal)

    def _outcome(self, identity: int) -> Outcome | None:
        """Where the act stands if it is in a block; raises ContractRefused if it was refused."""
        with reading(self.engine) as session:
            row = store.get(session, identity)
            if row.state == State.REFUSED:
                raise store.refusal_of(row)
            signatures = store.signatures(session, identity)
        final = row.state == State.FINAL
        receipt = None if final else self._receipt(signatures)
        if not final and (receipt is None or not receipt.ok):
            return None
        created = None
        if row.contract is None:
            created = get_create_address(self._account.address, Nonce(signatures[0].nonce)).lower()
        return Outcome(identity, final, created)

    def _rounds(self) -> Iterator[None]:
        """Yields until the patience is at its end, with a pause after each round."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            yield
            self._pause(POLL)
