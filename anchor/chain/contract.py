"""What the clients of the three contracts have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from anchor.chain.abi import functions
from anchor.chain.node import BlockId, Node
from verifier.errors import ChainUnavailable, ConfigurationError
from verifier.view.values import shaped

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction that is yet to be signed.

    ``purpose`` says what it does (``LogAnchor.anchor``), ``to`` is the contract's address in
    lower-case hex, or None to create one, ``data`` the call's bytes.
    """

    purpose: str
    to: str | None
    data: bytes


class Contract:
    """A deployed contract. Views answer at a block, acts make a Call for a Sender.

    Arguments have the ABI's names in snake_case (``from_`` for ``from``): ids and hashes are
    bytes, accounts 0x-hex, times seconds since 1970. ``block`` is the newest final one if not
    given. A view raises ContractRefused, ChainUnavailable, or ConfigurationError
    (``wrong_contract``) if something else answers at the address.
    """

    name: ClassVar[str]

    def __init__(self, node: Node, address: str) -> None:
        self.node = node
        self.address = address.lower()

    def _act(self, function: str, *arguments: Any) -> Call:
        data = functions(self.name)[function].encode(arguments)
        return Call(f"{self.name}.{function}", self.address, data)

    def _read(self, function: str, *arguments: Any, block: BlockId | None) -> tuple[Any, ...]:
        """The outputs of a view, as they decode."""
        described = functions(self.name)[function]
        answer = self.node.call(self.address, described.encode(arguments), block)
        try:
            return described.decode(answer)
        except ChainUnavailable as error:
            raise ConfigurationError(
                "wrong_contract", f"No {self.name} answers at {self.address}.", "address"
            ) from error

    def _one(self, kind: type[T], function: str, *arguments: Any, block: BlockId | None) -> T:
        """The single output of a view, as ``kind``."""
        return shaped(kind, self._read(function, *arguments, block=block)[0])

    def _many(
        self, kind: type[T], function: str, *arguments: Any, block: BlockId | None
    ) -> list[T]:
        """The single output of a view, a list, as ``kind`` each."""
        items = self._read(function, *arguments, block=block)[0]
        return [shaped(kind, item) for item in items]
