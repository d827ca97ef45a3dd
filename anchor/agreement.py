"""Asking every address of the chain for a root before anything is built on it, or noted as final.

One address may lie or be broken. Different roots for one size, or different blocks at one height
that is final, are never a matter of choice: nothing is signed or noted until an operator has found
out which address is wrong. One that is away or behind says nothing, and holds up nothing.
"""

from __future__ import annotations

import logging

from anchor.chain.log_anchor import Anchor, LogAnchor
from anchor.chain.node import Head, Node
from anchor.recovery import disagreement
from verifier.errors import ChainUnavailable, TemError

_log = logging.getLogger(__name__)


class Witnesses:
    """The addresses beside the one that answers ``node``, and what they say of one contract."""

    def __init__(self, node: Node, address: str) -> None:
        several = node.each() if len(node.network.rpcs) > 1 else []
        self._node = node
        self._all = {one.network.rpcs[0]: LogAnchor(one, address) for one in several}
        self._present = dict[str, LogAnchor]()
        self._missed = dict[str, str]()
        self._final = 0

    def gather(self, final: Head) -> None:
        """See which addresses have the block ``final``, and ask those until the next time.

        Raises ChainUnavailable (``nodes_disagree``) if one has another block there.
        """
        self._final, self._present = final.number, {}
        for rpc, contract in self._all.items():
            if rpc == self._node.rpc:
                continue
            try:
                found = contract.node.find(final.number)
            except TemError as error:
                self._miss(rpc, f"has no answer ({error.code})")
                continue
            if found is None:
                self._miss(rpc, "is behind")
            elif found.hash != final.hash:
                raise disagreement(self._node.rpc, rpc, f"block {final.number}, which is final")
            else:
                self._missed.pop(rpc, None)
                self._present[rpc] = contract

    def confirm_final(self, log: bytes, anchor: Anchor) -> None:
        """Raise ChainUnavailable (``nodes_disagree``) if one does not hold this final anchor."""
        for rpc, contract in tuple(self._present.items()):
            try:
                found = contract.anchor_at(log, anchor.size, block=self._final)
            except TemError as error:
                self._leave(rpc, error)
                continue
            if found is None or found.root != anchor.root:
                raise self._contradiction(rpc, log, anchor.size)

    def confirm_newest(self, log: bytes, anchor: Anchor) -> None:
        """Raise ChainUnavailable (``nodes_disagree``) if one has another root for this size."""
        for rpc, contract in tuple(self._present.items()):
            try:
                found = contract.latest(log, block="latest")
            except TemError as error:
                self._leave(rpc, error)
                continue
            if found.size == anchor.size and found.root != anchor.root:
                raise self._contradiction(rpc, log, anchor.size)

    def _contradiction(self, rpc: str, log: bytes, size: int) -> ChainUnavailable:
        return disagreement(self._node.rpc, rpc, f"the root of log {log.hex()} at size {size}")

    def _leave(self, rpc: str, error: TemError) -> None:
        self._miss(rpc, f"has no answer ({error.code})")
        del self._present[rpc]

    def _miss(self, rpc: str, why: str) -> None:
        if self._missed.get(rpc) != why:
            _log.warning("%s %s: the other addresses are believed without it", rpc, why)
        self._missed[rpc] = why
