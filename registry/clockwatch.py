"""Watching this machine's clock against the chain's.

A record's signing time has to stay close to the block that proves it, so nothing is issued while
the clock is known to be wrong. A chain that cannot be reached says nothing about the clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

from anchor.chain.node import Node
from anchor.clock import require_agreement
from anchor.errors import ClockError
from verifier.errors import ChainUnavailable

_log = logging.getLogger(__name__)


class ClockWatch:
    """Compares ``clock`` (seconds since 1970) with every block that is seen to arrive."""

    def __init__(self, node: Node, clock: Callable[[], int]) -> None:
        self._node, self._clock = node, clock
        self._seen: int | None = None
        self._fault: ClockError | None = None

    def require(self) -> None:
        """Raise ClockError (``clock_off_chain``) if the last comparison failed."""
        if self._fault is not None:
            raise self._fault

    def look(self) -> None:
        """Compare with the newest block if it has arrived since the last look."""
        try:
            head = self._node.head()
        except ChainUnavailable:
            self._seen = None  # the next block may be old news
            return
        seen, self._seen = self._seen, head.number
        if seen is None or head.number <= seen:
            return
        try:
            require_agreement(self._clock(), head.time)
            self._fault = None
        except ClockError as error:
            if self._fault is None:
                _log.critical("nothing is issued: %s", error)
            self._fault = error

    def run(self, stop: Event, interval: float) -> None:
        """Look every ``interval`` seconds until ``stop`` is set."""
        while not stop.wait(interval):
            self.look()
