"""One log's next step: noting what is final on chain, and planning the anchor that comes after it.

Only what also stands in the published files is anchored, so that a database that is older than the
chain can be brought forward from them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine
from sqlmodel import Session

from anchor import store
from anchor.agreement import Witnesses
from anchor.chain import store as chain_store
from anchor.chain.anchor_store import ANCHORING, Standing
from anchor.chain.contract import Call
from anchor.chain.deploy import Contracts
from anchor.chain.log_anchor import MAX_STEP, Anchor
from anchor.chain.models import State
from anchor.chain.node import Head
from anchor.clock import MAX_AHEAD
from anchor.database import reading, writing
from anchor.errors import LogError, TransactionError
from anchor.recovery import disagreement

_log = logging.getLogger(__name__)


class Step(StrEnum):
    """What a step found: a log that is not open on chain (in a final block), that is halted, that
    has a transaction under way, whose next leaf is ahead of the chain's time, or that is anchored
    to its newest published size."""

    NOT_OPEN = "not_open"
    HALTED = "halted"
    UNDER_WAY = "under_way"
    AHEAD = "ahead"
    ANCHORED = "anchored"


@dataclass(frozen=True, slots=True)
class Plan:
    """An anchor that is to be asked for, by the name that ``reference`` gives it."""

    log: bytes
    call: Call
    reference: str


class Anchoring:
    """Looks at logs for the anchor operator ``account``; ``clock`` gives seconds since 1970."""

    def __init__(
        self, engine: Engine, contracts: Contracts, account: str, clock: Callable[[], int]
    ) -> None:
        self._engine, self._node, self._contract = engine, contracts.node, contracts.log_anchor
        self._account, self._clock = account, clock
        self._witnesses = Witnesses(contracts.node, contracts.log_anchor.address)
        self._final = self._bound = 0
        self._noted = list[tuple[Standing, Anchor]]()

    def begin(self, final: Head) -> None:
        """Begin to look at logs, with ``final`` as the newest final block.

        Every act in a block up to it has to be noted already. Raises ChainUnavailable.
        """
        self._witnesses.gather(final)
        self._final = final.number
        self._bound = self._node.head().time + MAX_AHEAD
        self._noted.clear()

    def look(self, log: Standing) -> Step | Plan:
        """See what is new on chain in the final block, and what comes next for the log.

        A log that contradicts the chain is halted. Raises ChainUnavailable and LogError.
        """
        if log.halted is not None:
            return Step.HALTED
        known = log.anchored
        try:
            if self._is_done(log):
                known = self._note(log, known, known + 1)
                if known == log.published:
                    return Step.ANCHORED
            newest = self._contract.latest(log.log, block="latest")
            if newest.size > known:
                known = self._note(log, known, newest.size)
        except LogError as error:
            self._halt(log, error)
            return Step.HALTED
        if known == 0:
            return Step.NOT_OPEN
        if log.published <= known:
            return Step.ANCHORED
        if newest.size != known:
            return Step.UNDER_WAY  # not final, or this node is behind
        self._witnesses.confirm_newest(log.log, newest)
        return self._plan(log, newest)

    def write(self, plans: Sequence[Plan]) -> None:
        """Write down what was noted since ``begin``, and ask for what was planned, unless another
        worker was faster or the log is halted now.

        Logs come in an order that all workers have, so that two never wait for each other.
        """
        if self._noted:
            with writing(self._engine) as session:
                for log, anchor in sorted(self._noted, key=lambda one: (one[0].log, one[1].size)):
                    chain_store.record_anchor(session, log.log, anchor)
            self._noted.clear()
        if plans:
            with writing(self._engine) as session:
                for plan in sorted(plans, key=lambda one: one.log):
                    self._ask(session, plan)

    def _ask(self, session: Session, plan: Plan) -> None:
        if store.state(session, plan.log).halted is not None:
            return
        chain_id, now = self._node.network.chain_id, self._clock()
        try:
            chain_store.enqueue(session, chain_id, self._account, plan.call, plan.reference, now)
        except TransactionError as error:
            _log.info("another worker anchors log %s: %s", plan.log.hex(), error)

    def _is_done(self, log: Standing) -> bool:
        """Whether the act that was to anchor the log further is final."""
        with reading(self._engine) as session:
            reference = _reference(log.log, log.anchored)
            act = chain_store.find(session, self._node.network.chain_id, ANCHORING, reference)
        return act is not None and act.state == State.FINAL

    def _note(self, log: Standing, known: int, newest: int) -> int:
        """Note the anchors from above ``known`` up to ``newest`` that are in the final block.

        Returns the last one's size. Raises LogError if they contradict the log, and
        ChainUnavailable (``nodes_disagree``).
        """
        while known < newest:
            anchor = self._contract.first_anchor_covering(log.log, known, block=self._final)
            if anchor is None:
                break
            self._witnesses.confirm_final(log.log, anchor)
            with reading(self._engine) as session:
                chain_store.require_own(session, log.log, anchor)
            self._noted.append((log, anchor))
            known = anchor.size
        return known

    def _halt(self, log: Standing, error: LogError) -> None:
        _log.critical(
            "log %s contradicts the chain, and halts. %s If the database is an old copy, `tem "
            "restore --in-place` brings it forward; see with `tem audit` what was published",
            log.origin, error,
        )  # fmt: skip
        with writing(self._engine) as session:
            store.halt(session, log.log, str(error))

    def _plan(self, log: Standing, newest: Anchor) -> Step | Plan:
        """The anchor of the published leaves after ``newest`` that are not ahead of the chain."""
        with reading(self._engine) as session:
            state = store.state(session, log.log)
            if self._root(session, log, newest.size) != newest.root:
                raise disagreement(self._node.rpc, "an earlier answer", f"log {log.origin}")
            ahead = store.first_ahead(session, log.log, newest.size, self._bound)
            end = log.published if ahead is None else min(ahead, log.published)
            size = min(end, newest.size + MAX_STEP)
            if size == newest.size:
                return Step.AHEAD
            proof = store.consistency_proof(session, log.log, newest.size, size)
            root = state.root if size == state.size else store.root_at(session, log.log, size)
        call = self._contract.anchor(log.log, newest.size, size, root, proof)
        return Plan(log.log, call, _reference(log.log, newest.size))

    def _root(self, session: Session, log: Standing, size: int) -> bytes:
        """The root of an anchored size, as it was noted."""
        noted = chain_store.anchor_at(session, log.log, size)
        return store.root_at(session, log.log, size) if noted is None else noted.root


def _reference(log: bytes, size: int) -> str:
    """The name of the act that anchors a log further than ``size``: of two workers one asks."""
    return f"{log.hex()}/{size}"
