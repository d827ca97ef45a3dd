"""The live view: the contracts' own answers by eth_call, all at one finalised block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verifier.chain_view import (
    Accreditation,
    Activity,
    Anchor,
    Block,
    Key,
    Log,
    LogState,
    Organisation,
    Standing,
)
from verifier.errors import ChainUnavailable
from verifier.trust import Trust
from verifier.view import abi
from verifier.view.rpc import Rpc
from verifier.view.values import number, shaped, unhex

TIMEOUT = 5.0
PAGE = 256


class LiveChain:
    """A chain behind one or two RPC addresses; ``finality`` is the tag of its final block."""

    def __init__(
        self,
        trust: Trust,
        addresses: Sequence[str],
        finality: str = "finalized",
        timeout: float = TIMEOUT,
    ) -> None:
        self.trust = trust
        self.rpc = Rpc(addresses, timeout)
        self._finality = finality
        self._recognised = False

    def view(self) -> LiveView:
        """A view that will stand at the block that is final when it is first asked."""
        return LiveView(self)

    def final_block(self) -> Block:
        """The newest block that every address holds final; raises ChainUnavailable.

        An address that lags is waited for: the older of two final blocks counts, and both have to
        know it by the same hash.
        """
        self._recognise()
        heads = self.rpc.each("eth_getBlockByNumber", [self._finality, False])
        return self.block(min(number(_member(head, "number")) for head in heads))

    def block(self, height: int) -> Block:
        """The block of that number, on which all addresses agree."""
        blocks = [
            Block(height, unhex(_member(found, "hash")), number(_member(found, "timestamp")))
            for found in self.rpc.each("eth_getBlockByNumber", [hex(height), False])
        ]
        if any(block != blocks[0] for block in blocks):
            raise ChainUnavailable("chain_contradiction", f"Two blocks {height}.", "rpc")
        return blocks[0]

    def _recognise(self) -> None:
        """Refuse a chain other than the configured one."""
        if self._recognised:
            return
        if number(self.rpc.request("eth_chainId", [])) != self.trust.chain_id:
            raise ChainUnavailable("chain_other", "Another chain id answers.", "chain")
        if self.block(0).hash != self.trust.genesis:
            raise ChainUnavailable("chain_other", "Another first block answers.", "chain")
        self._recognised = True


class LiveView:
    """Facts at one finalised block of a LiveChain. Implements ChainView."""

    def __init__(self, chain: LiveChain) -> None:
        self._chain = chain
        self._block: Block | None = None

    @property
    def trust(self) -> Trust:
        return self._chain.trust

    def block(self) -> Block:
        if self._block is None:
            block = self._chain.final_block()
            (root,) = self._ask_at(block, "TrustRegistry", "root")
            if root != self.trust.root:
                raise ChainUnavailable("chain_other", "Another root organisation.", "chain")
            self._block = block
        return self._block

    def organisation(self, org: bytes) -> Organisation | None:
        ((did, name, kind, sponsor, _admin, _registered),) = self._ask(
            "TrustRegistry", "organisation", org
        )
        return shaped(Organisation, (did, name, kind, sponsor)) if kind else None

    def active_at(self, org: bytes, at: int) -> Activity:
        return shaped(Activity, *self._ask("TrustRegistry", "activeAt", org, at))

    def key_at(self, org: bytes, kid: bytes, at: int) -> Key:
        return shaped(Key, *self._ask("TrustRegistry", "keyAt", org, kid, at))

    def keys(self, org: bytes) -> list[bytes]:
        return self._pages("TrustRegistry", "keys", org)

    def accreditation_at(self, org: bytes, scope: str, at: int) -> Accreditation:
        return shaped(Accreditation, *self._ask("TrustRegistry", "accreditationAt", org, scope, at))

    def log(self, log: bytes) -> Log | None:
        ((org, origin, state, _opened, _closed, _count, size, root, repudiated, since),) = (
            self._ask("LogAnchor", "logInfo", log)
        )
        if not state:
            return None
        return Log(org, origin, shaped(LogState, state), size, root, since if repudiated else None)

    def anchor_at(self, log: bytes, size: int) -> Anchor | None:
        exists, anchor = self._ask("LogAnchor", "anchorAt", log, size)
        return shaped(Anchor, anchor) if exists else None

    def first_anchor_covering(self, log: bytes, index: int) -> Anchor | None:
        exists, anchor = self._ask("LogAnchor", "firstAnchorCovering", log, index)
        return shaped(Anchor, anchor) if exists else None

    def anchors(self, log: bytes) -> list[Anchor]:
        return [shaped(Anchor, anchor) for anchor in self._pages("LogAnchor", "anchors", log)]

    def checkpoint_keys(self, log: bytes) -> tuple[bytes, ...]:
        # A log has at most one page of keys (ILogAnchor, MAX_KEYS).
        (keys,) = self._ask("LogAnchor", "checkpointKeys", log, 0, PAGE)
        return tuple(key for key, _since in keys if any(key))

    def status_at(self, log: bytes, leaf: bytes, at: int) -> Standing | None:
        worst, _by_author = self._ask("StatusRegistry", "statusAt", log, leaf, at)
        return shaped(Standing, worst) if any(worst[0]) else None

    def organisations(self) -> list[bytes]:
        """Ids of all organisations, in the order of their registration."""
        return self._pages("TrustRegistry", "organisations")

    def _pages(self, contract: str, name: str, *arguments: Any) -> list[Any]:
        found: list[Any] = []
        while page := self._ask(contract, name, *arguments, len(found), PAGE)[0]:
            found += page
        return found

    def _ask(self, contract: str, name: str, *arguments: Any) -> tuple[Any, ...]:
        return self._ask_at(self.block(), contract, name, *arguments)

    def _ask_at(self, block: Block, contract: str, name: str, *arguments: Any) -> tuple[Any, ...]:
        view = abi.VIEWS[contract, name]
        data = "0x" + view.encode(arguments).hex()
        call = {"to": self._address(contract), "data": data}
        at = {"blockHash": "0x" + block.hash.hex()}
        return view.decode(unhex(self._chain.rpc.request("eth_call", [call, at])))

    def _address(self, contract: str) -> str:
        trust = self.trust
        return {
            "TrustRegistry": trust.trust_registry,
            "LogAnchor": trust.log_anchor,
            "StatusRegistry": trust.status_registry,
        }[contract]


def _member(block: object, name: str) -> object:
    return block.get(name) if isinstance(block, dict) else None
