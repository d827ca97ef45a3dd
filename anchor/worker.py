"""Anchoring: bringing each log's newest root to the contract, and noting what is final there.

One step looks at one log and never waits. Whatever it finds done it leaves; repeating it is
harmless, because a size is anchored once and its transaction is stored before it is sent. What
contradicts the chain halts the log: only an operator may resume it (``store.resume``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from enum import StrEnum
from threading import Event

from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from anchor import store
from anchor.chain import store as chain_store
from anchor.chain.deploy import Contracts
from anchor.chain.log_anchor import MAX_STEP, Anchor
from anchor.chain.models import State, TransactionRow
from anchor.chain.node import POLL
from anchor.clock import MAX_AHEAD, system_clock
from anchor.database import reading, writing
from anchor.errors import ContractRefused, LogError, SendUnknown, TransactionError
from anchor.sender import PATIENCE, Sender
from verifier.errors import ChainUnavailable, TemError

PAGE = 256
PURPOSE = "LogAnchor.anchor"

_log = logging.getLogger(__name__)


class Step(StrEnum):
    """What a step found: a log that is not open on chain (in a final block), that is halted, that
    has a transaction under way, whose next leaf is ahead of the chain's time, or that is anchored
    to its newest size."""

    NOT_OPEN = "not_open"
    HALTED = "halted"
    UNDER_WAY = "under_way"
    AHEAD = "ahead"
    ANCHORED = "anchored"


class AnchorWorker:
    """Anchors the logs of one database by one account, an anchor operator of their bodies.

    ``clock`` gives seconds since 1970; ``pause`` waits that many seconds between two looks.
    """

    def __init__(
        self,
        engine: Engine,
        contracts: Contracts,
        account: LocalAccount,
        *,
        clock: Callable[[], int] = system_clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine, self._node, self._contract = engine, contracts.node, contracts.log_anchor
        self._clock, self._pause = clock, pause
        self._sender = Sender(
            engine, contracts.node, account, clock=clock, pause=pause, on_refused=_halt_refused
        )

    def step(self, log: bytes) -> Step:
        """Bring one log as far as it goes without waiting.

        Raises ChainUnavailable and TransactionError, after which the next step goes on.
        """
        self._sender.advance()
        found = self._look(log)
        self._sender.advance()
        return found

    def anchor_newest(self, log: bytes) -> Anchor:
        """Wait until all that the log holds now is anchored in a final block.

        Raises LogError (``log_halted``), SendUnknown (``anchor_pending``), and as ``step``.
        """
        with reading(self._engine) as session:
            size = store.state(session, log).size
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = self.step(log)
            with reading(self._engine) as session:
                state = store.state(session, log)
                anchor = chain_store.latest_anchor(session, log)
            if anchor is not None and anchor.size >= size:
                return anchor
            if found is Step.HALTED:
                raise LogError("log_halted", f"The log stands still: {state.halted}", "log")
            self._pause(POLL)
        raise SendUnknown("anchor_pending", f"Size {size} is not final yet: {found}.", "chain")

    def run(self, stop: Event, interval: float) -> None:
        """Step through all logs every ``interval`` seconds until ``stop`` is set.

        What fails is logged and tried again in the next round; one log does not hold up others.
        """
        while not stop.wait(interval):
            try:
                self._round()
            except ChainUnavailable as error:
                _log.warning("anchoring waits for the chain: %s", error)
            except (TemError, SQLAlchemyError) as error:
                _log.error("anchoring does not get on, look at it: %s", error)

    def _round(self) -> None:
        self._sender.advance()
        with reading(self._engine) as session:
            logs = store.states(session)
        for state in logs:
            try:
                self._look(state.log)
            except (LogError, TransactionError) as error:
                _log.error("log %s does not get on, look at it: %s", state.origin, error)
        self._sender.advance()

    def _look(self, log: bytes) -> Step:
        final = self._node.head(self._node.network.finality).number
        if self._contract.latest(log, block=final).size == 0:
            return Step.NOT_OPEN
        self._note(log, final)
        newest = self._contract.latest(log, block="latest")
        bound = self._node.head().time + MAX_AHEAD
        with writing(self._engine) as session:
            return self._begin(session, log, newest, bound)

    def _note(self, log: bytes, block: int) -> None:
        """Note the anchors that are new in the final ``block``; halt a log they contradict."""
        with reading(self._engine) as session:
            known = chain_store.anchor_count(session, log)
        while anchors := self._contract.anchors(log, known, PAGE, block=block):
            try:
                with writing(self._engine) as session:
                    for anchor in anchors:
                        chain_store.record_anchor(session, log, anchor)
            except LogError as error:
                _log.critical("log %s contradicts the chain: %s", log.hex(), error)
                with writing(self._engine) as session:
                    store.halt(session, log, str(error))
                return
            known += len(anchors)

    def _begin(self, session: Session, log: bytes, newest: Anchor, bound: int) -> Step:
        """Ask for the next anchor, on top of ``newest``, of leaves with an ``iat`` up to ``bound``.

        The log's row stays locked meanwhile, so that two workers never ask for two.
        """
        state = store.lock(session, log)
        chain_id, account = self._node.network.chain_id, self._sender.address
        if state.halted is not None:
            return Step.HALTED
        if chain_store.unfinished_anchor(session, chain_id, PURPOSE, log):
            return Step.UNDER_WAY
        if state.size <= newest.size:
            final = chain_store.latest_anchor(session, log)
            done = final is not None and final.size >= state.size
            return Step.ANCHORED if done else Step.UNDER_WAY
        ahead = store.first_ahead(session, log, newest.size, bound)
        size = min(state.size if ahead is None else ahead, newest.size + MAX_STEP)
        if size == newest.size:
            _log.warning("log %s waits: its next leaf is ahead of the chain's time", log.hex())
            return Step.AHEAD
        proof = store.consistency_proof(session, log, newest.size, size)
        root = store.root_at(session, log, size)
        call = self._contract.anchor(log, newest.size, size, root, proof)
        reference = f"{log.hex()}/{newest.size}/{size}"
        now = self._clock()
        row = chain_store.enqueue(session, chain_id, account, call, reference, now)
        if row.state == State.FINAL:
            raise TransactionError(
                "anchor_vanished", f"{reference} was final, and the chain lost it.", "chain"
            )
        return Step.UNDER_WAY


def _halt_refused(session: Session, row: TransactionRow, refusal: ContractRefused) -> None:
    """A refused anchor halts its log in the same database transaction; others go on."""
    if row.purpose == PURPOSE:
        log = bytes.fromhex(row.reference.partition("/")[0])
        _log.critical("anchoring log %s is refused, look at it: %s", log.hex(), refusal)
        store.halt(session, log, str(refusal))
