"""Which chain, and how to talk to it: settings, so that no code knows a chain by its name."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.errors import ConfigurationError

FINALIZED = "finalized"
"""Tag of the newest block that cannot be undone. Where every block is final it equals latest."""


@dataclass(frozen=True, slots=True)
class Network:
    """A chain behind one or more JSON-RPC addresses.

    ``rpcs``: http(s) addresses; the next is asked when one does not answer. ``genesis``: hash of
    block 0, checked by ``Node.check`` if given. ``finality``: the block tag whose facts are
    final. ``gas_price``: in wei, of legacy transactions; 0 where gas is free. ``timeout``: in
    seconds, for each request.
    """

    rpcs: tuple[str, ...]
    chain_id: int
    genesis: bytes | None = None
    finality: str = FINALIZED
    gas_price: int = 0
    timeout: float = 10.0

    def __post_init__(self) -> None:
        if not self.rpcs:
            raise ConfigurationError("rpc_addresses", "At least one RPC address.", "rpcs")
        for rpc in self.rpcs:
            if not rpc.startswith(("http://", "https://")):
                raise ConfigurationError("rpc_address", f"{rpc!a} is not http(s).", "rpcs")
