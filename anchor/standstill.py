"""Turning away from an address that stands still while others go on.

A node that is cut off from the others answers all questions, and takes transactions that nobody
else ever sees: whoever asked only it would wait for as long as it stays so.
"""

from __future__ import annotations

import logging
import time

from anchor.chain.node import Head, Node
from verifier.errors import TemError

STILL = 10.0
"""Seconds without a new final block after which the other addresses are asked for theirs."""

_log = logging.getLogger(__name__)


class Standstill:
    """Asks ``node`` for the newest final block, and has it prefer another address if need be."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._others = node.each() if len(node.network.rpcs) > 1 else []
        self._number, self._since = -1, 0.0

    def newest_final(self) -> Head:
        """The newest final block of an address that goes on, or of one like all others.

        Raises ChainUnavailable.
        """
        final, now = self._node.head(self._node.network.finality), time.monotonic()
        if final.number != self._number:
            self._number, self._since = final.number, now
        elif now > self._since + STILL:
            self._since = now
            return self._of_another(final)
        return final

    def _of_another(self, final: Head) -> Head:
        newest, prefer = final, ""
        for one in self._others:
            try:
                found = one.head(one.network.finality)
                same = found.number > newest.number and one.find(final.number) == final
            except TemError:
                continue  # it is away
            if same:
                newest, prefer = found, one.network.rpcs[0]
        if prefer:
            _log.warning(
                "%s stands still at block %d, while %s has block %d: asking that one from now on. "
                "Look at the first one's peers",
                self._node.rpc, final.number, prefer, newest.number,
            )  # fmt: skip
            self._node.prefer(prefer)
        return newest
