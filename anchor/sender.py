"""Sending transactions so that none is lost and none is sent in two versions.

One sender an account. Nonce, signed bytes, hash and purpose are committed before the first send;
``advance`` finishes whatever was begun, and is the same code every day and after a crash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine
from web3 import Web3
from web3.types import Nonce
from web3.utils import get_create_address

from anchor import recovery
from anchor.chain import act_store, store
from anchor.chain.act_store import Signed
from anchor.chain.contract import Call
from anchor.chain.models import State, TransactionRow
from anchor.chain.node import POLL, Head, Node
from anchor.clock import system_clock
from anchor.database import reading, writing
from anchor.errors import ContractRefused, SendUnknown
from anchor.following import IN_FLIGHT, Follower, conclude
from verifier.errors import ChainUnavailable, TemError

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

    ``clock`` gives seconds since 1970; ``pause`` waits that many seconds between two looks.
    """

    def __init__(
        self,
        engine: Engine,
        node: Node,
        account: LocalAccount,
        *,
        clock: Callable[[], int] = system_clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.engine, self.node = engine, node
        self.address = account.address.lower()
        self._account, self._clock, self._pause = account, clock, pause
        self._follower = Follower(engine, node, clock)
        self._outside: Sequence[Signed] = ()

    def submit(self, call: Call, reference: str) -> int:
        """Store, sign, store again, then send; the same (purpose, reference) is the same act.

        Raises ChainUnavailable if the chain cannot be reached: the act is stored, and ``advance``
        goes on with it. Raises TransactionError (``reference_reused``, ``nonce_taken``).
        """
        identity = self._store(call, reference)
        self.advance()
        return identity

    def perform(self, call: Call, reference: str, *, final: bool = False) -> Outcome:
        """Submit, and wait until the act is in a block, or in a final one.

        Raises ContractRefused; SendUnknown (``transaction_pending``) if it takes too long, which
        says nothing about the outcome; and as ``submit``.
        """
        identity = self._store(call, reference)
        for _ in self._rounds():
            outcome = self._outcome(identity)
            if outcome is not None and (outcome.final or not final):
                return outcome
        raise SendUnknown("transaction_pending", f"{call.purpose} is not in a block yet.", "chain")

    def settle(self) -> None:
        """Wait until everything that this account has begun is final or refused."""
        for _ in self._rounds():
            with reading(self.engine) as session:
                if not store.has_unfinished(session, self.node.network.chain_id, self.address):
                    return
        raise SendUnknown("transaction_pending", "Transactions are not final yet.", "chain")

    @property
    def final(self) -> Head:
        """The newest final block at the last ``advance``; all own acts up to it were seen."""
        return self._follower.final

    @property
    def room(self) -> int:
        """How many more acts may be sent before a block takes some, after ``advance``."""
        if self._follower.unsteady(self._outside):
            return 0
        return IN_FLIGHT - sum(act.account == self.address for act in self._outside)

    @property
    def busy(self) -> bool:
        """Whether acts are not final yet, as of the last ``advance``."""
        return self._follower.busy

    def troubles(self) -> list[TemError]:
        """What held up any account at the last ``advance``."""
        return list(self._follower.troubles.values())

    def advance(self) -> None:
        """One round without waiting: finish what is final, send what is missing, sign what waits.

        Other accounts' acts are followed as well, as this one's may need them; only signing takes
        the private key. Raises ChainUnavailable, and TransactionError about this account; the rest
        stays as it was.
        """
        recovery.check(self.engine, self.node)
        self._outside = self._follower.follow()
        room = self.room
        if room > 0:
            signed = self._sign(room)
            self._outside = [*self._outside, *signed]
            self._follower.send(signed)
        trouble = self._follower.troubles.get(self.address)
        if trouble is not None:
            raise trouble

    def _store(self, call: Call, reference: str) -> int:
        with writing(self.engine) as session:
            chain_id = self.node.network.chain_id
            row = store.enqueue(session, chain_id, self.address, call, reference, self._clock())
            return row.id

    def _sign(self, room: int) -> list[Signed]:
        """Sign acts that wait, at most ``room``."""
        chain_id = self.node.network.chain_id
        with reading(self.engine) as session:
            rows = store.waiting(session, chain_id, self.address, room)
        ready = self._judge(rows)
        if not ready:
            return []
        used = self.node.nonce(self.address)
        with writing(self.engine) as session:
            # All of them first, in the order of their ids, and only then the account.
            locked = [(store.lock(session, row.id), gas) for row, gas in ready]
            for current, gas in locked:
                if current.state == State.WAITING:  # else another process was faster
                    nonce = store.take_nonce(session, chain_id, self.address, used)
                    raw, digest = self._signed(current, nonce, gas)
                    store.store_signature(session, current, nonce, raw, digest, self._clock())
        ids = {row.id for row, _ in ready}
        with reading(self.engine) as session:
            return [act for act in act_store.signed(session, chain_id) if act.id in ids]

    def _judge(self, rows: Sequence[TransactionRow]) -> list[tuple[TransactionRow, int]]:
        """The acts that would succeed now, with the gas to give them.

        One that would be refused is refused for good if nothing asked for before it is still on
        its way to a block; else it waits, and all after it.
        """
        ready = list[tuple[TransactionRow, int]]()
        for row in rows:
            try:
                gas = self.node.estimate(row.contract, row.data, row.account)
            except ContractRefused as refusal:
                if ready or any(act.id < row.id for act in self._outside):
                    break
                with writing(self.engine) as session:
                    conclude(session, row.id, None, refusal)
            else:
                ready.append((row, gas * 3 // 2))
        return ready

    def _signed(self, row: TransactionRow, nonce: int, gas: int) -> tuple[bytes, bytes]:
        """The signed bytes of the act, and their hash."""
        network = self.node.network
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
        return bytes(signed.raw_transaction), bytes(signed.hash)

    def _outcome(self, identity: int) -> Outcome | None:
        """Where the act stands if it is in a block; raises what refused it."""
        with reading(self.engine) as session:
            row = store.get(session, identity)
        if row.state == State.REFUSED:
            raise store.refusal_of(row)
        final = row.state == State.FINAL
        if not final and (row.block_hash is None or row.error is not None):
            return None
        created = None
        if row.contract is None and row.nonce is not None:
            created = get_create_address(self._account.address, Nonce(row.nonce)).lower()
        return Outcome(identity, final, created)

    def _rounds(self) -> Iterator[None]:
        """Yields after each round until the patience is at its end, with a pause in between.

        A node that has to catch up first is waited for.
        """
        end = time.monotonic() + PATIENCE
        while True:
            late = time.monotonic() >= end
            try:
                self.advance()
            except ChainUnavailable as error:
                if late or error.code != "node_behind":
                    raise
            else:
                yield
            if late:
                return
            self._pause(POLL)
