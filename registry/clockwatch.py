"""Watching this machine's clock against the chain's.

A record's signing time has to stay close to the block that proves it, so nothing is issued while
the clock is known to be wrong. A chain that cannot be reached says nothing about the clock; nor
does one that stood still, or a node that catches up: the times of their blocks are those of then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event

from anchor.chain.node import Head, Node
from anchor.clock import MAX_AHEAD, require_agreement
from anchor.errors import ClockError
from verifier.errors import ChainUnavailable

STRAY = 15.0
"""Seconds by which blocks may come faster or slower than their times say, and still be new."""

_log = logging.getLogger(__name__)


class ClockWatch:
    """Compares ``clock`` (seconds since 1970) with every block that is seen to arrive.

    ``moment`` gives seconds that nobody sets.
    """

    def __init__(
        self,
        node: Node,
        clock: Callable[[], int],
        moment: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node, self._clock, self._moment = node, clock, moment
        self._seen: tuple[Head, float] | None = None
        self._fault: ClockError | None = None
        self._believed = clock() - moment()

    def require(self) -> None:
        """Raise ClockError if the last comparison failed (``clock_off_chain``), or if the clock was
        set since (``clock_jumped``): what is issued before the next block would be misdated.
        """
        if self._fault is not None:
            raise self._fault
        jump = round(self._clock() - self._moment() - self._believed)
        if abs(jump) > MAX_AHEAD:
            raise ClockError(
                "clock_jumped",
                f"The clock has jumped by {jump} s. Nothing is issued until a block of the chain "
                "agrees with it.",
                "clock",
            )

    def look(self) -> None:
        """Compare with the newest block if it has arrived since the last look."""
        try:
            head = self._node.head()
        except ChainUnavailable:
            self._seen = None  # the next block may be old news
            return
        if not self._has_just_arrived(head):
            return
        try:
            require_agreement(self._clock(), head.time)
            self._fault = None
            self._believed = self._clock() - self._moment()
        except ClockError as error:
            if self._fault is None:
                _log.critical("nothing is issued: %s", error)
            self._fault = error

    def run(self, stop: Event, interval: float) -> None:
        """Look every ``interval`` seconds until ``stop`` is set."""
        while not stop.wait(interval):
            self.look()

    def _has_just_arrived(self, head: Head) -> bool:
        """Whether it came after the block before it by as much as their times say."""
        moment, seen = self._moment(), self._seen
        if seen is not None and head.number <= seen[0].number:
            return False
        self._seen = head, moment
        if seen is None:
            return False
        before, then = seen
        return abs((head.time - before.time) - (moment - then)) <= STRAY
