"""Anchoring all logs of a database: rounds that never wait, and what to do when they do not get on.

A round publishes what is due and then looks at the logs that wait for an anchor, longest first.
Whatever it finds done it leaves; repeating it is harmless, because a size is anchored once and its
transaction is stored before it is sent. So several workers do no harm. What contradicts the chain
halts the log: only an operator may resume it (``tem anchor resume``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from itertools import takewhile
from math import inf
from threading import Event

from eth_account.signers.local import LocalAccount
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from anchor import store
from anchor.anchoring import Anchoring, Plan
from anchor.anchoring import Step as Step  # what a step returns
from anchor.chain import anchor_store
from anchor.chain import store as chain_store
from anchor.chain.anchor_store import ANCHORING, Standing
from anchor.chain.deploy import Contracts
from anchor.chain.log_anchor import Anchor
from anchor.chain.node import POLL
from anchor.chain.trust_registry import Role
from anchor.clock import system_clock
from anchor.database import reading
from anchor.errors import LogError, SendUnknown
from anchor.publishing import Publisher
from anchor.sender import PATIENCE, Sender
from anchor.trouble import Trouble, Watch
from verifier.errors import ChainUnavailable, TemError

PURPOSE = ANCHORING

TOGETHER = 50
"""How many anchors are planned before they are sent, so that the first ones need not wait."""

STALLED = 30.0
"""Seconds without a new final block after which a chain that has something to do stands still."""

LONGEST_PAUSE = 30.0
"""Seconds between two rounds, at most, while the chain is away."""

SHARE = 1.0
"""Seconds that a round spends on publishing: what is published so far is then anchored."""

OPERATOR_CHECK = 600.0
"""Seconds between two looks at whether the account may anchor for every body, …"""

CHECKS = 20
"""… for so many of them in one round."""


_log = logging.getLogger(__name__)


class AnchorWorker:
    """Anchors the logs of one database by one account, an anchor operator of their bodies.

    ``clock`` gives seconds since 1970; ``pause`` waits that many seconds between two looks.
    """

    def __init__(
        self,
        engine: Engine,
        contracts: Contracts,
        account: LocalAccount,
        publisher: Publisher,
        *,
        clock: Callable[[], int] = system_clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine, self._contracts, self._publisher = engine, contracts, publisher
        self._pause = pause
        self._chain_id = contracts.node.network.chain_id
        self._sender = Sender(engine, contracts.node, account, clock=clock, pause=pause)
        address = self._sender.address
        self._anchoring = Anchoring(engine, contracts, address, clock)
        self._watch = Watch(engine, self._chain_id, address, clock)
        self._forbidden = dict[str, Trouble]()
        self._unchecked = list[Standing]()
        self._next_check = 0.0
        self._height, self._grew = -1, 0.0

    def step(self, log: bytes) -> Step:
        """Bring one log as far as it goes without waiting.

        Raises ChainUnavailable, TransactionError and LogError, after which the next step goes on.
        """
        self._publisher.publish(log)
        self._sender.advance()
        with reading(self._engine) as session:
            standing = anchor_store.standing(session, log)
            if log in anchor_store.under_way(session, self._chain_id):
                return Step.UNDER_WAY
        if standing.halted is None and standing.published <= standing.anchored:
            return Step.ANCHORED
        self._anchoring.begin(self._sender.final)
        found = self._anchoring.look(standing)
        self._anchoring.write([found] if isinstance(found, Plan) else [])
        if isinstance(found, Step):
            return found
        self._sender.advance()
        return Step.UNDER_WAY

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
            if found is Step.HALTED:
                raise LogError("log_halted", f"The log stands still: {state.halted}", "log")
            if anchor is not None and anchor.size >= size:
                return anchor
            self._pause(POLL)
        raise SendUnknown("anchor_pending", f"Size {size} is not final yet: {found}.", "chain")

    def run(self, stop: Event, interval: float) -> None:
        """A round every ``interval`` seconds until ``stop`` is set.

        Twice as many while something is under way, fewer while the chain is away. What fails is
        said, and tried again in the next round.
        """
        pause = interval
        while not stop.wait(pause):
            troubles = self._survived(self.round)
            away = any(trouble.code == "chain_unreachable" for trouble in troubles)
            if away:
                pause = max(interval, min(2 * pause, LONGEST_PAUSE))
            else:
                pause = interval / 2 if self._sender.busy else interval
            self._watch.note(troubles, not away)

    def run_publishing(self, stop: Event, interval: float) -> None:
        """Publish every ``interval`` seconds until ``stop`` is set, for a thread of its own.

        So a chain that is away holds up no checkpoint. What fails is said by ``run``.
        """
        while not stop.wait(interval):
            self._survived(self.publish)

    def round(self) -> list[Trouble]:
        """Publish what is due, then bring all logs as far as they go without waiting.

        Returns what it could not get past; one log does not hold up others.
        """
        troubles = self.publish(SHARE)
        try:
            return [*troubles, *self._anchor(), *self._unentitled()]
        except TemError as error:
            return [*troubles, Trouble.of(error)]

    def publish(self, seconds: float = inf) -> list[Trouble]:
        """Publish what is due, as far as that goes in so much time; what could not be published."""
        troubles, end = list[Trouble](), time.monotonic() + seconds
        for log in takewhile(lambda _: time.monotonic() < end, self._publisher.due()):
            try:
                self._publisher.publish(log)
            except TemError as error:
                with reading(self._engine) as session:
                    origin = store.state(session, log).origin
                troubles.append(Trouble.of(error, origin))
        return troubles

    def _anchor(self) -> list[Trouble]:
        troubles = self._advance()
        with reading(self._engine) as session:
            busy = anchor_store.under_way(session, self._chain_id)
            due = [log for log in anchor_store.due(session) if log.log not in busy]
        if not due:
            return troubles
        self._anchoring.begin(self._sender.final)
        plans = list[Plan]()
        for log in due:
            if len(plans) >= min(TOGETHER, self._sender.room):
                troubles += self._ask(plans)
                plans.clear()
                if self._sender.room <= 0:
                    break
            try:
                found = self._anchoring.look(log)
            except LogError as error:
                troubles.append(Trouble.of(error, log.origin))
                continue
            if isinstance(found, Plan):
                plans.append(found)
            elif found is Step.AHEAD:
                said = "Its next entry is dated ahead of the chain's time, and waits for it."
                troubles.append(Trouble("ahead_of_chain", log.origin, said))
        return [*troubles, *self._ask(plans)]

    def _ask(self, plans: list[Plan]) -> list[Trouble]:
        """Write down what was noted and planned so far, and send it."""
        self._anchoring.write(plans)
        return self._advance() if plans else []

    def _advance(self) -> list[Trouble]:
        """Advance the sender; what holds up an account holds up nothing else."""
        try:
            self._sender.advance()
        except TemError as error:
            if error not in self._sender.troubles():
                raise
        return [Trouble.of(error) for error in self._sender.troubles()] + self._standstill()

    def _standstill(self) -> list[Trouble]:
        """Whether the chain answers, and goes no further."""
        now, height = time.monotonic(), self._sender.final.number
        if height != self._height or not self._sender.busy:
            self._height, self._grew = height, now
        if now < self._grew + STALLED:
            return []
        return [Trouble.of(ChainUnavailable("chain_stalled", f"Block {height} stays the newest."))]

    def _unentitled(self) -> list[Trouble]:
        """The logs for which the account may not anchor, as of a look that is not too long ago.

        Only a few are looked at in one round.
        """
        now = time.monotonic()
        if not self._unchecked and now >= self._next_check:
            with reading(self._engine) as session:
                logs = anchor_store.standings(session)
            self._unchecked = [one for one in logs if one.anchored > 0]
            self._next_check = now + OPERATOR_CHECK / (10 if self._forbidden else 1)
        for _ in range(min(CHECKS, len(self._unchecked))):
            log = self._unchecked.pop()
            self._forbidden.pop(log.origin, None)
            if not self._may_anchor(log.org):
                self._forbidden[log.origin] = Trouble(
                    "not_anchor_operator",
                    log.origin,
                    f"The account {self._sender.address} may not anchor this log: its next anchor "
                    "will be refused. The body's administrator has to allow the account.",
                )
        return list(self._forbidden.values())

    def _may_anchor(self, org: bytes) -> bool:
        trust = self._contracts.trust_registry
        return trust.is_operator(org, self._sender.address, Role.ANCHOR, block="latest")

    def _survived(self, work: Callable[[], list[Trouble]]) -> list[Trouble]:
        try:
            return work()
        except SQLAlchemyError as error:
            return [Trouble.of(TemError("database_failed", f"{error}.", "database"))]
        except OSError as error:
            return [Trouble.of(TemError("system_refuses", f"{error}.", str(error.filename or "")))]
        except Exception as error:  # nothing decides here: the next round begins anew
            _log.exception("anchoring failed in a way that was not foreseen")
            return [Trouble.of(TemError("unforeseen", f"{type(error).__name__}: {error}."))]
