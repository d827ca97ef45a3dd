"""The live view: the contracts' own answers by eth_call, all at one finalised block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verifier.chain_view import (
    Accreditation,
    AccreditationState,
    Activity,
    Anchor,
    Block,
    Custody,
    Key,
    KeyState,
    Kind,
    Log,
    LogState,
    Organisation,
    Standing,
    Status,
    StatusReason,
)
from verifier.errors import ChainUnavailable
from verifier.trust import Trust
from verifier.view import abi
from verifier.view.rpc import Rpc
from verifier.view.values import entry, numbered

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
        oldest = min(_number(head, "number") for head in heads)
        block = self.rpc_block(oldest)
        return Block(oldest, abi.unhex(block["hash"]), _number(block, "timestamp"))

    def rpc_block(self, number: int) -> dict[str, Any]:
        """Hash and time of one block, on which all addresses agree."""
        blocks = self.rpc.each("eth_getBlockByNumber", [hex(number), False])
        found = [{name: _member(block, name) for name in ("hash", "timestamp")} for block in blocks]
        if any(other != found[0] for other in found):
            raise ChainUnavailable("chain_contradiction", f"Two blocks {number}.", "rpc")
        return found[0]

    def _recognise(self) -> None:
        """Refuse a chain other than the configured one."""
        if self._recognised:
            return
        chain_id = self.rpc.request("eth_chainId", [])
        if int.from_bytes(abi.unhex(_even(chain_id))) != self.trust.chain_id:
            raise ChainUnavailable("chain_other", "Another chain id answers.", "chain")
        if abi.unhex(self.rpc_block(0)["hash"]) != self.trust.genesis:
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
        return Organisation(did, name, numbered(Kind, kind), sponsor) if kind else None

    def active_at(self, org: bytes, at: int) -> Activity:
        ((exists, active, registered_at, author, since),) = self._ask(
            "TrustRegistry", "activeAt", org, at
        )
        return Activity(exists, active, registered_at, author, entry(since))

    def key_at(self, org: bytes, kid: bytes, at: int) -> Key:
        ((state, custody, start, until, recorded_at, x, y, revocation),) = self._ask(
            "TrustRegistry", "keyAt", org, kid, at
        )
        return Key(
            numbered(KeyState, state),
            numbered(Custody, custody),
            start,
            until,
            recorded_at,
            x,
            y,
            entry(revocation),
        )

    def accreditation_at(self, org: bytes, scope: str, at: int) -> Accreditation:
        ((state, accreditor, held, accreditation, grant_scope, grant),) = self._ask(
            "TrustRegistry", "accreditationAt", org, scope, at
        )
        return Accreditation(
            numbered(AccreditationState, state),
            accreditor,
            held,
            entry(accreditation),
            grant_scope,
            entry(grant),
        )

    def log(self, log: bytes) -> Log | None:
        ((org, origin, state, _opened, _closed, _count, size, root, repudiated, since),) = (
            self._ask("LogAnchor", "logInfo", log)
        )
        if not state:
            return None
        return Log(
            org, origin, numbered(LogState, state), size, root, since if repudiated else None
        )

    def anchor_at(self, log: bytes, size: int) -> Anchor | None:
        return _anchor(*self._ask("LogAnchor", "anchorAt", log, size))

    def first_anchor_covering(self, log: bytes, index: int) -> Anchor | None:
        return _anchor(*self._ask("LogAnchor", "firstAnchorCovering", log, index))

    def checkpoint_keys(self, log: bytes) -> tuple[bytes, ...]:
        found: list[bytes] = []
        while len(found) % PAGE == 0:
            (page,) = self._ask("LogAnchor", "checkpointKeys", log, len(found), PAGE)
            if not page:
                break
            found += [key for key, _since in page]
        return tuple(key for key in found if any(key))

    def status_at(self, log: bytes, leaf: bytes, at: int) -> Standing | None:
        worst, _by_author = self._ask("StatusRegistry", "statusAt", log, leaf, at)
        author, by, status, reason, effective, recorded_at = worst
        if not any(author):
            return None
        return Standing(
            author,
            by,
            numbered(Status, status),
            numbered(StatusReason, reason),
            effective,
            recorded_at,
        )

    def _ask(self, contract: str, name: str, *arguments: Any) -> tuple[Any, ...]:
        return self._ask_at(self.block(), contract, name, *arguments)

    def _ask_at(self, block: Block, contract: str, name: str, *arguments: Any) -> tuple[Any, ...]:
        view = abi.VIEWS[contract, name]
        call = {"to": self._address(contract), "data": abi.encode_call(view, arguments)}
        at = {"blockHash": "0x" + block.hash.hex()}
        return abi.decode_result(view, self._chain.rpc.request("eth_call", [call, at]))

    def _address(self, contract: str) -> str:
        trust = self.trust
        return {
            "TrustRegistry": trust.trust_registry,
            "LogAnchor": trust.log_anchor,
            "StatusRegistry": trust.status_registry,
        }[contract]


def _anchor(exists: bool, values: tuple[Any, ...]) -> Anchor | None:
    size, time, block_number, root = values
    return Anchor(size, root, time, block_number) if exists else None


def _member(block: object, name: str) -> str:
    value = block.get(name) if isinstance(block, dict) else None
    if not isinstance(value, str):
        raise ChainUnavailable("chain_unreachable", f"A block without {name}.", "rpc")
    return value


def _number(block: object, name: str) -> int:
    return int.from_bytes(abi.unhex(_even(_member(block, name))))


def _even(quantity: object) -> object:
    """A quantity with an even number of digits, as bytes are written."""
    odd = isinstance(quantity, str) and len(quantity) % 2
    return f"0x0{str(quantity)[2:]}" if odd else quantity
